"""Characters that a reader does not see or takes for others: zero-width, bidi, variation selectors, look-alikes."""

from __future__ import annotations

import re
import unicodedata
from math import log1p

from darnel.features.excerpt import Excerpt
from darnel.features.facts import Observation
from darnel.features.hidden_classes import ALIKE, BLANKS, KINDS, STYLED, hidden_classes, mixed_pairs, special_runs
from darnel.features.schema import Column

LIMIT = 20
"""Observations per file."""
RUNS = 50_000
"""Runs of special characters per file that are judged."""

COLUMNS = (
    Column(
        "uni.zero_width",
        "log1p of zero-width and invisible characters outside emoji and scripts that need them",
        "real",
    ),
    Column("uni.zero_width_run", "log1p of the longest run of them", "real"),
    Column("uni.bidi", "log1p of bidirectional controls in lines without right-to-left letters", "real"),
    Column("uni.selectors", "log1p of variation selectors other than one after a symbol or ideograph", "real"),
    Column("uni.selector_run", "log1p of the longest run of variation selectors", "real"),
    Column("uni.tags", "log1p of tag characters outside flag emoji", "real"),
    Column("uni.private", "log1p of private-use characters", "real"),
    Column("uni.private_run", "log1p of the longest run of private-use characters", "real"),
    Column("uni.mixed_words", "log1p of words that mix Latin letters with look-alikes of another script", "real"),
    Column("uni.styled_words", "log1p of ASCII words spelled in mathematical or full-width letters", "real"),
    Column("uni.unusual_blanks", "log1p of non-ASCII blanks in runs of at least 4", "real"),
    Column("uni.scripts", "log1p of letters outside Latin", "real"),
)

_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
_UNLIKE = re.compile(f"[^\\W\\d_a-zA-Z{ALIKE}]")
_AROUND = 40
"""Characters of a word on either side that are looked at."""
_ASCII = bytes(range(0x80))


def scan(data: bytes) -> tuple[dict[str, float], list[Observation]]:
    """``uni.*`` columns of one text file and where it hides characters.

    Parameters
    ----------
    data : bytes
        UTF-8. A leading byte order mark, emoji sequences and marks that a script's spelling needs do not count.

    Returns
    -------
    values : dict of str to float
        By column name; empty for ASCII.
    observations : list of Observation
        ``hide.unicode``, with the byte offset as ``order``; ``function`` -1 and ``top`` true, as nothing is parsed.
    """
    if data.isascii():
        return {}, []
    # All that can matter is in the bytes above ASCII; taken out of their context they say which passes are needed.
    high = data.translate(None, _ASCII).decode("utf-8", "replace")
    special, alike, styles, blanks, outside = hidden_classes(high)
    excerpt = Excerpt(data)
    text = excerpt.text.decode("utf-8", "replace") if special or alike or styles or blanks else ""
    counts = dict.fromkeys(KINDS, 0)
    runs = dict(counts)
    marks: list[tuple[int, str]] = []
    for which, start, end in special_runs(text, RUNS) if special else ():
        kind = KINDS[which]
        if _innocent(kind, text, start, end):
            continue
        counts[kind] += end - start
        runs[kind] = max(runs[kind], end - start)
        # One stray soft hyphen or icon-font character is a slip, not a hiding place.
        if end - start >= _NOTABLE[kind] and len(marks) < LIMIT:
            marks.append((start, kind))
    mixed = styled = 0
    for start in mixed_pairs(text) if alike else ():
        if not _disguised(text, start, start + 2):
            continue
        mixed += 1
        if mixed <= 5:
            marks.append((start, "mixed-scripts"))
    for match in STYLED.finditer(text) if styles else ():
        if unicodedata.normalize("NFKC", match.group()).isascii():
            styled += 1
            if text[match.end() : match.end() + 1] in {"(", ".", "=", "[", "_"} and styled <= 5:
                marks.append((match.start(), "styled"))
    out = {
        "uni.zero_width": log1p(counts["zero-width"]),
        "uni.zero_width_run": log1p(runs["zero-width"]),
        "uni.bidi": log1p(counts["bidi"]),
        "uni.selectors": log1p(counts["selectors"]),
        "uni.selector_run": log1p(runs["selectors"]),
        "uni.tags": log1p(counts["tags"]),
        "uni.private": log1p(counts["private"]),
        "uni.private_run": log1p(runs["private"]),
        "uni.mixed_words": log1p(mixed),
        "uni.styled_words": log1p(styled),
        "uni.unusual_blanks": log1p(sum(map(len, BLANKS.findall(text))) if blanks else 0),
        "uni.scripts": log1p(outside),
    }
    return out, [_observation(excerpt, text, at, kind) for at, kind in marks]


_NOTABLE = {"zero-width": 4, "bidi": 1, "selectors": 3, "tags": 3, "private": 8}


def _disguised(text: str, start: int, end: int) -> bool:
    """Whether a word with letters of two scripts could pass for one: not when other letters tell, nor in ``a-zА-Я``."""
    if text[start - 1 : start] == "-" or text[end : end + 1] == "-":
        return False
    before = re.split(r"\W", text[max(0, start - _AROUND) : start])[-1]
    after = re.split(r"\W", text[end : end + _AROUND], maxsplit=1)[0]
    return not _UNLIKE.search(before + after)


def _innocent(kind: str, text: str, start: int, end: int) -> bool:
    """Whether a run is part of an emoji, or of how a script is written."""
    if kind == "bidi":
        # 400 characters each way bound the cost on files of one line.
        line = text[max(0, start - 400) : start].rpartition("\n")[2] + text[end : end + 400].partition("\n")[0]
        return bool(_RTL.search(line.replace("\u200e", "").replace("\ufeff", "")))
    if kind == "tags":
        return text[start - 1 : start] == "\U0001f3f4" and text[end - 1] == "\U000e007f"
    return False


def _observation(excerpt: Excerpt, text: str, at: int, kind: str) -> Observation:
    offset = excerpt.offset(len(text[:at].encode("utf-8", "replace")))
    return Observation("hide.unicode", excerpt.line(offset), offset, offset, -1, True, f"unicode:{kind}", True)
