"""One pass over the calls, members and literals of a parsed piece."""

from __future__ import annotations

import re
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING

from darnel.features.languages import folding, javascript_hiding
from darnel.features.languages.folding import Folded
from darnel.features.languages.javascript_names import PATH
from darnel.features.languages.javascript_rules import Rules
from darnel.features.languages.javascript_text import joined
from darnel.features.languages.lexicon import load
from darnel.features.remember import remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from darnel.features.languages.javascript_piece import Piece

_START = attrgetter("start_byte")
_TAIL = re.compile(rb"[\w$\x80-\xff]+")
_MARKS: tuple[tuple[bytes, re.Pattern[bytes], str], ...] = (
    (b"rejectUnauthorized", re.compile(rb"rejectUnauthorized[\"']?\s*:\s*(?:false|!1|0\b)"), "net.insecure"),
    (b"NODE_TLS_REJECT", re.compile(rb"NODE_TLS_REJECT_UNAUTHORIZED[\"']?\s*[\]\s]*[=:]\s*[\"']?0"), "net.insecure"),
    (b"strictSSL", re.compile(rb"strictSSL[\"']?\s*:\s*(?:false|!1)"), "net.insecure"),
    (
        b"/-/",
        re.compile(rb"/-/(?:whoami|npm/v1/(?:tokens|user)|user/org\.couchdb|v1/search\?text=maintainer)"),
        "spread.tokens",
    ),
    (b"timeZone", re.compile(rb"resolvedOptions\(\)\s*\.\s*timeZone\b"), "guard.locale"),
    (b"debugger", re.compile(rb"\(\s*[\"']debugger;?[\"']\s*\)|[\"']debu[\"']\s?\+\s?[\"']gger[\"']"), "guard.sandbox"),
    (b"constructor", re.compile(rb"\.constructor\s*\.\s*constructor\s*\("), "code.reflect"),
    (b"onkeydown", re.compile(rb"\bonkey(?:down|press|up)\s*="), "host.keys"),
    (b"ethereum", re.compile(rb"\b(?:window|global|globalThis|self)\s*(?:\?\.|\.|\[\s*[\"'])ethereum\b"), "host.chain"),
    (b"prototype.send", re.compile(rb"XMLHttpRequest\.prototype\.(?:send|open)\s*=[^=]"), "spread.inject"),
    (b".fetch", re.compile(rb"\b(?:window|globalThis|self)\.fetch\s*=\s*(?:async\b|function\b|\()"), "spread.inject"),
)
"""Needle looked for first, what must stand there, and what it is. Rare things that need no tree."""
_EMPTY = re.compile(rb"catch\s*(?:\([^()]*\)\s*)?\{\s*(?:(?://[^\n]*\n|/\*.*?\*/|return;?|;)\s*)*\}", re.DOTALL)
_PLACEHOLDER = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")
_CODES = re.compile(
    rb"(?:\[|fromCharCode\()\s*((?:0x[0-9a-fA-F]{1,2}|\d{1,3})(?:\s*,\s*(?:0x[0-9a-fA-F]{1,2}|\d{1,3})){31,})"
)
_BYTES = (b"fromCharCode", b"Buffer", b"Uint8Array", b"TextDecoder")
_GLOBALS = frozenset({"global", "globalThis", "window", "self", "process", "this", "module", "require"})


@cache
def _member_roots() -> frozenset[str]:
    table = load("javascript")["members"]
    return frozenset(entry.partition(".")[0] for entry in (*table.exact, *table.below)) | _GLOBALS


@remembered(1 << 15)
def _look(name: str) -> tuple[tuple[str, ...], str, str]:
    lexicon = load("javascript")
    ids, api = lexicon["calls"].get(name)
    rule, _ = lexicon["to_rule"].get(name)
    return ids, api or name, rule[0] if rule else ""


_HELPERS = frozenset({"sleep", "delay", "md5", "sha1"})
"""Modules whose names say the same of a function that a file defines itself."""
SHORTEST = 4
"""Literals with fewer characters are not recorded."""
_LONGEST_PATH = 120


