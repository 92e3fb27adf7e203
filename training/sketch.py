"""A package's code as a MinHash sketch: comments, strings and numbers masked, so that clones fall together.

MinHash: Broder, "On the resemblance and containment of documents" (1997). Names, addresses and keys are what campaigns
vary, and all of them stand in strings, comments and numbers; identifiers stay.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import blake2b, sha256
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

PERMUTATIONS = 128
SHINGLE = 5
"""Tokens in a shingle."""
SAMPLE = 8_192
"""Only so many shingles (those with the lowest hashes) enter the MinHash: a bound on its cost."""
FILE_BYTES = 2 * 1024 * 1024
PACKAGE_BYTES = 24 * 1024 * 1024
COMPACT_NOTHING = 0xFF
"""In every place of the compact form of a package without code."""
VERSION = "1"
"""Changes whenever sketches of old and new code cannot be compared."""

# Every closing mark is optional: what is not closed runs to the end, so that no start is looked at twice.
_QUOTED = rb'"[^"\\\n]*(?:\\.[^"\\\n]*)*"?|\'[^\'\\\n]*(?:\\.[^\'\\\n]*)*\'?'
_DOCSTRING = rb'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:""")?|\'\'\'[^\'\\]*(?:(?:\\.|\'(?!\'\'))[^\'\\]*)*(?:\'\'\')?'
_TEMPLATE = rb"`[^`\\]*(?:\\.[^`\\]*)*`?"
_HASH = re.compile(rb"(?P<text>" + _DOCSTRING + rb"|" + _QUOTED + rb")|#[^\n]*", re.DOTALL)
_SLASHES = re.compile(rb"(?P<text>" + _QUOTED + rb"|" + _TEMPLATE + rb")|/\*(?:.*?\*/|.*)|//[^\n]*", re.DOTALL)
_URL = re.compile(rb"https?://[^\s\"']+")
_STYLES = {
    ".py": _HASH, ".pyw": _HASH, ".pyi": _HASH, ".pth": _HASH, ".sh": _HASH, ".bash": _HASH, ".ps1": _HASH,
    ".rb": _HASH,
    ".js": _SLASHES, ".mjs": _SLASHES, ".cjs": _SLASHES, ".jsx": _SLASHES, ".ts": _SLASHES, ".mts": _SLASHES,
    ".cts": _SLASHES, ".tsx": _SLASHES,
}  # fmt: skip
_HOOKS = ("preinstall", "install", "postinstall", "preuninstall", "uninstall", "postuninstall")
"""``prepare`` and its kin do not run when a published package is installed."""

