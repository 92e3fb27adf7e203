"""Hosts, addresses, credential paths and other telling strings, as tables."""
