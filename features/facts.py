"""What an analyser of one source file hands on: observations, literals, counts; nothing of the package around it.

Facts depend on the file's content alone, so they can be cached by content hash. Whether "runs when the file itself
runs" means *at install* or *at import* depends on the file's role in its package and is decided by
:mod:`darnel.features.behaviours` when the facts are vectorised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from darnel.features.flow import Flow


class Observation(NamedTuple):
    """One behaviour seen at one place. JSON-able as a list; holds no text of the package."""

    behaviour: str
    """Id from :data:`darnel.features.behaviours.BEHAVIOURS`."""
    line: int
    """1-based."""
    order: int
    """Byte offset at which the expression *ends*: inner calls end before outer ones, so sorting by it gives
    evaluation order, which is what chains need."""
    statement: int
    """Byte offset at which the enclosing simple statement starts: equal means the same expression."""
    function: int
    """Start byte of the innermost enclosing function, -1 at module level."""
    top: bool
    """Runs when the file itself runs: module level, or in a function called from there."""
    api: str = ""
    """The lexicon entry that matched (``subprocess.Popen``, ``host:discord-webhook``), never source text."""
    hidden: bool = False
    """Only visible after folding or decoding: someone spelled it so that a reader would not see it."""


class Literal(NamedTuple):
    """A string literal after constant folding. Holds source text: used while extracting, never stored."""

    value: str
    line: int
    order: int
    statement: int
    function: int
    top: bool
    how: str = ""
    """``""`` as written, else how it was hidden: ``concat``, ``join``, ``reverse``, ``chr``, ``base64``, ``hex``,
    ``bytes``, ``escape``, ``replace``, ``xor``, ``compress``; several joined by ``+``."""


@dataclass(slots=True)
class SourceFacts:
    """Facts about one source file."""

    language: str
    observations: list[Observation] = field(default_factory=list)
    literals: list[Literal] = field(default_factory=list)
    """Transient (source text)."""
    identifiers: list[str] = field(default_factory=list)
    """Names that the file itself defines (variables, functions, parameters, classes). Transient (source text)."""
    calls: list[str] = field(default_factory=list)
    """Alias-resolved dotted names of everything called, known to the lexicon or not (``requests.post``,
    ``self.run`` as ``.run``). Transient; hashed into buckets by :mod:`darnel.features.vocabulary`."""
    imports: list[str] = field(default_factory=list)
    """Top-level names of imported or required modules, relative ones as ``.``."""
    links: list[str] = field(default_factory=list)
    """Files of its package that a JavaScript file imports, relative as written; ``~`` in front: inside a function."""
    values: dict[str, float] = field(default_factory=dict)
    """``syntax.*`` columns, declared in :mod:`darnel.features.syntax`."""
    trace: Callable[[Iterable[Observation]], list[Flow]] | None = None
    """Follows what the file's sources yield, given all that was seen in it. Transient (holds the syntax tree); None: no
    data flow for this language, or the file was only read in part."""
    cut: list[str] = field(default_factory=list)
    """What a budget cut: ``parse-bytes``, ``parse-seconds``, ``observations``, ``literals``, ``nodes``."""
