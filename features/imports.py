"""Names that native code imports, from the import tables of PE files and the dynamic symbols of ELF files.

Minimal readers within fixed budgets: whole parsers of these formats cost more than everything else that is done to a
binary. Formats: Microsoft, "PE Format"; System V ABI, "Object Files".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from struct import error as struct_error
from struct import unpack_from

MAX_LIBRARIES = 512
MAX_NAMES = 8_192
MAX_NAME = 256
_NAME = re.compile(rb"[\x21-\x7e]{2,256}")


def imported(data: bytes, kind: str) -> frozenset[str] | None:
    """Names of imported functions.

    Parameters
    ----------
    data : bytes
        The whole file, or its beginning.
    kind : str
        ``pe`` or ``elf``; nothing else has a reader.

    Returns
    -------
    frozenset of str or None
        At most :data:`MAX_NAMES`; None when the tables cannot be read, or there is no reader. Never raises.
    """
    reader = {"pe": _pe, "elf": _elf}.get(kind)
    if reader is None:
        return None
    try:
        return reader(data)
    except (struct_error, IndexError, ValueError, OverflowError):
        return None


def _string(data: bytes, at: int) -> str:
    found = _NAME.match(data, at) if 0 <= at < len(data) else None
    return found[0].decode("ascii") if found else ""


def _pe(data: bytes) -> frozenset[str]:
    at = int(unpack_from("<I", data, 60)[0])
    if data[at : at + 4] != b"PE\0\0":
        raise ValueError("no PE signature")
    count, optional = unpack_from("<H12xH", data, at + 6)
    wide = unpack_from("<H", data, at + 24)[0] == 0x20B
    directories = at + 24 + (112 if wide else 96)
    table = at + 24 + int(optional)
    sections = [unpack_from("<IIII", data, table + 40 * i + 8) for i in range(min(int(count), 96))]

    def offset(address: int) -> int:
        for size, start, stored, where in sections:
            if start <= address < start + max(size, stored):
                return int(address - start + where)
        raise ValueError("address outside of all sections")

    names: set[str] = set()
    # Directory 1 holds the imports, directory 13 those that are loaded when first called.
    for number, row, lookup, first in ((1, 20, 0, 16), (13, 32, 16, 12)):
        address = int(unpack_from("<I", data, directories + 8 * number)[0])
        if not address:
            continue
        entry = offset(address)
        for _ in range(MAX_LIBRARIES):
            if not any(data[entry : entry + row]) or len(data) < entry + row:
                break
            thunks = unpack_from("<I", data, entry + lookup)[0] or unpack_from("<I", data, entry + first)[0]
            names.update(_thunks(data, offset(int(thunks)), wide, offset))
            entry += row
            if len(names) > MAX_NAMES:
                break
    return frozenset(names)


def _thunks(data: bytes, at: int, wide: bool, offset: Callable[[int], int]) -> list[str]:
    size, form = (8, "<Q") if wide else (4, "<I")
    names = []
    for _ in range(MAX_NAMES):
        value = int(unpack_from(form, data, at)[0])
        if not value:
            break
        if not value >> (8 * size - 1):  # else by number, without a name
            names.append(_string(data, offset(value & 0x7FFFFFFF) + 2))
        at += size
    return [name for name in names if name]


def _elf(data: bytes) -> frozenset[str]:
    wide, order = data[4] == 2, ">" if data[5] == 2 else "<"
    where, size, count = (
        (*unpack_from(f"{order}Q", data, 40), *unpack_from(f"{order}HH", data, 58))
        if wide
        else (*unpack_from(f"{order}I", data, 32), *unpack_from(f"{order}HH", data, 46))
    )
    header = f"{order}IIQQQQIIQQ" if wide else f"{order}IIIIIIIIII"
    sections = [unpack_from(header, data, where + size * i) for i in range(min(int(count), 256))]
    symbols = next((s for s in sections if s[1] == 11), None)  # SHT_DYNSYM
    if symbols is None:
        raise ValueError("no dynamic symbols")
    strings = sections[symbols[6]]
    row = 24 if wide else 16
    names: set[str] = set()
    for at in range(symbols[4], min(symbols[4] + symbols[5], len(data) - row + 1), row):
        name, section = unpack_from(f"{order}I2xH" if wide else f"{order}I10xH", data, at)
        if section == 0 and name:
            names.add(_string(data, strings[4] + name))
            if len(names) > MAX_NAMES:
                break
    return frozenset(names - {""})
