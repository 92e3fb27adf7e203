"""Findings that somebody has looked at and accepted: a TOML file that is kept with the project."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from darnel.errors import DarnelError
from darnel.verdict import Label, Verdict

DAYS = 90
"""How long an acceptance that :func:`write` proposes is good for."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One entry."""

    what: str
    """sha256 of the content for a finding; ``source`` of the verdict for what could not be judged."""
    reason: str
    expires: date


@dataclass(slots=True)
class Baseline:
    """Accepted findings.

    A file of ``[[accepted]]`` tables with ``sha256`` (for what was judged) or ``source`` (for what could not be),
    ``reason`` and ``expires``; other keys are for people. Content that changes is another content: its acceptance
    ends by itself.
    """

    path: str = ""
    entries: dict[str, Acceptance] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path, *, unfinished: bool = False) -> Baseline:
        """Read a file; entries of an ``unfinished`` one may still lack their reason.

        Raises
        ------
        DarnelError
            It cannot be read, or an entry is not complete: nothing is accepted without a reason and a date.
        """
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except OSError as error:
            raise DarnelError(f"{path}: cannot be read ({error.strerror}); write one with --write-baseline") from None
        except ValueError as error:
            raise DarnelError(f"{path}: not TOML ({' '.join(str(error).split())}); correct it") from None
        listed = document.get("accepted", [])
        if not isinstance(listed, list) or set(document) - {"accepted"}:
            raise DarnelError(f"{path}: a baseline holds [[accepted]] tables and nothing else; correct it")
        found = [_entry(path, number, entry, unfinished) for number, entry in enumerate(listed, 1)]
        return cls(str(path), {entry.what: entry for entry in found})

    def accepts(self, verdict: Verdict, today: date | None = None) -> tuple[Acceptance | None, str]:
        """The entry that accepts a verdict, and a note for the report (``""`` when there is no entry for it)."""
        entry = self.entries.get(key_of(verdict))
        if entry is None:
            return None, ""
        self.used.add(entry.what)
        if entry.expires < (today or date.today()):
            return None, f"accepted until {entry.expires}, which has passed: {entry.reason}"
        return entry, f"accepted until {entry.expires}: {entry.reason}"

    def unused(self) -> list[Acceptance]:
        """Entries that nothing of this audit needed."""
        return [entry for what, entry in self.entries.items() if what not in self.used]


def key_of(verdict: Verdict) -> str:
    """What an entry for a verdict is kept under."""
    return verdict.source if verdict.label is Label.UNKNOWN and not verdict.sha256 else verdict.sha256


def write(path: Path, verdicts: Iterable[Verdict], known: Baseline, today: date | None = None) -> int:
    """Write entries for verdicts, those of ``known`` as they are; new ones without a reason, which has to be filled in.

    Returns
    -------
    int
        How many are new.
    """
    expires = (today or date.today()) + timedelta(days=DAYS)
    parts = ["# Findings of darnel audit that were looked at and accepted. Every entry needs a reason.\n"]
    new = 0
    for verdict in verdicts:
        what = key_of(verdict)
        old = known.entries.get(what)
        new += old is None
        kind = "sha256" if what == verdict.sha256 and what else "source"
        parts.append(
            f"\n[[accepted]]\n"
            f"{kind} = {_string(what)}\n"
            f"package = {_string(verdict.title)}\n"
            f"label = {_string(str(verdict.label))}\n"
            f"reason = {_string(old.reason if old else '')}\n"
            f"expires = {old.expires if old else expires}\n"
        )
    try:
        path.write_text("".join(parts), "utf-8")
    except OSError as error:
        raise DarnelError(f"{path}: cannot be written ({error.strerror}); give another file") from None
    return new


def _string(text: str) -> str:
    """As TOML, whose strings are JSON's but for the pairs that JSON escapes rare characters as."""
    return json.dumps(text, ensure_ascii=False)


def _entry(path: Path, number: int, entry: Any, unfinished: bool) -> Acceptance:
    where = f"{path}: entry {number}"
    if not isinstance(entry, dict):
        raise DarnelError(f"{where}: not a table; write [[accepted]]")
    what = entry.get("sha256") or entry.get("source")
    if not isinstance(what, str):
        raise DarnelError(f"{where}: has neither sha256 nor source; write the audit's own with --write-baseline")
    reason = entry.get("reason")
    if not isinstance(reason, str) or not (reason.strip() or unfinished):
        raise DarnelError(f"{where}: has no reason; say why it was accepted")
    expires = entry.get("expires")
    if not isinstance(expires, date):
        raise DarnelError(f"{where}: expires is not a date; write for example expires = {date.today()}")
    return Acceptance(what, " ".join(reason.split()), expires)
