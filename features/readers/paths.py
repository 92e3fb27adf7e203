"""Member names made safe and comparable."""

from __future__ import annotations

import re

from darnel.features.anomalies import printable

PATH_CHARACTERS = 1024
_DRIVE = re.compile(r"[A-Za-z]:")


def clean(name: str) -> tuple[str, list[str]]:
    """POSIX path without ``..``, ``.``, empty parts, roots and drives; and the anomaly kinds of the name.

    Parameters
    ----------
    name : str
        As stored; undecodable bytes as lone surrogates.

    Returns
    -------
    path : str
        Printable: other characters are written as escapes. ``""`` when nothing is left.
    kinds : list of str
    """
    kinds: list[str] = []
    if not (name.isascii() and name.isprintable()):
        name = _readable(name, kinds)
    if "\\" in name and "odd-name" not in kinds and "non-utf8-name" not in kinds:
        kinds.append("backslash")
        name = name.replace("\\", "/")
    if not (kinds or "//" in name or "/." in name or ":" in name or name.startswith(("/", "."))):
        return name.rstrip("/"), kinds
    if name.startswith("/"):
        kinds.append("absolute-path")
    elif _DRIVE.match(name):
        kinds.append("absolute-path")
        name = name[2:]
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        kinds.append("traversal")
        parts = [part for part in parts if part != ".."]
    return "/".join(parts), kinds


def shorten(path: str, depth: int) -> str:
    """The last ``depth`` components of ``path``, at most :data:`PATH_CHARACTERS`."""
    if path.count("/") >= depth:
        path = "/".join(path.split("/")[-depth:])
    return path if len(path) <= PATH_CHARACTERS else path[-PATH_CHARACTERS:].lstrip("/")


def _readable(name: str, kinds: list[str]) -> str:
    if any("\ud800" <= c <= "\udfff" for c in name):
        kinds.append("non-utf8-name")
        name = name.encode("utf-8", "surrogateescape" if _escaped(name) else "replace").decode(
            "utf-8", "backslashreplace"
        )
    if not name.isprintable():
        kinds.append("odd-name")
        name = printable(name)
    return name


def _escaped(name: str) -> bool:
    return all("\udc80" <= c <= "\udcff" for c in name if "\ud800" <= c <= "\udfff")
