"""Corpora, campaigns, splits, fitting and evaluation. Needs the ``train`` extra."""
