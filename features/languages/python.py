"""Python source to facts: parse once, query once, then look only at what the lexicon knows."""

from __future__ import annotations

import re
from functools import partial
from time import perf_counter

import numpy as np

from darnel.features import syntax
from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.languages import folding, python_hiding, windows
from darnel.features.languages.python_findings import Findings, Text
from darnel.features.languages.python_source import Source
from darnel.features.limits import Limits

MAX_LEVELS = 2
"""How deep code inside strings is followed."""
MAX_DECODED = 400
"""Literals decoded on suspicion, per file."""
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
    _analyse(data.removeprefix(b"\xef\xbb\xbf"), limits, deadline, 0, facts)
    facts.cut = sorted(set(facts.cut))
    return facts


def _analyse(data: bytes, limits: Limits, deadline: float, level: int, facts: SourceFacts) -> None:
    window = windows.cut(data, limits.parse_bytes, _WORTH)
    if window is not None:
        facts.cut.append("parse-bytes")
    source = Source(window.data if window else data, _share(deadline, 0.7))
    if not source.ok:
        # Too slow or too odd as a whole: look at an eighth of it, around what matters.
        facts.cut.append("parse-seconds")
        window = windows.cut(data, min(len(data) // 8, limits.parse_bytes // 8), _WORTH)
        source = Source(window.data if window else data, deadline)
        if not source.ok:
            facts.values.update(syntax.lexical(source.data))
            return
    findings = Findings(source, limits)
    findings.all_calls()
    findings.all_names()
    findings.all_imports()
    findings.all_strings()
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
    _decode(findings)
    swallowed = python_hiding.swallowed(findings)
    facts.identifiers += _identifiers(findings)
    python_hiding.machine_names(findings, facts.identifiers)
    if not any(seen.behaviour == "net.socket" for seen in findings.seen):
        findings.seen = [seen for seen in findings.seen if seen.behaviour != "spawn.reverse" or seen.api != "os.dup2"]
    source.scopes.reach(findings.edges, findings.immediate)
    facts.cut += findings.cut
    facts.calls += findings.calls
    facts.imports += sorted(
        {"." if name.startswith(".") else name.partition(".")[0] for name in findings.names.modules}
    )
    facts.values.update(_values(findings, facts.identifiers, swallowed))
    _place(findings, window, facts)
    _inside(findings, window, limits, deadline, level, facts)


def _share(deadline: float, share: float) -> float:
    now = perf_counter()
    return now + max(deadline - now, 0.0) * share


def _decode(findings: Findings) -> None:
    """Decode long literals that nobody decodes nearby, and queue those that hold code."""
    count = 0
    found: list[Text] = []
    known = {text.value for text in findings.texts if text.how}
    for text in findings.texts:
        value = text.value
        if len(value) < folding.MIN_SUSPECT:
            if text.how and folding.code_like(value) and len(value) > 15:
                findings.codes.append((value, text.start, text.end))
            continue
        hidden = bool(text.how)
        if hidden and folding.code_like(value) and text.how != "concat":
            findings.codes.append((value, text.start, text.end))
            _observe_encoded(findings, text)
        if not folding.suspicious(value):
            continue
        count += 1
        if count > MAX_DECODED:
            findings.cut.add("literals")
            break
        for layer in folding.suspect(folding.Folded(value)):
            how = "+".join(filter(None, (text.how, *layer.how)))
            plain = layer.text
            if isinstance(layer.value, bytes) and folding.binary(layer.value):
                _observe_encoded(findings, text, f"binary:{folding.binary(layer.value)}")
                break
            if not isinstance(layer.value, bytes) and plain not in known:
                found.append(Text(plain, text.start, text.end, how))
                if folding.code_like(plain) or "://" in plain:
                    _observe_encoded(findings, text)
                if folding.code_like(plain):
                    findings.codes.append((plain, text.start, text.end))
    findings.texts += found
    findings.decoded = found


def _observe_encoded(findings: Findings, text: Text, api: str = "literal") -> None:
    node = findings.source.root.descendant_for_byte_range(text.start, max(text.start, text.end - 1))
    if node is not None:
        findings.observe("hide.encoded", node, api, True)


def _identifiers(findings: Findings) -> list[str]:
    raw = set(findings.names.left)
    raw.update(findings.names.defined)
    names = {name.decode("utf-8", "replace") for name in raw}
    names.update(findings.source.functions)
    names.update(name for _, name in findings.source.classes)
    names.discard("")
    return sorted(names)[:_TOP_NAMES]


def _values(findings: Findings, identifiers: list[str], swallowed: int) -> dict[str, float]:
    source = findings.source
    size = len(source.data)
    calls = source.get("call")
    starts = np.array(source.statements, dtype=np.int64)
    strings = [node.end_byte - node.start_byte for node in source.get("string")]
    top = sum(1 for node in calls if source.scopes.top(source.function(node.start_byte)))
    values = syntax.lexical(source.data)
    values.update(syntax.names(identifiers))
    values.update(
        syntax.statements(starts, size, source.newlines, np.array([node.start_byte for node in calls], dtype=np.int64))
    )
    values.update(
        syntax.shares(
            size,
            error=sum(node.end_byte - node.start_byte for node in source.get("error")),
            comment=sum(node.end_byte - node.start_byte for node in source.get("comment")),
            string=sum(strings),
        )
    )
    lambdas = len(source.get("lambda"))
    hidden = sum(1 for seen in findings.seen if seen.hidden and not seen.behaviour.startswith("hide."))
    values |= {
        "syntax.nodes": float(source.root.descendant_count),
        "syntax.functions": float(len(source.get("function")) + lambdas),
        "syntax.lambdas": float(lambdas),
        "syntax.classes": float(len(source.classes)),
        "syntax.calls": float(len(calls)),
        "syntax.imports": float(len(set(findings.names.modules))),
        "syntax.strings": float(len(strings)),
        "syntax.errors": float(len(source.get("error"))),
        "syntax.top_share": top / len(calls) if calls else float("nan"),
        "syntax.longest_string": float(max(strings, default=0)),
        "syntax.handlers": float(len(source.get("except"))),
        "syntax.swallowed": float(swallowed),
        "syntax.evaluations": float(sum(1 for seen in findings.seen if seen.behaviour == "code.evaluate")),
        "syntax.evaluation_depth": 0.0,
        "syntax.folded": float(sum(1 for text in findings.texts if text.how)),
        "syntax.decoded": float(len(findings.decoded)),
        "syntax.decoded_bytes": float(max((len(text.value) for text in findings.decoded), default=0)),
        "syntax.hidden_names": float(hidden),
    }
    return values


def _place(findings: Findings, window: windows.Windows | None, facts: SourceFacts) -> None:
    """Give every observation and literal its line, statement, function and reachability."""
    source = findings.source
    top = source.scopes.top
    line = source.line if window is None else partial(_line_in, window, source)
    offset = _same if window is None else window.offset
    for behaviour, start, end, api, hidden in findings.seen:
        function = source.function(start)
        facts.observations.append(
            Observation(
                behaviour,
                line(start),
                offset(end),
                offset(source.statement(start)),
                offset(function) if function >= 0 else -1,
                top(function),
                api,
                hidden,
            )
        )
    for value, start, end, how in findings.texts:
        function = source.function(start)
        facts.literals.append(
            Literal(
                value,
                line(start),
                offset(end),
                offset(source.statement(start)),
                offset(function) if function >= 0 else -1,
                top(function),
                how,
            )
        )


def _line_in(window: windows.Windows, source: Source, position: int) -> int:
    return window.line(position, source.newlines)


def _same(position: int) -> int:
    return position


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
    for text, start, end in findings.codes:
        if text in done:
            continue
        done.add(text)
        if perf_counter() > deadline:
            facts.cut.append("parse-seconds")
            return
        inner = SourceFacts("python")
        _analyse(text.encode("utf-8", "replace"), limits, deadline, level + 1, inner)
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
