"""What the Python analyser sees in a source, for its tests."""

from __future__ import annotations

from darnel.features.analyse import analyse_file
from darnel.features.content import sniff
from darnel.features.facts import Observation, SourceFacts
from darnel.features.languages.python import analyse
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS, Limits


def facts(source: str | bytes, limits: Limits = DEFAULT_LIMITS) -> SourceFacts:
    data = source if isinstance(source, bytes) else source.encode()
    found = analyse(data, limits)
    if found.observations:  # nothing that is reported may be in a file that the byte filter spares
        language = language_for("x.py", data)
        assert "unparsed" not in analyse_file("x.py", data, sniff("x.py", data), language, limits), source
    return found


def seen(source: str | bytes) -> dict[str, Observation]:
    """Observations by behaviour, the last of each; hidden ones win."""
    found: dict[str, Observation] = {}
    for observation in sorted(facts(source).observations, key=lambda o: o.hidden):
        found[observation.behaviour] = observation
    return found


def texts(source: str) -> dict[str, str]:
    return {literal.value: literal.how for literal in facts(source).literals}
