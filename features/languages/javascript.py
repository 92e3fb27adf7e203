"""Facts about JavaScript and TypeScript sources: behaviours, literals, calls, imports, shape."""

from __future__ import annotations

import re
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from darnel.features import syntax
from darnel.features.facts import SourceFacts
from darnel.features.languages import javascript_hiding, windows
from darnel.features.languages.inner import Inner
from darnel.features.languages.javascript_calls import Calls
from darnel.features.languages.javascript_piece import Piece
from darnel.features.languages.lexicon import query
from darnel.features.languages.parsing import MAX_TOKENS, TYPESCRIPT_TOKENS, Patterns, affordable, captures, parse
from darnel.features.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from tree_sitter import Language

SUSPICIOUS = re.compile(
    rb"child_process|eval\(|new Function|fromCharCode|process\.env|_0x[0-9a-f]{4}|atob\(|webhooks|createDecipher"
    rb"|\.ethereum|sendBeacon|Buffer\.from\(|\\x[0-9a-f]{2}\\x[0-9a-f]{2}\\x"
)
"""What the windows of a source too long to be parsed whole are laid around."""
_PIECE_BYTES = 16 * 1024
"""Windows of a piece whose tree cannot be queried."""
_AROUND = 4 * 1024
"""Bytes kept on either side of something suspicious."""


@cache
def grammar(dialect: str) -> Language:
    """Grammar of ``javascript``, ``typescript`` or ``tsx``."""
    from tree_sitter import Language

    if dialect == "javascript":
        import tree_sitter_javascript

        return Language(tree_sitter_javascript.language())
    import tree_sitter_typescript

    pointer = tree_sitter_typescript.language_tsx if dialect == "tsx" else tree_sitter_typescript.language_typescript
    return Language(pointer())


@cache
def _query(dialect: str) -> Patterns:
    return Patterns(grammar(dialect), query("javascript"))


def analyse(data: bytes, limits: Limits = DEFAULT_LIMITS, dialect: str = "javascript") -> SourceFacts:
    """Analyse one source file.

    Parameters
    ----------
    data : bytes
        Content, in any encoding and state.
    limits : Limits
    dialect : {"javascript", "typescript", "tsx"}
        ``javascript`` reads JSX too, and most of Flow with some errors in the tree.

    Returns
    -------
    SourceFacts
        Never raises on hostile content; what a budget cut is in ``cut``.
    """
    return analyse_within(data, limits, Inner(limits, perf_counter() + limits.parse_seconds), dialect)


def analyse_within(data: bytes, limits: Limits, inner: Inner, dialect: str = "javascript") -> SourceFacts:
    """:func:`analyse` within what is left of the budget of an outer file."""
    facts = SourceFacts("typescript" if dialect != "javascript" else "javascript")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    facts.values.update(syntax.lexical(data[: limits.parse_bytes]))
    tokens = MAX_TOKENS if dialect == "javascript" else TYPESCRIPT_TOKENS
    limit = affordable(data, limits.parse_bytes, inner.depth, tokens)
    if limit < len(data) and len(short := windows.shortened(data)) < len(data):
        data = short
        facts.cut.append("literals")
        limit = affordable(data, limits.parse_bytes, inner.depth, tokens)
    pieces = _pieces(data, limit)
    if len(pieces) != 1 or pieces[0] != (0, len(data)):
        facts.cut.append("parse-bytes")
    shape = _Shape(sum(end - start for start, end in pieces))
    for start, end in pieces:
        piece = data[start:end]
        line = data.count(b"\n", 0, start) + 1
        if _piece(piece, start, line, facts, limits, dialect, inner, shape):
            continue
        facts.cut.append("parse-seconds" if perf_counter() > inner.deadline else "nodes")
        # The tree was never finished, or is one that cannot be queried: look at both ends in small bites.
        for near in (0, max(len(piece) - _PIECE_BYTES, _PIECE_BYTES)):
            bite = piece[near : near + _PIECE_BYTES]
            at = line + piece.count(b"\n", 0, near)
            deadline, inner.deadline = inner.deadline, perf_counter() + 0.5
            _piece(bite, start + near, at, facts, limits, dialect, inner, shape)
            inner.deadline = deadline
    facts.cut = sorted(set(facts.cut))
    shape.fill(facts)
    facts.values["syntax.evaluation_depth"] = float(inner.deepest)
    return facts


