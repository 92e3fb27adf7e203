"""From the bytes of a package to raw features to float32 vectors. Knows nothing of models."""
