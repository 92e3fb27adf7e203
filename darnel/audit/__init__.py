"""What a project depends on, from lock files, environments and folders: each artefact found and judged."""
