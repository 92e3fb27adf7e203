"""Small packages built in memory. All content is inert; hosts are under example.invalid."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import tarfile
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import NamedTuple

Files = Mapping[str, bytes | str]


class Raw(NamedTuple):
    """One tar entry as it shall be stored."""

    name: str
    data: bytes = b""
    type: bytes = tarfile.REGTYPE
    linkname: str = ""
    mode: int = 0o644


def _bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def tar(entries: Iterable[Raw], *, format: int = tarfile.PAX_FORMAT) -> bytes:  # noqa: A002
    """A plain tar with exactly these entries."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:", format=format) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.size, info.type, info.linkname, info.mode = len(entry.data), entry.type, entry.linkname, entry.mode
            archive.addfile(info, io.BytesIO(entry.data))
    return out.getvalue()


def compress(data: bytes, how: str) -> bytes:
    """``gz``, ``bz2``, ``xz`` or ``""`` for none."""
    match how:
        case "gz":
            return gzip.compress(data, mtime=0)
        case "bz2":
            return bz2.compress(data)
        case "xz":
            return lzma.compress(data)
        case _:
            return data


def tarball(files: Files, *, top: str = "", how: str = "gz") -> bytes:
    """A (compressed) tar of ``files`` below the folder ``top``."""
    prefix = f"{top}/" if top else ""
    return compress(tar(Raw(prefix + path, _bytes(content)) for path, content in files.items()), how)


def zipped(
    files: Files | Iterable[tuple[str | zipfile.ZipInfo, bytes | str]], *, method: int = zipfile.ZIP_DEFLATED
) -> bytes:
    """A zip of ``files``; pairs instead of a mapping may repeat names and carry ``ZipInfo``."""
    out = io.BytesIO()
    pairs = files.items() if isinstance(files, Mapping) else files
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, content in pairs:
            archive.writestr(path, _bytes(content), method)
    return out.getvalue()


def sdist(name: str = "sample", version: str = "1.0", files: Files | None = None, *, how: str = "gz") -> bytes:
    """An sdist: ``how`` is ``gz``, ``bz2``, ``xz``, ``""`` (plain tar) or ``zip``."""
    content: dict[str, bytes | str] = {
        "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nA sample.\n",
        "setup.py": f"from setuptools import setup\nsetup(name={name!r}, version={version!r})\n",
        f"{name}/__init__.py": "",
        **(files or {}),
    }
    top = f"{name}-{version}"
    if how == "zip":
        return zipped({f"{top}/{path}": data for path, data in content.items()})
    return tarball(content, top=top, how=how)


def record_line(path: str, data: bytes) -> str:
    """One line of RECORD."""
    digest = urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
    return f"{path},sha256={digest},{len(data)}\n"


