"""What a Python name stands for: imports, assignments, ``__import__``, ``getattr``, ``globals()[…]``."""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from darnel.features.languages import lexicon
from darnel.features.languages.parsing import start_of
from darnel.features.remember import remembered

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_folding import Folder
    from darnel.features.languages.python_source import Source

MAX_DEPTH = 24
"""Aliases of aliases, and links of an attribute chain."""
MAX_LEVEL = 60
"""Resolving and folding call each other; this bounds the Python stack of both together."""
MAX_IMPORT = 20_000
"""Bytes of one import statement."""
MAX_ITEMS = 60
"""Items of a list or dictionary that a name is looked for in."""
_NAMED = frozenset({"identifier", "attribute"})
_HOLDERS = frozenset({"list", "tuple", "dictionary"})
_BUILTINS = ("builtins.", "__builtin__.", "__builtins__.", "builtins.__dict__.", "six.moves.builtins.")
_LOOKUPS = frozenset({"get", "__getitem__"})
"""Methods of a namespace that look a name up in it: they are no builtins."""
_VENDORED = re.compile(
    r"(?:^|.*\.)(?:_vendor|vendored|_vendored|vendor|extern|packages)\.(?=(?:requests|urllib3|six)(?:\.|\Z))"
)
_MAPPINGS = frozenset(
    {"globals()", "__builtins__", "sys.modules", "builtins", "__builtins__.__dict__", "builtins.__dict__"}
)
_COUNTING = frozenset({b"len", b"range", b"chr", b"bytes", b"bytearray"})
"""Builtins that are called where a payload is put together; what they give is worth folding."""
_FROM = re.compile(r"\s*from\s*(\.*\s*[\w.]*)\s*import\b([\s\S]*)")
_COMMENT = re.compile(r"#[^\n]*")
_VALUE = re.compile(rb"[A-Za-z_][A-Za-z0-9_.]{0,79}[ \t]*=[ \t]*([A-Za-z_]\w*)[.(]")
_LEFT = re.compile(rb"([A-Za-z_][A-Za-z0-9_.]{0,79})[ \t]*(?::=|(?::[^=\n]{1,200})?=(?!=))")


class Name(NamedTuple):
    """A resolved name."""

    dotted: str
    """``""`` unknown; starts with ``.`` when only its end is known."""
    hidden: bool = False
    """Spelled with constants that had to be folded."""
    reflected: bool = False
    """Reached through getattr, __import__, globals() or a namespace dictionary."""


UNKNOWN = Name("")


def normal(dotted: str) -> str:
    """Without the modules that builtins can be reached through."""
    if "builtin" in dotted:
        for prefix in _BUILTINS:
            if dotted.startswith(prefix) and dotted[len(prefix) :] not in _LOOKUPS:
                return dotted[len(prefix) :]
    return dotted


_first = itemgetter(0)


def _right(node: Node) -> Node | None:
    """Value of an assignment (of ``a = b = value`` the last), or the node itself when it is a value."""
    here: Node | None = node
    while here is not None and here.type in {"assignment", "named_expression"}:
        here = here.child_by_field_name("right" if here.type == "assignment" else "value")
    return here


