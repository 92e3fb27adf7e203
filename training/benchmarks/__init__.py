"""Benchmarks beyond the plain test: payloads of malicious samples spliced into trusted releases, in memory only."""
