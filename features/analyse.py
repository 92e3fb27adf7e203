"""Facts about one file from its content alone: what can be cached by content hash and shared between clones."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from hashlib import sha256

from darnel.features import (
    binaries,
    content,
    embedded_programs,
    flow,
    hidden_text,
    identifiers,
    indicators,
    remember,
    strings,
    suspicion,
    text,
    vocabulary,
)
from darnel.features.content import Content
from darnel.features.facts import Observation, SourceFacts
from darnel.features.flow import Flow
from darnel.features.glance import Glance
from darnel.features.languages.python_strings import PRINTABLE_ESCAPE
from darnel.features.languages.registry import Language
from darnel.features.limits import Limits
from darnel.features.raw import RawFile
from darnel.features.roles import Role

FAILED = "analyser-failed"
"""In ``cut``: an analyser had a bug that this file brought out; its text and indicators were still read."""

IRRELEVANT = "irrelevant"
"""In ``unparsed``: the bytes prove that no behaviour, indicator or hidden text can be in the file. The columns that
need a syntax tree are 0 for it: ``syntax.* str.* ident.* ind.* api.*``."""
_ODD = (
    "text.base64_runs",
    "text.hex_run",
    "text.percent_escapes",
    "text.number_share",
    "text.padding",
    "text.giant_line",
    "text.nul",
    "text.controls",
)
"""Columns of which any value but 0 is a reason to parse."""
_BINARY = re.compile(
    rb"[\"'](?:MZ\\x90|MZ\\x?00|PK\\x?03|\\x7fELF|\\177ELF|\\xcf\\xfa|\\xca\\xfe|\\x?00?asm|\\xe3\\x?00?|c\\x?00?)",
    re.IGNORECASE,
)
"""Literals that begin like a program or an archive."""
_NOT_EXAMINED = frozenset({content.Kind.EMPTY, content.Kind.LFS})


def analyse_file(
    path: str, data: bytes, sniffed: Content, language: Language | None, limits: Limits, digest: str = ""
) -> RawFile:
    """Everything that the bytes of one file say.

    Parameters
    ----------
    path : str
        Goes into the result; only its suffix was used, by the two that follow.
    data : bytes
        The content.
    sniffed : Content
        From :func:`darnel.features.content.sniff`.
    language : Language or None
        The analyser to use, None for a file that is no source code.
    limits : Limits
        Budgets; what they cut is in ``cut``.
    digest : str, optional
        sha256 of ``data`` in hex, if it is known already.

    Returns
    -------
    RawFile
        With role ``data``; the caller knows better.
    """
    values = content.values(sniffed)
    observations: list[Observation] = []
    cut: list[str] = []
    unparsed = ""
    imports: list[str] = []
    flows: list[Flow] = []
    said = indicators.Found([], {})
    if sniffed.is_text and data:
        readable = content.to_utf8(data, sniffed.encoding)
        remember.read(len(readable))
        values.update(text.values(readable))
        hidden, seen = hidden_text.scan(readable)
        values.update(hidden)
        observations += seen
        observations += embedded_programs.find(readable, True)
        glance = Glance(readable)
        observations += glance.observations
        if language and language.links:
            imports = language.links(readable)
        if language and not _relevant(language, readable, sniffed, values, observations, glance, limits):
            unparsed = IRRELEVANT
        elif language:
            facts = _facts(language, readable, limits)
            failed = FAILED in facts.cut
            said = (
                indicators.examine_text(readable, glance.hits)
                if failed
                else indicators.examine_literals(facts.literals)
            )
            observations += facts.observations
            values.update(facts.values)
            values.update(strings.values(facts.literals, len(readable)))
            values.update(identifiers.values(facts.identifiers))
            values.update(vocabulary.values(facts.calls))
            cut += facts.cut
            imports += facts.links
            if facts.trace is not None and flow.worth(seen := [*facts.observations, *said.observations]):
                flows = _flows(facts.trace, seen)
        else:
            said = indicators.examine_text(readable, glance.hits)
        observations += said.observations
        values.update(said.values)
    elif sniffed.kind not in _NOT_EXAMINED:
        inside = binaries.examine(data, sniffed)
        values.update(inside.values)
        observations += inside.observations
    if len(observations) > limits.observations:
        del observations[limits.observations :]
        cut.append("observations")
    raw = RawFile(
        path=path,
        sha256=digest or sha256(data).hexdigest(),
        size=len(data),
        kind=sniffed.kind,
        language=language.name if language else "",
        role=Role.DATA,
        values={name: float(value) for name, value in values.items() if value},
        observations=observations,
        cut=cut,
    )
    if flows:
        raw["flows"] = flows
    if imports:
        raw["imports"] = imports
    if unparsed:
        raw["unparsed"] = unparsed
    return raw


def _relevant(
    language: Language,
    data: bytes,
    sniffed: Content,
    values: Mapping[str, float],
    observations: Sequence[Observation],
    glance: Glance,
    limits: Limits,
) -> bool:
    """Whether a source file has to be parsed: anything odd about its text is reason enough, cheap tests first."""
    if language.relevant is None or observations or sniffed.mismatch or len(data) > limits.parse_bytes:
        return True
    if sniffed.encoding not in {"ascii", "utf-8"} or any(values.get(name) for name in _ODD):
        return True
    if values.get("text.escapes") and (PRINTABLE_ESCAPE.search(data) or _BINARY.search(data)):
        return True
    if not (language.relevant(data) or suspicion.suspicious(glance)):
        return False
    without = language.bare(data)
    return len(without) == len(data) or language.relevant(without) or suspicion.suspicious(Glance(without))


def _facts(language: Language, data: bytes, limits: Limits) -> SourceFacts:
    """Run an analyser. A bug in it must cost one file, say so, and be no way to blind the rest of the package."""
    try:
        return language.analyse(data, limits)
    except Exception as error:
        logging.getLogger(__name__).warning("the %s analyser failed: %s", language.name, type(error).__name__)
        return SourceFacts(language.name, cut=[FAILED])


def _flows(trace: Callable[[Iterable[Observation]], list[Flow]], seen: Sequence[Observation]) -> list[Flow]:
    """Follow values; a bug there costs the flows of one file."""
    try:
        return trace(seen)
    except Exception as error:
        logging.getLogger(__name__).warning("following values failed: %s", type(error).__name__)
        return []
