"""Which modules a Python file imports, from its bytes alone: cheap, and known of files that are not parsed too."""

from __future__ import annotations

import re
from itertools import islice

from darnel.features.kernels import twin
from darnel.features.remember import remembered

LAZY = "~"
"""Marks a module that is imported inside a function: when that is called, not when the file runs."""
MAX_LINKS = 1_000
"""Modules kept per file."""
MAX_HITS = 20_000
"""Places looked at per file that hold the word."""
MAX_INDENTED = 500
"""Indented imports whose block is looked for; further ones count as run with the file."""
MAX_NAMES = 200
"""Names of one statement."""

_LINE = 400
"""Bytes before the word that are looked at."""
_STATEMENT = 4_000
_BLOCK = 8_000
"""Bytes before an indented import in which the header of its block is looked for."""
_HEAD = re.compile(rb"(?:\A|[;:])[ \t]*(from[ \t]+[.\w \t]{1,200})?\Z")
_DYNAMIC = re.compile(rb"import(?:__|_module)[ \t]*\([ \t]*[rubRUB]?[\"']([\w.]{1,200})[\"']")
_LOADERS = (b"spec_from_file_location", b"SourceFileLoader", b"load_source", b"run_path")
_FILE = re.compile(rb"((?:[\"'][\w\-]{1,80}[\"'][ \t]*[,/][ \t]*){0,4})[\"']([\w\-/]{1,120})\.pyw?[\"']")
"""A path of constant parts, whatever stands before them."""
MAX_FILES = 20
"""Files loaded by their path, per file."""
_END = re.compile(rb"(?:[^\n;#\\]|\\\r?\n?){0,4000}")
_WIDEST = 200
"""Blanks at the start of a line beyond which it is no deeper."""
_FUNCTION = re.compile(rb"(?:async[ \t]+)?def\b")


def links(data: bytes) -> list[str]:
    """Modules that a file imports, as written, each once, in order.

    Parameters
    ----------
    data : bytes
        Source, UTF-8 or something close. Never raises; time grows with its length alone.

    Returns
    -------
    list of str
        Dotted names: absolute (``pkg.mod``), relative (``.mod``, ``..mod``). Of ``from a import b`` both ``a`` and
        ``a.b``, as only the package around the file tells whether ``b`` is a module. :data:`LAZY` in front: inside a
        function. Imports for type checkers alone are left out. Where a module is loaded by its path, all files with
        constant paths are taken for imported.
    """
    found, loads = imported(data)
    if loads:
        for match in islice(_FILE.finditer(data), MAX_FILES):
            last = match[2].strip(b"/").replace(b"/", b".")
            before = re.findall(rb"[\w\-]+", match[1])
            # What stands before may be folders, or the name that the module shall have.
            for path in (last,) if b"." in last or not before else (b".".join((*before, last)), last):
                found[path.decode("utf-8", "replace")] = None
    return list(found)[:MAX_LINKS]


@twin
def imported(data: bytes) -> tuple[dict[str, None], bool]:
    """Modules that statements import, and calls that name one; and whether something may load one by its path."""
    found: dict[str, None] = {}
    hits = blocks = 0
    at = data.find(b"import")
    while at >= 0 and hits < MAX_HITS and len(found) < MAX_LINKS:
        hits += 1
        floor = max(0, at - _LINE)
        newline = data.rfind(b"\n", floor, at)
        start = newline + 1 if newline >= 0 else floor
        end = data.find(b"\n", at, at + _LINE)
        modules = _whole(data[start:end], at - start) if end >= 0 else None
        if modules is None:
            modules = _at(data, start, at)
        if modules:
            prefix: str | None = ""
            if data[start : start + 1] in (b" ", b"\t") and blocks < MAX_INDENTED:
                blocks += 1
                prefix = _when(data, start)
            if prefix is not None:
                for module in modules:
                    found[prefix + module] = None
        at = data.find(b"import", at + 6)
    return found, any(word in data for word in _LOADERS)


@remembered(1 << 13)
def _whole(line: bytes, at: int) -> tuple[str, ...] | None:
    """:func:`_at` of one line, None if the statement may go on behind it."""
    rest = line[at + 6 :]
    if b"\\" in rest or rest.lstrip(b" \t\r")[:1] in (b"", b"("):
        return None
    return _at(line, 0, at)


def _at(data: bytes, start: int, at: int) -> tuple[str, ...]:
    """Modules that the statement imports whose word ``import`` stands at ``at`` of the line at ``start``."""
    head = data[start:at]
    if head and (head[:5] != b"from " or b";" in head):
        match = _HEAD.search(head)
        if match is None:
            dynamic = _DYNAMIC.match(data, at)
            return (dynamic[1].decode("utf-8", "replace"),) if dynamic else ()
        head = match[1] or b""
    end = at + 6
    following = data[end : end + 1]
    if following not in (b" ", b"\t", b"(", b"*", b"\\"):
        return ()
    if head and data[end : end + 40].lstrip(b" \t\\\r\n")[:1] == b"(":
        stop = data.find(b")", end, end + _STATEMENT)
        return _modules(head, data[end : stop if stop >= 0 else end + _STATEMENT])
    rest = _END.match(data, end)
    return _modules(head, rest[0] if rest else b"")


@remembered(1 << 13)
def _modules(head: bytes, rest: bytes) -> tuple[str, ...]:
    """Modules of ``from … import rest`` (``head`` is all before ``import``) or ``import rest``."""
    lines = rest.decode("utf-8", "replace").replace("\\", " ").split("\n")
    names = [
        words[0]
        for part in " ".join(line.partition("#")[0] for line in lines).strip(" \t\r\n(").split(",")
        if (words := part.split())
    ]
    names = [name for name in names[:MAX_NAMES] if name == "*" or name.replace(".", "a").isidentifier()]
    if not head:
        return tuple(names)
    module = head[4:].decode("utf-8", "replace").replace(" ", "").replace("\t", "")
    inside = module if module.endswith(".") else f"{module}."
    own = () if module.strip(".") == "" else (module,)
    return (*own, *(f"{inside}{name}" for name in names if name != "*"))


def _when(data: bytes, start: int) -> str | None:
    """Of an indented statement: :data:`LAZY` inside a function, ``""`` elsewhere, None where only type checkers go."""
    indent = _indent(data, start, start + _WIDEST)
    floor, end = max(0, start - _BLOCK), start - 1
    while end > floor:
        begin = data.rfind(b"\n", floor, end) + 1 or floor
        here = _indent(data, begin, min(end, begin + indent))
        if here < indent and (text := data[begin + here : end].rstrip()) and text[:1] not in b"#)]}":
            if text[:3] == b"if " and b"TYPE_CHECKING" in text:
                return None
            if _FUNCTION.match(text):
                return LAZY
            if not here:
                return ""
            indent = here
        end = begin - 1
    return LAZY if floor else ""


def _indent(data: bytes, start: int, end: int) -> int:
    line = data[start:end]
    return len(line) - len(line.lstrip(b" \t"))
