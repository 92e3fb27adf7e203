"""Registries on loopback for every test here."""

from tests.loopback import site

__all__ = ["site"]
