"""Small measures of text."""

from __future__ import annotations

from collections import Counter
from math import log2


def entropy(text: str) -> float:
    """Shannon entropy of the characters, bits per character; 0 for ``""``."""
    counts = Counter(text)
    return -sum(n / len(text) * log2(n / len(text)) for n in counts.values()) if text else 0.0
