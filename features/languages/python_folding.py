"""Python expressions over constants, computed without running anything: operators, decoders, comprehensions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from darnel.features.languages import folding, lexicon, python_ciphers, python_decoding, python_growth
from darnel.features.languages.python_constants import (
    MAX_ITEMS,
    Constant,
    Environment,
    Value,
    arithmetic,
    concatenate,
    items_of,
    joined,
    operation,
)
from darnel.features.languages.python_names import MAX_LEVEL
from darnel.features.languages.python_strings import Part, fixed, percent, template_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_names import Names
    from darnel.features.languages.python_source import Source

MAX_STEPS = 60_000
"""Folding steps per file; afterwards nothing more is folded but sums that are known."""
MAX_DEPTH = 30
MAX_TOTAL = 8 << 20
"""Bytes that all folds of a file may produce together."""
_INTEGERS = re.compile(
    rb"[\[({](?:\s*(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,10})\s*,)*\s*(?:0[xX][0-9A-Fa-f]{1,8}|\d{1,10})?\s*[\])}]\Z"
)
_SUMS = frozenset({"binary_operator", "parenthesized_expression", "unary_operator"})
MAX_SUM = 200
"""Bytes of a sum that is remembered."""
_SUM = re.compile(rb"[\d\s()<>+*/%^&|~-]+")
_NESTING = re.compile(rb"[(<>+*/%^&|~-]")
_INTEGER = re.compile(rb"0[xX][0-9A-Fa-f]+|\d+")


class Folder:
    """Folds expressions of one file; sets itself as the resolver's ``names.folder``."""

    def __init__(self, source: Source, names: Names) -> None:
        self.source = source
        self.names = names
        names.folder = self
        self.words = lexicon.load("python")["to_fold"]
        self.additions = python_growth.additions(source)
        self.steps = 0
        self.produced = 0
        self._done: dict[int, Constant | None] = {}
        self._busy: set[int] = set()
        self._templates: dict[int, list[Part]] = {}
        self._sums: dict[bytes, tuple[Constant, int]] = {}
        """Values of sums of numbers by their text, with the most that they are nested: what spells characters as sums
        has a few hundred, thousands of times."""

    def fold(self, node: Node, env: Environment | None = None, depth: int = 0) -> Constant | None:
        """Value of an expression, None when it is not constant or a budget is spent.

        Parameters
        ----------
        node : Node
            An expression.
        env : dict, optional
            Values of parameters and loop variables by name.
        depth : int
            Nesting so far.
        """
        key = 0
        if not env:
            key = node.id
            if key in self._done:
                return self._done[key]
        kind = node.type
        text = b""
        if kind in _SUMS:
            text = self.source.data[node.start_byte : node.end_byte]
            if text in self._sums and depth + self._sums[text][1] <= MAX_DEPTH:
                return self._sums[text][0]
        names = self.names
        self.steps += 1
        if self.steps > MAX_STEPS or depth > MAX_DEPTH or names.level > MAX_LEVEL or self.produced > MAX_TOTAL:
            return None
        if not env:
            if key in self._busy:
                return None
            self._busy.add(key)
        handler = _HANDLERS.get(kind)
        names.level += 1
        try:
            result = handler(self, node, env or {}, depth + 1) if handler is not None else None
        except (ValueError, TypeError, OverflowError, IndexError, KeyError, ArithmeticError):
            result = None  # the expression would fail, or is outside what is modelled
        names.level -= 1
        if result is not None:
            result = self._bounded(result)
        if not env:
            self._busy.discard(key)
            self._done[key] = result
        if text and result is not None and len(text) <= MAX_SUM and _SUM.fullmatch(text):
            self._sums[text] = result, len(_NESTING.findall(text))
        return result

    def _bounded(self, constant: Constant) -> Constant | None:
        """Count what a fold gave; None for what is too long."""
        value = constant.value
        if not isinstance(value, int):
            size = len(value)
            if size > 64:
                self.produced += size
                if size > folding.MAX_BYTES:
                    return None
        return constant

    def _given(self, constant: Constant, depth: int) -> Constant | None:
        """Fold a name that the environment holds, as :meth:`fold` does, but for its node."""
        self.steps += 1
        if self.steps > MAX_STEPS or depth > MAX_DEPTH or self.names.level > MAX_LEVEL or self.produced > MAX_TOTAL:
            return None
        return self._bounded(constant)

    def all(self, nodes: Iterable[Node], env: Environment, depth: int) -> list[Constant] | None:
        """Fold every node, or None when one is not constant."""
        found = []
        for node in nodes:
            constant = self.fold(node, env, depth)
            if constant is None:
                return None
            found.append(constant)
        return found

    def _string(self, node: Node, env: Environment, depth: int) -> Constant | None:
        template = self._templates.get(node.id)
        if template is None:
            value, how, formatted = self.source.string(node)
            if not formatted or b"{" not in self.source.data[node.start_byte : node.end_byte]:
                return Constant(value, (how,) if how else ())
            template = self._templates[node.id] = template_of(self.source.data, node)
        parts: list[str] = []
        steps: tuple[str, ...] = ()
        for text, step, part, key in template:
            if part is None:
                if text is None:
                    return None
                parts.append(text)
                steps = joined(steps, step) if step else steps
                continue
            constant = self._given(env[key], depth) if key in env else self.fold(part, env, depth)
            if constant is None or isinstance(constant.value, list):
                return None
            parts.append(str(constant.value))
            steps = joined(steps, *constant.how, "concat")
        return Constant("".join(parts), steps)

    def _concatenated(self, node: Node, env: Environment, depth: int) -> Constant | None:
        parts = self.all((child for child in node.named_children if child.type == "string"), env, depth)
        return concatenate(parts) if parts else None

    def _integer(self, node: Node, _env: Environment, _depth: int) -> Constant | None:
        raw = self.source.data[node.start_byte : node.end_byte]
        if len(raw) <= 60 and raw.isdigit() and raw[0] != 48:  # nearly all of them
            return Constant(int(raw))
        text = raw.decode("utf-8", "replace").rstrip("lL").replace("_", "")
        if len(text) > 60:
            return None
        return Constant(int(text, 8) if len(text) > 1 and text[0] == "0" and text.isdigit() else int(text, 0))

    def _list(self, node: Node, env: Environment, depth: int) -> Constant | None:
        raw = self.source.data[node.start_byte : node.end_byte]
        if len(raw) < folding.MAX_BYTES * 4 and _INTEGERS.match(raw):
            # Payload arrays: no node is looked at.
            return Constant([int(x, 0) if x[1:2] in b"xX" else int(x) for x in _INTEGER.findall(raw)[:MAX_ITEMS]])
        if node.named_child_count > MAX_ITEMS:
            return None
        parts = self.all((child for child in node.named_children if child.type != "comment"), env, depth)
        if parts is None:
            return None
        return Constant([part.value for part in parts], joined((), *(step for part in parts for step in part.how)))

    def _inner(self, node: Node, env: Environment, depth: int) -> Constant | None:
        return self.fold(node.named_child(0), env, depth) if node.named_child_count else None

    def _identifier(self, node: Node, env: Environment, depth: int) -> Constant | None:
        key = self.source.data[node.start_byte : node.end_byte]
        if key in env:
            return env[key]
        bound = self.names.bound(key, node.start_byte)
        value = self.fold(bound, None, depth) if bound is not None else None
        if value is None or bound is None or key not in self.additions:
            return value
        return python_growth.grown(self, key, bound.start_byte, node.start_byte, value, depth)

    def _binary(self, node: Node, env: Environment, depth: int) -> Constant | None:
        left, sign, right = operation(node)
        if sign == "+":
            return self._sum(node, env, depth)
        if left is None or right is None:
            return None
        a = self.fold(left, env, depth)
        b = self.fold(right, env, depth) if a is not None else None
        if a is None or b is None:
            return None
        how = joined(a.how, *b.how)
        if sign == "%" and isinstance(a.value, str | bytes):
            arguments = b.value if isinstance(b.value, list) else [b.value]
            text = percent(folding.to_text(a.value) if isinstance(a.value, bytes) else a.value, arguments)
            step = () if any(map(str.isalnum, fixed(str(a.value)))) else ("concat",)
            return Constant(text, joined(how, *step)) if text is not None else None
        if sign == "*" and isinstance(a.value, str | bytes) and isinstance(b.value, int):
            return Constant(a.value * b.value, how) if 0 <= b.value * len(a.value) <= 100_000 else None
        if isinstance(a.value, int) and isinstance(b.value, int):
            return Constant(arithmetic(sign, a.value, b.value), joined(how, "xor") if sign == "^" else how)
        return None

    def operands(self, node: Node) -> list[Node]:
        """Operands of a chain of ``+``, left to right; the chain is left-nested, so this walks down its spine."""
        found: list[Node] = []
        while node.type == "binary_operator" and len(found) < MAX_ITEMS:
            left, sign, right = operation(node)
            if sign != "+" or left is None or right is None:
                break
            found.append(right)
            node = left
        return [node, *reversed(found)]

    def _sum(self, node: Node, env: Environment, depth: int) -> Constant | None:
        parts = self.all(self.operands(node), env, depth)
        if not parts:
            return None
        first = parts[0].value
        if isinstance(first, int):
            total = 0
            for part in parts:
                if not isinstance(part.value, int):
                    return None
                total += part.value
            return Constant(total)
        if isinstance(first, list):
            items: list[Value] = []
            for part in parts:
                if not isinstance(part.value, list):
                    return None
                items += part.value
            return Constant(items, joined((), *(step for part in parts for step in part.how)))
        return concatenate(parts)

    def _unary(self, node: Node, env: Environment, depth: int) -> Constant | None:
        operand = node.child_by_field_name("argument")
        constant = self.fold(operand, env, depth) if operand is not None else None
        if constant is None or not isinstance(constant.value, int):
            return None
        sign = self.source.data[node.start_byte : node.start_byte + 1]
        return Constant(-constant.value if sign == b"-" else ~constant.value if sign == b"~" else constant.value)

    def _subscript(self, node: Node, env: Environment, depth: int) -> Constant | None:
        owner, keys = node.child_by_field_name("value"), node.children_by_field_name("subscript")
        if owner is None or len(keys) != 1:
            return None
        base = self.fold(owner, env, depth)
        if base is None or isinstance(base.value, int):
            return None
        if keys[0].type == "slice":
            bounds: list[int | None] = []
            for part in self.source.text(keys[0]).split(":"):
                bounds.append(int(part) if part.strip() else None)
            reverse = len(bounds) == 3 and bounds[2] is not None and bounds[2] < 0
            sliced: Value = base.value[slice(*bounds)]
            return Constant(sliced, joined(base.how, "reverse") if reverse else base.how)
        index = self.fold(keys[0], env, depth)
        return (
            Constant(base.value[index.value], base.how) if index is not None and isinstance(index.value, int) else None
        )

    def _comprehension(self, node: Node, env: Environment, depth: int) -> Constant | None:
        body, clauses = node.child_by_field_name("body"), node.named_children[1:]
        if body is None or len(clauses) != 1 or clauses[0].type != "for_in_clause":
            return None
        left, right = clauses[0].child_by_field_name("left"), clauses[0].child_by_field_name("right")
        if left is None or right is None:
            return None
        data = self.source.data
        targets = [left] if left.type == "identifier" else left.named_children
        keys = [data[target.start_byte : target.end_byte] for target in targets]
        items = self.rows(right, len(keys), env, depth)
        if items is None:
            return None
        if not any(key in data[body.start_byte : body.end_byte] for key in keys):  # the same in each round
            constant = self.fold(body, env, depth) if items else Constant([])
            return Constant([constant.value] * len(items[:MAX_ITEMS]), constant.how) if constant is not None else None
        found: list[Value] = []
        how: tuple[str, ...] = ()
        inner = dict(env)
        for row in items[:MAX_ITEMS]:
            if len(row) == 1:
                inner[keys[0]] = Constant(row[0])
            else:
                inner.update(zip(keys, map(Constant, row), strict=False))
            constant = self.fold(body, inner, depth)
            if constant is None:
                return None
            found.append(constant.value)
            if constant.how:
                how = joined(how, *constant.how)
        return Constant(found, how)

    def rows(self, node: Node, width: int, env: Environment, depth: int) -> list[list[Value]] | None:
        """Return what a loop with ``width`` targets assigns, round by round; None when it is not constant."""
        if width == 1:
            constant = self.fold(node, env, depth)
            return [[item] for item in items_of(constant)] if constant is not None else None
        if node.type != "call" or width != 2:
            return None
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None or arguments is None:
            return None
        parts = self.all(arguments.named_children, env, depth)
        name = self.source.text(function)
        if not parts:
            return None
        if name == "enumerate":
            return [[i, item] for i, item in enumerate(items_of(parts[0]))]
        if name == "zip" and len(parts) == 2:
            return [[a, b] for a, b in zip(items_of(parts[0]), items_of(parts[1]), strict=False)]
        return None

    def apply(self, function: Node, values: list[Constant], depth: int) -> Constant | None:
        """Call a lambda, or a function that only returns an expression, with constant arguments."""
        if function.type == "block":
            owner = function.parent
            parameters = owner.child_by_field_name("parameters") if owner is not None else None
            body: Node | None = function
        else:
            parameters, body = function.child_by_field_name("parameters"), function.child_by_field_name("body")
        if body is None:
            return None
        data = self.source.data
        keys = []
        for child in parameters.named_children if parameters is not None else ():
            name = child if child.type == "identifier" else child.child_by_field_name("name") or child.named_child(0)
            if name is None:
                return None
            keys.append(data[name.start_byte : name.end_byte])
        if len(values) > len(keys):
            return None
        env: Environment = dict(zip(keys, values, strict=False))
        if function.type == "lambda":
            return self.fold(body, env, depth)
        for statement in body.named_children[:12]:
            inner = statement.named_child(0) if statement.named_child_count else None
            if statement.type == "return_statement":
                return self.fold(inner, env, depth) if inner is not None else None
            if statement.type == "expression_statement" and inner is not None and inner.type == "assignment":
                left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
                value = self.fold(right, env, depth) if right is not None else None
                if left is None or left.type != "identifier" or value is None:
                    return None
                env[data[left.start_byte : left.end_byte]] = value
            elif statement.type not in {"import_statement", "import_from_statement", "comment"} and (
                inner is None or inner.type != "string"
            ):
                return None
        return None


_HANDLERS: dict[str, Callable[[Folder, Node, Environment, int], Constant | None]] = {
    "string": Folder._string,
    "concatenated_string": Folder._concatenated,
    "integer": Folder._integer,
    "list": Folder._list,
    "tuple": Folder._list,
    "set": Folder._list,
    "parenthesized_expression": Folder._inner,
    "identifier": Folder._identifier,
    "binary_operator": Folder._binary,
    "unary_operator": Folder._unary,
    "subscript": Folder._subscript,
    "list_comprehension": Folder._comprehension,
    "generator_expression": Folder._comprehension,
    "call": python_decoding.call,
    "conditional_expression": python_ciphers.choice,
    "attribute": python_ciphers.alphabet,
}
