"""Archives that attack whoever opens them. Inert: what is in them is zeros and ``x = 1``."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from functools import cache, partial

import numpy as np

from tests import builders
from tests.hostile.case import Case

MIB = 1 << 20
GOOD = ("setup.py", b"x = 1\n")


@cache
def zeros(mebibytes: int, wbits: int = -15) -> bytes:
    """Deflated zeros: one block of 16 MiB over and over, so that terabytes would cost nothing."""
    machine = zlib.compressobj(9, zlib.DEFLATED, wbits)
    head = machine.compress(b"") if wbits < 0 else b""
    block = zlib.compressobj(9, zlib.DEFLATED, -15)
    once = block.compress(bytes(16 * MIB)) + block.flush(zlib.Z_FULL_FLUSH)
    return head + once * (mebibytes // 16) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def stored_zip(members: list[tuple[bytes, bytes, int, int]]) -> bytes:
    """A zip from (name, deflated data, declared size, crc), written by hand so that it can lie."""
    out, index = io.BytesIO(), io.BytesIO()
    for name, data, size, crc in members:
        index.write(_central(name, len(data), size, crc, out.tell()))
        out.write(struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(data), size, len(name), 0) + name + data)
    return _finished(out.getvalue(), index.getvalue(), len(members))


def _central(name: bytes, packed: int, size: int, crc: int, offset: int) -> bytes:
    fields = (b"PK\1\2", 20, 20, 0, 8, 0, 0, crc, packed, size, len(name), 0, 0, 0, 0, 0, offset)
    return struct.pack("<4s6H3I5H2I", *fields) + name


def _finished(body: bytes, index: bytes, count: int) -> bytes:
    large = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, len(index), len(body))
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(body) + len(index), 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, min(count, 0xFFFF), min(count, 0xFFFF), len(index), len(body), 0)
    return body + index + (large + locator if count > 0xFFFF else b"") + end


def zip_bomb() -> bytes:
    """4 GiB less a byte in 4 MB."""
    return stored_zip([(b"a.bin", zeros(4080), 4080 * MIB, 0), (GOOD[0].encode(), *_deflated(GOOD[1]))])


def overlapping() -> bytes:
    """Fifield's bomb: a thousand entries of the index share one compressed kernel."""
    kernel = zeros(64)
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, 0, len(kernel), 64 * MIB, 5, 0) + b"a.bin" + kernel
    index = b"".join(_central(b"%05d" % i, len(kernel), 64 * MIB, 0, 0) for i in range(1000))
    return _finished(head, index, 1000)


def nested(levels: int, width: int = 10) -> bytes:
    """A zip of zips of zips (42.zip), the innermost full of zeros."""
    data = stored_zip([(b"zeros.bin", zeros(256), 256 * MIB, 0)])
    for _ in range(levels):
        data = builders.zipped({f"{i}.zip": data for i in range(width)})
    return data


def nested_tars(levels: int) -> bytes:
    data = builders.tarball({"setup.py": "x = 1\n"}, top="a-1.0")
    for _ in range(levels):
        data = builders.tarball({"setup.py": "x = 1\n", "inner.tar.gz": data}, top="a-1.0")
    return data


def gzip_bomb() -> bytes:
    """A tar of one member of a gigabyte."""
    info = tarfile.TarInfo("a-1.0/zeros.bin")
    info.size = 1 << 30
    return gzip.compress(info.tobuf()) + b"\x1f\x8b\x08\0\0\0\0\0\0\3" + zeros(1024) + struct.pack("<II", 0, 0)


def many_streams(how: str) -> bytes:
    """One member of zeros in a thousand compressed streams in a row."""
    info = tarfile.TarInfo("a-1.0/zeros.bin")
    info.size = 8 << 30
    pack = bz2.compress if how == "bz2" else lzma.compress
    return pack(info.tobuf()) + pack(bytes(8 * MIB)) * 1000


