"""From a path, bytes, folder or installed distribution to a :class:`darnel.features.package.Package`."""
