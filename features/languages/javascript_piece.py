"""One parsed piece of a JavaScript file: captures arranged to look up names, functions and constants."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING

from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.languages.javascript_names import UNKNOWN, Lines, Names, module_name, package_of
from darnel.features.languages.lexicon import load
from darnel.features.languages.scopes import Scopes
from darnel.features.limits import Limits

if TYPE_CHECKING:
    from tree_sitter import Node

_NAME_BEFORE = re.compile(rb"([\w$\x80-\xff]+)[\"']?\]?\s*[:=]\s*(?:async\s*)?$")
_FUNCTION = re.compile(rb"(?:async\s+)?function\s*\*?\s*([\w$\x80-\xff]+)")
_METHOD = re.compile(rb"(?:(?:static|async|get|set|public|private|protected)\s+|\*\s*)*#?([\w$\x80-\xff]+)")
_CLASS_BEFORE = re.compile(rb"class\s+([\w$\x80-\xff]+)[^{}]*\{")
_CALLEE = re.compile(rb"(?:\b(app|router|server|fastify|api)\.)?([\w$\x80-\xff]+)\s*$")
_PARAMETER = re.compile(rb"(?:[{,(\[]|\.\.\.)\s*([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)\s*(?=[,)=?:}\]])")
_FIRST_NAME = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*")
_PATTERN_NAME = re.compile(
    rb"(?:^|[{,])\s*([\w$\x80-\xff]+|\"[^\"]{1,60}\"|'[^']{1,60}')\s*(?::\s*([\w$\x80-\xff]+))?\s*(?=[,}=])"
)
_SPECIFIER = re.compile(rb"([\w$\x80-\xff]+)(?:\s+as\s+([\w$\x80-\xff]+))?\s*(?=[,}])")
_BUNDLE = re.compile(rb"webpack(?:Jsonp|Chunk)[\w$\x80-\xff]*[^;(){}]{0,60}\)?\s*\.push\(|__webpack_modules__\s*=\s*\(")
_DEFERRED = frozenset(
    b"it test beforeEach afterEach before after beforeAll afterAll addEventListener action command handle"
    b" defineProperty specify".split()
)
MAX_LINKS = 1_000
"""Files of the package that one file may import."""
MAX_LINK = 400
_VERBS = frozenset({b"get", b"post", b"put", b"delete", b"patch", b"all", b"use"})


@cache
def _globals() -> frozenset[str]:
    return frozenset(load("javascript")["to_global"].exact)


class Piece:
    """Captures of one piece of source.

    Parameters
    ----------
    data : bytes
        The piece.
    found : dict of str to list of Node
        Captures of ``javascript.scm``.
    facts : SourceFacts
        Where observations, literals, calls, imports and identifiers go.
    limits : Limits
    base : int
        Offset of the piece in its file, bytes.
    line : int
        Line of the file at which the piece begins, 1-based.
    """

    def __init__(
        self, data: bytes, found: dict[str, list[Node]], facts: SourceFacts, limits: Limits, base: int, line: int
    ) -> None:
        self.data, self.found, self.facts, self.limits, self.base = data, found, facts, limits, base
        self.lexicon = load("javascript")
        functions = self._functions()
        self.scopes = Scopes(functions)
        self.function_names = {name for _, _, name in functions if name}
        self.lines = Lines(data, sorted({node.start_byte for node in found.get("statement", ())}), line)
        self.names = Names(data, _globals(), self.scopes)
        self._arguments: list[Node] = sorted(found.get("arguments", ()), key=_start)
        self._argument_starts = [node.start_byte for node in self._arguments]
        self._declared: list[tuple[str, int]] = []
        self._candidates: list[tuple[bytes, int, Node]] = []
        self.reached: list[tuple[str, int]] = []
        self.late: list[tuple[str, int, int, str, bool]] = []
        self._links: list[tuple[str, int]] = []

    # functions -------------------------------------------------------------------------------------------------

    def _functions(self) -> list[tuple[int, int, str]]:
        data = self.data
        result = []
        self._callbacks: list[int] = []
        for node in self.found.get("function", ()):
            start, end, name = node.start_byte, node.end_byte, b""
            match = _FUNCTION.match(data, start, start + 200)
            if match:
                name = match[1]
            else:
                near = data[max(0, start - 40) : start].rstrip()
                if near[-1:] in (b"(", b",", b"["):
                    self._callbacks.append(start)
                elif node.type == "method_definition":
                    name = self._method_name(start)
                else:
                    before = _NAME_BEFORE.search(near)
                    name = before[1] if before else b""
            result.append((start, end, name.decode("utf-8", "replace")))
        return result

    def _method_name(self, start: int) -> bytes:
        match = _METHOD.match(self.data, start, start + 200)
        name = match[1] if match else b""
        if name == b"constructor":  # creating an object of the class runs it
            classes = _CLASS_BEFORE.findall(self.data, max(0, start - 300), start)
            name = classes[-1] if classes else name
        return name

    def reach(self) -> None:
        """Decide which functions run with the file. Call after :attr:`reached` is complete."""
        data, scopes = self.data, self.scopes
        invoked = [node.start_byte for node in self.found.get("immediate", ())]
        immediate = list(invoked)
        for start in self._callbacks:
            near = data[max(0, start - 100) : start]
            paren = near.rfind(b"(")
            before = _CALLEE.search(near, max(0, paren - 30), paren) if paren > 0 else None
            if before and (before[2] in _DEFERRED or (before[1] and before[2] in _VERBS)):
                continue
            immediate.append(start)
        for node in self.found.get("immediate", ()):
            immediate += self._modules(node.end_byte)
        if b"webpack" in data:
            for match in _BUNDLE.finditer(data):
                immediate += self._modules(match.end() - 1)
        wanted = self.function_names
        for node in self.found.get("passed", ()):
            name = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            if name in wanted:
                self.reached.append((name, node.start_byte))
        scopes.reach(self.reached, immediate, visible=True)

    def _modules(self, end: int) -> list[int]:
        # Bundles: an invoked loader is handed the modules as functions in an array or object.
        i = bisect_left(self._argument_starts, end)
        if i >= len(self._arguments) or self._argument_starts[i] - end > 40:
            return []
        start, end = self._argument_starts[i], self._arguments[i].end_byte
        if end - start < 20:
            return []
        functions, owner = self.scopes.functions, self.scopes.function(start)
        i = bisect_left(functions, (start,))
        found = []
        while i < len(functions) and functions[i][0] < end:
            if self.scopes.parent(functions[i][0]) == owner:
                found.append(functions[i][0])
                i = bisect_left(functions, (functions[i][1],), i)
            else:
                i += 1
        return found

    # bindings --------------------------------------------------------------------------------------------------

    def declare(self) -> None:
        """Learn what the file declares, and the values of names that are assigned once."""
        data, constants = self.data, self.names.values.constants
        declared = self._declared
        for node in self.found.get("declared", ()):
            start = node.start_byte
            declared.append((data[start : node.end_byte].decode("utf-8", "replace"), start))
        for node in self.found.get("parameters", ()):
            start, end = node.start_byte, node.end_byte
            if end - start > 2:
                for match in _PARAMETER.finditer(data, start, min(end, start + 1_000)):
                    declared.append((match[1].decode("utf-8", "replace"), start))
        writes: dict[str, int] = {}
        for node in self.found.get("changed", ()):
            name = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            writes[name] = writes.get(name, 0) + 1
        self._values("declaration", "name", "value", writes)
        self._values("assignment", "left", "right", writes)
        self.facts.identifiers += [name for name, _ in declared]
        for word, count in writes.items():
            if count > 1 and word in constants:
                constants[word] = None

    def bind(self) -> None:
        """Learn imports, requires, aliases and destructuring. Call :meth:`declare` first."""
        names, data, scopes, declared = self.names, self.data, self.scopes, self._declared
        for node in self.found.get("import", ()):
            self._import(node)
        for node in self.found.get("reexport", ()):
            specifier = data[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "replace")
            self.facts.imports.append(package_of(specifier))
            self._link(specifier, node.start_byte)
        interesting = names.interesting
        for text, start, right in self._candidates:
            root, begin = names.root_of(right), right.start_byte
            if root in interesting or (root and b"require(" in data[begin : begin + 200]):
                resolved = names.of(right)
                if resolved and not resolved.startswith("."):
                    self._assign(text, start, resolved)
        for name, start in declared:
            if name in interesting:
                owner = scopes.function(start)
                if owner >= 0 and data[owner : owner + 9] == b"function " and start - owner < 30:
                    owner = scopes.function(owner - 1) if data[owner + 9 : start].strip() == b"" else owner
                names.bind(name, owner, UNKNOWN)

    def _values(self, kind: str, target: str, value: str, writes: dict[str, int]) -> None:
        data, declared, constants = self.data, self._declared, self.names.values.constants
        for node in sorted(self.found.get(kind, ()), key=_start):
            start = node.start_byte
            match = _FIRST_NAME.match(data, start, start + 200)
            right = node.child_by_field_name(value)
            if match and kind == "declaration":
                declared.append((match[0].decode("utf-8", "replace"), start))
            if right is None:
                continue
            if match:
                text = match[0]
                if kind == "assignment" and data[match.end() : match.end() + 1] in b".[":
                    text = b""
            else:
                left = node.child_by_field_name(target)
                text = data[start : min(left.end_byte, start + 2_000)] if left is not None else b""
            begin = right.start_byte
            if match and text:
                word = text.decode("utf-8", "replace")
                writes[word] = writes.get(word, 0) + 1
                if data[begin : begin + 8] != b"function":
                    constants[word] = right if not data[begin : begin + 1].isdigit() else None
            if text:
                self._candidates.append((text, start, right))

    def _assign(self, text: bytes, offset: int, target: str) -> None:
        scope = self.scopes.function(offset)
        if text[:1] == b"{":
            for match in _PATTERN_NAME.finditer(text):
                key = match[1].strip(b"\"'").decode("utf-8", "replace")
                local = match[2].decode("utf-8", "replace") if match[2] else key
                self.names.bind(local, scope, f"{target}.{key}")
                self.facts.identifiers.append(local)
                if target == "process.env":
                    self.late.append((f"process.env.{key}", offset, offset + len(text), "", False))
        elif _FIRST_NAME.fullmatch(text):
            self.names.bind(text.decode("utf-8", "replace"), scope, target)

    def _import(self, node: Node) -> None:
        text = self.data[node.start_byte : min(node.end_byte, node.start_byte + 4_000)]
        source = node.child_by_field_name("source")
        clause, _, _ = text.partition(b" from")
        if source is None:  # import x = require("y")
            match = re.search(rb"import\s+([\w$\x80-\xff]+)\s*=\s*require\(\s*[\"']([^\"']+)", text)
            if match is None:
                return
            clause, specifier = b"import " + match[1], match[2].decode("utf-8", "replace")
        else:
            specifier = self.data[source.start_byte + 1 : source.end_byte - 1].decode("utf-8", "replace")
        self.module(specifier, node.start_byte, node.end_byte, not clause.startswith(b"import type "))
        target = module_name(specifier)
        clause = clause.removeprefix(b"import").strip().removeprefix(b"type ")
        outer, _, inner = clause.partition(b"{")
        for word in re.findall(rb"(?:\*\s*as\s+)?([\w$\x80-\xff]+)", outer):
            if word not in {b"as", b"from", b"type"}:
                self.names.bind(word.decode("utf-8", "replace"), -1, target)
        for match in _SPECIFIER.finditer(inner):
            name = match[1].decode("utf-8", "replace")
            local = match[2].decode("utf-8", "replace") if match[2] else name
            self.names.bind(local, -1, target if name == "default" else f"{target}.{name}")

    def module(self, specifier: str, start: int, end: int, runs: bool = True) -> None:
        """Record an imported or required module; ``runs``: not only for its types."""
        package = package_of(specifier)
        self.facts.imports.append(package)
        if runs:
            self._link(specifier, start)
        for identifier in self.lexicon["to_module"].get(package)[0]:
            self.see(identifier, start, end, package)

    def _link(self, specifier: str, start: int) -> None:
        if specifier.startswith(".") and len(self._links) < MAX_LINKS:
            self._links.append((specifier[:MAX_LINK], start))

    # output ----------------------------------------------------------------------------------------------------

    def arguments(self, callee_end: int) -> Node | None:
        """Return the argument list that follows a callee."""
        i = bisect_left(self._argument_starts, callee_end)
        if i < len(self._arguments) and self._argument_starts[i] - callee_end < 200:
            return self._arguments[i]
        return None

    def see(self, behaviour: str, start: int, end: int, api: str = "", hidden: bool = False) -> None:
        """Record a behaviour; whether it runs with the file is filled in by :meth:`flush`."""
        self.late.append((behaviour, start, end, api, hidden))

    def unsee(self, behaviour: str, end: int) -> None:
        """Take back what :meth:`see` recorded last at ``end``."""
        for i in range(len(self.late) - 1, max(-1, len(self.late) - 8), -1):
            if self.late[i][0] == behaviour and self.late[i][2] == end:
                del self.late[i]
                return

    def take_late(self) -> list[tuple[str, int, int, str, bool]]:
        """Remove and return what was seen so far under names that are no behaviours (``process.env.X``)."""
        taken = [entry for entry in self.late if entry[0].startswith("process.env.")]
        self.late = [entry for entry in self.late if not entry[0].startswith("process.env.")]
        return taken

    def place(self, start: int, end: int) -> Observation:
        """Where something stands, as an observation of nothing."""
        function = self.scopes.function(start)
        return Observation(
            "",
            self.lines.line(start),
            end + self.base,
            self.lines.statement(start) + self.base,
            function + self.base if function >= 0 else -1,
            self.scopes.top(function),
        )

    def flush(self) -> None:
        """Turn what was seen into observations."""
        facts, scopes = self.facts, self.scopes
        room = self.limits.observations - len(facts.observations)
        if len(self.late) > room and "observations" not in facts.cut:
            facts.cut.append("observations")
        for behaviour, start, end, api, hidden in self.late[: max(room, 0)]:
            facts.observations.append(self.place(start, end)._replace(behaviour=behaviour, api=api, hidden=hidden))
        self.late.clear()
        links = (spec if scopes.top(scopes.function(start)) else f"~{spec}" for spec, start in self._links)
        facts.links += list(dict.fromkeys(links))[: max(0, MAX_LINKS - len(facts.links))]

    def literal(self, value: str, start: int, end: int, how: tuple[str, ...] = (), function: int = -2) -> None:
        """Record a string literal; ``function`` (-2: not known yet) is the one around it."""
        facts = self.facts
        if len(facts.literals) >= self.limits.literals:
            if "literals" not in facts.cut:
                facts.cut.append("literals")
            return
        if function == -2:
            function = self.scopes.function(start)
        lines, base = self.lines, self.base
        facts.literals.append(
            Literal(
                value,
                lines.line(start),
                end + base,
                lines.statement(start) + base,
                function + base if function >= 0 else -1,
                self.scopes.top(function),
                "+".join(how) if how else "",
            )
        )


def _start(node: Node) -> int:
    return node.start_byte
