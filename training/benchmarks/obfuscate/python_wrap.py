"""A whole Python file encoded in a string that is decoded and executed in the module's own namespace."""

from __future__ import annotations

import lzma
from base64 import b64encode, b85encode
from collections.abc import Callable

from darnel.training.benchmarks.obfuscate.transform import Code, Transform
from darnel.training.benchmarks.obfuscate.wrap import in_lines, key, numbers, packed, xored

_MARK = b"\xef\xbb\xbf"


def _source(code: Code) -> bytes | None:
    data = code.data.removeprefix(_MARK).replace(b"\r\n", b"\n")
    return data if data.strip() else None


def _wrapped(spell: Callable[[bytes, Code], bytes]) -> Callable[[Code], bytes | None]:
    def make(code: Code) -> bytes | None:
        data = _source(code)
        return spell(data, code) + b"\n" if data is not None else None

    return make


def _literal(encoded: bytes, code: Code) -> bytes:
    return b"(" + in_lines(encoded, code.rng, code.rng.choice((b"'", b'"'))) + b")"


def _base64(data: bytes, code: Code) -> bytes:
    text = _literal(b64encode(data), code)
    return code.rng.choice(
        (
            b"import base64\nexec(base64.b64decode" + text + b")",
            b"import base64\nexec(base64.b64decode" + text + b".decode('utf-8'))",
            b"exec(__import__('base64').b64decode" + text + b")",
            b"from base64 import b64decode as d\ncode = d" + text + b"\nexec(code)",
            b"import base64\nexec(compile(base64.b64decode" + text + b", '<string>', 'exec'))",
            b"from base64 import *\nexec(b64decode" + text + b")",
        )
    )


def _hex(data: bytes, code: Code) -> bytes:
    text = _literal(data.hex().encode(), code)
    return code.rng.choice(
        (
            b"exec(bytes.fromhex" + text + b")",
            b"exec(bytes.fromhex" + text + b".decode())",
            b"import binascii\nexec(binascii.unhexlify" + text + b")",
            b"data = " + text + b"\nexec(bytearray.fromhex(data).decode())",
        )
    )


def _numbers(data: bytes, code: Code) -> bytes:
    listed = numbers(data, code.rng)
    ways = [
        b"exec(bytes([" + listed + b"]))",
        b"exec(bytearray([" + listed + b"]).decode())",
        b"data = [" + listed + b"]\nexec(bytes(data))",
    ]
    if data.isascii():
        ways += [
            b"exec(''.join(chr(c) for c in [" + listed + b"]))",
            b"exec(''.join(map(chr, [" + listed + b"])))",
        ]
    return code.rng.choice(ways)


def _zlib(data: bytes, code: Code) -> bytes:
    encoded = packed(data)
    text = _literal(encoded, code)
    return code.rng.choice(
        (
            b"import zlib, base64\nexec(zlib.decompress(base64.b64decode" + text + b"))",
            b"exec(__import__('zlib').decompress(__import__('base64').b64decode" + text + b"))",
            b"_ = lambda __ : __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]));exec((_)(b'"
            + encoded[::-1]
            + b"'))",
            b"import base64\nimport zlib\nblob = base64.b64decode" + text + b"\nexec(zlib.decompress(blob).decode())",
        )
    )


def _lzma(data: bytes, code: Code) -> bytes:
    squeezed = lzma.compress(data)
    return code.rng.choice(
        (
            b"import lzma, base64\nexec(lzma.decompress(base64.b64decode" + _literal(b64encode(squeezed), code) + b"))",
            b"import lzma, base64\nexec(lzma.decompress(base64.b85decode(b'" + b85encode(squeezed) + b"')))",
        )
    )


def _xor(data: bytes, code: Code) -> bytes:
    """Stands for ciphers (Fernet, AES): nobody sees through it without running the loop."""
    secret = key(code.rng)
    text = _literal(b64encode(xored(data, secret)), code)
    return code.rng.choice(
        (
            b"import base64\nk = b'%b'\nd = base64.b64decode%b\n"
            b"exec(bytes(d[i] ^ k[i %% len(k)] for i in range(len(d))))",
            b"import base64\nkey = '%b'\ndata = base64.b64decode%b\nout = bytearray()\n"
            b"for i, b in enumerate(data):\n    out.append(b ^ ord(key[i %% len(key)]))\nexec(out.decode())",
        )
    ) % (secret, text)


_WAYS = {"base64": _base64, "hex": _hex, "byte-array": _numbers, "zlib": _zlib, "lzma": _lzma, "xor": _xor}

TRANSFORMS = tuple(Transform(name, "python", _wrapped(spell)) for name, spell in _WAYS.items())