@remembered(1 << 14)
def imported(statement: bytes) -> tuple[tuple[str, ...], bool, dict[bytes, str]]:
    """Read one import statement.

    Parameters
    ----------
    statement : bytes
        ``import …`` or ``from … import …``.

    Returns
    -------
    (tuple of str, bool, dict of bytes to str)
        Modules, whether all their names are imported, and local names with what they stand for (not for relative
        imports). It is remembered: not to be changed.
    """
    text = _COMMENT.sub("", statement.decode("utf-8", "replace")).replace("\\\n", " ").replace("\\\r\n", " ")
    match = _FROM.match(text)
    if match is not None:
        module, rest = match[1].replace(" ", ""), match[2].strip("() \t\r\n;")
        if rest == "*":
            return (module,), True, {}
        prefix = "" if module.startswith(".") else module + "."
    else:
        module, prefix, rest = "", "", text.partition("import")[2]
    modules = [module] if module else []
    names: dict[bytes, str] = {}
    for part in rest.split(",")[:500]:
        words = part.split()
        if len(words) not in {1, 3}:
            continue
        if not module:
            modules.append(words[0])
            target = words[0] if len(words) == 3 else words[0].partition(".")[0]
            names[words[-1].encode() if len(words) == 3 else target.encode()] = target
        elif prefix:
            names[words[-1].encode()] = _VENDORED.sub("", prefix + words[0])
    return tuple(modules), False, names


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
        self._callable = {name.encode() for name in source.functions}
        self.local = source.module_functions | {name for _, name in source.classes}
        """Functions and classes of the module: they stand before builtins of the same name."""
        self.defined = set(source.texts(source.get("defined")))
        """Parameters and loop, ``with`` and unpacking targets."""
        self.level = 0
        self._busy: set[int] = set()
        self._value: dict[int, Name] = {}
        for _, statement in source.imports():
            module, star, names = imported(statement if len(statement) <= MAX_IMPORT else statement[:MAX_IMPORT])
            self.modules += module
            if star:
                self.stars += module
            self.imports.update(names)
        self._assigned(source.get("assign"))
        self._opened(source.get("opened"))
        self.bases = {key.partition(b".")[0] for key in self.bindings}
        """First parts of everything that is assigned to."""

    def _opened(self, nodes: list[Node]) -> None:
        keys = set()
        for node in nodes:
            target, value = node.named_child(1), node.named_child(0)
            if node.named_child_count == 2 and target is not None and value is not None:
                key = self.source.raw(target)
                self.bindings.setdefault(key, []).append((node.start_byte, value))
                keys.add(key)
        for key in keys:
            self.bindings[key].sort(key=_first)

    def _assigned(self, nodes: list[Node]) -> None:
        data, bindings, names = self.source.data, self.bindings, self.left
        for node, start in zip(nodes, map(start_of, nodes), strict=True):
            plain = _LEFT.match(data, start)
            if plain is None:
                self._unpacked(node, start)
                continue
            key = plain[1]
            if b"." not in key:
                names.append(key)
            found = bindings.get(key)
            if found is None:
                bindings[key] = [(start, node)]
            else:
                found.append((start, node))

    def _unpacked(self, node: Node, start: int) -> None:
        left = node.child_by_field_name("left")
        if left is None or left.type not in {"pattern_list", "tuple_pattern"}:
            return
        right = node.child_by_field_name("right")
        if right is not None and right.type in {"expression_list", "tuple"}:
            names, values = left.named_children, right.named_children
            if len(names) == len(values):
                for name, value in zip(names, values, strict=True):
                    if name.type in {"identifier", "attribute"} and name.end_byte - name.start_byte <= 80:
                        key = self.source.data[name.start_byte : name.end_byte]
                        self.bindings.setdefault(key, []).append((start, value))

    def bound(self, key: bytes, offset: int) -> Node | None:
        """Return the value a name most likely holds at ``offset``: the nearest earlier one, same function first."""
        found = self.bindings.get(key)
        if not found:
            return None
        if len(found) == 1:
            return _right(found[0][1]) if self._promising(found[0][0]) else None
        i = bisect_left(found, offset, key=_first)
        while i > 1 and found[i - 1][1].end_byte > offset:  # x = decode(x): what x was before
            i -= 1
        here = self.source.function(offset)
        earlier = found[max(0, i - 16) : i]
        for scope in (here, -1):
            for start, node in reversed(earlier):
                if self.source.function(start) == scope:
                    return _right(node)
        return _right(found[i - 1][1] if i else found[0][1])

    def _promising(self, start: int) -> bool:
        """Tell from the bytes of an assignment whether its value could be a known module, function or constant."""
        plain = _VALUE.match(self.source.data, start)
        if plain is None:
            return True
        base = plain[1]
        return (
            base in self.imports
            or base in self.bases
            or base in self._callable
            or base in _COUNTING
            or self._known(base.decode())
        )

    def varies(self, key: bytes) -> bool:
        """Whether a name is assigned more than once, so that resolving it depends on the place."""
        return len(self.bindings.get(key, ())) > 1

    def identifier(self, key: bytes, offset: int, depth: int = 0) -> Name:
        """Resolve a plain name used at ``offset``."""
        imported = self.imports.get(key)
        if imported is not None:
            return Name(normal(imported))
        node = self.bound(key, offset)
        name = key.decode("utf-8", "replace")
        if node is not None:
            value = self.value(node, depth + 1)
            # "exec = exec" and the like must not make a builtin invisible.
            return value if value.dotted or not self._known(name) else Name(name)
        if name in self.local or (key in self.defined and not self._known(name)):
            return UNKNOWN
        for star in self.stars:
            full = f"{star}.{name}"
            for section in ("calls", "to_hook", "names", "to_command", "to_class"):
                if full in self.table[section].exact:
                    return Name(full)
        return Name(name)

    def _known(self, name: str) -> bool:
        return name in self.table["calls"].exact or name in self.table["to_hook"].exact

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
        return Name(whole if last == "__dict__" else normal(whole), base.hidden, base.reflected)

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
            return Name(normal(f"{base.dotted}.{field[0]}"), base.hidden or field[1], True)
        if (
            values
            and dotted.rpartition(".")[2] in _LOOKUPS
            and (owner := dotted.rpartition(".")[0].removesuffix(".__dict__")) in _MAPPINGS
        ):
            field = self._word(values[0])
            if field is not None:
                return self._member(owner, field)
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
            return self._element(owner, keys[0], depth)
        if base.dotted not in _MAPPINGS and not base.dotted.endswith(".__dict__") and not base.reflected:
            return UNKNOWN
        field = self._word(keys[0])
        return self._member(base.dotted, field) if field is not None else UNKNOWN

    def _element(self, owner: Node, key: Node, depth: int) -> Name:
        """A known function that stands in a list or dictionary at a constant place."""
        data = self.source.data
        found = self.bound(data[owner.start_byte : owner.end_byte], owner.start_byte) if owner.type in _NAMED else owner
        wanted = self.folder.fold(key) if found is not None and found.type in _HOLDERS else None
        if found is None or wanted is None:
            return UNKNOWN
        value: Node | None = None
        items = found.named_children[:MAX_ITEMS]
        if found.type == "dictionary":
            for item in items:
                field = item.child_by_field_name("key")
                known = self.folder.fold(field) if field is not None else None
                if known is not None and known.value == wanted.value:
                    value = item.child_by_field_name("value")
        elif isinstance(wanted.value, int) and -len(items) <= wanted.value < len(items):
            value = items[wanted.value]
        name = self.value(value, depth + 1) if value is not None else UNKNOWN
        return name if "." in name.dotted or self._known(name.dotted) else UNKNOWN

    def _member(self, owner: str, field: tuple[str, bool]) -> Name:
        base = owner.removesuffix(".__dict__")
        if base in {"globals()", "__builtins__", "builtins", "sys.modules"}:
            imported = self.imports.get(field[0].encode(), field[0])
            return Name(normal(imported), field[1], True)
        return Name(normal(f"{base}.{field[0]}"), field[1], True)

    def _word(self, node: Node) -> tuple[str, bool] | None:
        """A constant name, and whether it was spelled in a way that hides it."""
        constant = self.folder.fold(node)
        if constant is None or not isinstance(constant.value, str | bytes) or len(constant.value) > 200:
            return None
        text = constant.value if isinstance(constant.value, str) else constant.value.decode("utf-8", "replace")
        return text, (node.type != "string" and bool(constant.how)) or "escape" in constant.how
