"""What a name in a JavaScript file stands for: bindings of required modules, globals, their members and results.

Names are written dotted and canonical, whatever the spelling: ``const {exec: x} = require("node:child_process")``
makes ``x`` stand for ``child_process.exec``; ``process["env"].A`` is ``process.env.A``; the result of a call ends
in ``()`` (``net.Socket().connect``). Bindings are scoped to the function they are declared in.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from darnel.features.languages.javascript_text import nth
from darnel.features.languages.javascript_values import Values

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.scopes import Scopes

PATH = re.compile(
    rb"[\w$\x80-\xff]+(?:\s*\??\.\s*[\w$\x80-\xff]+|\s*(?:\?\.)?\[\s*(?:\"[^\"\\\]]{0,60}\"|'[^'\\\]]{0,60}')\s*\])*"
)
_ROOT = re.compile(rb"(?:await\s+|new\s+|\(\s*|0\s*,\s*)*([\w$\x80-\xff]+)")
_PARTS = re.compile(r"[\w$]+|\"[^\"]*\"|'[^']*'")
_METHOD = re.compile(r"Function(?P<inherited>\.prototype)?\.(?P<first>apply|bind|call)(?P<more>\.(?:apply|bind|call))*")
_PREFIXES = ("global.", "globalThis.", "window.", "self.", "top.", "root.", "this.global.")
_SAME_MODULE = {
    "fs-extra": "fs",
    "graceful-fs": "fs",
    "fs/promises": "fs",
    "original-fs": "fs",
    "mz/fs": "fs",
    "cross-spawn": "cross-spawn",
    "mz/child_process": "child_process",
    "dns/promises": "dns",
    "timers/promises": "timers",
    "process": "process",
    "buffer": "buffer",
}
_TRANSPARENT = frozenset(
    [
        "promisify",
        "promisifyAll",
        "pify",
        "__importStar",
        "__importDefault",
        "__toESM",
        "__rest",
        "__toModule",
        "_interopRequireDefault",
        "_interopRequireWildcard",
        "_interopDefault",
        "interopDefault",
        "_interop_require_default",
        "_interop_require_wildcard",
        "bind",
        "freeze",
    ]
)
_WRAPPERS = frozenset(
    [
        "parenthesized_expression",
        "await_expression",
        "sequence_expression",
        "non_null_expression",
        "as_expression",
        "assignment_expression",
    ]
)
MAX_DEPTH = 24

UNKNOWN = ""
"""Target of a binding whose value is not followed."""


def module_name(specifier: str) -> str:
    """Canonical name of a required module: ``node:`` and drop-in replacements removed, relative ones as ``.``."""
    name = specifier.removeprefix("node:")
    if name.startswith((".", "/")):
        return "."
    return _SAME_MODULE.get(name, name)


def package_of(specifier: str) -> str:
    """Package that a module specifier names: scope kept, subpath dropped, relative as ``.``."""
    name = specifier.removeprefix("node:")
    if name.startswith((".", "/")):
        return "."
    return "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


def canonical(name: str) -> str:
    """Strip spellings of the global object and layers that change nothing (``.default``, ``.promises``, ``.call``)."""
    while name.startswith(_PREFIXES):
        name = name.partition(".")[2]
    if ".default" in name:
        name = name.replace(".default.", ".").removesuffix(".default")
    if ".promises" in name:
        name = name.replace(".promises.", ".").removesuffix(".promises")
    if name.endswith((".call", ".apply", ".bind")):
        method = _METHOD.fullmatch(name)
        if method is None:
            name = name.rpartition(".")[0]
        elif method["inherited"] or method["more"]:  # a method of whatever it is handed first, not of Function
            name = f"Function.prototype.{method['first']}"
    if name.startswith("buffer."):
        name = name[7:]
    return name


class Names:
    """Bindings of one file.

    Parameters
    ----------
    data : bytes
        The source.
    globals_ : frozenset of str
        Roots that keep their meaning when nothing in the file binds them.
    scopes : Scopes
        The file's functions.
    """

    def __init__(self, data: bytes, globals_: frozenset[str], scopes: Scopes) -> None:
        self.data = data
        self.globals = globals_
        self.scopes = scopes
        self.bound: dict[str, dict[int, str]] = {}
        """Targets by name and by the function they are bound in (its start byte, -1: the file)."""
        self.values = Values(data, self)
        self._texts: dict[bytes, str] = {}
        self.interesting: set[str] = set(globals_)

    def bind(self, name: str, scope: int, target: str) -> None:
        """Let ``name`` stand for ``target`` in a function; a binding that tells something wins."""
        known = self.bound.setdefault(name, {})
        if target or scope not in known:
            known[scope] = target
        if target:
            self.interesting.add(name)

    def lookup(self, name: str, offset: int) -> str | None:
        """Target of ``name`` at ``offset``: None when nothing binds it there, :data:`UNKNOWN` for an opaque value."""
        known = self.bound.get(name)
        if known is None:
            return None
        here = self.scopes.function(offset)
        while here not in known:
            if here < 0:
                return None
            here = self.scopes.parent(here)
        return known[here]

    def dotted(self, text: bytes) -> str:
        """Source text of a simple path as a dotted name."""
        known = self._texts.get(text)
        if known is None:
            word = text.decode("utf-8", "replace")
            if not word.replace(".", "").replace("$", "").isalnum():
                if "\\u" in word:
                    word = re.sub(r"\\u\{?([0-9a-fA-F]{4,6})\}?", lambda m: chr(min(int(m[1], 16), 0x10FFFF)), word)
                word = ".".join(part.strip("\"'") for part in _PARTS.findall(word))
            known = self._texts[text] = word
        return known

    def resolve(self, name: str, offset: int) -> str:
        """Canonical name of a dotted path; ``.last`` when its root is opaque, the bare name for a local function."""
        root, dot, rest = name.partition(".")
        target = self.lookup(root, offset) if root in self.bound else None
        if target:
            return canonical(target + dot + rest)
        if target is None and root in self.globals:
            return canonical(name)
        if dot and root in _MODULES and (target is None or rest in _UNMISTAKABLE):
            return canonical(name)
        return "." + name.rpartition(".")[2] if dot else name

    def root_of(self, node: Node) -> str:
        """First identifier of an expression, ``""`` if it does not start with one."""
        match = _ROOT.match(self.data, node.start_byte, node.start_byte + 200)
        return match[1].decode("utf-8", "replace") if match else ""

    def of(self, node: Node | None, depth: int = 0) -> str:
        """Canonical name of an expression, ``""`` when it has none, ``.last`` when its root is opaque."""
        if node is None or depth > MAX_DEPTH:
            return ""
        start, end = node.start_byte, node.end_byte
        kind = node.type
        if kind == "identifier" or (kind == "member_expression" and end - start < 200):
            match = PATH.match(self.data, start, end)
            if match and match.end() == end:
                return self.resolve(self.dotted(match[0]), start)
        if kind == "member_expression":
            last = node.child_by_field_name("property")
            head = self.of(node.child_by_field_name("object"), depth + 1)
            tail = self.data[last.start_byte : last.end_byte].decode("utf-8", "replace") if last else ""
            return canonical(f"{head}.{tail}") if head and not head.startswith(".") else "." + tail
        if kind == "subscript_expression":
            head = self.of(node.child_by_field_name("object"), depth + 1)
            index = self.values.fold(node.child_by_field_name("index"), depth + 1)
            if index is None:
                return f"{head}[]" if head else ""
            return canonical(f"{head}.{index.text}") if head and not head.startswith(".") else "." + index.text
        if kind == "call_expression":
            return self._result(node, depth)
        if kind == "new_expression":
            head = self.of(node.child_by_field_name("constructor"), depth + 1)
            return f"{head}()" if head and not head.startswith(".") else ""
        if kind in _WRAPPERS:
            inner = node.named_children
            if not inner:
                return ""
            return self.of(inner[0] if kind in {"as_expression", "non_null_expression"} else inner[-1], depth + 1)
        if kind == "binary_expression":
            left = self.of(node.child_by_field_name("left"), depth + 1)
            known = left in self.globals or left.startswith("Function.")
            return left if known else self.of(node.child_by_field_name("right"), depth + 1)
        if kind == "ternary_expression":
            return self.of(node.child_by_field_name("consequence"), depth + 1) or self.of(
                node.child_by_field_name("alternative"), depth + 1
            )
        return kind if kind in {"this", "import"} else ""

    def handed(self, node: Node | None, depth: int = 0) -> str:
        """Canonical name of a value that is handed over, ``""`` for a name that nothing is known of."""
        name = self.of(node, depth)
        if node is None or node.type != "identifier" or name in self.globals:
            return name
        text = self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")
        return name if self.lookup(text, node.start_byte) else ""

    def _result(self, node: Node, depth: int) -> str:
        arguments = node.child_by_field_name("arguments")
        callee = node.child_by_field_name("function")
        name = self.of(callee, depth + 1)
        last = name.rpartition(".")[2]
        first = nth(arguments, 0)
        if last in {"require", "import", "__non_webpack_require__", "importSync"}:
            specifier = self.values.fold(first, depth + 1)
            return module_name(specifier.text) if specifier is not None else "computed()"
        if last == "createRequire":
            return "require"
        if name == "Function.prototype.bind":
            return self.handed(first, depth + 1)
        if last in _TRANSPARENT:
            return self.of(first if last != "bind" else callee, depth + 1)
        if first is not None and first.type == "call_expression" and name.partition(".")[0] not in self.globals:
            head = self.data[first.start_byte : first.start_byte + 8]
            if head.startswith(b"require("):  # some bundler's interop helper
                return self.of(first, depth + 1)
        return f"{name}()" if name and not name.startswith(".") else ""


_MODULES = frozenset({"fs", "os", "child_process", "https", "http", "axios", "net", "dns", "zlib", "vm", "dgram"})
_UNMISTAKABLE = frozenset(
    [
        "readFileSync",
        "writeFileSync",
        "execSync",
        "spawnSync",
        "hostname",
        "userInfo",
        "homedir",
        "networkInterfaces",
        "createWriteStream",
        "existsSync",
        "unlinkSync",
        "chmodSync",
        "runInThisContext",
        "runInNewContext",
        "readdirSync",
    ]
)


class Lines:
    """Line numbers and statements by offset, for one parsed piece of a file."""

    def __init__(self, data: bytes, statements: list[int], first_line: int = 1) -> None:
        self.starts: list[int] = (np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10) + 1).tolist()
        self.statements = statements
        self.first = first_line

    def line(self, offset: int) -> int:
        """1-based line of ``offset``."""
        return bisect_right(self.starts, offset) + self.first

    def statement(self, offset: int) -> int:
        """Start of the last statement that begins at or before ``offset``."""
        i = bisect_right(self.statements, offset)
        return self.statements[i - 1] if i else 0
