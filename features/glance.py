"""One look at a whole text file: what is aimed at its reviewers, and whether any indicator could be in it."""

from __future__ import annotations

import re
from functools import cache
from itertools import islice

from darnel.features import prose
from darnel.features.excerpt import Excerpt
from darnel.features.facts import Observation
from darnel.features.indicators import urls
from darnel.features.indicators.matcher import LIMIT, Matcher, normalise
from darnel.features.indicators.scan import TABLES
from darnel.features.indicators.tables import Entry, entries
from darnel.features.languages import folding

_BLANK = b" \t\r\n("
_JOINTS = (b'""', b"''", b'"/"', b"'/'")
"""What is left between two string literals that stand side by side, once blanks are gone."""
_RUN = re.compile(rb"[A-Za-z0-9+/]{24,}")
_ASSIGNED = re.compile(rb"[=(,\[{+%][ \t]*[rbfu]{0,2}(?:\"{3}|'{3})")
"""A long string that is no docstring."""
_QUOTES, _ENDS = (b'"', b"'"), (b'"', b"'", b"=", b"/")
_ENCODED_HTTP = (b"aHR0c", b"h0dHA", b"odHRw")
"""Base64 of ``http`` at each of its three alignments."""


class Glance:
    """What one pass over a text shows.

    Parameters
    ----------
    data : bytes
        UTF-8; of a large file head and tail are read, see :class:`darnel.features.excerpt.Excerpt`.

    Attributes
    ----------
    observations : list of Observation
        Of :mod:`darnel.features.prose`.
    hits : list of (int, Entry) or None
        Position and entry of every indicator, for :func:`darnel.features.indicators.examine_text`; None if there are
        more candidates than this pass looked at.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._excerpt = Excerpt(data)
        self._text = normalise(self._excerpt.text)
        where, what = _matcher().candidates(self._text)
        found = list(_matcher().confirm(self._text, where[:LIMIT], what[:LIMIT]))
        table = _prose()
        self.observations: list[Observation] = prose.observe(
            self._excerpt, [(at, entry) for at, entry in found if entry in table]
        )
        hits = [(at, entry) for at, entry in found if entry not in table]
        self._hit = bool(hits)
        self.hits = hits if len(where) <= LIMIT else None

    def suspicious(self) -> bool:
        """Whether indicators, hosts that nobody knows, addresses or encoded text may be in it, split literals too."""
        return self._hit or self._addresses() or self._encoded() or self._split()

    def _addresses(self) -> bool:
        text = self._text
        if any(urls.public(bare.address) for bare in urls.addresses(text)):
            return True
        if b"://" not in text:
            return False
        assigned = _ASSIGNED.search(text) is not None
        return any(
            not (urls.is_known(url.host) or urls.is_local(url.host))
            and (urls.is_name(url.host) or urls.public(url.host))
            and self._in_literal(url.at, assigned)
            for url in urls.urls(text)
        )

    def _in_literal(self, at: int, assigned: bool) -> bool:
        """Whether a URL may be part of a string other than a docstring."""
        start = self._text.rfind(b"\n", 0, at) + 1
        line = self._text[start:at].lstrip()
        return not line.startswith(b"#") and (assigned or b'"' in line or b"'" in line or b"`" in line)

    def _encoded(self) -> bool:
        data = self._data
        if any(mark in data for mark in _ENCODED_HTTP):
            return True
        for match in islice(_RUN.finditer(data), 2_000):
            start, end = match.span()
            quoted = data[start - 1 : start] in _QUOTES or data[end : end + 1] in _ENDS
            if (quoted or end - start >= 48) and folding.suspicious(match[0].decode()):
                return True
        return False

    def _split(self) -> bool:
        joined = self._text.translate(None, _BLANK)
        for joint in _JOINTS:
            joined = joined.replace(joint, b"")
        if any(True for _ in _split_matcher().find(joined)):
            return True
        if b"[::-" not in joined and b"reversed" not in joined:
            return False
        backwards = self._text[::-1]
        return b"://" in backwards or any(entry not in _prose() for _, entry in _matcher().find(backwards))


@cache
def _prose() -> frozenset[Entry]:
    return frozenset(entries("prose.toml"))


@cache
def _matcher() -> Matcher:
    return Matcher(entries("prose.toml", *TABLES))


@cache
def _split_matcher() -> Matcher:
    squeezed = []
    for entry in entries(*TABLES):
        needle = entry.needle.translate(None, _BLANK)
        if len(needle) > 5:
            squeezed.append(Entry(entry.behaviour, entry.label, needle, entry.left, entry.right))
    return Matcher(squeezed)
