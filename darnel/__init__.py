"""darnel: how likely a package release is malicious, and why, from its files alone, without running it."""

from __future__ import annotations

__version__ = "0.1.0"
