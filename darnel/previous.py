"""The release before the one that is judged: read, or said why it could not be. It never costs the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darnel.defang import printable
from darnel.errors import DarnelError
from darnel.sources import open_source

if TYPE_CHECKING:
    from darnel.features.limits import Limits
    from darnel.features.raw import RawPackage
    from darnel.sources import Source

LENGTH = 400
"""Longest notice, characters."""


def read_previous(source: Source | None, limits: Limits) -> tuple[RawPackage | None, str]:
    """Features of a previous release.

    Parameters
    ----------
    source : path, bytes, … or None
        As for :meth:`darnel.classifier.Classifier.predict`; None if there is none.
    limits : Limits
        Bounds on what is read and analysed.

    Returns
    -------
    raw : RawPackage or None
        None if there is none, or if it is no fit thing to compare with: unreadable, empty, or read only in part, as
        what is missing in it would look new.
    notice : str
        Why, in one line; ``""`` if there is nothing to say.
    """
    from darnel.features.extract import extract

    if source is None:
        return None, ""
    try:
        package = open_source(source, limits)
        raw = extract(package, limits)
    except DarnelError as error:
        return None, alone(str(error))
    except Exception as error:  # it may be hostile too; the type tells where to look
        return None, alone(f"internal error, please report it: {type(error).__name__}: {error}")
    notice = unfit(raw)
    return (None, notice) if notice else (raw, "")


def unfit(raw: RawPackage) -> str:
    """Notice that a release cannot be compared with, as it is empty or was read only in part; ``""`` if it can be."""
    from darnel.completeness import unread_in

    unread = unread_in(raw)
    if unread:
        return alone(f"{raw['source']}: part of it could not be read: {unread}")
    return "" if raw["seen_bytes"] else alone(f"{raw['source']}: it holds no file with content")


def alone(why: str) -> str:
    """Notice of a verdict that had to do without the previous release."""
    return printable(f"judged without the previous release: {why}")[:LENGTH]
