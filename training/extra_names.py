"""Names of the protocols beyond the splits; apart, so that the command line need not import what runs them."""

NAMES = ("rolling", "cross-ecosystem", "incident", "ablation")