def wheel(
    name: str = "sample", version: str = "1.0", files: Files | None = None, *, record: str | None = None
) -> bytes:
    """A wheel with a correct RECORD, or with ``record`` instead of it (``""``: none)."""
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    content: dict[str, bytes] = {path: _bytes(data) for path, data in (files or {f"{name}/__init__.py": ""}).items()}
    content[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nA sample.\n".encode()
    content[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: builders\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if record is None:
        record = "".join(record_line(path, data) for path, data in content.items()) + f"{info}/RECORD,,\n"
    if record:
        content[f"{info}/RECORD"] = record.encode()
    return zipped(content)


def npm(
    name: str = "sample",
    version: str = "1.0.0",
    files: Files | None = None,
    *,
    top: str = "package",
    **manifest: object,
) -> bytes:
    """An npm tarball; ``manifest`` adds keys to package.json."""
    document = json.dumps({"name": name, "version": version, **manifest}, indent=2)
    return tarball({"package.json": document, "index.js": "module.exports = 1;\n", **(files or {})}, top=top)


def yarn_zip(name: str = "sample", version: str = "1.0.0", files: Files | None = None) -> bytes:
    """A package as yarn caches it."""
    top = f"node_modules/{name}"
    content = {"package.json": json.dumps({"name": name, "version": version}), "index.js": "", **(files or {})}
    return zipped({f"{top}/{path}": data for path, data in content.items()})


def bomb(size: int, *, name: str = "sample-1.0/zeros.bin") -> bytes:
    """A gzipped tar with one member of ``size`` zero bytes."""
    return compress(tar([Raw(name, bytes(size))]), "gz")


def encrypted_zip() -> bytes:
    """A zip whose only member claims to be encrypted."""
    data = bytearray(zipped({"secret.py": b"x = 1\n"}, method=zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    return bytes(data)


def hostile_tars() -> dict[str, tuple[bytes, str]]:
    """Hostile plain tars by what they do: (archive, anomaly kind that must be recorded)."""
    top = "sample-1.0"
    good = Raw(f"{top}/setup.py", b"x = 1\n")
    plain = tar([good])
    one_zero_block = plain[:1024] + bytes(512) + tar([Raw(f"{top}/after.py", b"y = 2\n")])
    bad_header = plain[:1024] + b"\xff" * 512 + tar([Raw(f"{top}/after.py", b"y = 2\n")])
    pax_bomb = _pax(b"2 " * 30_000) + plain
    return {
        "traversal": (tar([good, Raw(f"{top}/../../etc/x.py", b"x")]), "traversal"),
        "absolute": (tar([good, Raw("/etc/x.py", b"x")]), "absolute-path"),
        "drive": (tar([good, Raw("C:/x.py", b"x")]), "absolute-path"),
        "backslash": (tar([good, Raw(f"{top}\\a\\x.py", b"x")]), "backslash"),
        "symlink": (tar([good, Raw(f"{top}/link", type=tarfile.SYMTYPE, linkname="/etc/passwd")]), "symlink"),
        "linked code": (tar([good, Raw(f"{top}/l.py", type=tarfile.SYMTYPE, linkname="data.txt")]), "linked-code"),
        "hardlink": (tar([good, Raw(f"{top}/link", type=tarfile.LNKTYPE, linkname="x")]), "hardlink"),
        "device": (tar([good, Raw(f"{top}/null", type=tarfile.CHRTYPE)]), "device"),
        "fifo": (tar([good, Raw(f"{top}/pipe", type=tarfile.FIFOTYPE)]), "device"),
        "odd type": (tar([good, Raw(f"{top}/odd", b"x", type=b"Z")]), "odd-type"),
        "duplicate": (tar([good, good]), "duplicate"),
        "case": (tar([good, Raw(f"{top}/SETUP.py", b"x")]), "case-collision"),
        "control": (tar([good, Raw(f"{top}/a\x1b[2J.py", b"x")]), "odd-name"),
        "bidi": (tar([good, Raw(f"{top}/a\u202eyp.exe", b"x")]), "odd-name"),
        "latin-1": (tar([good, Raw(f"{top}/caf\udce9.py", b"x")], format=tarfile.GNU_FORMAT), "non-utf8-name"),
        "deep": (tar([good, Raw(f"{top}/" + "d/" * 100 + "x.py", b"x")]), "path-depth"),
        "several": (tar([good, Raw("other/x.py", b"x")]), "several-top-folders"),
        "truncated member": (tar([good, Raw(f"{top}/big.bin", b"x" * 5000)])[:3000], "truncated"),
        "one zero block": (one_zero_block, "trailing-data"),
        "bad header": (bad_header, "corrupt"),
        "trailing": (plain + b"x" * 700, "trailing-data"),
        "pax bomb": (pax_bomb, "corrupt"),
        "lfs": (tar([good, Raw(f"{top}/x.bin", b"version https://git-lfs.github.com/spec/v1\n")]), "lfs-pointer"),
        "empty": (tar([]), "empty"),
    }


def _pax(records: bytes) -> bytes:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, len(records)
    return info.tobuf(tarfile.USTAR_FORMAT) + records + bytes(-len(records) % 512)


def hostile_zips() -> dict[str, tuple[bytes, str]]:
    """Hostile zips by what they do: (archive, anomaly kind that must be recorded)."""
    good = ("setup.py", b"x = 1\n")
    stored = zipped([good, ("data.txt", b"0123456789" * 20)], method=zipfile.ZIP_STORED)
    link, device = zipfile.ZipInfo("link.py"), zipfile.ZipInfo("dev")
    link.external_attr, device.external_attr = 0o120777 << 16, 0o020666 << 16
    central = stored.index(b"PK\1\2")
    lying = bytearray(stored)
    lying[central + 24 : central + 28] = (3).to_bytes(4, "little")
    renamed = bytearray(stored)
    renamed[30:38] = b"setup.pz"
    flipped = bytearray(stored)
    flipped[flipped.index(b"0123456789")] ^= 1
    method = bytearray(stored)
    method[8] = method[central + 10] = 97
    inner = zipped([("evil/../../x.py", b"x")])
    return {
        "traversal": (zipped([good, ("../x.py", b"x")]), "traversal"),
        "symlink": (zipped([good, (link, b"data.txt")]), "symlink"),
        "device": (zipped([good, (device, b"")]), "device"),
        "encrypted": (encrypted_zip(), "encrypted"),
        "truncated": (stored[: central + 10], "truncated"),
        "lying size": (bytes(lying), "lying-size"),
        "renamed": (bytes(renamed), "header-mismatch"),
        "bad crc": (bytes(flipped), "bad-crc"),
        "method": (bytes(method), "unreadable"),
        "leading": (b"#!/usr/bin/env python3\n" + stored, "leading-data"),
        "trailing": (stored + b"x" * 100, "trailing-data"),
        "hidden": (_with_hidden(stored, central), "hidden-data"),
        "nested traversal": (zipped([good, ("inner.zip", inner)]), "traversal"),
        "nested broken": (zipped([good, ("inner.zip", inner[:20])]), "nested-unreadable"),
        "nested lies": (zipped([good, ("logo.png", inner)]), "lying-format"),
        "not an archive": (zipped([good, ("data.zip", b"hello")]), "lying-format"),
        "empty": (zipped([]), "empty"),
    }


def _with_hidden(data: bytes, central: int) -> bytes:
    """10 kB between the last member and the index, with the end record moved accordingly."""
    hidden = b"h" * 10_000
    end = data.rindex(b"PK\5\6")
    record = bytearray(data[end:])
    record[16:20] = (central + len(hidden)).to_bytes(4, "little")
    return data[:central] + hidden + data[central:end] + bytes(record)
