"""Native code, bytecode and other binaries: headers, entropy, packing, and what their readable strings name."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from math import log1p
from typing import NamedTuple

import numpy as np

from darnel.features import embedded_programs, imports
from darnel.features.binary_scans import histograms, printable_runs, standing
from darnel.features.content import Content, Kind
from darnel.features.facts import Observation
from darnel.features.indicators import examine_text
from darnel.features.schema import Column
from darnel.features.taxonomy import CATEGORY

STRINGS_BYTES = 1 << 20
"""Head plus tail that is searched for strings."""
NAMES_BYTES = 8 << 20
"""Head and tail, each, that API and packer names are looked for in."""
WINDOW = 4096

COLUMNS = (
    Column("bin.log_bytes", "log1p of the size in bytes", "real"),
    Column("bin.entropy", "entropy of all bytes, bits per byte", "real"),
    Column("bin.entropy_max", "largest entropy of a 4 KiB window", "real"),
    Column("bin.dense_share", "share of 4 KiB windows with more than 7.5 bits per byte (packed or encrypted)", "real"),
    Column("bin.pe", "Windows executable or DLL", "bool"),
    Column("bin.elf", "ELF", "bool"),
    Column("bin.macho", "Mach-O", "bool"),
    Column("bin.wasm", "WebAssembly", "bool"),
    Column("bin.pyc", "CPython bytecode", "bool"),
    Column("bin.program", "an executable rather than a library (ELF or PE header, or no init symbol)", "bool"),
    Column("bin.extension_module", "exports a Python or Node module initialiser", "bool"),
    Column("bin.packed", "names UPX, VMProtect, Themida or another packer", "bool"),
    Column("bin.bundle", "PyInstaller, Nuitka, pkg, nexe, AutoIt or NSIS bundle", "bool"),
    Column("bin.dotnet", ".NET assembly", "bool"),
    Column("bin.go", "built with Go or Rust", "bool"),
    Column("bin.inject", "number of process-injection and memory API names", "count"),
    Column("bin.fetch", "number of download API names", "count"),
    Column("bin.spy", "number of key-log, screen, clipboard and anti-debug API names", "count"),
    Column("bin.imports", "log1p of the functions that a PE or ELF file imports by name", "real"),
    Column("bin.imports_none", "native code of more than 4 KiB whose import table is empty or cannot be read", "bool"),
    Column("bin.import_kinds", "distinct behaviours among the imported functions", "count"),
    Column("bin.text_share", "share of bytes in printable runs of at least 6", "real"),
    Column("bin.appended", "log1p of bytes after the last section", "real"),
    Column("bin.hosts_unknown", "log1p of distinct unknown hosts in its strings", "real"),
    Column("bin.addresses", "log1p of distinct public IP addresses in its strings", "real"),
    Column("bin.hits", "log1p of indicator hits in its strings", "real"),
    Column("bin.cred_families", "credential families named in its strings", "count"),
    Column("bin.host_families", "suspicious host families named in its strings", "count"),
)

SHORTEST, LONGEST = 6, 512
"""Bytes of a printable run; a longer one is cut into several."""
_VARIANT = re.compile(r"(?:Ex)?(?:[AW]|64)?(?:@.*)?$")
_WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){6,256}")
_PACKERS = (
    b"UPX!",
    b"UPX0",
    b".vmp0",
    b".vmp1",
    b".themida",
    b".aspack",
    b".petite",
    b"MPRESS",
    b".enigma",
    b"PEC2",
    b".nsp0",
)
_BUNDLES = (
    b"_MEIPASS",
    b"PyInstaller",
    b"pyi-runtime",
    b"NUITKA_ONEFILE",
    b"__nuitka",
    b"pkg/prelude",
    b"nexe~~sentinel",
    b"NODE_SEA_BLOB",
    b"AU3!EA0",
    b"NullsoftInst",
    b"py2exe",
    b"cx_Freeze",
)
_MODULE = (b"PyInit_", b"PyModuleDef_Init", b"napi_register_module", b"node_register_module", b"PyModule_Create")
_INJECT = (
    b"VirtualAllocEx",
    b"WriteProcessMemory",
    b"CreateRemoteThread",
    b"NtUnmapViewOfSection",
    b"QueueUserAPC",
    b"SetThreadContext",
    b"NtCreateThreadEx",
    b"RtlMoveMemory",
    b"memfd_create",
    b"process_vm_writev",
    b"ptrace",
    b"VirtualProtectEx",
    b"NtWriteVirtualMemory",
)
_FETCH = (
    b"URLDownloadToFile",
    b"InternetOpenUrl",
    b"InternetReadFile",
    b"WinHttpOpen",
    b"WinHttpSendRequest",
    b"HttpSendRequest",
    b"WinExec",
    b"ShellExecute",
    b"curl_easy_perform",
)
_SPY = (
    b"SetWindowsHookEx",
    b"GetAsyncKeyState",
    b"BitBlt",
    b"GetClipboardData",
    b"IsDebuggerPresent",
    b"CheckRemoteDebuggerPresent",
    b"CryptUnprotectData",
    b"NtQueryInformationProcess",
    b"GetForegroundWindow",
)
_DOTNET = (b"mscoree.dll", b"_CorExeMain")
_GO = (b"Go build ID", b"go.buildid")
_RUST = b"/rustc/"
_NAMES = (*_MODULE, *_BUNDLES, *_INJECT, *_FETCH, *_SPY, *_DOTNET, _RUST)
_MARKS = (*_PACKERS, *_GO)
"""What is only looked for where strings are."""

_COVERS = frozenset({Kind.IMAGE, Kind.MEDIA, Kind.DOCUMENT, Kind.FONT, Kind.DATABASE})
"""What an executable may hide in; blobs of unknown kind are searched too."""


class Found(NamedTuple):
    """Columns and observations of one binary."""

    values: dict[str, float]
    observations: list[Observation]


def examine(data: bytes, content: Content) -> Found:
    """``bin.*`` columns of one native, bytecode or unknown binary file, and indicators in its strings.

    Parameters
    ----------
    data : bytes
    content : Content
        From :func:`darnel.features.content.sniff`; other kinds than native, bytecode, binary and model give nothing.

    Returns
    -------
    Found
        Observations count as ``function`` -1 and not ``top``: nothing says when native code runs. Line is 1.
    """
    if content.kind in _COVERS and data:
        return Found({}, embedded_programs.find(data, False))
    if content.kind not in {Kind.NATIVE, Kind.BYTECODE, Kind.BINARY, Kind.MODEL} or not data:
        return Found({}, [])
    out = {"bin.log_bytes": log1p(len(data))}
    _entropy(data, out)
    if content.format in {"pe", "elf", "macho", "wasm", "pyc"}:
        out[f"bin.{content.format}"] = 1.0
    out["bin.appended"] = log1p(content.appended)
    part = data if len(data) <= STRINGS_BYTES else data[: STRINGS_BYTES // 2] + data[-STRINGS_BYTES // 2 :]
    strings = printable_runs(part, SHORTEST, LONGEST)
    called: list[Observation] = []
    out["bin.text_share"] = sum(map(len, strings)) / len(part)
    if content.kind is Kind.NATIVE:
        _native(data, part, content.format, out)
        called = _imports(data, content.format, out)
        if content.format == "pe":
            strings += [wide[::2] for wide in _WIDE.findall(part)]
    if content.kind is Kind.MODEL and content.format != "pickle":
        return Found(out, [])
    found = examine_text(b"\n".join(strings))
    for name in ("hosts_unknown", "addresses", "hits", "cred_families", "host_families"):
        out[f"bin.{name}"] = found.values.get(f"ind.{name}", 0.0)
    observations = [
        observation._replace(line=1, order=0, statement=0, top=content.format == "pyc")
        for observation in found.observations
    ]
    if content.kind is Kind.BINARY:
        called = embedded_programs.find(data, False)
    return Found(out, observations + called)


_LOGS = np.arange(WINDOW + 1) * np.log2(np.maximum(np.arange(WINDOW + 1), 1))
"""What a byte that occurs so often in a window weighs."""


def _entropy(data: bytes, out: dict[str, float]) -> None:
    """Entropy of the whole and of 4 KiB windows; at most 256 windows, evenly spread, are looked at."""
    windows = len(data) // WINDOW
    starts = (np.unique(np.linspace(0, windows - 1, min(windows, 256)).astype(np.int64)) * WINDOW).tolist()
    counts = histograms(data, starts or [0], WINDOW if windows else len(data))
    histogram = np.frombuffer(counts, np.int64).reshape(-1, 256)
    sizes = histogram.sum(axis=1)
    weights = (_LOGS.take(histogram) if windows else histogram * np.log2(np.maximum(histogram, 1))).sum(axis=1)
    entropies = np.log2(sizes) - weights / sizes
    total = histogram.sum(axis=0)
    shares = total[total > 0] / total.sum()
    out["bin.entropy"] = float(-(shares * np.log2(shares)).sum())
    out["bin.entropy_max"] = float(entropies.max())
    out["bin.dense_share"] = float((entropies > 7.5).mean())


def _native(data: bytes, part: bytes, name: str, out: dict[str, float]) -> None:
    if len(data) > 2 * NAMES_BYTES:
        data = data[:NAMES_BYTES] + data[-NAMES_BYTES:]
    named, marks = standing(data, _NAMES), standing(part, _MARKS)
    module = not named.isdisjoint(_MODULE)
    out["bin.extension_module"] = float(module)
    out["bin.program"] = float(_is_program(data, name) and not module)
    out["bin.packed"] = float(not marks.isdisjoint(_PACKERS))
    out["bin.bundle"] = float(not named.isdisjoint(_BUNDLES))
    out["bin.dotnet"] = float(name == "pe" and not named.isdisjoint(_DOTNET))
    out["bin.go"] = float(not marks.isdisjoint(_GO) or _RUST in named)
    # PE and ELF keep the imported names as plain strings, so a substring is enough.
    out["bin.inject"] = float(len(named.intersection(_INJECT)))
    out["bin.fetch"] = float(len(named.intersection(_FETCH)))
    out["bin.spy"] = float(len(named.intersection(_SPY)))


def _imports(data: bytes, name: str, out: dict[str, float]) -> list[Observation]:
    """What the imported functions do; nothing says when, or in which order."""
    if name not in {"pe", "elf"}:
        return []
    names = imports.imported(data, name)
    out["bin.imports"] = log1p(len(names or ()))
    out["bin.imports_none"] = float(not names and len(data) > WINDOW)
    meanings = _meanings()
    seen: dict[str, str] = {}
    for function in sorted(names or ()):
        known = function if function in meanings else _VARIANT.sub("", function)
        if known in meanings:
            seen.setdefault(meanings[known], known)
    out["bin.import_kinds"] = float(len(seen))
    return [Observation(behaviour, 1, 0, 0, -1, False, known) for behaviour, known in seen.items()]


@cache
def _meanings() -> dict[str, str]:
    """Behaviour by imported function."""
    text = resources.files("darnel.features").joinpath("native_calls.toml").read_text(encoding="utf-8")
    table = {name: behaviour for behaviour, names in tomllib.loads(text).items() for name in names.split()}
    if unknown := set(table.values()) - CATEGORY.keys():
        raise ValueError(f"native_calls.toml: {sorted(unknown)} are not in the taxonomy")
    return table


def _is_program(data: bytes, name: str) -> bool:
    if name == "elf" and len(data) > 18:
        big = data[5] == 2
        # ET_EXEC, or ET_DYN with an interpreter: a position-independent executable.
        kind = int.from_bytes(data[16:18], "big" if big else "little")
        return kind == 2 or (kind == 3 and (b"/ld-linux" in data[:4096] or b"/ld-musl" in data[:4096]))
    if name == "pe" and len(data) > 64:
        at = int.from_bytes(data[60:64], "little")
        return not int.from_bytes(data[at + 22 : at + 24], "little") & 0x2000
    if name == "macho" and len(data) > 16:
        little = data[:4] in (b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
        return int.from_bytes(data[12:16], "little" if little else "big") == 2
    return False
