"""Characters that a reader does not see or takes for others: zero-width, bidi, variation selectors, look-alikes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from math import log1p

from darnel.features.excerpt import Excerpt
from darnel.features.facts import Observation
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

_ZERO = (
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200d"
    "\u2060-\u2065\u206a-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
)
_BIDI = "\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAGS = "\U000e0000-\U000e007f"
_PRIVATE = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_ANY = re.compile(f"[{_ZERO}{_BIDI}{_SELECTORS}{_TAGS}{_PRIVATE}]+")
_RUN = re.compile(f"([{_ZERO}]+)|([{_BIDI}]+)|([{_SELECTORS}]+)|([{_TAGS}]+)|([{_PRIVATE}]+)")
_KINDS = ("zero-width", "bidi", "selectors", "tags", "private")
"""Of its groups."""
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")
# Scripts in which joiners and zero-width spaces belong to the spelling.
_JOINING = re.compile("[\u0590-\u109f\u1780-\u17ff\u1800-\u18af\ua8e0-\ua8ff\uabc0-\uabff\ufb50-\ufdff]")
_CYRILLIC_ALIKE = (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u0410"
    "\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405"
)
_GREEK_ALIKE = "\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7"
_OTHERS_ALIKE = "\u0261\u0251\u0585\u057d\u0578\u0582\u0570\u0196\u0585\u0578"
_ALIKE = _CYRILLIC_ALIKE + _GREEK_ALIKE + _OTHERS_ALIKE
_MIXED = re.compile(f"[A-Za-z][{_ALIKE}]|[{_ALIKE}][A-Za-z]")
_ALIKE_ONE = re.compile(f"[{_ALIKE}]")
_UNLIKE = re.compile(f"[^\\W\\d_a-zA-Z{_ALIKE}]")
_AROUND = 40
"""Characters of a word on either side that are looked at."""
_STYLED = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9\u2100-\u214f]{3,}")
_BLANKS = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u2800]{4,}")
_ASCII = bytes(range(0x80))
_OUTSIDE = re.compile("[\u0370-\u1dff\u2c00-\ud7ff\uf900-\ufdff\uff66-\uffdc]")


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
    excerpt = Excerpt(data)
    text = excerpt.text.decode("utf-8", "replace")
    counts = dict.fromkeys(_KINDS, 0)
    runs = dict(counts)
    marks: list[tuple[int, str]] = []
    for match in islice(_special(text), RUNS) if _ANY.search(high) else ():
        run = match.group()
        kind = _KINDS[(match.lastindex or 1) - 1]
        start, end = match.span()
        if _innocent(kind, text, start, end):
            continue
        counts[kind] += len(run)
        runs[kind] = max(runs[kind], len(run))
        # One stray soft hyphen or icon-font character is a slip, not a hiding place.
        if len(run) >= _NOTABLE[kind] and len(marks) < LIMIT:
            marks.append((start, kind))
    mixed = styled = 0
    for start in _mixed(text) if _ALIKE_ONE.search(high) else ():
        if not _disguised(text, start, start + 2):
            continue
        mixed += 1
        if mixed <= 5:
            marks.append((start, "mixed-scripts"))
    for match in _STYLED.finditer(text) if _STYLED.search(high) else ():
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
        "uni.unusual_blanks": log1p(sum(len(run) for run in _BLANKS.findall(text)) if _BLANKS.search(high) else 0),
        "uni.scripts": log1p(len(_OUTSIDE.findall(high))),
    }
    return out, [_observation(excerpt, text, at, kind) for at, kind in marks]


_NOTABLE = {"zero-width": 4, "bidi": 1, "selectors": 3, "tags": 3, "private": 8}


def _special(text: str) -> Iterator[re.Match[str]]:
    """Runs of special characters of one kind. One class of characters is searched for far faster than five."""
    for stretch in _ANY.finditer(text, 1 if text[0] == "\ufeff" else 0):
        yield from _RUN.finditer(text, stretch.start(), stretch.end())


def _mixed(text: str) -> Iterator[int]:
    """Where a Latin letter stands beside a look-alike of another script; no two of these pairs overlap."""
    end = 0
    for match in _ALIKE_ONE.finditer(text):
        at = match.start()
        start = next((start for start in (at - 1, at) if start >= end and _MIXED.match(text, start)), -1)
        if start >= 0:
            yield start
            end = start + 2


def _disguised(text: str, start: int, end: int) -> bool:
    """Whether a word with letters of two scripts could pass for one: not when other letters tell, nor in ``a-zА-Я``."""
    if text[start - 1 : start] == "-" or text[end : end + 1] == "-":
        return False
    before = re.split(r"\W", text[max(0, start - _AROUND) : start])[-1]
    after = re.split(r"\W", text[end : end + _AROUND], maxsplit=1)[0]
    return not _UNLIKE.search(before + after)


def _innocent(kind: str, text: str, start: int, end: int) -> bool:
    """Whether a run is part of an emoji, or of how a script is written."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    if kind == "zero-width":
        if end - start > 2:
            return False
        if before > "\u2000" and after > "\u2000":
            return True
        return bool(_JOINING.match(before) or _JOINING.match(after))
    if kind == "bidi":
        # 400 characters each way bound the cost on files of one line.
        line = text[max(0, start - 400) : start].rpartition("\n")[2] + text[end : end + 400].partition("\n")[0]
        return bool(_RTL.search(line.replace("\u200e", "").replace("\ufeff", "")))
    if kind == "selectors":
        return end - start == 1 and (before >= "\u2000" or before in "#*0123456789\u00a9\u00ae")
    if kind == "tags":
        return before == "\U0001f3f4" and text[end - 1] == "\U000e007f"
    return False


def _observation(excerpt: Excerpt, text: str, at: int, kind: str) -> Observation:
    offset = excerpt.offset(len(text[:at].encode("utf-8", "replace")))
    return Observation("hide.unicode", excerpt.line(offset), offset, offset, -1, True, f"unicode:{kind}", True)