_WORD = np.zeros(256, bool)
_WORD[[*b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$"]] = True
_WORD[128:] = True
_SPACE = np.zeros(256, bool)
_SPACE[[*b" \t\r\n\f\v\0"]] = True
_BASE = 0x100000001B3

Hashes = NDArray[np.uint64]


def _constants() -> tuple[Hashes, Hashes]:
    draw = np.random.default_rng(1997)
    return (
        draw.integers(1, 1 << 63, PERMUTATIONS, dtype=np.uint64) | np.uint64(1),
        draw.integers(0, 1 << 63, PERMUTATIONS, dtype=np.uint64),
    )


_FACTORS, _OFFSETS = _constants()


@dataclass(frozen=True, slots=True)
class Sketch:
    """What campaigns are found by.

    Parameters
    ----------
    signature : uint32 (128,)
        MinHash; all ones if there is no code.
    body : str
        First 16 hex digits of the sha256 over the sorted hashes of the masked files: equal for packages whose code
        differs only in comments, strings, numbers, white space and file names. ``""`` without code.
    shingles : int
        Distinct shingles seen (bounded by :data:`SAMPLE`).
    """

    signature: NDArray[np.uint32]
    body: str
    shingles: int


def compact(signature: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The lowest 8 bits of every place, uint8 (..., 128): b-bit minwise hashing (Li and König, 2010).

    A quarter of the size for a standard error that hardly grows; unequal places agree by chance once in 256.
    """
    return (signature & np.uint32(0xFF)).astype(np.uint8)


class Sketcher:
    """Collects the source files of one package; :meth:`result` gives the sketch. Other files are ignored."""

    def __init__(self) -> None:
        self._bodies: list[bytes] = []
        self._kept: Hashes = np.zeros(0, np.uint64)
        self._pending: list[Hashes] = []
        self._pending_count = 0
        self._seen_bytes = 0

    def add(self, path: str, data: bytes) -> None:
        """Take one file of the package. ``data`` beyond 2 MiB a file and 24 MiB a package is left out."""
        name = PurePosixPath(path).name.lower()
        if name == "package.json":
            self._take(_hooks_of(data))
            return
        style = _STYLES.get(PurePosixPath(name).suffix)
        if style is None:
            return
        data = data[: max(0, min(FILE_BYTES, PACKAGE_BYTES - self._seen_bytes))]
        self._seen_bytes += len(data)
        if data:
            self._take(_masked(data, style))

    def _take(self, masked: bytes) -> None:
        tokens = token_hashes(masked)
        if not len(tokens):
            return
        self._bodies.append(blake2b(tokens.tobytes(), digest_size=16).digest())
        shingles = _shingles(tokens)
        self._pending.append(shingles)
        self._pending_count += len(shingles)
        if self._pending_count > 8 * SAMPLE:
            self._merge()

    def _merge(self) -> None:
        self._kept = np.unique(np.concatenate([self._kept, *self._pending]))[:SAMPLE]
        self._pending, self._pending_count = [], 0

    def result(self) -> Sketch:
        """The sketch of all files taken so far."""
        self._merge()
        body = sha256(b"".join(sorted(self._bodies))).hexdigest()[:16] if self._bodies else ""
        return Sketch(_minhash(self._kept), body, len(self._kept))


def install_scripts(data: bytes) -> dict[str, str]:
    """The scripts of a package.json that run when the package is installed; empty for what is no manifest."""
    try:
        scripts = json.loads(data).get("scripts", {})
        return {hook: scripts[hook] for hook in _HOOKS if isinstance(scripts.get(hook), str)}
    except (ValueError, RecursionError, AttributeError):
        return {}


def _hooks_of(data: bytes) -> bytes:
    """The install scripts of a package.json, as code: a campaign may have no other."""
    commands = [f"{hook} {command}" for hook, command in install_scripts(data).items()]
    text = "\n".join(commands).encode("utf-8", "surrogatepass")
    return _URL.sub(b"S", text)


def _masked(data: bytes, style: re.Pattern[bytes]) -> bytes:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode()
    return style.sub(lambda found: b" S " if found.lastgroup else b" ", data)


def token_hashes(masked: bytes) -> Hashes:
    """Hash of every token of masked code (words, and single other characters), in order; uint64 (tokens,).

    Numbers, and whatever else starts with a digit, hash to 0.

    A polynomial over prefix sums, so that numpy does all of it: hash(i, j) = (P[j] - P[i]) · base^-i modulo 2^64.
    """
    text = np.frombuffer(masked, np.uint8)
    if not len(text):
        return np.zeros(0, np.uint64)
    word, space = _WORD[text], _SPACE[text]
    digit = (text >= ord("0")) & (text <= ord("9"))
    word[1:-1] |= (text[1:-1] == ord(".")) & digit[:-2] & digit[2:]
    starts = ~space
    starts[1:] &= ~(word[1:] & word[:-1])
    begin = np.flatnonzero(starts)
    if not len(begin):
        return np.zeros(0, np.uint64)
    ends = np.ones(len(text), bool)
    ends[:-1] = ~(word[:-1] & word[1:])
    end = np.flatnonzero(ends & ~space) + 1
    powers, inverse = _powers(len(text))
    prefix = np.zeros(len(text) + 1, np.uint64)
    np.cumsum((text.astype(np.uint64) + np.uint64(1)) * powers, out=prefix[1:])
    hashed = _mix((prefix[end] - prefix[begin]) * inverse[begin] + (end - begin).astype(np.uint64))
    hashed[digit[begin]] = 0
    return hashed


_power_cache: list[Hashes] = []


def _powers(count: int) -> tuple[Hashes, Hashes]:
    if not _power_cache or len(_power_cache[0]) < count:
        size = max(1 << 16, 1 << (count - 1).bit_length())
        back = pow(_BASE, -1, 1 << 64)
        with np.errstate(over="ignore"):
            both = [np.full(size, value, np.uint64) for value in (_BASE, back)]
            for values in both:
                values[0] = 1
                np.multiply.accumulate(values, out=values)
        _power_cache[:] = both
    return _power_cache[0][:count], _power_cache[1][:count]


def _mix(values: Hashes) -> Hashes:
    """The finaliser of splitmix64: every input bit reaches every output bit."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _shingles(tokens: Hashes) -> Hashes:
    length = min(SHINGLE, len(tokens))
    count = len(tokens) - length + 1
    total = np.zeros(count, np.uint64)
    for step in range(length):
        total = total * np.uint64(0x9E3779B97F4A7C15) + tokens[step : step + count]
    return _mix(total)


def _minhash(shingles: Hashes) -> NDArray[np.uint32]:
    best = np.full(PERMUTATIONS, 0xFFFFFFFF, np.uint32)
    for start in range(0, len(shingles), 2_048):
        part = shingles[start : start + 2_048, None]
        hashed = (part * _FACTORS + _OFFSETS) >> np.uint64(32)
        np.minimum(best, hashed.min(axis=0).astype(np.uint32), out=best)
    return best
