"""Statistics of a file's string literals: lengths, entropy tails, what they look like, how they were hidden."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log1p, log2

import numpy as np

from darnel.features.facts import Literal
from darnel.features.literal_counts import HEAD, base64_like, looks, weights
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

_PATH = re.compile(
    r"(?:~|\.{0,2}/|[A-Za-z]:[\\/]|%[A-Za-z]+%|\$[A-Z]+/)[^\s:?*<>|]*[\w]|[\w.@-]+(?:[\\/][\w.@ -]+){2,}"
)
_CODE = re.compile(
    r"(?:^|[\n;{])\s*(?:import \w+|from \w[\w.]* import |def \w+\(|exec\(|eval\(|(?:var|let|const) \w+\s*=|"
    r"function\s*\w*\(|"
    r"require\(|\w+\s*=\s*__import__\(|#!/|@echo off|curl |wget |powershell)"
)
CODE_WORDS = (
    *("import", "def ", "exec(", "eval(", "var ", "let ", "const ", "function", "require(", "#!/"),
    *("@echo", "curl ", "wget ", "powershell"),
)
"""Cheap necessary condition of what looks like code: one of its words."""
_MOST = 2000
_NUMBERS = np.arange(4 * HEAD + 1, dtype=np.float64)
LOGS = _NUMBERS * np.log2(np.maximum(_NUMBERS, 1))
"""n · log2(n) for all n that a byte of a literal's head can occur."""


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
    lengths = list(map(len, texts))
    ordered = sorted(lengths)
    n = len(texts)
    out = {
        "str.literals": log1p(n),
        "str.share": min(1.0, sum(lengths) / max(1, size)),
        "str.length_max": log1p(ordered[-1]),
        "str.length_p99": log1p(ordered[n * 99 // 100]),
        "str.short_share": lengths.count(1) / n,
    }
    _looks(texts, out)
    _entropy(texts, out)
    _hidden(literals, out)
    return out


def _looks(texts: list[str], out: dict[str, float]) -> None:
    dense, urls, binary, hexes, hex_max, base64, base64_max, slashed, blanks = looks(texts, CODE_WORDS)
    paths = sum(_PATH.fullmatch(head) is not None for head in slashed)
    code = code_max = 0
    for text, speaks in blanks:
        if speaks and _CODE.search(text[:512]):
            code += 1
            code_max = max(code_max, len(text))
        elif len(text) >= 60 and _wrapped_base64(text[:HEAD]):
            base64 += 1
            base64_max = max(base64_max, len(text))
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


def _wrapped_base64(head: str) -> bool:
    return " " not in head.strip() and base64_like("".join(head.split()))


def _entropy(texts: list[str], out: dict[str, float]) -> None:
    """Entropy of every literal of at least 20 characters (the 2,000 longest)."""
    long = [text for text in texts if len(text) >= 20]
    if not long:
        return
    if len(long) > _MOST:
        long = [long[i] for i in np.argsort(list(map(len, long)))[-_MOST:].tolist()]
    heads = [text[:HEAD].encode("utf-8", "replace") for text in long]
    sizes = list(map(len, heads))
    entropies = [log2(size) - weight / size for size, weight in zip(sizes, weights(heads, LOGS), strict=True)]
    ordered = sorted(entropies)
    out["str.entropy_max"] = ordered[-1]
    out["str.entropy_p99"] = ordered[len(ordered) * 99 // 100]
    out["str.entropy_long"] = max(
        (entropy for size, entropy in zip(sizes, entropies, strict=True) if size >= 200), default=0.0
    )


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
