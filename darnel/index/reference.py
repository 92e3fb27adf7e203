"""What users call a release: ``pypi:NAME[==VERSION]`` or ``npm:NAME[@VERSION]``."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from darnel.defang import printable
from darnel.errors import InputError

_PREFIX = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_PYPI = re.compile(r"(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:==(?P<version>[A-Za-z0-9.!+_-]+))?")
_NPM = re.compile(r"(?P<name>(?:@[\w.~-]+/)?[\w.~!'()*-]+)(?:@(?P<version>[A-Za-z0-9.+_-]+))?", re.ASCII)
_FORMS = {"pypi": (_PYPI, "pypi:NAME or pypi:NAME==VERSION"), "npm": (_NPM, "npm:NAME or npm:NAME@VERSION")}
MAX_NAME = 214
"""npm's limit; PyPI has none."""


class Reference(NamedTuple):
    """A name, with or without a version."""

    ecosystem: str
    """``pypi`` or ``npm``."""
    name: str
    """Normalised as the registry does it."""
    version: str = ""
    """``""``: what would be installed today. For npm also a tag such as ``latest``."""

    def __str__(self) -> str:
        separator = "==" if self.ecosystem == "pypi" else "@"
        return f"{self.ecosystem}:{self.name}" + (f"{separator}{self.version}" if self.version else "")


def is_reference(text: str) -> bool:
    """Whether ``text`` is meant as a name on an index: it starts with ``word:`` and is no file that exists."""
    return bool(_PREFIX.match(text)) and not os.path.lexists(text)


def parse(text: str) -> Reference:
    """Read a reference.

    Raises
    ------
    InputError
        The ecosystem is unknown or the rest is not a name.

    Examples
    --------
    >>> parse("pypi:Typing_Extensions==4.12.0")
    Reference(ecosystem='pypi', name='typing-extensions', version='4.12.0')
    >>> str(parse("npm:@types/node@20.1.0"))
    'npm:@types/node@20.1.0'
    """
    ecosystem, _, rest = text.partition(":")
    shown = printable(text)[:200]
    if ecosystem not in _FORMS:
        raise InputError(
            f"{shown}: unknown ecosystem {printable(ecosystem)[:50]!r}; give pypi:NAME[==VERSION], npm:NAME[@VERSION] "
            "or the path of a file or folder"
        )
    pattern, form = _FORMS[ecosystem]
    found = pattern.fullmatch(rest)
    if not found or len(found["name"]) > MAX_NAME:
        raise InputError(f"{shown}: not a name with at most one exact version; write {form}")
    name = found["name"]
    if ecosystem == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    return Reference(ecosystem, name, found["version"] or "")
