"""Model bundles: loading, checking, scoring, pooling files into packages."""
