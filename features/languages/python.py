"""Python source to facts: parse once, query once, then look only at what the lexicon knows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from itertools import repeat
from time import perf_counter
from typing import Any

import numpy as np

from darnel.features import syntax
from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.languages import (
    folding,
    parsing,
    python_flow,
    python_handed,
    python_hiding,
    python_spaced,
    python_texts,
    windows,
)
from darnel.features.languages.python_findings import Findings
from darnel.features.languages.python_source import Source
from darnel.features.languages.python_styled import plain_names
from darnel.features.limits import Limits

MAX_LEVELS = 5
"""How deep code inside strings is followed: real packers stack exec(b64decode(…)) five times."""
MAX_INSIDE = 4
"""Pieces of code that are followed below the first level."""
_BUILDS = frozenset({"setuptools.setup", "distutils.core.setup"})
_TOP_NAMES = 20_000
_WORTH = re.compile(
    rb"exec|eval|__import__|b64decode|fromhex|marshal|zlib|subprocess|os\.system|popen|urlopen|requests\.|socket|ctypes|environ"
)


def analyse(data: bytes, limits: Limits) -> SourceFacts:
    """Analyse one Python file.

    Parameters
    ----------
    data : bytes
        Source, UTF-8 or something close; Python 2 as far as the grammar's error recovery goes. Never raises on
        hostile content.
    limits : Limits
        ``parse_bytes``, ``parse_seconds``, ``observations`` and ``literals`` are respected; what they cut is in
        :attr:`~darnel.features.facts.SourceFacts.cut`.

    Returns
    -------
    SourceFacts
        Docstrings (strings that are statements) are not among the literals.
    """
    facts = SourceFacts("python")
    deadline = perf_counter() + limits.parse_seconds
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = folding.to_text(data).encode("utf-8", "replace")
    _analyse(plain_names(data.removeprefix(b"\xef\xbb\xbf")), limits, deadline, 0, facts)
    facts.cut = sorted(set(facts.cut))
    return facts


def _analyse(data: bytes, limits: Limits, deadline: float, level: int, facts: SourceFacts) -> None:
    if len(data) > limits.parse_bytes and len(short := windows.shortened(data, limits.parse_bytes)) < len(data):
        data = short
        facts.cut.append("literals")
    limit = parsing.affordable(data, limits.parse_bytes, level)
    window = windows.cut(data, limit, _WORTH)
    if window is not None:
        facts.cut.append("parse-bytes")
    source = Source(window.data if window else data, _share(deadline, 0.7))
    if not source.ok:
        # Too slow or too odd as a whole: look at an eighth of it, around what matters.
        facts.cut.append("parse-seconds")
        window = windows.cut(data, min(len(data), limit) // 8, _WORTH)
        source = Source(window.data if window else data, deadline)
        if not source.ok:
            facts.values.update(syntax.lexical(source.data))
            return
    if (plain := python_spaced.closed(source)) is not None and (respelled := Source(plain, deadline)).ok:
        source = respelled
    findings = Findings(source, limits)
    findings.all_calls()
    findings.all_names()
    python_handed.collect(findings)
    python_handed.registered(findings)
    findings.all_imports()
    python_texts.collect(findings)
    python_hiding.conditions(findings)
    python_hiding.insecure(findings)
    python_hiding.padding(findings)
    python_hiding.commands(findings)
    for node in source.get("exec"):
        findings.observe("code.evaluate", node, "exec")
        code = node.child_by_field_name("code") or node.named_child(0)
        constant = findings.folder.fold(code) if code is not None else None
        if constant is not None and isinstance(constant.value, str | bytes):
            findings.code(folding.Folded(constant.value).text, node)
    python_texts.decode(findings)
    swallowed = python_hiding.swallowed(findings)
    facts.identifiers += _identifiers(findings)
    about_names = syntax.names(facts.identifiers)
    odd, distinct = about_names["syntax.machine_names"], about_names["syntax.identifiers"]
    python_hiding.machine_names(findings, int(odd), int(distinct))
    if not any(seen.behaviour == "net.socket" for seen in findings.seen):
        findings.seen = [seen for seen in findings.seen if seen.behaviour != "spawn.reverse" or seen.api != "os.dup2"]
    findings.immediate += source.given
    if not _BUILDS.isdisjoint(findings.calls):  # a build script is the program
        findings.immediate += source.main
    source.scopes.reach(findings.edges, findings.immediate)
    facts.cut += findings.cut
    facts.calls += findings.calls
    facts.imports += sorted(
        {"." if name.startswith(".") else name.partition(".")[0] for name in findings.names.modules}
    )
    facts.values.update(about_names)
    facts.values.update(_values(findings, swallowed))
    _place(findings, window, facts)
    if level == 0 and window is None:
        facts.trace = partial(python_flow.trace, source)
    findings.close()
    _inside(findings, window, limits, deadline, level, facts)


def _share(deadline: float, share: float) -> float:
    now = perf_counter()
    return now + max(deadline - now, 0.0) * share


def _identifiers(findings: Findings) -> list[str]:
    raw = set(findings.names.left)
    raw.update(findings.names.defined)
    names = {name.decode("utf-8", "replace") for name in raw}
    names.update(findings.source.functions)
    names.update(name for _, name in findings.source.classes)
    names.discard("")
    return sorted(names)[:_TOP_NAMES]


def _values(findings: Findings, swallowed: int) -> dict[str, float]:
    source = findings.source
    size = len(source.data)
    calls = findings.starts
    called = np.array(findings.starts, dtype=np.int64)
    top = sum(map(source.scopes.reached.__contains__, source.scopes.owners(called).tolist()))
    values = syntax.lexical(source.data)
    values.update(syntax.statements(source.statement_starts, size, source.newlines, called))
    values.update(
        syntax.shares(
            size,
            error=sum(node.end_byte - node.start_byte for node in source.get("error")),
            comment=sum(node.end_byte - node.start_byte for node in source.get("comment")),
            string=findings.string_bytes,
        )
    )
    lambdas = len(source.get("lambda"))
    hidden = sum(1 for seen in findings.seen if seen.hidden and not seen.behaviour.startswith("hide."))
    values |= {
        "syntax.nodes": float(source.root.descendant_count),
        "syntax.functions": float(len(source.get("function.body")) + lambdas),
        "syntax.lambdas": float(lambdas),
        "syntax.classes": float(len(source.classes)),
        "syntax.calls": float(len(calls)),
        "syntax.imports": float(len(set(findings.names.modules))),
        "syntax.strings": float(len(source.get("string"))),
        "syntax.errors": float(len(source.get("error"))),
        "syntax.top_share": top / len(calls) if calls else float("nan"),
        "syntax.longest_string": float(findings.longest_string),
        "syntax.handlers": float(len(source.get("except"))),
        "syntax.swallowed": float(swallowed),
        "syntax.evaluations": float(sum(1 for seen in findings.seen if seen.behaviour == "code.evaluate")),
        "syntax.evaluation_depth": 0.0,
        "syntax.folded": float(sum(1 for text in findings.texts if text[3])),
        "syntax.decoded": float(len(findings.decoded)),
        "syntax.decoded_bytes": float(max((len(text[0]) for text in findings.decoded), default=0)),
        "syntax.hidden_names": float(hidden),
    }
    return values


def _place(findings: Findings, window: windows.Windows | None, facts: SourceFacts) -> None:
    """Give every observation and literal its line, statement, function and reachability."""
    source = findings.source
    behaviours, seen_starts, seen_ends, apis, hidden = _columns(findings.seen, 5)
    values, text_starts, text_ends, hows = _columns(findings.texts, 4)
    starts = np.array([*seen_starts, *text_starts], dtype=np.int64)
    lines, statements, functions = (column.tolist() for column in source.places(starts))
    ends = [*seen_ends, *text_ends]
    tops = list(map(source.scopes.reached.__contains__, functions))
    if window is not None:
        lines = [window.line(int(start), source.newlines) for start in starts]
        statements = list(map(window.offset, statements))
        functions = [window.offset(function) if function >= 0 else -1 for function in functions]
        ends = list(map(window.offset, ends))
    split = len(findings.seen)
    places = (lines, ends, statements, functions, tops)
    head, tail = [column[:split] for column in places], [column[split:] for column in places]
    # The tuples are built in C: there are many.
    facts.observations += map(tuple.__new__, repeat(Observation), zip(behaviours, *head, apis, hidden, strict=True))
    facts.literals += map(tuple.__new__, repeat(Literal), zip(values, *tail, hows, strict=True))


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width


def _inside(
    findings: Findings,
    window: windows.Windows | None,
    limits: Limits,
    deadline: float,
    level: int,
    facts: SourceFacts,
) -> None:
    """Analyse code found inside strings and merge it at the string's place, marked hidden."""
    if level >= MAX_LEVELS or not findings.codes:
        return
    source = findings.source
    done: set[str] = set()
    for text, start, end in findings.codes[: None if level == 0 else MAX_INSIDE]:
        if text in done:
            continue
        done.add(text)
        if perf_counter() > deadline:
            facts.cut.append("parse-seconds")
            return
        inner = SourceFacts("python")
        _analyse(plain_names(text.encode("utf-8", "replace")), limits, deadline, level + 1, inner)
        function = source.function(start)
        runs = source.scopes.top(function)
        line = window.line(start, source.newlines) if window else source.line(start)
        shift = window.offset(start) if window else start
        statement = window.offset(source.statement(start)) if window else source.statement(start)
        owner = -1 if function < 0 else window.offset(function) if window else function
        # Keep the inner order, squeezed into the literal's own bytes, so that chains still see it.
        places = sorted({seen.order for seen in inner.observations} | {seen.order for seen in inner.literals})
        span = max(end - start - 1, 0)
        where = {order: shift + 1 + span * i // max(len(places), 1) for i, order in enumerate(places)}
        for seen in inner.observations:
            if len(facts.observations) >= limits.observations:
                facts.cut.append("observations")
                break
            facts.observations.append(
                seen._replace(
                    line=line,
                    order=where[seen.order],
                    statement=statement,
                    function=owner,
                    top=runs and seen.top,
                    hidden=True,
                )
            )
        for literal in inner.literals:
            if len(facts.literals) >= limits.literals:
                facts.cut.append("literals")
                break
            facts.literals.append(
                literal._replace(
                    line=line,
                    order=where[literal.order],
                    statement=statement,
                    function=owner,
                    top=runs and literal.top,
                    how=literal.how or "code",
                )
            )
        facts.calls += inner.calls
        facts.imports += [name for name in inner.imports if name not in facts.imports]
        facts.cut += inner.cut
        facts.values["syntax.evaluation_depth"] = max(
            facts.values.get("syntax.evaluation_depth", 0.0), 1.0 + inner.values.get("syntax.evaluation_depth", 0.0)
        )
