"""A whole JavaScript file (no ES module: those cannot be evaluated in place) encoded in a string that is evaluated."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable

from darnel.training.benchmarks.obfuscate.edits import tree_of
from darnel.training.benchmarks.obfuscate.transform import Code, Transform
from darnel.training.benchmarks.obfuscate.wrap import in_lines, key, numbers, packed, xored

_MODULE = frozenset({"import_statement", "export_statement"})


def _source(code: Code) -> bytes | None:
    data = code.data.removeprefix(b"\xef\xbb\xbf")
    if data.startswith(b"#!"):
        data = data.partition(b"\n")[2]
    root = tree_of(data, "javascript")
    if root is None or not data.strip() or any(child.type in _MODULE for child in root.children):
        return None
    return data


def _wrapped(spell: Callable[[bytes, Code], bytes]) -> Callable[[Code], bytes | None]:
    def make(code: Code) -> bytes | None:
        data = _source(code)
        return spell(data, code) + b"\n" if data is not None else None

    return make


def _literal(encoded: bytes, code: Code) -> bytes:
    return in_lines(encoded, code.rng, code.rng.choice((b"'", b'"')), b" +\n  ")


def _base64(data: bytes, code: Code) -> bytes:
    text = _literal(b64encode(data), code)
    ways = [
        b"eval(Buffer.from(" + text + b", 'base64').toString());",
        b"const code = Buffer.from(" + text + b", 'base64').toString('utf8');\neval(code);",
        b"new Function('require', 'module', 'exports', '__dirname', '__filename', Buffer.from("
        + text
        + b", 'base64').toString())(require, module, exports, __dirname, __filename);",
    ]
    if data.isascii():
        ways.append(b"eval(atob(" + text + b"));")
    return code.rng.choice(ways)


def _hex(data: bytes, code: Code) -> bytes:
    ways = [b"eval(Buffer.from(" + _literal(data.hex().encode(), code) + b", 'hex').toString());"]
    if data.isascii():
        ways.append(b'eval("' + b"".join(b"\\x%02x" % byte for byte in data) + b'");')
    return code.rng.choice(ways)


def _numbers(data: bytes, code: Code) -> bytes:
    listed = numbers(data, code.rng)
    ways = [
        b"eval(Buffer.from([" + listed + b"]).toString());",
        b"var data = [" + listed + b"];\neval(Buffer.from(data).toString());",
    ]
    if data.isascii():
        ways += [
            b"eval([" + listed + b"].map(c => String.fromCharCode(c)).join(''));",
            b"var s = '', a = [" + listed + b"];\nfor (var i = 0; i < a.length; i++) s += String.fromCharCode(a[i]);\n"
            b"eval(s);",
        ]
    return code.rng.choice(ways)


def _zlib(data: bytes, code: Code) -> bytes:
    read = b"require('zlib').inflateSync(Buffer.from(" + _literal(packed(data), code) + b", 'base64')).toString()"
    return code.rng.choice((b"eval(" + read + b");", b"const source = " + read + b";\neval(source);"))


def _xor(data: bytes, code: Code) -> bytes:
    """Stands for ciphers: nobody sees through it without running the loop."""
    secret = key(code.rng)
    text = _literal(b64encode(xored(data, secret)), code)
    return code.rng.choice(
        (
            b"const k = '%b';\nconst d = Buffer.from(%b, 'base64');\n"
            b"eval(d.map((b, i) => b ^ k.charCodeAt(i %% k.length)).toString());",
            b"var k = '%b', d = Buffer.from(%b, 'base64'), o = Buffer.alloc(d.length);\n"
            b"for (var i = 0; i < d.length; i++) {\n  o[i] = d[i] ^ k.charCodeAt(i %% k.length);\n}\n"
            b"eval(o.toString());",
        )
    ) % (secret, text)


_WAYS = {"base64": _base64, "hex": _hex, "byte-array": _numbers, "zlib": _zlib, "xor": _xor}

TRANSFORMS = tuple(Transform(name, "javascript", _wrapped(spell)) for name, spell in _WAYS.items())
