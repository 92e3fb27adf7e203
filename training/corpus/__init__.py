"""Where samples come from: manifests, git objects, folders of archives, feature tables."""
