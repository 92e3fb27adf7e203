"""One look at a whole text file: what is aimed at its reviewers, and every indicator that stands in it."""

from __future__ import annotations

from functools import cache, cached_property

from darnel.features import prose
from darnel.features.excerpt import Excerpt
from darnel.features.facts import Observation
from darnel.features.indicators.matcher import LIMIT, Matcher, normalise
from darnel.features.indicators.scan import TABLES
from darnel.features.indicators.tables import Entry, entries


class Glance:
    """What one pass over a text shows.

    Parameters
    ----------
    data : bytes
        UTF-8; of a large file head and tail are read, see :class:`darnel.features.excerpt.Excerpt`.

    Attributes
    ----------
    data : bytes
        As given.
    observations : list of Observation
        Of :mod:`darnel.features.prose`.
    hit : bool
        Whether any indicator was found.
    hits : list of (int, Entry) or None
        Position and entry of every indicator, for :func:`darnel.features.indicators.examine_text`; None if there are
        more candidates than this pass looked at.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._excerpt = excerpt = Excerpt(data)
        found, whole = matcher().search(excerpt.text, LIMIT)
        table = _prose()
        self.observations: list[Observation] = prose.observe(
            excerpt, [(at, entry) for at, entry in found if entry in table]
        )
        hits = [(at, entry) for at, entry in found if entry not in table]
        self.hit = bool(hits)
        self.hits = hits if whole else None

    @cached_property
    def text(self) -> bytes:
        """What was looked at, after :func:`darnel.features.indicators.matcher.normalise`."""
        return normalise(self._excerpt.text)


def is_prose(entry: Entry) -> bool:
    """Whether an entry is of :mod:`darnel.features.prose`."""
    return entry in _prose()


@cache
def _prose() -> frozenset[Entry]:
    return frozenset(entries("prose.toml"))


@cache
def matcher() -> Matcher:
    """Everything that is looked for at once."""
    return Matcher(entries("prose.toml", *TABLES))
