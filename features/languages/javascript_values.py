"""Constant folding of JavaScript expressions, by shape alone: nothing is executed."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.folding import MAX_BYTES, Folded
from darnel.features.languages.javascript_text import joined, maybe_text, nth, number, percent, unescape

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.javascript_names import Names

MAX_DEPTH = 24
"""Nesting up to which an expression is folded."""
MAX_PIECES = 20_000
"""Operands of one sum, elements of one array."""

_METHODS = frozenset(
    [
        "toString",
        "replace",
        "replaceAll",
        "concat",
        "toLowerCase",
        "toUpperCase",
        "trim",
        "slice",
        "substr",
        "substring",
        "charAt",
        "at",
        "repeat",
        "valueOf",
    ]
)
_ARITHMETIC = frozenset(["number", "binary_expression", "unary_expression", "parenthesized_expression"])
_LETTER_ESCAPES = re.compile(rb"\\(?:x[2-7][0-9a-fA-F]|u00[2-7][0-9a-fA-F]|u\{[2-7][0-9a-fA-F]\})")
_XOR_MAP = re.compile(rb"fromCharCode\s*\(\s*[\w$]+\s*\^\s*(0x[0-9a-fA-F]+|\d+)\s*\)")
_CHAR_MAP = re.compile(rb"^\(?\s*([\w$]+)\s*\)?\s*=>\s*String\.fromCharCode\(\s*\1\s*(?:([-+])\s*(\d+)\s*)?\)$")


class Values:
    """Folds expressions of one file.

    Parameters
    ----------
    data : bytes
        The source.
    names : Names
        Resolves callees and knows which names are bound.
    """

    def __init__(self, data: bytes, names: Names) -> None:
        self.data = data
        self.names = names
        self.constants: dict[str, Node | None] = {}
        """Single-assignment names and their values; None once a second assignment was seen."""
        self.accessors: dict[str, Callable[[list[Folded]], str | None]] = {}
        """Functions of an obfuscator that return strings from its array."""
        self._busy: set[str] = set()
        self._folded: dict[str, Folded | None] = {}

    def accessor(self, name: str) -> Callable[[list[Folded]], str | None] | None:
        """Accessor that a name stands for, through aliases."""
        for _ in range(6):
            found = self.accessors.get(name)
            value = None if found is not None else self.constants.get(name)
            if value is None or value.type != "identifier":
                return found
            name = self.raw(value).decode("utf-8", "replace")
        return None

    def _argument(self, node: Node, depth: int) -> Folded:
        value = self.integer(node, depth) if node.type in _ARITHMETIC else None
        return Folded(str(value)) if value is not None else self.fold(node, depth) or Folded("")

    def raw(self, node: Node) -> bytes:
        """Source of a node."""
        return self.data[node.start_byte : node.end_byte]

    def string(self, raw: bytes) -> Folded:
        """Value of a string literal given with its quotes."""
        text = raw[1:-1].decode("utf-8", "replace")
        if "\\" not in text:
            return Folded(text)
        return Folded(unescape(text), ("escape",) if _LETTER_ESCAPES.search(raw) else ())

    def fold(self, node: Node | None, depth: int = 0) -> Folded | None:
        """Constant value of an expression, None when it has none (or is nested too deeply)."""
        if node is None or depth > MAX_DEPTH:
            return None
        kind = node.type
        if kind == "string":
            return self.string(self.raw(node))
        if kind == "identifier":
            return self._constant(node, depth)
        if kind == "template_string":
            return self._template(node, depth)
        if kind == "binary_expression":
            return self._sum(node, depth)
        if kind == "call_expression":
            return self._call(node, depth)
        if kind == "new_expression":
            return (
                self._bytes(node.child_by_field_name("arguments"), depth) if b"Buffer" in self.raw(node)[:12] else None
            )
        if kind in {"parenthesized_expression", "as_expression", "non_null_expression"}:
            return self.fold(nth(node, 0), depth + 1)
        if kind == "number":
            value = number(self.raw(node))
            return Folded(str(value)) if value is not None else None
        if kind == "subscript_expression":
            items = self.array(node.child_by_field_name("object"), depth + 1)
            place = self.integer(node.child_by_field_name("index"), depth + 1)
            if items is not None and place is not None and 0 <= place < len(items):
                return items[place]
        return None

    def integer(self, node: Node | None, depth: int = 0) -> int | None:
        """Value of a small integer expression."""
        if node is None or depth > MAX_DEPTH:
            return None
        if node.type == "number":
            return number(self.raw(node))
        if node.type in {"parenthesized_expression", "unary_expression"}:
            inner = self.integer(nth(node, 0), depth + 1)
            return -inner if inner is not None and self.raw(node)[:1] == b"-" else inner
        if node.type == "binary_expression":
            left = self.integer(node.child_by_field_name("left"), depth + 1)
            right = self.integer(node.child_by_field_name("right"), depth + 1)
            sign = node.child_by_field_name("operator")
            if left is None or right is None or sign is None:
                return None
            symbol = sign.type
            if symbol == "^":
                return left ^ right
            return {"+": left + right, "-": left - right, "*": left * right}.get(symbol)
        folded = self.fold(node, depth + 1)
        return number(folded.text.encode()) if folded is not None and len(folded.value) < 20 else None

    def pieces(self, node: Node) -> list[Node]:
        """Operands of a chain of ``+``, left to right, without recursion."""
        found: list[Node] = []
        here: Node | None = node
        while here is not None and here.type == "binary_expression" and len(found) < MAX_PIECES:
            sign, right = here.child_by_field_name("operator"), here.child_by_field_name("right")
            if sign is None or sign.type != "+" or right is None:
                break
            found.append(right)
            here = here.child_by_field_name("left")
        if here is not None:
            found.append(here)
        return found[::-1]

    def array(self, node: Node | None, depth: int = 0) -> list[Folded] | None:
        """Elements of an array expression when all are constant."""
        if node is None or depth > MAX_DEPTH:
            return None
        if node.type == "identifier":
            name = self.raw(node).decode("utf-8", "replace")
            value = self.constants.get(name)
            if value is None or name in self._busy:
                return None
            self._busy.add(name)
            try:
                return self.array(value, depth + 1)
            finally:
                self._busy.discard(name)
        if node.type == "parenthesized_expression":
            return self.array(nth(node, 0), depth + 1)
        if node.type == "array":
            if node.named_child_count > MAX_PIECES:
                return None
            items = [self.fold(child, depth + 1) for child in node.named_children if child.type != "comment"]
            return None if any(item is None for item in items) else [item for item in items if item is not None]
        if node.type == "call_expression":
            return self._array_call(node, depth)
        return None

    def _array_call(self, node: Node, depth: int) -> list[Folded] | None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or function.type not in {"member_expression", "subscript_expression"}:
            return None
        method, receiver = self._method(function, depth), function.child_by_field_name("object")
        first = nth(arguments, 0)
        if method == "split":
            text = self.fold(receiver, depth + 1)
            by = self.fold(first, depth + 1)
            if text is None or by is None:
                return None
            parts = text.text.split(by.text) if by.value else list(text.text)
            return [Folded(part, text.how) for part in parts[:MAX_BYTES]]
        items = self.array(receiver, depth + 1) if method in {"reverse", "map", "concat", "slice"} else None
        if items is None:
            return None
        if method == "reverse":
            return [Folded(item.value, (*item.how, "reverse")) for item in items[::-1]]
        if method == "map" and first is not None:
            return self._mapped(items, self.raw(first)[:300])
        return items if first is None else None

    def _mapped(self, items: list[Folded], body: bytes) -> list[Folded] | None:
        codes = [number(item.text.encode()) for item in items]
        if any(code is None for code in codes):
            return None
        values = [code for code in codes if code is not None]
        key = _XOR_MAP.search(body)
        if key:
            mask = number(key[1]) or 0
            text = folding.from_codes([value ^ mask for value in values])
            return [Folded(text, ("xor",))] if text is not None else None
        plain = _CHAR_MAP.match(body)
        if plain or body.strip() == b"String.fromCharCode":
            shift = int(plain[3] or 0) * (-1 if plain[2] == b"-" else 1) if plain else 0
            text = folding.from_codes([value + shift for value in values])
            return [Folded(text, ("chr",))] if text is not None else None
        return None

    def _constant(self, node: Node, depth: int) -> Folded | None:
        name = self.raw(node).decode("utf-8", "replace")
        value = self.constants.get(name)
        if value is None or name in self._busy:
            return None
        if name not in self._folded:
            self._busy.add(name)
            try:
                self._folded[name] = self.fold(value, depth + 1)
            finally:
                self._busy.discard(name)
        return self._folded[name]

    def _template(self, node: Node, depth: int) -> Folded | None:
        if not node.named_child_count:
            return Folded("")
        parts: list[str] = []
        how: tuple[str, ...] = ()
        for child in node.named_children[:MAX_PIECES]:
            if child.type == "string_fragment":
                parts.append(self.raw(child).decode("utf-8", "replace"))
            elif child.type == "escape_sequence":
                parts.append(unescape(self.raw(child).decode("utf-8", "replace")))
            else:
                inner = self.fold(nth(child, 0), depth + 1)
                if inner is None:
                    return None
                parts.append(inner.text)
                how = (*how, *inner.how, "concat")
        return Folded("".join(parts), tuple(dict.fromkeys(how)))

    def _sum(self, node: Node, depth: int) -> Folded | None:
        operands = self.pieces(node)
        if len(operands) < 2:
            return None
        folded: list[Folded] = []
        for operand in operands:
            value = self.fold(operand, depth + 1)
            if value is None:
                return None
            folded.append(value)
        return joined(folded, "concat")

    def _method(self, function: Node, depth: int) -> str:
        last = function.child_by_field_name("property")
        if last is not None:
            return self.raw(last).decode("utf-8", "replace")
        index = self.fold(function.child_by_field_name("index"), depth + 1)
        return index.text if index is not None else ""

    def _bytes(self, arguments: Node | None, depth: int) -> Folded | None:
        if arguments is None:
            return None
        nodes = arguments.named_children
        if not nodes:
            return None
        coding = self.fold(nodes[1], depth + 1) if len(nodes) > 1 else Folded("utf8")
        value = self.fold(nodes[0], depth + 1)
        if value is None:
            items = self.array(nodes[0], depth + 1)
            codes = [number(item.text.encode()) for item in items] if items else []
            text = folding.from_codes([code & 255 for code in codes if code is not None])
            return Folded(text, ("chr",)) if text else None
        kind = (coding.text if coding is not None else "").lower()
        if kind.startswith("base64"):
            return value.then(maybe_text(folding.decode_base64(value.value)), "base64")
        if kind == "hex":
            return value.then(maybe_text(folding.decode_hex(value.value)), "hex")
        return value

    def _call(self, node: Node, depth: int) -> Folded | None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None or arguments.named_child_count > MAX_PIECES:
            return None
        if function.type == "identifier":
            name = self.names.of(function, depth + 1)
        else:
            name = (
                self._method(function, depth) if function.type in {"member_expression", "subscript_expression"} else ""
            )
        first = nth(arguments, 0)
        accessor = self.accessor(name) if self.accessors else None
        if accessor is not None:
            given = [self._argument(child, depth + 1) for child in arguments.named_children[:8]]
            text = accessor(given)
            return Folded(text, ("array",)) if text is not None else None
        if name == "fromCharCode" or name == "String.fromCharCode" or name.endswith("fromCodePoint"):
            codes = [self.integer(child, depth + 1) for child in arguments.named_children]
            if not codes or any(code is None for code in codes):
                spread = self.array(nth(first, 0), depth + 1) if first and first.type == "spread_element" else None
                codes = [number(item.text.encode()) for item in spread or ()]
            text = folding.from_codes([code for code in codes if code is not None])
            return Folded(text, ("chr",)) if text else None
        if name in {"atob", "unescape", "decodeURIComponent", "decodeURI", "String", "window.atob"}:
            value = self.fold(first, depth + 1)
            if value is None:
                return None
            if name.endswith("atob"):
                return value.then(maybe_text(folding.decode_base64(value.value)), "base64")
            return value if name == "String" else value.then(percent(value.text), "escape")
        receiver = function.child_by_field_name("object")
        if name == "from" and receiver is not None and self.raw(receiver).endswith(b"Buffer"):
            return self._bytes(arguments, depth)
        if name == "join":
            by = self.fold(first, depth + 1) if first is not None else Folded(",")
            items = self.array(receiver, depth + 1) if by is not None else None
            return joined(items, "join", by.text) if items is not None and by is not None else None
        return self._string_method(name, receiver, arguments, depth)

    def _string_method(self, name: str, receiver: Node | None, arguments: Node, depth: int) -> Folded | None:
        if name not in _METHODS:
            return None
        value = self.fold(receiver, depth + 1)
        if value is None:
            return None
        given = arguments.named_children
        if name == "toString":
            kind = self.fold(given[0], depth + 1) if given else None
            if kind is not None and kind.text in {"base64", "hex"}:
                return None
            return value
        if name in {"valueOf", "trim"}:
            return value
        if name == "toLowerCase":
            return Folded(value.text.lower(), value.how)
        if name == "toUpperCase":
            return Folded(value.text.upper(), value.how)
        if name == "concat":
            rest = [self.fold(child, depth + 1) for child in given]
            return joined([value, *(item for item in rest if item is not None)], "concat") if None not in rest else None
        if name in {"replace", "replaceAll"} and len(given) == 2:
            return self._replaced(value, given[0], given[1], depth, everywhere=name == "replaceAll")
        places = [self.integer(child, depth + 1) for child in given[:2]]
        if not places or None in places:
            return None
        start, stop = places[0] or 0, places[1] if len(places) > 1 else None
        if name == "repeat":
            return value.then(
                value.text * start if 0 <= start * max(1, len(value.value)) <= MAX_BYTES else None, "concat"
            )
        if name in {"charAt", "at"}:
            return Folded(value.text[start : start + 1 or None], value.how)
        if name == "substr" and stop is not None:
            stop = start + stop if start >= 0 else None
        return Folded(value.text[start:stop], value.how)

    def _replaced(self, value: Folded, old: Node, new: Node, depth: int, *, everywhere: bool) -> Folded | None:
        by = self.fold(new, depth + 1)
        if by is None or "$" in by.text:
            return None
        if old.type == "regex":
            pattern, flags = old.child_by_field_name("pattern"), old.child_by_field_name("flags")
            body = self.raw(pattern).decode("utf-8", "replace") if pattern is not None else ""
            plain = re.sub(r"\\([^\w])", r"\1", body)
            if re.fullmatch(r"\[[^\]\\^]{1,40}\]", body):  # a character class
                return value.then(value.text.translate({ord(c): by.text for c in body[1:-1]}), "replace")
            if re.search(r"[][(){}*+?.^$|]", re.sub(r"\\[^\w]", "", body)) or "\\" in plain:
                return None
            everywhere = flags is not None and b"g" in self.raw(flags)
            needle = plain
        else:
            folded = self.fold(old, depth + 1)
            needle = folded.text if folded is not None else ""
        if not needle:
            return None
        return value.then(value.text.replace(needle, by.text, -1 if everywhere else 1), "replace")
