"""Hosts, credential paths, persistence and guards named in strings: tables kept as data, and their scanners."""

from darnel.features.indicators.scan import COLUMNS, Found, examine_literals, examine_text

__all__ = ["COLUMNS", "Found", "examine_literals", "examine_text"]
