"""Formats that a prefix does not settle, and where an image, a sound or an executable really ends."""

from __future__ import annotations

from struct import error as struct_error
from struct import unpack_from

_PRINTABLE = bytes({9, 10, 13, *range(0x20, 0x7F)})
_FTYP_IMAGES = (b"avif", b"avis", b"heic", b"heix", b"mif1", b"msf1")


def plausible(name: str, data: bytes) -> bool:
    """Second look at formats whose magic is so short that text or noise can carry it."""
    if name == "asar":
        return len(data) > 16 and data[16:24].startswith(b'{"files')
    if name in {"ico"}:
        return len(data) > 22 and 0 < int.from_bytes(data[4:6], "little") < 256 and data[9] == 0
    if name in {"mp3", "swf", "jxl", "compress"} and len(data) < 128:
        return False
    if name == "mp3" and data[:3] != b"ID3":
        return len(data) > 3 and data[2] & 0xF0 not in (0x00, 0xF0) and data[2] & 0x0C != 0x0C
    if name == "swf":
        return data[3] < 60
    return True


def special(data: bytes) -> tuple[str, str] | None:
    """Return kind and format of what needs more than a prefix: PE, RIFF, MP4, Java, Mach-O, pyc, BMP, models."""
    head = data[:16]
    if head.startswith(b"MZ") and len(data) >= 64:
        at = int.from_bytes(data[60:64], "little")
        if data[at : at + 4] == b"PE\0\0" or (b"\0" in data[:64] and b"This program" in data[64:256]):
            return "native", "pe"
    if head.startswith(b"RIFF"):
        sub = {b"WAVE": ("media", "wav"), b"AVI ": ("media", "avi"), b"WEBP": ("image", "webp")}.get(data[8:12])
        if sub:
            return sub
    if data[4:8] == b"ftyp":
        return ("image", "heif") if data[8:12] in _FTYP_IMAGES else ("media", "mp4")
    if head.startswith(b"\xca\xfe\xba\xbe") and len(data) > 8:
        # Java's minor.major against Mach-O's number of architectures.
        return ("bytecode", "class") if int.from_bytes(data[4:8], "big") >= 45 else ("native", "macho")
    if data[2:4] == b"\r\n" and len(data) > 16 and (is_pyc(data)):
        return "bytecode", "pyc"
    if head.startswith(b"BM") and len(data) > 54 and data[6:10] == b"\0\0\0\0":
        return "image", "bmp"
    if (
        data[8:9] == b"{"
        and len(data) > 10
        and 0 < int.from_bytes(data[:8], "little") < 1 << 27
        and data[4:8] == b"\0" * 4
    ):
        return "model", "safetensors"
    if (
        head[:1] == b"\x08"
        and len(data) > 64
        and (b"pytorch" in data[:64] or b"onnx" in data[:128] or b"ir_version" in head)
    ):
        return "model", "onnx"
    if data[34:36] == b"LP" and len(data) > 82 and int.from_bytes(data[:4], "little") >= len(data) - 4:
        return "font", "eot"
    return None


def is_pyc(data: bytes) -> bool:
    """Tell CPython bytecode: a magic number followed by CR LF, then a marshalled code object."""
    magic = int.from_bytes(data[:2], "little")
    # 3.7 and later: flags 0..3, code object behind 16 bytes; 3.3 to 3.6 behind 12; Python 2 behind 8.
    if not (3000 <= magic < 4500 or 20000 <= magic < 63000):
        return False
    return any(len(data) > at and data[at] & 0x7F == 0x63 for at in (16, 12, 8))


def is_pickle(data: bytes) -> bool:
    """Tell a pickle of protocol 2 to 5: ``PROTO`` first, ``STOP`` last."""
    return data[0] == 0x80 and len(data) > 3 and data[1] in (2, 3, 4, 5) and data.rstrip(b"\0\n").endswith(b".")


def surplus(name: str, data: bytes) -> tuple[int, bool]:
    """Find the bytes after the format's own end, and whether its samples or pixels are printable text.

    Returns
    -------
    appended : int
        0 if the format's end is not known here.
    printable : bool
        ≥ 95 % printable over a stretch where a real sound or picture never is.
    """
    try:
        finder = _ENDS.get(name)
        end, body = finder(data) if finder else (0, b"")
    except (struct_error, IndexError, ValueError):
        return 0, False
    extra = len(data) - end if 0 < end < len(data) else 0
    if extra and not data[end:].strip(b"\0\r\n\x20\xff"):
        extra = 0
    body = body[: 1 << 16]
    return extra, len(body) >= 256 and len(body.translate(None, _PRINTABLE)) < 0.05 * len(body) and len(set(body)) > 12


def _png(data: bytes) -> tuple[int, bytes]:
    at = 8
    while at + 12 <= len(data):
        (length,) = unpack_from(">I", data, at)
        end = at + 12 + int(length)
        if data[at + 4 : at + 8] == b"IEND":
            return end, b""
        at = end
    return 0, b""


def _jpeg(data: bytes) -> tuple[int, bytes]:
    # Thumbnails and MPO pictures hold further end markers: only the last one ends the file.
    return data.rfind(b"\xff\xd9") + 2, b""


def _gif(data: bytes) -> tuple[int, bytes]:
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    while at < len(data):
        block = data[at]
        if block == 0x3B:
            return at + 1, b""
        if block == 0x2C:
            flags = data[at + 9]
            at += 11 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
        elif block == 0x21:
            at += 2
        else:
            return 0, b""
        while data[at]:
            at += data[at] + 1
        at += 1
    return 0, b""


def _bmp(data: bytes) -> tuple[int, bytes]:
    size, start = unpack_from("<I4xI", data, 2)
    return int(size), data[int(start) : int(size)]


def _riff(data: bytes) -> tuple[int, bytes]:
    end = 8 + int(unpack_from("<I", data, 4)[0])
    at, body = 12, b""
    while at + 8 <= min(end, len(data)):
        (length,) = unpack_from("<I", data, at + 4)
        if data[at : at + 4] == b"data":
            body = data[at + 8 : at + 8 + int(length)]
            break
        at += 8 + int(length) + (int(length) & 1)
    return end + (end & 1), body


def _pe(data: bytes) -> tuple[int, bytes]:
    at = int(unpack_from("<I", data, 60)[0])
    sections, optional = unpack_from("<H12xH", data, at + 6)
    table = at + 24 + int(optional)
    end = 0
    for i in range(min(int(sections), 96)):
        size, start = unpack_from("<II", data, table + 40 * i + 16)
        end = max(end, int(size) + int(start))
    # The signature, if there is one, lies behind the sections and is listed as directory 4.
    wide = data[at + 24 : at + 26] == b"\x0b\x02"
    where, length = unpack_from("<II", data, at + 24 + (112 if wide else 96) + 32)
    return max(end, int(where) + int(length)) if where else end, b""


_ENDS = {"png": _png, "jpeg": _jpeg, "gif": _gif, "bmp": _bmp, "wav": _riff, "webp": _riff, "pe": _pe}
