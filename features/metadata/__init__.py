"""Manifests of both ecosystems: what a release says of itself."""