def million_in_zip() -> bytes:
    """10^6 entries in the index, all of the same six bytes."""
    data, size, crc = _deflated(GOOD[1])
    body = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, crc, len(data), size, 7, 0) + b"0000000" + data
    entries = np.tile(np.frombuffer(_central(b"0000000", len(data), size, crc, 0), np.uint8), (1_000_000, 1))
    numbers = np.arange(1_000_000)
    for place in range(7):
        entries[:, -1 - place] = 48 + numbers // 10**place % 10
    return _finished(body, entries.tobytes(), 1_000_000)


def million_in_tar() -> bytes:
    """10^6 empty files, a hundred times the same ten thousand."""
    headers = b"".join(tarfile.TarInfo(f"a-1.0/{i:05}.py").tobuf() for i in range(10_000))
    return gzip.compress(headers) * 100


def sparse() -> bytes:
    """An old GNU sparse file that says it is a terabyte."""
    info = tarfile.TarInfo("a-1.0/sparse.bin")
    info.size = 512
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[156:157] = b"S"
    block[386:410] = b"00000000000\0" + b"00000001000\0"
    block[483:495] = b"%011o\0" % (8 << 30)
    return gzip.compress(_checked(block) + bytes(512) + builders.tar([builders.Raw("a-1.0/setup.py", b"x = 1\n")]))


def _checked(block: bytearray) -> bytes:
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def lying_tar(size: bytes) -> bytes:
    """A tar whose only member has this in the field for its size."""
    block = bytearray(tarfile.TarInfo("a-1.0/setup.py").tobuf(tarfile.GNU_FORMAT))
    block[124:136] = size
    return gzip.compress(_checked(block) + b"x = 1\n".ljust(512, b"\0") + bytes(1024))


def lying_zip(size: int) -> bytes:
    data, _, crc = _deflated(b"x = 1\n" * 100_000)
    return stored_zip([(b"setup.py", data, size, crc)])


def deep(levels: int) -> bytes:
    return builders.zipped({"d/" * levels + "setup.py": b"x = 1\n"})


def links(pairs: list[tuple[str, str]], kind: bytes = tarfile.SYMTYPE) -> bytes:
    """A tar with links between its members and out of it."""
    raws = [builders.Raw(f"a-1.0/{name}", type=kind, linkname=target) for name, target in pairs]
    return gzip.compress(builders.tar([builders.Raw("a-1.0/setup.py", b"x = 1\n"), *raws]))


def named(*names: str) -> bytes:
    """A zip with a good file and files of these names."""
    return builders.zipped([GOOD, *((name, b"y = 1\n") for name in names)])


def raw_names(*names: bytes) -> bytes:
    """The same for names that are no text."""
    return stored_zip([(name, *_deflated(b"y = 1\n")) for name in (b"setup.py", *names)])


def long_name() -> bytes:
    """A member whose name takes a megabyte of an extended header."""
    name = "a-1.0/" + "n" * MIB + ".py"
    return gzip.compress(builders.tar([builders.Raw("a-1.0/setup.py", b"x = 1\n"), builders.Raw(name, b"y = 1\n")]))


def polyglot(front: bytes) -> bytes:
    """A zip behind something else."""
    return front + builders.wheel()


def two_zips() -> bytes:
    """Readers from the front and from the back see different files."""
    return builders.zipped({"harmless.py": "x = 1\n"}) + builders.zipped({"setup.py": "y = 2\n"})


def _deflated(data: bytes) -> tuple[bytes, int, int]:
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    return machine.compress(data) + machine.flush(), len(data), zlib.crc32(data)


def encrypted() -> bytes:
    return builders.encrypted_zip()


def unknown_method() -> bytes:
    data = bytearray(builders.zipped([GOOD], method=zipfile.ZIP_STORED))
    data[8] = data[data.index(b"PK\1\2") + 10] = 93
    return bytes(data)


