"""Facts about one file from its content alone: what can be cached by content hash and shared between clones."""

from __future__ import annotations

import logging
from hashlib import sha256

from darnel.features import (
    binaries,
    content,
    embedded_programs,
    hidden_text,
    identifiers,
    indicators,
    prose,
    strings,
    text,
    vocabulary,
)
from darnel.features.content import Content
from darnel.features.facts import Observation, SourceFacts
from darnel.features.languages.registry import Language
from darnel.features.limits import Limits
from darnel.features.raw import RawFile
from darnel.features.roles import Role

FAILED = "analyser-failed"
"""In ``cut``: an analyser had a bug that this file brought out; its text and indicators were still read."""

_NOT_EXAMINED = frozenset({content.Kind.EMPTY, content.Kind.LFS})


def analyse_file(path: str, data: bytes, sniffed: Content, language: Language | None, limits: Limits) -> RawFile:
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

    Returns
    -------
    RawFile
        With role ``data``; the caller knows better.
    """
    values = content.values(sniffed)
    observations: list[Observation] = []
    cut: list[str] = []
    if sniffed.is_text and data:
        readable = content.to_utf8(data, sniffed.encoding)
        values.update(text.values(readable))
        hidden, seen = hidden_text.scan(readable)
        values.update(hidden)
        observations += seen
        observations += prose.scan(readable)
        observations += embedded_programs.find(readable, True)
        if language:
            facts = _facts(language, readable, limits)
            failed = FAILED in facts.cut
            said = indicators.examine_text(readable) if failed else indicators.examine_literals(facts.literals)
            observations += facts.observations
            values.update(facts.values)
            values.update(strings.values(facts.literals, len(readable)))
            values.update(identifiers.values(facts.identifiers))
            values.update(vocabulary.values(facts.calls))
            cut += facts.cut
        else:
            said = indicators.examine_text(readable)
        observations += said.observations
        values.update(said.values)
    elif sniffed.kind not in _NOT_EXAMINED:
        inside = binaries.examine(data, sniffed)
        values.update(inside.values)
        observations += inside.observations
    if len(observations) > limits.observations:
        del observations[limits.observations :]
        cut.append("observations")
    return RawFile(
        path=path,
        sha256=sha256(data).hexdigest(),
        size=len(data),
        kind=sniffed.kind,
        language=language.name if language else "",
        role=Role.DATA,
        values={name: float(value) for name, value in values.items() if value},
        observations=observations,
        cut=cut,
    )


def _facts(language: Language, data: bytes, limits: Limits) -> SourceFacts:
    """Run an analyser. A bug in it must cost one file, say so, and be no way to blind the rest of the package."""
    try:
        return language.analyse(data, limits)
    except Exception as error:
        logging.getLogger(__name__).warning("the %s analyser failed: %s", language.name, type(error).__name__)
        return SourceFacts(language.name, cut=[FAILED])
