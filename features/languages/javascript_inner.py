"""Code inside strings: analysed by the analyser of its own language, and merged where the string stood."""

from __future__ import annotations

from collections.abc import Callable

from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.limits import Limits

MAX_DEPTH = 2
"""Levels of code inside code."""
MAX_CODES = 24
"""Strings analysed as code, per file."""
MAX_BYTES = 1 << 20


class Inner:
    """What is left of a file's budget for code inside its strings.

    Parameters
    ----------
    limits : Limits
    deadline : float
        :func:`time.perf_counter` reading at which everything stops.
    """

    def __init__(self, limits: Limits, deadline: float) -> None:
        self.limits, self.deadline = limits, deadline
        self.depth = 0
        self.deepest = 0
        self.left = MAX_CODES
        self._seen: set[str] = set()

    def merge(
        self, code: str, analyse: Callable[[bytes], SourceFacts], facts: SourceFacts, place: Observation, hidden: bool
    ) -> None:
        """Analyse ``code`` and add what it does to ``facts`` as if it stood at ``place``."""
        if self.depth >= MAX_DEPTH or self.left <= 0 or len(code) > MAX_BYTES or code in self._seen:
            return
        self.left -= 1
        self._seen.add(code)
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        try:
            inside = analyse(code.encode("utf-8", "replace"))
        finally:
            self.depth -= 1
        _, line, order, statement, function, top, _, _ = place
        room = max(0, self.limits.observations - len(facts.observations))
        facts.observations += [
            Observation(o.behaviour, line, order, statement, function, top and o.top, o.api, hidden or o.hidden)
            for o in sorted(inside.observations, key=lambda o: o.order)[:room]
        ]
        room = max(0, self.limits.literals - len(facts.literals))
        facts.literals += [
            Literal(o.value, line, order, statement, function, top and o.top, o.how or "inner")
            for o in inside.literals[:room]
        ]
        facts.calls += inside.calls
        facts.imports += inside.imports
