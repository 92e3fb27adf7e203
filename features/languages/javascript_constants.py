"""Names of a JavaScript file that may stand for a constant, found without a syntax tree.

The analyser takes a name for a constant if it is set once in the whole file. More names are found here, never fewer.
"""

from __future__ import annotations

import re
from collections import Counter

LAST_WORD = re.compile(rb"[\w$\x80-\xff]+\Z")
_SET = re.compile(
    rb"(?<![=!<>+\-*/%&|^?])=(?![=>])[\s(\x04]*(?:(\x01)|\x02|(\x05)|(\[)[\s\x04]*[\x01\x02\d]|(?<=\()\d)"
)
_TYPED = re.compile(rb"([\w$\x80-\xff]+)[?!]?\s*:")
_PLAIN_END = re.compile(rb"[\s)\x04]*(?:[;,}\]]|\Z|(?!(?:in|instanceof|as|satisfies|of)\b)[A-Za-z_$@])")
_PLUS = re.compile(rb"[\s)\x04]*\+(?![+=])[\s(\x04]*([\w$\x80-\xff]+)")
IN_TEMPLATE = re.compile(rb"[\x05\x06][\s(\x04]*([\w$\x80-\xff]+)")
_ASSIGNED = re.compile(rb"[;})]\s*([\w$\x80-\xff]+)\s*=(?![=>])")
_DECLARED = re.compile(rb"\b(?:var|let|const)\s+([\w$\x80-\xff]+)\s*=(?!=)")
_AUGMENTED = re.compile(
    rb"(?<!=)=(?:[-+/%&|^]|\*\*?|<<|>>>?|&&|\|\||\?\?)\s*([\w$\x80-\xff]+)(?!\s*\.)(?![\w$\x80-\xff])"
)
SAME = frozenset(b"String decodeURI decodeURIComponent".split())
"""Functions that return what they are given, or what that stands for."""

_ALIAS = re.compile(
    rb"(?<![=!<>+\-*/%&|^?])=(?![=>])[\s(\x04\[]*([A-Za-z_$\x80-\xff][\w$\x80-\xff]*)(?![\w$\x80-\xff])"
    rb"(?![\s\x04]*(?:[.(?<>*/%&|^=-]|!=))"
)


def constants_of(code: bytes, strings: list[str]) -> tuple[dict[bytes, str | None], set[bytes]]:
    """Find names that may stand for a constant.

    Parameters
    ----------
    code : bytes
        From :class:`darnel.features.languages.javascript_lexemes.Cut`.
    strings : list of str
        Values of its string literals.

    Returns
    -------
    (dict of bytes to str or None, set of bytes)
        What they stand for, None if that is not plain to read; and those of them that may be no string.
    """
    found: dict[bytes, str | None] = {}
    arrays: set[bytes] = set()
    sums: list[tuple[bytes, bytes]] = []
    templates: list[bytes] = []
    at = number = 0
    for match in _SET.finditer(code):
        start, end = match.span()
        number += code.count(b"\1", at, start)
        at = start
        value: str | None = None
        if match[1] is not None and _PLAIN_END.match(code, end) is not None:
            value = strings[number]
        plus = _PLUS.match(code, end) if match[1] is not None else None
        for name in _targets(code, start):
            if plus is not None:
                sums.append((name, plus[1]))
            elif match[2] is not None:
                templates.append(name)
            else:
                if value is None:
                    arrays.add(name)
                found[name] = value if name not in found else None
    found.update((name, None) for name, other in sums if other[:1].isdigit() or other in SAME)
    if not found:
        return found, arrays
    written = _written(code)
    for name in [name for name in found if written[name] > 1]:
        del found[name]
    if not found.keys().isdisjoint(IN_TEMPLATE.findall(code)):
        found.update((name, None) for name in templates if written[name] < 2)
    for name, other in sums:
        if other in found and written[name] < 2:
            found[name] = None
    for _ in range(8):  # other names for them
        more = [
            name
            for match in _ALIAS.finditer(code)
            if match[1] in found
            for name in _targets(code, match.start())
            if name not in found and written[name] < 2
        ]
        if not more:
            break
        found.update(dict.fromkeys(more))
        arrays.update(more)
    return found, arrays & found.keys()


def _written(code: bytes) -> Counter[bytes]:
    """How often, at least, the analyser sees a name set: what is set twice is no constant for it."""
    found = Counter(_DECLARED.findall(code))
    found.update(name[::-1] for name in _AUGMENTED.findall(code[::-1]))
    if b"class" not in code and b"enum" not in code:
        found.update(_ASSIGNED.findall(code))
    return found


def _targets(code: bytes, at: int) -> list[bytes]:
    """Names to which something is assigned by the sign at ``at``."""
    before = code[max(0, at - 80) : at].rstrip(b" \t\r\n\4")
    word = LAST_WORD.search(before)
    if word is not None:
        last = before[: word.start()].rstrip(b" \t\r\n\4")[-1:]
        if last == b".":
            return []
        if last not in (b":", b"|", b"&"):
            return [word[0]]
    head = code[max(0, at - 300) : at]
    cut = max(head.rfind(c) for c in (b"=", b";", b"(", b")", b"{", b"}"))
    return _TYPED.findall(head, cut + 1)
