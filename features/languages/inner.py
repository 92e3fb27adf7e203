"""Code inside strings: analysed by the analyser of its own language, and merged where the string stood."""

from __future__ import annotations

from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.languages.parsing import affordable
from darnel.features.limits import Limits

MAX_DEPTH = 4
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

    def merge(self, code: str, language: str, facts: SourceFacts, place: Observation, hidden: bool) -> None:
        """Analyse ``code`` and add what it does to ``facts`` as if it stood at ``place``.

        Parameters
        ----------
        code : str
        language : {"javascript", "shell", "python", "powershell"}
        facts : SourceFacts
            Of the file around the code; added to.
        place : Observation
            Where the string stands: line, order, statement, function, top.
        hidden : bool
            The code was only visible after decoding.
        """
        if self.depth >= MAX_DEPTH or self.left <= 0 or len(code) > MAX_BYTES or code in self._seen:
            return
        self.left -= 1
        self._seen.add(code)
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        try:
            inside = self._analyse(code.encode("utf-8", "replace"), language)
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

    def _analyse(self, code: bytes, language: str) -> SourceFacts:
        # Imported late: the analysers import this module.
        if language == "javascript":
            from darnel.features.languages import javascript

            return javascript.analyse_within(code, self.limits, self)
        if language == "shell":
            from darnel.features.languages import shell

            return shell.analyse_within(code, self.limits, self)
        if language == "powershell":
            from darnel.features.languages import windows_scripts

            return windows_scripts.analyse_within(code, self.limits, language, self)
        from darnel.features.languages.registry import language_by_name

        found = language_by_name(language)
        code = code[: affordable(code, self.limits.parse_bytes, self.depth)]
        return found.analyse(code, self.limits) if found is not None else SourceFacts(language)
