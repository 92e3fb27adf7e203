"""Facts about PowerShell, batch and VBScript files, line by line: no grammar, one table of patterns per language.

These scripts are small helpers in honest packages and droppers in the others; what either does stands in single lines.
Behaviours of a line are one statement; all code counts as running when the script runs.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from time import perf_counter

from darnel.features import syntax
from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.languages import commands, folding
from darnel.features.languages.environment import variable
from darnel.features.languages.folding import Folded
from darnel.features.languages.inner import Inner
from darnel.features.limits import DEFAULT_LIMITS, Limits
from darnel.features.remember import remembered
from darnel.features.taxonomy import CATEGORY

MAX_LINE = 4_000
"""Characters of a line that are looked at."""
MAX_LINES = 20_000

_COMMENT = {
    "powershell": re.compile(r"^\s*#"),
    "batch": re.compile(r"^\s*@?(?:rem\b|::)", re.IGNORECASE),
    "vbscript": re.compile(r"^\s*(?:'|rem\b)", re.IGNORECASE),
}
_CONTINUED = {"powershell": "`", "batch": "^", "vbscript": " _"}
_NOISE = {"powershell": re.compile(r"`(?=\w)"), "batch": re.compile(r"\^(?=\w)"), "vbscript": re.compile(r"(?!)")}
"""Marks that mean nothing before a letter and break a word up for readers."""
_GLUE = re.compile(r"(?:\"\s*[+&]\s*\"|'\s*\+\s*')")
_STRING = re.compile(r"\"([^\"\n]{4,2000})\"|'([^'\n]{4,2000})'")
_ENCODED = re.compile(r"[-/]e(?:nc?|c|ncod\w{0,9})?\s+[\"']?([A-Za-z0-9+/=]{24,})", re.IGNORECASE)
_VARIABLE = re.compile(r"\$env:(\w+)|%(\w+)%", re.IGNORECASE)
_CALL = re.compile(r"[A-Za-z]+-[A-Za-z]+|\[[\w.]+\]::\w+|(?<=\.)[A-Za-z]\w+(?=\()")
_NAME = re.compile(r"\$(\w{2,60})\s*=|^\s*set\s+\"?(\w{2,60})=|^\s*(?:dim\s+)?(\w{2,60})\s*=", re.IGNORECASE)
_USUAL = frozenset({"hide.silence"})
"""Seen everywhere: counted only where something else happens on the line."""


@cache
def _rules(language: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    tables = tomllib.loads((Path(__file__).parent / "windows_scripts.toml").read_text("utf-8"))
    word = tables["words"]["word"]
    if unknown := set(tables[language]) - CATEGORY.keys():
        raise ValueError(f"windows_scripts.toml [{language}]: {sorted(unknown)} are not in the taxonomy")
    return tuple(
        (behaviour, re.compile(pattern.replace("<word>", word), re.IGNORECASE))
        for behaviour, pattern in tables[language].items()
    )


def analyse(data: bytes, limits: Limits = DEFAULT_LIMITS, language: str = "powershell") -> SourceFacts:
    """Analyse a script.

    Parameters
    ----------
    data : bytes
        Content, in any encoding and state.
    limits : Limits
    language : {"powershell", "batch", "vbscript"}

    Returns
    -------
    SourceFacts
        Never raises on hostile content; what a budget cut is in ``cut``.
    """
    return analyse_within(data, limits, language, Inner(limits, perf_counter() + limits.parse_seconds))


def analyse_within(data: bytes, limits: Limits, language: str, inner: Inner) -> SourceFacts:
    """:func:`analyse` within what is left of the budget of an outer file."""
    facts = SourceFacts(language)
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    if len(data) > limits.parse_bytes:
        facts.cut.append("parse-bytes")
        data = data[: limits.parse_bytes]
    facts.values.update(syntax.lexical(data))
    names: set[str] = set()
    for number, (line, start, text) in enumerate(_lines(data, language)):
        if number >= MAX_LINES or perf_counter() > inner.deadline:
            facts.cut.append("nodes" if number >= MAX_LINES else "parse-seconds")
            break
        if len(facts.observations) >= limits.observations or len(facts.literals) >= limits.literals:
            facts.cut.append("observations" if len(facts.observations) >= limits.observations else "literals")
            break
        place = Observation("", line, start + len(text), start, -1, True)
        _line(text, language, place, facts, inner)
        names.update(next(filter(None, found.groups())) for found in _NAME.finditer(text))
    facts.identifiers += sorted(names)
    facts.values.update(syntax.names(facts.identifiers))
    facts.values["syntax.calls"] = float(len(facts.calls))
    facts.values["syntax.strings"] = float(len(facts.literals))
    facts.values["syntax.longest_string"] = float(max((len(x.value) for x in facts.literals), default=0))
    facts.values["syntax.evaluation_depth"] = float(inner.deepest)
    return facts


def _lines(data: bytes, language: str) -> Iterator[tuple[int, int, str]]:
    """Logical lines that are no comments: line number, byte offset, text."""
    mark, comment = _CONTINUED[language], _COMMENT[language]
    held, first, at, start = "", 0, 0, 0
    for number, raw in enumerate(data.split(b"\n"), 1):
        text = raw[: 4 * MAX_LINE].decode("utf-8", "replace").rstrip("\r")
        if not held:
            first, start = number, at
        at += len(raw) + 1
        held += text
        if held.endswith(mark) and len(held) < MAX_LINE:
            held = held[: -len(mark)] + " "
            continue
        if held.strip() and not comment.match(held):
            yield first, start, held[:MAX_LINE]
        held = ""
    if held.strip() and not comment.match(held):
        yield first, start, held[:MAX_LINE]


def _line(text: str, language: str, place: Observation, facts: SourceFacts, inner: Inner) -> None:
    plain = _GLUE.sub("", _NOISE[language].sub("", text))
    shown = _behaviours(text, language)
    seen = shown if plain == text else _behaviours(plain, language)
    for behaviour in sorted(seen if seen - _USUAL else ()):
        facts.observations.append(place._replace(behaviour=behaviour, api=language, hidden=behaviour not in shown))
    for found in _VARIABLE.finditer(plain):
        meant = [b for b in variable(found[1] or found[2]) if b != "env.one"]
        facts.observations += [place._replace(behaviour=behaviour, api="$") for behaviour in meant]
    facts.calls += [call.lower() for call in _CALL.findall(plain)]
    _, line, order, statement, function, top, _, _ = place
    for found in _STRING.finditer(plain):
        value = found[1] or found[2]
        facts.literals.append(Literal(value, line, order, statement, function, top))
        if folding.suspicious(value):
            for layer in folding.suspect(Folded(value)):
                facts.literals.append(Literal(layer.text, line, order, statement, function, top, "+".join(layer.how)))
                if len(layer.value) > 40 and (folding.code_like(layer.text) or _behaviours(layer.text, language)):
                    _hidden(layer.text, layer.how[-1], place, facts, inner)
    for found in _ENCODED.finditer(plain):
        raw = folding.decode_base64(found[1])
        if raw:
            _hidden(raw.decode("utf-16-le", "replace"), "base64", place, facts, inner)


def _hidden(code: str, how: str, place: Observation, facts: SourceFacts, inner: Inner) -> None:
    facts.observations.append(place._replace(behaviour="hide.encoded", api=how, hidden=True))
    inner.merge(code, "powershell", facts, place, hidden=True)


@remembered(1024)
def _behaviours(text: str, language: str) -> frozenset[str]:
    found = {behaviour for behaviour, pattern in _rules(language) if pattern.search(text)}
    return frozenset(found.union(commands.classify(text)))
