"""What files show before anything of them is parsed, several at a time.

Each of these tests is over in microseconds and reads different tables. What a processor has at hand when one file after
the other goes through all of them is always that of another test; so each test is made of a few files in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from darnel.features import content, embedded_programs, hidden_text, remember, suspicion, text
from darnel.features.content import Content
from darnel.features.excerpt import Excerpt
from darnel.features.facts import Observation
from darnel.features.glance import Glance
from darnel.features.indicators.matcher import normalise
from darnel.features.languages import python_escapes
from darnel.features.languages.registry import Language
from darnel.features.limits import Limits

_ODD = (
    "text.base64_runs",
    "text.hex_runs",
    "text.padding",
    "text.nul",
    "text.controls",
)
"""Columns of which any value but 0 is a reason to parse."""
_DENSE = 5.6
"""Bits per byte in some window of a text with a giant line that are more than code and prose have: encoded data."""
_NUMBERS = (b"bytes", b"bytearray", b"map", b"%c", b":c}")
"""What says how text is made of an array of numbers, but for ``chr``."""


class Survey:
    """One text file.

    Parameters
    ----------
    data : bytes
        The content.
    sniffed : Content
        From :func:`darnel.features.content.sniff`.
    language : Language or None
        The analyser that will be used.

    Attributes
    ----------
    readable : bytes
        ``data`` as UTF-8.
    values : dict of str to float
        ``text.*`` and what hidden text gives, by column.
    observations : list of Observation
        Of hidden text, embedded programs and prose.
    glance : Glance
        Of ``readable``.
    imports : list of str
        Modules that it imports, of languages that say so without being parsed.
    source : bytes
        What of it has to be parsed, ``b""`` for nothing and without a language.
    """

    def __init__(self, data: bytes, sniffed: Content, language: Language | None) -> None:
        self.data = data
        self.sniffed = sniffed
        self.language = language
        self.readable = b""
        self.values: dict[str, float] = {}
        self.observations: list[Observation] = []
        self.imports: list[str] = []
        self.source = b""
        self.glance: Glance

    def measure(self) -> None:
        """Statistics, and what is hidden."""
        self.readable = readable = content.to_utf8(self.data, self.sniffed.encoding)
        remember.read(len(readable))
        values, encoded = text.measure(readable)
        self.values.update(values)
        hidden, seen = hidden_text.scan(readable)
        self.values.update(hidden)
        self.observations += seen
        if encoded:
            self.observations += embedded_programs.find(readable, True)

    def look(self) -> None:
        """Indicators and prose."""
        self.glance = Glance(self.readable)
        self.observations += self.glance.observations

    def link(self) -> None:
        """Imports."""
        if self.language is not None and self.language.links is not None:
            self.imports = self.language.links(self.readable)

    def weigh(self, limits: Limits) -> None:
        """What has to be parsed: all, if anything is odd about the file, cheap tests first."""
        language, data = self.language, self.readable
        if language is None:
            return
        if language.relevant is None or self._odd(limits):
            self.source = data
            return
        tests: list[Callable[[bytes], bool]] = [_looks_odd] if _odd(self.values, data) else []
        if python_escapes.any_in(data):
            tests.append(suspicion.escaped)
        if language.abridge is not None and len(data) >= language.large:
            test = _suspicious if self.glance.hit or self.glance.hits is None else _spelled
            self.source = language.abridge(data, (test, *tests))
        elif self._telling(language, tests):
            self.source = data

    def _odd(self, limits: Limits) -> bool:
        sniffed = self.sniffed
        odd = bool(self.observations or sniffed.mismatch) or len(self.readable) > limits.parse_bytes
        return odd or sniffed.encoding not in {"ascii", "utf-8"}

    def _telling(self, language: Language, tests: Sequence[Callable[[bytes], bool]]) -> bool:
        data = self.readable
        if language.relevant is None:
            return False
        told = language.relevant(data) or suspicion.suspicious(self.glance)
        if not told and not tests:
            return False
        without = language.bare(data)
        if told and (len(without) == len(data) or language.relevant(without) or _suspicious(without)):
            return True
        return any(test(without) for test in tests)


def _odd(values: Mapping[str, float], data: bytes) -> bool:
    """Whether the letters of a text, with these ``text.*`` columns, are odd."""
    if any(values.get(name) for name in _ODD):
        return True
    if values.get("text.giant_line") and values.get("text.entropy_max", 0.0) > _DENSE:
        return True
    if values.get("text.number_share") and any(word in data for word in _NUMBERS):
        return True
    return bool(values.get("text.percent_escapes")) and suspicion.quoted(data)


def _looks_odd(data: bytes) -> bool:
    return _odd(text.values(data), data)


def _spelled(data: bytes) -> bool:
    return suspicion.spelled(data, normalise(data))


def _suspicious(data: bytes) -> bool:
    text = normalise(Excerpt(data).text)
    return suspicion.named(text) or suspicion.spelled(data, text)


def survey(files: Sequence[Survey], limits: Limits) -> None:
    """Fill in surveys of a few files.

    Parameters
    ----------
    files : sequence of Survey
        Not yet filled in; of text that is not empty.
    limits : Limits
        ``parse_bytes`` decides what is too large to be parsed as a whole.
    """
    for file in files:
        file.measure()
    for file in files:
        file.look()
    for file in files:
        file.link()
    for file in files:
        file.weigh(limits)
