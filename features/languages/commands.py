"""What a command line does, judged by its words alone: for strings handed to a shell or an argument list.

A lexical classifier, cheap and language-neutral; its patterns are data (``commands.toml``). Whole shell scripts have
an analyser of their own; this one looks at one command seen as a constant inside another language.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from darnel.features.languages.required import Prescreened, lowered
from darnel.features.taxonomy import CATEGORY

MAX_CHARS = 4_000
"""Only this much of a command is looked at."""
SHORT = 500
"""Shorter commands are remembered: the README that tells how to install a package is in its metadata too."""

_ASKED = re.compile(r"\b(?:command\s+-[vV]|which)\s+[\w.+-]+(?:\s{0,9}&?\d?>\s{0,9}/dev/null)?(?:\s{0,9}2>&1)?")
"""Asking whether there is a program, which runs nothing and hides nothing."""

_EXECUTABLE = re.compile(
    r"\s*(?:(?:start|call|cmd(?:\.exe)?\s+/c)\s+(?:/\w+\s+|\"\"\s*)*)*[\"']?(?:[^\s\"'|&;<>]*[\\/])?"
    r"(?P<name>[\w.-]{1,60}?)\.(?:exe|scr|bat|cmd|ps1|vbs|hta|msi)(?=[\"'\s;&|]|\Z)",
    re.IGNORECASE,
)
"""A program that is named with the suffix of an executable, where a command line begins."""
_COMMON = frozenset(
    b"bash brave cargo chrome cmd code conda cscript curl dotnet electron explorer ffmpeg firefox git gradlew java"
    b" javac msedge msbuild mshta mvn mvnw net netsh node notepad npm npx pip pip3 pnpm powershell powershell_ise"
    b" pwsh py python python3 pythonw reg regsvr32 rundll32 sc schtasks sh shutdown tar taskkill tasklist tsc uv"
    b" vcvarsall where wmic wscript wsl yarn".split()
)
"""Programs that are no file of whoever names them."""


def starts_executable(command: str) -> bool:
    """Whether a command line starts an executable that no system has under this name (``dropper.exe``)."""
    found = _EXECUTABLE.match(command[:MAX_CHARS])
    return found is not None and found["name"].lower().encode() not in _COMMON


@cache
def rules(categories: frozenset[str] | None = None) -> tuple[tuple[str, Prescreened], ...]:
    """Behaviour ids and their patterns, in file order.

    Parameters
    ----------
    categories : frozenset of str, optional
        Only of these.

    Raises
    ------
    ValueError
        The table names an id that is not in the taxonomy.
    """
    if categories is not None:
        return tuple((behaviour, pattern) for behaviour, pattern in rules() if CATEGORY[behaviour] in categories)
    data = tomllib.loads((Path(__file__).parent / "commands.toml").read_text("utf-8"))
    found = []
    for behaviour, pattern in data["rules"].items():
        if behaviour not in CATEGORY:
            raise ValueError(f"commands.toml [rules]: {behaviour!r} is not in the taxonomy")
        for word, meaning in data["words"].items():
            pattern = pattern.replace(f"<{word}>", meaning)
        found.append((behaviour, Prescreened(pattern, re.MULTILINE)))
    return tuple(found)


def classify(command: str, categories: frozenset[str] | None = None) -> tuple[str, ...]:
    """Taxonomy ids of what a command line does.

    Parameters
    ----------
    command : str
        A shell command, or an argument list joined by blanks.
    categories : frozenset of str, optional
        Of :data:`darnel.features.taxonomy.CATEGORY`: nothing else is asked for.

    Returns
    -------
    tuple of str
        Distinct ids in table order, empty for nothing of note.
    """
    if len(command) < SHORT:
        return _classify(command, categories)
    return _classify.__wrapped__(command[:MAX_CHARS], categories)


@lru_cache(1024)
def _classify(text: str, categories: frozenset[str] | None) -> tuple[str, ...]:
    if "command -" in text or "which " in text:
        text = _ASKED.sub("", text)
    lower = lowered(text)
    return tuple([behaviour for behaviour, pattern in rules(categories) if pattern.found(text, lower)])
