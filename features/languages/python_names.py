"""What a Python name stands for: imports, assignments, ``__import__``, ``getattr``, ``globals()[…]``."""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from darnel.features.languages import lexicon

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_folding import Folder
    from darnel.features.languages.python_source import Source

MAX_DEPTH = 24
"""Aliases of aliases, and links of an attribute chain."""
MAX_LEVEL = 60
"""Resolving and folding call each other; this bounds the Python stack of both together."""
_BUILTINS = ("builtins.", "__builtin__.", "__builtins__.", "builtins.__dict__.", "six.moves.builtins.")
_MAPPINGS = frozenset(
    {"globals()", "__builtins__", "sys.modules", "builtins", "__builtins__.__dict__", "builtins.__dict__"}
)
_PLAIN = re.compile(rb"[A-Za-z_]\w*\Z")


class Name(NamedTuple):
    """A resolved name."""

    dotted: str
    """``""`` unknown; starts with ``.`` when only its end is known."""
    hidden: bool = False
    """Spelled with constants that had to be folded."""
    reflected: bool = False
    """Reached through getattr, __import__, globals() or a namespace dictionary."""


UNKNOWN = Name("")


class Names:
    """Resolver of one file.

    Resolution is per file with the nearest earlier assignment preferred within the same function, then the module:
    scopes are respected where it matters and cheap, and nothing is executed.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.table = lexicon.load("python")
        self.folder: Folder
        """Set by :class:`darnel.features.languages.python_folding.Folder`."""
        self.imports: dict[bytes, str] = {}
        self.modules: list[str] = []
        """Dotted names of imported modules, in order, relative ones with leading dots."""
        self.stars: list[str] = []
        self.bindings: dict[bytes, list[tuple[int, Node]]] = {}
        self.left: list[bytes] = []
        """Left sides of all assignments to a plain name."""
        self._local = {
            name for name, nodes in source.functions.items() if any(node.start_point[1] == 0 for node in nodes)
        } | {name for _, name in source.classes}
        data = source.data
        self.defined = {data[node.start_byte : node.end_byte] for node in source.get("defined")}
        """Parameters and loop, ``with`` and unpacking targets."""
        self.level = 0
        self._busy: set[int] = set()
        self._value: dict[int, Name] = {}
        for node in source.get("import"):
            self._import(node)
        for node in source.get("assign"):
            self._assign(node)
        for node in source.get("opened"):
            target = node.named_child(1)
            if node.named_child_count == 2 and target is not None:
                key = data[target.start_byte : target.end_byte]
                self.bindings.setdefault(key, []).append((node.start_byte, node.named_child(0)))
        for found in self.bindings.values():
            if len(found) > 1:
                found.sort(key=lambda pair: pair[0])

    def _import(self, node: Node) -> None:
        text = self.source.text
        module = node.child_by_field_name("module_name")
        base = text(module).replace(" ", "") if module is not None else ""
        if module is not None:
            self.modules.append(base)
            if any(child.type == "wildcard_import" for child in node.named_children):
                self.stars.append(base)
                return
        prefix = base.lstrip(".") + "." if module is not None and not base.startswith(".") else ""
        relative = base.startswith(".")
        for child in node.children_by_field_name("name")[:500]:
            if child.type == "aliased_import":
                name, alias = child.child_by_field_name("name"), child.child_by_field_name("alias")
                if name is None or alias is None:
                    continue
                target, key = text(name), text(alias).encode()
            else:
                target = text(child)
                key = target.encode() if module is not None else target.partition(".")[0].encode()
                if module is None:
                    self.modules.append(target)
                    self.imports[key] = target.partition(".")[0]
                    continue
            if module is None:
                self.modules.append(target)
            if not relative:
                self.imports[key] = prefix + target

    def _assign(self, node: Node) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None:
            left, right = node.child_by_field_name("name"), node.child_by_field_name("value")
        if left is None:
            return
        kind = left.type
        if kind == "identifier":
            key = self.source.data[left.start_byte : left.end_byte]
            self.left.append(key)
            if right is not None:
                while right.type == "assignment":  # a = b = value
                    value = right.child_by_field_name("right")
                    if value is None:
                        return
                    right = value
                self.bindings.setdefault(key, []).append((node.start_byte, right))
        elif kind == "attribute" and right is not None and left.end_byte - left.start_byte < 80:
            key = self.source.data[left.start_byte : left.end_byte]
            self.bindings.setdefault(key, []).append((node.start_byte, right))
        elif (
            kind in {"pattern_list", "tuple_pattern"}
            and right is not None
            and right.type in {"expression_list", "tuple"}
        ):
            names, values = left.named_children, right.named_children
            if len(names) == len(values):
                for name, value in zip(names, values, strict=True):
                    if name.type == "identifier":
                        key = self.source.data[name.start_byte : name.end_byte]
                        self.bindings.setdefault(key, []).append((node.start_byte, value))

    def bound(self, key: bytes, offset: int) -> Node | None:
        """The value that a name most likely holds at ``offset``: the nearest earlier one, same function first."""
        found = self.bindings.get(key)
        if not found:
            return None
        if len(found) == 1:
            return found[0][1]
        i = bisect_left(found, offset, key=lambda pair: pair[0])
        here = self.source.function(offset)
        earlier = found[max(0, i - 16) : i]
        for start, node in reversed(earlier):
            if self.source.function(start) == here:
                return node
        for start, node in reversed(earlier):
            if self.source.function(start) == -1:
                return node
        return found[i - 1][1] if i else found[0][1]

    def varies(self, key: bytes) -> bool:
        """Whether a name is assigned more than once, so that resolving it depends on the place."""
        return len(self.bindings.get(key, ())) > 1

    def identifier(self, key: bytes, offset: int, depth: int = 0) -> Name:
        """Resolve a plain name used at ``offset``."""
        imported = self.imports.get(key)
        if imported is not None:
            return Name(self._normal(imported))
        node = self.bound(key, offset)
        name = key.decode("utf-8", "replace")
        if node is not None:
            value = self.value(node, depth + 1)
            # "exec = exec" and the like must not make a builtin invisible.
            return value if value.dotted or not self._known(name) else Name(name)
        if name in self._local or (key in self.defined and not self._known(name)):
            return UNKNOWN
        for star in self.stars:
            full = f"{star}.{name}"
            for section in ("calls", "to_hook", "names", "to_command", "to_class"):
                if full in self.table[section].exact:
                    return Name(full)
        return Name(name)

    def _known(self, name: str) -> bool:
        return name in self.table["calls"].exact or name in self.table["to_hook"].exact

    def _normal(self, dotted: str) -> str:
        for prefix in _BUILTINS:
            if dotted.startswith(prefix):
                return dotted[len(prefix) :]
        return dotted

    def value(self, node: Node, depth: int = 0) -> Name:
        """Resolve what an expression evaluates to, where that is a module, class, function or instance of one."""
        key = node.id
        if depth > MAX_DEPTH or self.level > MAX_LEVEL or key in self._busy:
            return UNKNOWN
        known = self._value.get(key)
        if known is None:
            self._busy.add(key)
            self.level += 1
            known = self._value[key] = self._resolve(node, depth)
            self.level -= 1
            self._busy.discard(key)
        return known

    def _resolve(self, node: Node, depth: int) -> Name:
        kind = node.type
        data = self.source.data
        if kind == "identifier":
            return self.identifier(data[node.start_byte : node.end_byte], node.start_byte, depth)
        if kind == "attribute":
            return self._attribute(node, depth)
        if kind == "call":
            return self._called(node, depth)
        if kind == "subscript":
            return self._looked_up(node, depth)
        if kind in {"parenthesized_expression", "await"} and node.named_child_count:
            return self.value(node.named_child(0), depth + 1)
        if kind == "named_expression":
            inner = node.child_by_field_name("value")
            return self.value(inner, depth + 1) if inner is not None else UNKNOWN
        if kind in {"conditional_expression", "boolean_operator"} and node.named_child_count:
            return self.value(node.named_child(0), depth + 1)
        return UNKNOWN

    def _attribute(self, node: Node, depth: int) -> Name:
        owner, field = node.child_by_field_name("object"), node.child_by_field_name("attribute")
        if owner is None or field is None:
            return UNKNOWN
        data = self.source.data
        if node.end_byte - node.start_byte < 80:
            bound = self.bound(data[node.start_byte : node.end_byte], node.start_byte)
            if bound is not None:
                name = self.value(bound, depth + 1)
                if name.dotted:
                    return name
        last = data[field.start_byte : field.end_byte].decode("utf-8", "replace")
        base = self.value(owner, depth + 1)
        if not base.dotted or base.dotted.startswith("."):
            return Name("." + last, base.hidden, base.reflected)
        whole = f"{base.dotted}.{last}"
        return Name(whole if last == "__dict__" else self._normal(whole), base.hidden, base.reflected)

    def _called(self, node: Node, depth: int) -> Name:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is None:
            return UNKNOWN
        name = self.value(function, depth + 1)
        dotted = name.dotted
        values = arguments.named_children[:3] if arguments is not None and arguments.type == "argument_list" else []
        if dotted in {"__import__", "importlib.import_module", "importlib.__import__", "pydoc.locate"} and values:
            module = self._word(values[0])
            if module is None:
                return UNKNOWN
            # __import__("a.b") gives a; import_module gives a.b; the deeper name is of more use.
            return Name(module[0], name.hidden or module[1], True)
        if dotted in {"getattr", "object.__getattribute__"} and len(values) >= 2:
            base, field = self.value(values[0], depth + 1), self._word(values[1])
            if field is None:
                return UNKNOWN
            if not base.dotted or base.dotted.startswith("."):
                return Name("." + field[0], base.hidden or field[1], True)
            return Name(self._normal(f"{base.dotted}.{field[0]}"), base.hidden or field[1], True)
        if (
            dotted in {".get", "__builtins__.get", "globals().get", "sys.modules.get", "globals().__getitem__"}
            and values
        ):
            field = self._word(values[0])
            if field is not None and dotted != ".get":
                return self._member(dotted.rpartition(".")[0], field)
        if dotted == "vars" and values:
            return Name(self.value(values[0], depth + 1).dotted, name.hidden, True)
        if dotted == "functools.partial" and values:
            return self.value(values[0], depth + 1)
        ids, _ = self.table["to_class"].get(dotted)
        if ids:
            return Name(ids[0], name.hidden, name.reflected)
        last = dotted.rpartition(".")[2]
        if last[:1].isupper() and not dotted.startswith("."):
            return Name(dotted, name.hidden, name.reflected)
        return UNKNOWN

    def _looked_up(self, node: Node, depth: int) -> Name:
        owner, keys = node.child_by_field_name("value"), node.children_by_field_name("subscript")
        if owner is None or len(keys) != 1:
            return UNKNOWN
        base = self.value(owner, depth + 1)
        if not base.dotted:
            return UNKNOWN
        if base.dotted not in _MAPPINGS and not base.dotted.endswith(".__dict__") and not base.reflected:
            return UNKNOWN
        field = self._word(keys[0])
        return self._member(base.dotted, field) if field is not None else UNKNOWN

    def _member(self, owner: str, field: tuple[str, bool]) -> Name:
        base = owner.removesuffix(".__dict__")
        if base in {"globals()", "__builtins__", "builtins", "sys.modules"}:
            imported = self.imports.get(field[0].encode(), field[0])
            return Name(self._normal(imported), field[1], True)
        return Name(self._normal(f"{base}.{field[0]}"), field[1], True)

    def _word(self, node: Node) -> tuple[str, bool] | None:
        """A constant name, and whether it was spelled in a way that hides it."""
        constant = self.folder.fold(node)
        if constant is None or not isinstance(constant.value, str | bytes) or len(constant.value) > 200:
            return None
        text = constant.value if isinstance(constant.value, str) else constant.value.decode("utf-8", "replace")
        return text, (node.type != "string" and bool(constant.how)) or "escape" in constant.how
