"""What the strings of a JavaScript file say, as the analyser reads them, without a syntax tree.

Sums of literals, and of names that stand for one, are followed. Where anything else may be made of them, the file has
to be parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from darnel.features import indicators
from darnel.features.languages import folding
from darnel.features.languages.folding import Folded
from darnel.features.languages.javascript_calls import PLACEHOLDER, SHORTEST
from darnel.features.languages.javascript_constants import IN_TEMPLATE, LAST_WORD, SAME, constants_of
from darnel.features.languages.javascript_lexemes import Cut
from darnel.features.languages.javascript_text import unescape
from darnel.features.languages.javascript_values import METHODS

_HIDDEN = re.compile(
    rb"\\(?:x[2-7][0-9A-Fa-f]|u00[2-7][0-9A-Fa-f]|u\{0*[2-7][0-9A-Fa-f]\}|[4-7][0-7]|0[4-7][0-7]|1[0-7][0-7])"
)
"""Printable characters in numbers."""
_METHODS = "|".join(sorted(METHODS - {"repeat", "concat"})).encode()
_FOLDING = tuple(
    (word, re.compile(pattern))
    for word, pattern in (
        # A literal that a method changes; one character of it.
        (b"", rb"[\x01\x02][\s\x04!]*(?:\?\.[\s\x04]*)?(?:\.[\s\x04]*(?:" + _METHODS + rb")(?![\w$])|\[(?!\s*\]))"),
        # A function that returns what it is given, or what that stands for.
        (b"String", rb"String(?<![\w$]String)[\s\x04]*(?:\?\.)?\([\s(\x04]*[\x01\x02\x05\[]"),
        (b"decodeURI", rb"decodeURI(?:Component)?[\s\x04]*(?:\?\.)?\([\s(\x04]*[\x01\x02\x05\[]"),
        # A constant inside a template.
        (
            b"\5",
            rb"[\x05\x06][\s(\x04]*(?:(?:[\x01\x02]|\d+)[\s)\x04!]*(?:[\x06\x07+.\[]|as\b)|\[[\s\x04]*[\x01\x02\d])",
        ),
        # One that is repeated so often.
        (b"repeat", rb"[\x01\x02][\s\x04]*\.[\s\x04]*repeat[\s\x04]*\((?![\s(\x04]*[A-Za-z_$])"),
        (b"split", rb"[\x01\x02][\s\x04]*(?:\?\.|\.)[\s\x04]*split\b(?!\s*\(\s*\x01\s*\))"),
    )
)
_RUN = re.compile(
    rb"[\x01\x02][\s\x01\x02\x04+]*+(?:(\)[\s)\x04!]*(?:\?\.[\s\x04]*)?(?:\.[\s\x04]*(?:"
    + _METHODS
    + rb"|concat|repeat|split)(?![\w$])|\[))|(as)\b)?"
)
"""Literals, and what is done to them if they stand in brackets."""
_CALLS_NOTHING = frozenset(b"return typeof case void await yield throw else do in of delete default".split())
_MOST_SPLITS = 20
_SPLIT_BY = re.compile(
    rb"[\x01\x02][\s\x04]*(?:\?\.|\.)[\s\x04]*split(\s*\(\s*\x01)\s*\)"
    rb"([\s\x04]*(?:\.|\?\.)[\s\x04]*(?:join|reverse|concat|slice)\b|[\s\x04]*(?:\?\.)?\[)?"
)
_ARRAY = re.compile(
    rb"\[(?<![\w$)\]\x80-\xff]\[)([^\[\]{};]*)\][\s\x04]*(?:\?\.)?[\s\x04]*"
    rb"(?:\.[\s\x04]*(?:join|reverse|(?:concat|slice)[\s\x04]*\([\s\x04]*\))(?![\w$])"
    rb"|\[[\s(\x04]*([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)?)"
)
_CONCAT = re.compile(
    rb"[\x01\x02][\s\x04!]*(?:\?\.|\.)[\s\x04]*concat"
    rb"[\s\x04]*\([\s(\x04]*(?:([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)|0\s*,)?"
)
_WORD = re.compile(rb"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*")
_LEFT = re.compile(rb"(?<![+=])\+(?!\+)[\s)\x04]*([\w$\x80-\xff]+)(?![\w$\x80-\xff]*\s*\.(?!\.))")
"""In reverse: the last word before a plus that stands alone."""
_RIGHT = re.compile(rb"(?<!\+)\+(?![+=])[\s(\x04]*([\w$\x80-\xff]+)")
_CHANGED = re.compile(
    rb"(?<![\w$])(?:" + b"|".join(name[::-1].encode() for name in sorted({*METHODS, "split", "join", "reverse"}))
    + rb")[\s\x04]*\.\??[\s)\x04!]*([\w$\x80-\xff]+)(?![\w$\x80-\xff]*\s*\.(?!\.))"
)  # fmt: skip
"""In reverse: what a method is called of."""
_GIVEN = re.compile(rb"(?<![\w$])(?:String|decodeURI|decodeURIComponent)[\s\x04]*\([\s(\x04]*([\w$\x80-\xff]+)")
_INDEXED = re.compile(rb"\[(?:\.\?)?[\s\x04]*([\w$\x80-\xff]+)")
"""In reverse."""
_ELEMENT_USED = re.compile(rb"\][\s)\x04!]*(?:\+(?![+=])|(?:\?\.|\.)[\s\x04]*(?:" + _METHODS + rb")(?![\w$]))")
_REPEATED = re.compile(rb"\.[\s\x04]*repeat[\s\x04]*\([\s(\x04]*([\w$\x80-\xff]+)")
_NUMBER = rb"(?<![\w$.])\d+(?![\w.$,])"


def texts(parts: Cut) -> tuple[list[str], str]:
    """Values of all literals, and of sums of constants.

    Returns
    -------
    (list of str, str)
        And why there may be others, ``""`` if there are none.
    """
    code = parts.code
    if any(word in code and pattern.search(code) is not None for word, pattern in _FOLDING):
        return [], "folded"
    if any((match[1] or match[2]) and _bracketed(code, match.start()) for match in _RUN.finditer(code)):
        return [], "folded"
    for body in (*parts.strings, *parts.templates):
        if b"\\" in body and _HIDDEN.search(body) is not None:
            return [], "escape"
    strings = [_value(raw) for raw in parts.strings]
    by: set[str] = set()
    at = number = 0
    for match in _SPLIT_BY.finditer(code) if b"split" in code else ():
        number += code.count(b"\1", at, match.end(1))
        at = match.end(1)
        if match[2] is not None or len(by) > _MOST_SPLITS:
            return [], "split"
        by.add(strings[number - 1])
    divided = [text.replace(sign, " ") for sign in by if sign for text in strings if sign in text]
    constants, arrays = constants_of(code, strings)
    for match in _ARRAY.finditer(code):
        if match[2] is not None and match[2] not in constants:
            continue
        names = _WORD.findall(match[1])
        if (b"\1" in match[1] or b"\2" in match[1] or names or re.search(rb"\d", match[1])) and (
            b"as" in names or constants.keys() >= set(names)
        ):
            return [], "array"
    for match in _CONCAT.finditer(code) if b"concat" in code else ():
        if match[1] is None or match[1] in constants or match[1] in SAME:
            return [], "concat"
    used: dict[bytes, str] = {}
    if constants:
        backwards = code[::-1]
        summed = {name[::-1] for name in _LEFT.findall(backwards)} | set(_RIGHT.findall(code))
        inside = set(IN_TEMPLATE.findall(code))
        changed = {name[::-1] for name in _CHANGED.findall(backwards)} | set(_GIVEN.findall(code))
        changed.update(_REPEATED.findall(code))
        if not changed.isdisjoint(constants):
            return [], "changed constant"
        indexed = not arrays.isdisjoint(name[::-1] for name in _INDEXED.findall(backwards))
        if indexed and (_ELEMENT_USED.search(code) is not None or not arrays.isdisjoint(summed | inside)):
            return [], "element"
        if any(constants.get(name, "") is None for name in _INDEX.findall(code)):
            return [], "computed"
        for name in (summed | inside) & constants.keys():
            value = constants[name]
            if value is None:
                return [], "constant"
            used[name] = value
        if not inside.isdisjoint(used) and _TEMPLATE_USED.search(code) is not None:
            return [], "template"
    found = strings + divided
    for raw in parts.templates:
        found += _template(raw, used)
    plain = [_value(raw) for raw in parts.templates if _FILLED.search(raw) is None]
    for start, end, text in _sums(code, strings, plain, used):
        if code[max(0, start - 9) : start].rstrip(b" \t\r\n\4(").endswith(b"[") and _CLOSED.match(code, end):
            return [], "computed"
        found.append(text)
    return found, ""


def _bracketed(code: bytes, at: int) -> bool:
    """Whether what stands at ``at`` stands in brackets that call nothing."""
    before = code[max(0, at - 200) : at]
    rest = before.rstrip(b" \t\r\n\4(")
    opened = before.count(b"(", len(rest))
    if not opened:
        return False
    word = LAST_WORD.search(rest[-40:])
    if word is None:
        return opened > 1 or not rest.endswith((b")", b"]"))
    return opened > 1 or word[0] in _CALLS_NOTHING


_TEMPLATE_USED = re.compile(rb"\x07[\s)\x04!]*[+.\[?]|[+\[][\s(\x04]*\x05")
_INDEX = re.compile(rb"\[[\s(\x04]*([\w$\x80-\xff]+)[\s)\x04]*\]")
_CLOSED = re.compile(rb"[\s)\x04]*\]")
_FILLED = re.compile(rb"(?<!\\)(?:\\\\)*\$\{")


def _value(raw: bytes) -> str:
    text = raw[1:-1].decode("utf-8", "replace")
    return unescape(text) if "\\" in text else text


def _template(raw: bytes, used: dict[bytes, str]) -> Iterator[str]:
    text = raw[1:-1].decode("utf-8", "replace")
    yield PLACEHOLDER.sub("{}", text)
    if "\\" in text:
        yield unescape(text)
    if used and "${" in text:
        yield unescape(_INSERTED.sub(lambda found: used.get(found[1].encode(), "{}"), text))


_INSERTED = re.compile(r"\$\{[\s(]*([\w$]+)[\s)]*\}")


_SUM = re.compile(rb"[\x01\x02][\s)\x04]*\+[\s(\x04]*[\x01\x02\d]|\d[\s)\x04]*\+[\s(\x04]*[\x01\x02]")


def _sums(code: bytes, strings: list[str], plain: list[str], used: dict[bytes, str]) -> Iterator[tuple[int, int, str]]:
    """Start, end and value of each sum of constants."""
    if not used and _SUM.search(code) is None:
        return
    operand = rb"(?:[\x01\x02]|" + _NUMBER
    if used:
        names = b"|".join(re.escape(name) for name in used)
        operand += rb"|(?<![\w$.\x80-\xff])(?:%b)(?![\w$\x80-\xff])" % names
    operand += b")"
    at = first = second = 0
    for match in re.finditer(rb"%b(?:[\s)\x04]*\+[\s(\x04]*%b)+" % (operand, operand), code):
        first += code.count(b"\1", at, match.start())
        second += code.count(b"\2", at, match.start())
        at = match.end()
        parts = []
        for token in re.findall(rb"[\x01\x02]|[\w$\x80-\xff]+", match[0]):
            if token == b"\1":
                parts.append(strings[first])
                first += 1
            elif token == b"\2":
                parts.append(plain[second])
                second += 1
            else:
                parts.append(used.get(token) or token.decode("utf-8", "replace"))
        yield match.start(), match.end(), "".join(parts)


def telling(texts: list[str]) -> str:
    """Whether literals hold indicators, unknown hosts or encoded text."""
    kept = []
    for text in texts:
        if len(text) < SHORTEST:
            continue
        kept.append(text)
        if folding.suspicious(text) and any(True for _ in folding.suspect(Folded(text))):
            return "encoded"
    found = indicators.examine_text("\n".join(kept).encode("utf-8", "replace"))
    if found.observations:
        return "indicator"
    if found.values.get("ind.hosts_unknown") or found.values.get("ind.addresses"):
        return "host"
    return ""
