"""Facts about one file from its content alone: what can be cached by content hash and shared between clones."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from hashlib import sha256

from darnel.features import binaries, content, flow, identifiers, indicators, strings, vocabulary
from darnel.features.content import Content
from darnel.features.facts import Observation, SourceFacts
from darnel.features.flow import Flow
from darnel.features.languages.registry import Language
from darnel.features.limits import Limits
from darnel.features.printed import printed
from darnel.features.raw import RawFile
from darnel.features.roles import Role
from darnel.features.survey import Survey, survey

FAILED = "analyser-failed"
"""In ``cut``: an analyser had a bug that this file brought out; its text and indicators were still read."""

IRRELEVANT = "irrelevant"
"""In ``unparsed``: the bytes prove that no behaviour, indicator or hidden text can be in the file. The columns that
need a syntax tree are 0 for it: ``syntax.* str.* ident.* ind.* api.*``. Of a large Python file, they are of what could
hold something, see :mod:`darnel.features.languages.python_pieces`."""
_NOT_EXAMINED = frozenset({content.Kind.EMPTY, content.Kind.LFS})


def analyse_file(
    path: str,
    data: bytes,
    sniffed: Content,
    language: Language | None,
    limits: Limits,
    surveyed: Survey | None = None,
    digest: str = "",
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
    surveyed : Survey, optional
        What was already found out of it, filled in.
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
        if surveyed is None:
            surveyed = Survey(data, sniffed, language)
            survey([surveyed], limits)
        readable, glance, imports = surveyed.readable, surveyed.glance, list(surveyed.imports)
        values.update(surveyed.values)
        observations += surveyed.observations
        if language and not surveyed.source:
            unparsed = IRRELEVANT
        elif language:
            facts = _facts(language, surveyed.source, limits)
            failed = FAILED in facts.cut
            said = (
                indicators.examine_text(readable, glance.hits)
                if failed
                else indicators.examine_literals(facts.literals, partial(printed, surveyed.source, language.name))
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