_TARS = builders.hostile_tars()
ARCHIVES: dict[str, Case] = {
    "zip bomb": Case(zip_bomb, "member-cut"),
    "zip of overlapping entries": Case(overlapping, "expansion-limit"),
    "zip of zips of zips": Case(lambda: nested(5), "nested-skipped"),
    "zip of zips": Case(lambda: nested(1), "expansion-limit"),
    "tar in tar in tar": Case(lambda: nested_tars(50), "nested-skipped"),
    "gzip bomb": Case(gzip_bomb, "expansion-limit"),
    "bzip2 bomb": Case(lambda: many_streams("bz2"), "expansion-limit"),
    "xz bomb": Case(lambda: many_streams("xz"), "expansion-limit"),
    "a million members in a zip": Case(million_in_zip, "limit"),
    "a million members in a tar": Case(million_in_tar, "members-limit"),
    "sparse file": Case(sparse, "odd-type"),
    "negative size": Case(lambda: lying_tar(b"\xff" * 12), "corrupt"),
    "size of exabytes": Case(lambda: lying_tar(b"\x80\0\0\0\x7f" + b"\xff" * 7), "truncated"),
    "size that is no number": Case(lambda: lying_tar(b"99999999999\0"), "input"),
    "smaller than it says": Case(lambda: lying_zip((1 << 32) - 2), "lying-size"),
    "larger than it says": Case(lambda: lying_zip(3), "lying-size"),
    "deep path": Case(lambda: deep(20_000), "path-depth"),
    "links in a circle": Case(lambda: links([("a", "b"), ("b", "a"), ("c", "c")]), "symlink"),
    "links out of it": Case(lambda: links([("a", "/etc/passwd"), ("b", "../../../../root")]), "symlink"),
    "hard links in a circle": Case(lambda: links([("a", "a-1.0/b"), ("b", "a-1.0/a")], tarfile.LNKTYPE), "hardlink"),
    "link that is code": Case(lambda: links([("evil.py", "data.txt")]), "linked-code"),
    "name of a megabyte": Case(long_name, "corrupt"),
    "names that climb": Case(lambda: named("../../../etc/cron.d/x", "a/../../x.py"), "traversal"),
    "names from the root": Case(lambda: named("/etc/passwd.py", "C:/x.py", "//host/share/x.py"), "absolute-path"),
    "names of devices": Case(lambda: named("CON", "nul.py", "aux/x.py", "setup.py "), ""),
    "names that steer a terminal": Case(lambda: named("\x1b[2J\x1b]0;x\7.py", "a\r\nb.py", "\x9b31m.py"), "odd-name"),
    "names that deceive": Case(lambda: named("\u202eyp.exe.py", "s\u0435tup.py", "set\u200bup.py"), "odd-name"),
    "names that are almost one": Case(lambda: named("caf\u00e9.py", "cafe\u0301.py", "SETUP.PY"), "case-collision"),
    "names that are no text": Case(lambda: raw_names(b"\xff\xfe.py", b"\xc0\xaf.py", b"a\0b.py"), "non-utf8-name"),
    "the same name a thousand times": Case(lambda: raw_names(*[b"setup.py"] * 1000), "duplicate"),
    "encrypted": Case(encrypted, "encrypted"),
    "unknown compression": Case(unknown_method, "unreadable"),
    "behind a script": Case(lambda: polyglot(b"#!/usr/bin/env python\nx = 1\n"), "leading-data"),
    "behind a picture": Case(lambda: polyglot(b"\x89PNG\r\n\x1a\n" + bytes(1000)), "leading-data"),
    "behind a program": Case(lambda: polyglot(b"\x7fELF\2\1\1" + bytes(5000)), "leading-data"),
    "behind a document": Case(lambda: polyglot(b"%PDF-1.7\n" + b"1 0 obj\n" * 100), "leading-data"),
    "two zips in one": Case(two_zips, "leading-data"),
    "zip behind a tar": Case(lambda: builders.sdist(how="") + builders.wheel(), "trailing-data"),
    **{f"tar: {name}": Case(partial(gzip.compress, data), kind) for name, (data, kind) in _TARS.items()},
    **{f"zip: {name}": Case(partial(bytes, data), kind) for name, (data, kind) in builders.hostile_zips().items()},
}
"""By what they do."""
