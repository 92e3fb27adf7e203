"""JavaScript and TypeScript cut into code, strings and comments by regular expressions, as far as that is certain.

For files that are perhaps not worth parsing. Where it is not certain whether a slash divides or opens a regular
expression, both readings have to give the same; otherwise the file is not cut at all.
"""

from __future__ import annotations

import re
from typing import NamedTuple

STRING, PLAIN, REGEX, COMMENT, OPEN, GAP, CLOSE = b"\1", b"\2", b"\3", b"\4", b"\5", b"\6", b"\7"
"""What stands in the code for a string, a template without expressions, a regular expression, a comment, and around the
expressions of a template: at its start, after each of them but the last, at its end."""
_ODD = re.compile(rb"[\x00-\x08]|\xe2\x80[\xa8\xa9]|<!--|-->")
"""Bytes that stand for something in the code, line ends that end few things, comments of web pages."""
_TOKEN = (
    rb"\"[^\"\\\n\r]*(?:\\(?:\r\n|[\s\S])[^\"\\\n\r]*)*\"|'[^'\\\n\r]*(?:\\(?:\r\n|[\s\S])[^'\\\n\r]*)*'"
    rb"|//[^\n\r]*|/\*[\s\S]*?\*/|[\"'`/]"
)
_TOKENS = re.compile(_TOKEN)
_TOKENS_INSIDE = re.compile(_TOKEN + rb"|[{}]")
_CHUNK = re.compile(rb"[^`\\$]*(?:(?:\\[\s\S]|\$(?!\{))[^`\\$]*)*(`|\$\{)")
_REGEX = re.compile(rb"/(?:[^/\\\[\n\r]|\\[^\n\r]|\[(?:[^\]\\\n\r]|\\[^\n\r])*\])+/[A-Za-z]*")
_BLANK = b" \t\r\n\4"
_WORD = re.compile(rb"(?<![\w$\x80-\xff])[\w$\x80-\xff]+\Z")
_BEFORE_REGEX = frozenset(b"return typeof instanceof in new delete void throw case".split())
_UNSURE = frozenset(b"of do else yield await default extends finally async get set as is keyof".split())
_OPENING = b"(,=:[&|?{;~^%*<"
_VALUE = b"])\1\2\3\7"


MAX_REGEX = 4_000
"""Bytes of a regular expression."""


class Cut(NamedTuple):
    """A file in parts."""

    code: bytes
    """Without comments and with one byte for each literal."""
    strings: list[bytes]
    """String literals with their quotes, in order: one for each :data:`STRING`."""
    templates: list[bytes]
    """Templates with their quotes, expressions included."""


def cut(data: bytes) -> Cut | None:
    """Cut a file.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.

    Returns
    -------
    Cut or None
        None where anything is in doubt. Time grows with the length alone.
    """
    if _ODD.search(data) is not None:
        return None
    at = data.find(b"\n") if data.startswith(b"#!") else 0
    if at < 0:
        return None
    code, strings, templates = bytearray(), [], []
    depths: list[int] = []
    starts: list[int] = []
    while True:
        found = (_TOKENS_INSIDE if depths else _TOKENS).search(data, at)
        if found is None:
            break
        start, end = found.span()
        code += data[at:start]
        token = found[0]
        first = token[0]
        at = end
        if end - start > 1:
            if first == 47:
                code += COMMENT
            else:
                code += STRING
                strings.append(token)
        elif first == 123:
            depths[-1] += 1
            code += token
        elif first == 125 and depths[-1]:
            depths[-1] -= 1
            code += token
        elif first in b"`}":
            chunk = _CHUNK.match(data, end)
            if chunk is None:
                return None
            at = chunk.end()
            if first == 96:
                starts.append(start)
                code += OPEN if chunk[1] != b"`" else PLAIN
            else:
                depths.pop()
                code += GAP if chunk[1] != b"`" else CLOSE
            if chunk[1] == b"`":
                templates.append(data[starts.pop() : at])
            else:
                depths.append(0)
        elif first == 47:
            at = _slash(data, start, code, bool(depths))
            if at < 0:
                return None
        else:
            return None  # a quote that is not closed on its line
    if depths:
        return None
    code += data[at:]
    return Cut(bytes(code), strings, templates)


def _slash(data: bytes, start: int, code: bytearray, inside: bool) -> int:
    """Read on behind a slash that begins no comment: where to, -1 if that is uncertain."""
    sure = _opens(bytes(code[-200:]).rstrip(_BLANK), not code.strip(_BLANK) if len(code) < 200 else False)
    found = _REGEX.match(data, start, start + MAX_REGEX)
    if found is None and sure < 0:
        line = data.find(b"\n", start)
        if data.find(b"/", start + 1, line if line >= 0 else len(data)) >= 0:
            return -1  # too long, or with a class that is not closed
    if sure == 0 or (sure < 0 and found is None):
        code += b"/"
        return start + 1
    if found is None:
        return -1
    if sure > 0:
        code += REGEX
        return found.end()
    body = found[0][1 : found[0].rfind(b"/")]
    last = data[found.end() : found.end() + 1]
    if (
        b"/" in body
        or last in (b"/", b"*")
        or any(quote in body for quote in (b'"', b"'", b"`"))
        or (inside and (b"{" in body or b"}" in body))
        or _opens(body.rstrip(_BLANK), False)
    ):
        return -1
    code += found[0]
    return found.end()


def _opens(before: bytes, begins: bool) -> int:
    """Whether a slash after this opens a regular expression: 1, 0 if it divides, -1 if it may do either."""
    if not before:
        return 1 if begins else -1
    last = before[-1:]
    if last in _OPENING or before.endswith(b"=>"):
        return 1
    if last in (b"+", b"-"):
        return -1 if before[-2:-1] == last else 1
    if last == b"!":
        return 1 if before[-2:-1] and not (before[-2:-1].isalnum() or before[-2:-1] in b"_$)]!\1") else -1
    if last != b")" and last in _VALUE:
        return 0
    word = _WORD.search(before)
    if word is None:
        return -1
    name, owner = word[0], before[: word.start()].rstrip(_BLANK)[-1:]
    if name in _BEFORE_REGEX:
        return 1 if owner != b"." else -1
    return -1 if name in _UNSURE else 0


_ELEMENT = re.compile(rb"<[\s\x04]*[A-Za-z_$>]")
_EXPRESSION = re.compile(
    rb"(?:[(=,?:;&|>{}\[!)]|(?<![\w$.])(?:return|default|yield|case|await|typeof|void|in|of|do|else|delete))\Z"
)


def elements(data: bytes, code: bytes) -> bool:
    """Whether there may be elements of JSX, whose text looks like code and strings here."""
    if b"</" not in data and b"/>" not in data:
        return False
    return any(
        _EXPRESSION.search(code[max(0, found.start() - 40) : found.start()].rstrip(_BLANK)[-12:])
        for found in _ELEMENT.finditer(code)
    )