def _pieces(data: bytes, limit: int) -> list[tuple[int, int]]:
    """Ranges to parse: everything, or head, tail and the surroundings of what is suspicious."""
    size = len(data)
    if size <= limit:
        return [(0, size)]
    head, tail, left = limit // 2, size - limit // 4, limit // 4
    spans = [(0, head)]
    for match in SUSPICIOUS.finditer(data, head, tail):
        if match.start() < spans[-1][1]:
            continue
        if left <= 0:
            break
        spans.append((match.start() - _AROUND if match.start() - _AROUND > spans[-1][1] else spans[-1][1], 0))
        spans[-1] = (spans[-1][0], min(match.end() + _AROUND, tail))
        left -= spans[-1][1] - spans[-1][0]
    spans.append((tail, size))
    return spans


def _piece(
    data: bytes, base: int, line: int, facts: SourceFacts, limits: Limits, dialect: str, inner: Inner, shape: _Shape
) -> bool:
    """Analyse one range; False when it could not be parsed or queried within the budget."""
    tree = parse(grammar(dialect), data, inner.deadline)
    if tree is None:
        return False
    found = captures(_query(dialect), tree.root_node)
    if found is None:
        return False
    piece = Piece(data, found, facts, limits, base, line)
    later: list[tuple[str, str, int, int, bool]] = []
    walk = Calls(piece, lambda *code: later.append(code))
    piece.declare()
    arrays = javascript_hiding.string_arrays(piece) if b"_0x" in data or javascript_hiding.rotates(data) else []
    piece.bind()
    for entry, start, end, _, _ in piece.take_late():
        walk.rules.environment_variable(entry.removeprefix("process.env."), start, end)
    # Which functions run with the file is known only once all calls are resolved, and literals need to know it.
    walk.resolve()
    piece.reach()
    walk.calls()
    walk.members()
    walk.literals()
    for text, start, end in arrays:
        piece.literal(text, start, end, ("array",))
    walk.frames()
    swallowed = walk.swallowed()
    piece.flush()
    shape.add(piece, tree.root_node.descendant_count, swallowed)
    for code, language, start, end, hidden in later:
        inner.merge(code, language, facts, piece.place(start, end), hidden)
    walk.close()
    return True


class _Shape:
    """Sums over the pieces of one file, for ``syntax.*``."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.counts: dict[str, int] = dict.fromkeys(
            ("nodes", "functions", "lambdas", "classes", "calls", "strings", "errors", "handlers", "swallowed"), 0
        )
        self.spans = {"error": 0, "comment": 0, "string": 0}
        self.longest = 0
        self.top_calls = 0
        self.statements: dict[str, float] = {}

    def add(self, piece: Piece, nodes: int, swallowed: int) -> None:
        found, counts = piece.found, self.counts
        calls = [node.start_byte for node in found.get("callee", ())]
        counts["nodes"] += nodes
        counts["calls"] += len(calls)
        counts["functions"] += len(piece.scopes.functions)
        counts["lambdas"] += sum(1 for _, _, name in piece.scopes.functions if not name)
        counts["swallowed"] += swallowed
        for key, name in (("classes", "class"), ("strings", "string"), ("errors", "error"), ("handlers", "handler")):
            counts[key] += len(found.get(name, ()))
        for name in ("error", "comment", "string"):
            lengths = [node.end_byte - node.start_byte for node in found.get(name, ())]
            self.spans[name] += sum(lengths)
            if name == "string":
                self.longest = max(self.longest, max(lengths, default=2) - 2)
        scopes = piece.scopes
        self.top_calls += sum(1 for start in calls if scopes.top(scopes.function(start)))
        measured = syntax.statements(
            np.array(piece.lines.statements, dtype=np.int64),
            len(piece.data),
            np.array(piece.lines.starts, dtype=np.int64),
            np.array(calls, dtype=np.int64),
        )
        for key, value in measured.items():
            old = self.statements.get(key, 0.0)
            self.statements[key] = old + value if key == "syntax.statements" else max(old, value)

    def fill(self, facts: SourceFacts) -> None:
        values = facts.values
        values.update({f"syntax.{name}": float(count) for name, count in self.counts.items()})
        values.update(syntax.shares(self.size, **self.spans))
        values.update(self.statements)
        values.update(syntax.names(facts.identifiers))
        values["syntax.imports"] = float(len(facts.imports))
        values["syntax.longest_string"] = float(self.longest)
        calls = self.counts["calls"]
        values["syntax.top_share"] = self.top_calls / calls if calls else float("nan")
        values["syntax.evaluations"] = float(sum(1 for o in facts.observations if o.behaviour == "code.evaluate"))
        values["syntax.hidden_names"] = float(sum(1 for o in facts.observations if o.hidden))
        decoded = [literal for literal in facts.literals if "?" in literal.how]
        values["syntax.folded"] = float(sum(1 for literal in facts.literals if literal.how and "?" not in literal.how))
        values["syntax.decoded"] = float(len(decoded))
        values["syntax.decoded_bytes"] = float(max((len(literal.value) for literal in decoded), default=0))