class Calls:
    """Walks the captures of one piece and fills its facts.

    Parameters
    ----------
    piece : Piece
        With its names bound.
    inner : callable
        ``(code, language, start, end)`` for code inside strings.
    """

    def __init__(self, piece: Piece, inner: Callable[[str, str, int, int, bool], None]) -> None:
        self.piece = piece
        self.inner = inner
        self.rules = Rules(piece, lambda code, language, start, end: inner(code, language, start, end, False))
        self._members = piece.lexicon["members"]
        self._hits: list[tuple[Node, str]] = []
        self._indices = {node.start_byte: node for node in piece.found.get("index", ())}

    def close(self) -> None:
        """Break the reference cycles, so that the tree is freed at once."""
        self.rules.table.clear()
        del self.piece.names.values

    @staticmethod
    def look(name: str) -> tuple[tuple[str, ...], str, str]:
        """Behaviours, matched entry and rule of a called name."""
        if len(name) > 60:
            return (), name, ""
        return _look(name)

    def resolve(self) -> None:
        """Resolve every call and construction."""
        piece = self.piece
        data, names, functions = piece.data, piece.names, piece.function_names
        bound, out, reached = names.bound, piece.facts.calls, piece.reached
        accessor = names.values.accessor if names.values.accessors else None
        memo: dict[bytes, tuple[str, bool]] = {}
        look = self.look
        for kind in ("callee", "constructor"):
            for node in sorted(piece.found.get(kind, ()), key=_START):
                start, end = node.start_byte, node.end_byte
                if end - start <= _LONGEST_PATH:
                    text = data[start:end]
                    known = memo.get(text)
                    if known is None:
                        known = memo[text] = self._classify(text, bound)
                    name, open_ = known
                    if open_:
                        name = names.resolve(name, start) if name else names.of(node)
                else:
                    name = self._long(node, start, end)
                if not name:
                    continue
                out.append(name)
                last = name.rpartition(".")[2]
                own = False
                if last in functions:
                    reached.append((last, start))
                    own = self._own(name, start, end)
                ids, _, rule = look(name)
                if ((ids or rule) and not own) or (accessor is not None and accessor(last) is not None):
                    self._hits.append((node, name))

    def _own(self, name: str, start: int, end: int) -> bool:
        """Whether the name of one of the file's functions stands for it, and not for a module: ``download(url)``."""
        names = self.piece.names
        return (
            "." not in name
            and name not in names.globals
            and name not in _HELPERS
            and self.piece.data[start:end] == name.encode("utf-8", "replace")
            and not names.lookup(name, start)
        )

    def calls(self) -> None:
        """Judge the calls that the lexicon knows."""
        for node, name in self._hits:
            self._judge(node, name)

    def _classify(self, text: bytes, bound: dict[str, dict[int, str]]) -> tuple[str, bool]:
        # Name and whether it depends on where it stands; an empty name that does: resolve the node.
        names = self.piece.names
        match = PATH.match(text)
        if match and match.end() == len(text):
            name = names.dotted(text)
            root = name.partition(".")[0]
            if root in names.interesting and root in bound:
                return name, True
            return names.resolve(name, 0), False
        head = re.match(rb"(?:[(!]|await\s|new\s|0,|\s)*([\w$\x80-\xff]+)", text)
        root = head[1].decode("utf-8", "replace") if head else ""
        if root in names.interesting or root in names.values.constants or text.find(b"[") > 0:
            return "", True
        tail = text.rpartition(b".")[2].strip()
        return ("." + tail.decode("utf-8", "replace"), False) if _TAIL.fullmatch(tail) else ("", False)

    def _long(self, node: Node, start: int, end: int) -> str:
        names, data = self.piece.names, self.piece.data
        if names.root_of(node) in names.interesting:
            return names.of(node)
        tail = data[max(start, end - 60) : end].rpartition(b".")[2]
        return "." + tail.decode("utf-8", "replace") if _TAIL.fullmatch(tail) else ""

    def _judge(self, node: Node, name: str) -> None:
        piece = self.piece
        start, end = node.start_byte, node.end_byte
        ids, api, rule = self.look(name)
        text = piece.data[start : min(end, start + 400)]
        arguments = piece.arguments(end)
        order = arguments.end_byte if arguments is not None else end
        hidden = bool(ids) and b"[" in text and not self._visible(text, name)
        values = piece.names.values
        if values.accessors and arguments is not None and values.accessor(name.rpartition(".")[2]) is not None:
            value = piece.names.values.fold(arguments.parent)
            if value is not None and len(value.value) >= SHORTEST:
                piece.literal(value.text, start, order, value.how)
            return
        for behaviour in ids:
            piece.see(behaviour, start, order, api, hidden)
            if behaviour == "host.identity":
                self.rules.compared("guard.host", start, order, api)
        if rule:
            self.rules.table[rule](name, arguments, start, order)

    @staticmethod
    def _visible(text: bytes, name: str) -> bool:
        last = name.rpartition(".")[2].encode("utf-8", "replace")
        return last in text

    # members ---------------------------------------------------------------------------------------------------

    def members(self) -> None:
        """Judge member accesses that are no calls: ``process.env``, ``document.cookie``, computed globals."""
        piece = self.piece
        data, names = piece.data, piece.names
        roots = _member_roots()
        wanted = dict.fromkeys(root.encode() for root in roots)
        for name, targets in names.bound.items():
            if any(target.partition(".")[0] in roots for target in targets.values()):
                wanted[name.encode("utf-8", "replace")] = None
        for node in sorted(piece.found.get("root", ()), key=_START):
            start = node.start_byte
            if data[start : node.end_byte] not in wanted:
                continue
            match = PATH.match(data, start, start + 300)
            if match is None:
                continue
            text, end = match[0], match.end()
            name = names.resolve(names.dotted(text), start) if text != b"this" else "this"
            if data[end : end + 1] == b"[" or data[end : end + 3] == b"?.[":
                name, end = self._computed(name, start, end)
            if name == "process.env" or name.startswith("process.env."):
                if name == "process.env":
                    self.rules.whole_environment(start, end)
                elif name != "process.env.[]":
                    self.rules.environment_variable(name.split(".")[2], start, end)
                else:
                    piece.see("env.one", start, end, "process.env[]")
                continue
            self._member(name, start, end)

    def _member(self, name: str, start: int, end: int) -> None:
        for _ in range(4):
            ids, api = self._members.get(name)
            if ids:
                for behaviour in ids:
                    if behaviour == "host.identity":
                        self.rules.compared("guard.host", start, end, api)
                    self.piece.see(behaviour, start, end, api)
                return
            name = name.rpartition(".")[0]
            if not name:
                return

    def _computed(self, name: str, start: int, end: int) -> tuple[str, int]:
        piece = self.piece
        index = self._indices.get(piece.data.find(b"[", end) + 1)
        value = piece.names.values.fold(index)
        if value is None:
            if name in _GLOBALS and name not in {"this", "module", "require"} and index is not None:
                piece.see("code.reflect", start, index.end_byte, f"{name}[]")
            return f"{name}.[]", end
        if name in _GLOBALS and value.how and index is not None:
            piece.see("code.reflect", start, index.end_byte, f"{name}[]", hidden=True)
        return f"{name}.{value.text}", index.end_byte + 1 if index is not None else end

    # literals --------------------------------------------------------------------------------------------------

    def literals(self) -> None:
        """Record string literals, reassembled sums and templates; decode what looks encoded."""
        piece = self.piece
        data, values, owner = piece.data, piece.names.values, piece.scopes.function
        seen: set[tuple[bytes, int]] = set()
        for node in sorted(piece.found.get("string", ()), key=_START):
            start, end = node.start_byte, node.end_byte
            if end - start < SHORTEST + 2:
                continue
            raw = data[start:end]
            function = owner(start)
            key = (raw, function)
            if key in seen:
                continue
            seen.add(key)
            self._literal(values.string(raw), start, end, function)
        for node in sorted(piece.found.get("template", ()), key=_START):
            start, end = node.start_byte, node.end_byte
            if end - start < SHORTEST + 2:
                continue
            value = values.fold(node) if end - start < 100_000 else None
            if value is None:
                text = data[start + 1 : end - 1].decode("utf-8", "replace")
                value = Folded(_PLACEHOLDER.sub("{}", text) if len(text) < 20_000 else text)
            self._literal(value, start, end)
        self._sums()

    def _sums(self) -> None:
        piece = self.piece
        values = piece.names.values
        longest: dict[int, Node] = {}
        for node in piece.found.get("sum", ()):
            old = longest.get(node.start_byte)
            if old is None or node.end_byte > old.end_byte:
                longest[node.start_byte] = node
        for start, node in sorted(longest.items()):
            head = piece.data[start : min(node.end_byte, start + 4_000)]
            if b'"' not in head and b"'" not in head and b"`" not in head:
                continue
            run: list[Folded] = []
            for operand in [*values.pieces(node), None]:
                value = values.fold(operand) if operand is not None else None
                if value is not None:
                    run.append(value)
                    continue
                if len(run) > 1:
                    whole = joined(run, "concat")
                    if whole is not None and len(whole.value) >= SHORTEST:
                        self._literal(whole, start, node.end_byte)
                run = []

    def _literal(self, value: Folded, start: int, end: int, function: int = -2) -> None:
        piece = self.piece
        text = value.text
        piece.literal(text, start, end, value.how, function)
        if len(text) < folding.MIN_SUSPECT or not folding.suspicious(text):
            return
        for layer in folding.suspect(Folded(text)):
            piece.literal(layer.text, start, end, (*value.how, *layer.how))
            kind = folding.binary(layer.value) if isinstance(layer.value, bytes) else ""
            code = len(layer.value) > 40 and folding.code_like(layer.text)
            if kind or code or (len(layer.value) > 12 and layer.text.startswith(("http://", "https://"))):
                piece.see("hide.encoded", start, end, kind or layer.how[-1], hidden=True)
            if code:
                self.inner(layer.text, "javascript", start, end, True)

    # the rest --------------------------------------------------------------------------------------------------

    def frames(self) -> None:
        """Recognise obfuscators, machine-made names, empty handlers and rare marks."""
        piece = self.piece
        data, see = piece.data, piece.see
        for name, start, end in javascript_hiding.frames(data):
            see("hide.array", start, end, name)
        first = javascript_hiding.machine_named(data)
        if first >= 0:
            see("hide.names", first, first + 1, "_0x")
        for needle, pattern, behaviour in _MARKS:
            if needle in data:
                for match in pattern.finditer(data):
                    see(behaviour, match.start(), match.end(), needle.decode())
        for match in _CODES.finditer(data) if any(word in data for word in _BYTES) else ():
            text = folding.from_codes(
                [int(n, 0) if n[:2] == b"0x" else int(n) for n in re.split(rb"\s*,\s*", match[1])]
            )
            if text and folding.printable(text[:2_000].encode("utf-8", "replace")):
                piece.literal(text, match.start(), match.end(), ("bytes",))
                if folding.code_like(text):
                    see("hide.encoded", match.start(), match.end(), "bytes", hidden=True)
                    self.inner(text, "javascript", match.start(), match.end(), True)

    def swallowed(self) -> int:
        """Record handlers that do nothing; returns how many."""
        piece, count = self.piece, 0
        for node in piece.found.get("handler", ()):
            start, end = node.start_byte, node.end_byte
            if end - start < 300 and _EMPTY.fullmatch(piece.data, start, end):
                count += 1
                piece.see("hide.swallow", start, end, "catch")
        return count
