"""Statistics of a file's string literals: lengths, entropy tails, what they look like, how they were hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p

import numpy as np
from numpy.typing import NDArray

from darnel.features.facts import Literal
from darnel.features.schema import Column

HOWS = ("concat", "join", "reverse", "chr", "base64", "hex", "bytes", "escape", "replace", "xor", "compress")

COLUMNS = (
    Column("str.literals", "log1p of the number of string literals", "real"),
    Column("str.share", "share of the file's bytes in literals, at most 1", "real"),
    Column("str.length_max", "log1p of the longest literal in characters", "real"),
    Column("str.length_p99", "log1p of the 99th percentile of literal lengths", "real"),
    Column("str.entropy_max", "largest entropy of a literal of at least 20 characters, bits per byte", "real"),
    Column("str.entropy_p99", "99th percentile of these entropies", "real"),
    Column("str.entropy_long", "largest entropy of a literal of at least 200 characters", "real"),
    Column("str.dense", "log1p of the number of literals of at least 40 characters without a blank", "real"),
    Column("str.base64", "log1p of the number of base64-like literals (≥ 24, both cases and a digit)", "real"),
    Column("str.base64_max", "log1p of the longest base64-like literal", "real"),
    Column("str.hex", "log1p of the number of hex-like literals (≥ 16)", "real"),
    Column("str.hex_max", "log1p of the longest hex-like literal", "real"),
    Column("str.urls", "log1p of the number of literals with a URL", "real"),
    Column("str.paths", "log1p of the number of literals that look like a file path", "real"),
    Column("str.binary", "log1p of the number of literals with control characters", "real"),
    Column("str.code", "log1p of the number of literals that look like Python, JavaScript or shell code", "real"),
    Column("str.code_max", "log1p of the longest literal that looks like code", "real"),
    Column("str.short_share", "share of one-character literals", "real"),
    Column("str.folded", "log1p of the number of literals that only folding or decoding shows", "real"),
    Column("str.folded_share", "share of such literals", "real"),
    Column("str.folded_max", "log1p of the longest of them", "real"),
    Column("str.layers", "largest number of hiding steps on one literal", "count"),
    *(Column(f"str.how.{how}", f"log1p of the number of literals hidden by {how}", "real") for how in HOWS),
    Column("str.how.other", "log1p of the number of literals hidden in another way", "real"),
)

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F]{16,}")
_PATH = re.compile(
    r"(?:~|\.{0,2}/|[A-Za-z]:[\\/]|%[A-Za-z]+%|\$[A-Z]+/)[^\s:?*<>|]*[\w]|[\w.@-]+(?:[\\/][\w.@ -]+){2,}"
)
_DIGIT = re.compile(r"[0-9]")
_BINARY = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_CODE = re.compile(
    r"(?:^|[\n;{])\s*(?:import \w+|from \w[\w.]* import |def \w+\(|exec\(|eval\(|(?:var|let|const) \w+\s*=|"
    r"function\s*\w*\(|"
    r"require\(|\w+\s*=\s*__import__\(|#!/|@echo off|curl |wget |powershell)"
)
# Cheap necessary condition of _CODE: one of its words.
_CODE_WORDS = (
    *("import", "def ", "exec(", "eval(", "var ", "let ", "const ", "function", "require(", "#!/"),
    *("@echo", "curl ", "wget ", "powershell"),
)
_HEAD = 4096
_BUDGET = 8 << 20


def values(literals: Sequence[Literal], size: int) -> dict[str, float]:
    """``str.*`` columns of one file.

    Parameters
    ----------
    literals : sequence of Literal
    size : int
        Bytes of the file, for shares.

    Returns
    -------
    dict of str to float
        By column name; empty if there are no literals.
    """
    if not literals:
        return {}
    texts = [literal.value for literal in literals]
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ordered = np.sort(lengths)
    out = {
        "str.literals": log1p(len(texts)),
        "str.share": min(1.0, float(lengths.sum()) / max(1, size)),
        "str.length_max": log1p(int(ordered[-1])),
        "str.length_p99": log1p(int(ordered[(len(ordered) * 99) // 100])),
        "str.short_share": float((lengths == 1).mean()),
    }
    _looks(texts, lengths, out)
    _entropy(texts, lengths, out)
    _hidden(literals, out)
    return out


def _looks(texts: list[str], lengths: NDArray[np.int64], out: dict[str, float]) -> None:
    base64 = hexes = urls = paths = binary = code = dense = 0
    base64_max = hex_max = code_max = 0
    any_binary = _BINARY.search("\n".join(texts)) is not None
    long = (lengths >= 6).nonzero()[0]
    # Decoded literals can add up to far more than the file: look at 8 MiB of them.
    for i in long[np.cumsum(np.minimum(lengths[long], _HEAD)) <= _BUDGET].tolist():
        text = texts[i]
        n = len(text)
        if n < 16 and text.isidentifier():  # none of what follows
            continue
        head = text if n <= _HEAD else text[:_HEAD]
        blank = " " in head or "\n" in head
        if not blank:
            dense += n >= 40
            if "://" in head:
                urls += 1
            elif ("/" in head or "\\" in head) and _PATH.fullmatch(head):
                paths += 1
            if n >= 16 and _HEX.fullmatch(head):
                hexes += 1
                hex_max = max(hex_max, n)
            elif n >= 24 and _base64_like(head):
                base64 += 1
                base64_max = max(base64_max, n)
        else:
            urls += "://" in head
            if n >= 12 and _looks_like_code(head[:512]):
                code += 1
                code_max = max(code_max, n)
            elif n >= 60 and " " not in head.strip() and _base64_like("".join(head.split())):
                base64 += 1
                base64_max = max(base64_max, n)
        if any_binary and _BINARY.search(head):
            binary += 1
    for name, count in (
        ("base64", base64),
        ("base64_max", base64_max),
        ("hex", hexes),
        ("hex_max", hex_max),
        ("urls", urls),
        ("paths", paths),
        ("binary", binary),
        ("code", code),
        ("code_max", code_max),
        ("dense", dense),
    ):
        out[f"str.{name}"] = log1p(count)


def _looks_like_code(head: str) -> bool:
    return any(word in head for word in _CODE_WORDS) and _CODE.search(head) is not None


def _base64_like(text: str) -> bool:
    """Of the alphabet, with both cases and a digit, and not words joined by ``-``, ``_`` or ``/``."""
    if not _BASE64.fullmatch(text):
        return False
    joints = text.count("-") + text.count("_") + text.count("/")
    return joints * 12 <= len(text) and bool(_DIGIT.search(text)) and text != text.lower() and text != text.upper()


def _entropy(texts: list[str], lengths: NDArray[np.int64], out: dict[str, float]) -> None:
    """Entropy of every literal of at least 20 characters (the 2,000 longest), in one histogram."""
    long = (lengths >= 20).nonzero()[0]
    if not len(long):
        return
    if len(long) > 2000:
        long = long[np.argsort(lengths[long])[-2000:]]
    heads = [texts[i][:_HEAD].encode("utf-8", "replace") for i in long.tolist()]
    sizes = np.fromiter(map(len, heads), np.int64, len(heads))
    joined = b"".join(heads)
    bits = 7 if joined.isascii() else 8
    index = np.frombuffer(joined, np.uint8) + np.repeat(np.arange(len(heads)) << bits, sizes)
    histogram = np.bincount(index, minlength=len(heads) << bits)
    used = histogram.nonzero()[0]
    counts = histogram[used]
    weights = np.bincount(used >> bits, counts * np.log2(counts), len(heads))
    entropies = np.log2(sizes) - weights / sizes
    ordered = np.sort(entropies)
    out["str.entropy_max"] = float(ordered[-1])
    out["str.entropy_p99"] = float(ordered[(len(ordered) * 99) // 100])
    out["str.entropy_long"] = float(entropies[sizes >= 200].max(initial=0.0))


def _hidden(literals: Sequence[Literal], out: dict[str, float]) -> None:
    folded = longest = layers = 0
    by_how: dict[str, int] = {}
    for literal in literals:
        if not literal.how:
            continue
        folded += 1
        longest = max(longest, len(literal.value))
        hows = literal.how.split("+")
        layers = max(layers, len(hows))
        for how in set(hows):
            by_how[how if how in HOWS else "other"] = by_how.get(how if how in HOWS else "other", 0) + 1
    if folded:
        out["str.folded"] = log1p(folded)
        out["str.folded_share"] = folded / len(literals)
        out["str.folded_max"] = log1p(longest)
        out["str.layers"] = float(layers)
    for how, count in by_how.items():
        out[f"str.how.{how}"] = log1p(count)
