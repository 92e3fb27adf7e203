"""The options of every command that takes names of releases, and how they become files."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from darnel.commands._extra import needing
from darnel.index.artefact import CHOICES
from darnel.index.expand import Expansion

if TYPE_CHECKING:
    from darnel.index.indexes import Indexes


def add_name_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--offline`` and ``--artifact``."""
    parser.add_argument("--offline", action="store_true", help="no network: names come from darnel's cache alone")
    parser.add_argument(
        "--artifact",
        choices=CHOICES,
        default="default",
        help="files of a Python release: what pip would install here and the sdist (default), one of them, or all",
    )


def expansion(args: argparse.Namespace, previous: bool = False) -> Expansion:
    """What turns names into files as the options say."""
    return Expansion(lambda: open_indexes(args.offline), args.artifact, previous)


def open_indexes(offline: bool) -> Indexes:
    """Open the indexes that pip and npm are configured for.

    Raises
    ------
    DarnelError
        The packages of ``darnel[index]`` are not installed.
    """
    with needing("index", "a release by name"):
        from darnel.index.indexes import Indexes

        return Indexes(offline)
