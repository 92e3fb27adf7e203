"""What a Python file may hold apart from names: comparisons with the host, padding, odd names, reassembled strings.

Tests on bytes for :mod:`darnel.features.languages.python_relevance`: where one says no, the analyser finds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from darnel.features import syntax
from darnel.features.languages import python_hiding
from darnel.features.languages import python_known_words as known
from darnel.features.languages.python_bare import continued
from darnel.features.languages.python_words import Plain
from darnel.features.squeezed import ONE_QUOTE

_STRIPPED = b" \t\r\n\\("
_MARKS = re.compile(rb'"(?:\+"|%"|\.(?:format"|replace|join(?<="".join))|\[::)')
"""What reassembling leaves of a line, once blanks and opening brackets are gone and quotes are alike."""
_REASSEMBLED = (b'"+"', b'"%"', b'".format"')
_MORE_REASSEMBLED = (b'".replace', b'"[::')
_LITERAL = re.compile(rb"[rRbBuU]{0,2}(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
_SIGN = re.compile(rb'"[ \t\r\n\\(]*(?:[+%]|\.[ \t\r\n\\(]*format)[ \t\r\n\\(]*"')
_JOINT = re.compile(rb"(?:[\0\"']\+[\0\"']|[\x06\0\"']\x05?(?:%|\.format)\x05?[\x06\0\"'])(?!\.join[A-Za-z_])")
"""Two of them with a sign in between; what ``join`` makes of a name is none, no word is cut at a blank or a rule."""
_RULE = re.compile(rb"(?:[ \t=*_~#|-]|\\[ntr])*")
_READABLE = 14
"""Bytes of a literal, quotes included, that says what it does alone where it ends at a blank."""
_AFTER_LONG = re.compile(rb'"""(?:[+%]|\.format)"')
_HOST = {
    b"name": (b"hostname", b"username", b"computername", b"tzname"),
    b"get": (b"getuser", b"getlogin", b"getnode", b"gettrace"),
    b"locale": (b"getlocale", b"getdefaultlocale"),
    b"country": (b"countrycode", b"country_code"),
    b"keyboard": (b"keyboardlayout", b"keyboard_layout"),
    b"box": (b"sandbox", b"virtualbox", b"vbox"),
    b"lang": (b"\nlang\n", b"\nlanguage\n"),
    **{
        part: (part,)
        for part in (
            b"platform timezone vmware qemu wireshark debugger xen hyperv virustotal processhacker cuckoo".split()
        )
    },
}
"""Parts of words that a host is told by, by what several of them hold; words stand between line ends."""
_NAMED, _HYPER, _VERIFIED = (b"os\n",), (b"hyper",), (b"verify", b"check_hostname", b"ssl")
_OTHERS = _NAMED + _HYPER + _VERIFIED
"""Parts of words without which there is no need to look for ``os.name``, ``hyper-v`` or unchecked certificates."""
_ODD_LINE = re.compile(rf"\n(?!\d)(?=....)(?:{syntax.MACHINE_NAME.pattern})(?=\n)")
_COMPARISONS = tuple(
    map(re.compile, (rb"=(?<=[=!]=)", rb"<(?!<)", rb">(?<![->]>)(?!>)", rb"in\b(?<!\win)", rb"is\b(?<!\wis)"))
)
"""Each begins with one certain byte: so it is found fast."""
_PARTS = re.compile(
    rb"(?P<opens>[(\[{])|(?P<closes>[)\]}])|<<|>>|(?P<compares>[=!<>]=|(?<!-)>|<|\b(?:not\s+in|in|is(?:\s+not)?)\b)"
    rb"|(?P<ends>->|[,:;=]|\b(?:and|or|not|if|else|for|lambda|return|yield|assert|while|elif|raise)\b)"
)
"""Brackets, signs of comparison, and what no operand of one goes beyond."""
_MIRRORED = {"opens": "closes", "closes": "opens"}
_LOOP = re.compile(rb"for(?<!\wfor)[ \t]+[\w \t,()*.]{1,80}?[ \t]in\b")
_STATEMENT = re.compile(
    rb"\n[ \t]*"
    rb"(?:(?:def|class|return|import|raise|try|pass|assert|del|with|while|except|finally|elif|global)\b|@[A-Za-z_])"
)
"""Where a line begins that no expression goes on in."""
_LETTERS = (b"y", b"t", b"e", b"(?:s|a", b"r", b"r", b"a", rb"y)", rb"\(", rb"[\[(]")
_LISTED = re.compile(b"b" + b"".join(rb"[ \t\r\n\\]*" + letter for letter in _LETTERS))
"""Bytes of a list of numbers."""
_COMPUTES = (
    re.compile(rb"byte(?<!\wbyte)(?:s|array)\s*\\?\s*\(\s*"),
    re.compile(rb"map(?<!\wmap)\s*\\?\s*\(\s*"),
)
_COMPUTES_AS = (
    re.compile(rb"=[\s(\\]*(?:bytes|bytearray|map)\s*(?!\()[\n;,)#]"),
    re.compile(rb",\s*(?:bytes|bytearray|map)[ \t]*\n"),
)
_PLAIN = re.compile(rb"([rRbBuUfFtT]{0,2})(\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
_COMPARING = re.compile(rb"[=<>]|\b(?:in|is)\b")
_REACH, _BEYOND = 320, 1_000
"""Bytes before and after what a comparison is about that may belong to it."""


class Told(NamedTuple):
    """What the words of a source tell."""

    odd: int
    """How many look machine-made."""
    hosts: set[bytes]
    """Those that name what a host is told by."""
    named: bool
    """Whether ``os.name`` may be among them,"""
    hyper: bool
    """``hyper`` in any spelling,"""
    verified: bool
    """and what switches checks of certificates."""


def shaped(data: bytes, words: set[bytes], told: Told) -> bool:
    """Whether there may be comparisons with the host, padding, unchecked certificates, odd names, computed bytes.

    Parameters
    ----------
    data : bytes
        Source.
    words : set of bytes
        From :func:`telling_words`, of this source or of one of which it is a part.
    told : Told
        Of these, from :func:`telling`.
    """
    if next(syntax.paddings(data, python_hiding.PADDED), None) is not None:
        return True
    if (b"bytes" in words or b"bytearray" in words) and _LISTED.search(data) is not None:
        return True
    if b"^" in data and not words.isdisjoint(known.COMPUTING) and _computed(data, words):
        return True
    hosts = told.hosts
    if told.named and b"os.name" in data:
        hosts = hosts | {b"os.name"}
    if hosts and _compared(data, hosts, told.hyper):
        return True
    if told.verified and any(True for _ in python_hiding.unverified(data)):
        return True
    return told.odd >= python_hiding.MACHINE_NAMES and _machine_made(data, words) >= python_hiding.MACHINE_NAMES


def _computed(data: bytes, words: set[bytes]) -> bool:
    """Whether bytes or a mapping may be computed with an exclusive or."""
    if not words.isdisjoint(known.HANDED) or any(named.search(data) is not None for named in _COMPUTES_AS):
        return True
    calls = (call.end() for pattern in _COMPUTES for call in pattern.finditer(data))
    return any(data.find(b"^", end, end + 800) >= 0 for end in calls)


def _machine_made(data: bytes, words: set[bytes]) -> int:
    """How many machine-made words there are that do not only stand behind a backslash, as in an escape."""
    odd = [word for word in words if not word[:1].isdigit() and syntax.machine_made(word.decode("latin-1"))]
    return sum(_stands(data, word) for word in odd[:200])


def _stands(data: bytes, word: bytes) -> bool:
    at = data.find(word)
    while at >= 0:
        before = data[at - 1 : at]
        if not (before.isalnum() or before in (b"\\", b"_")):
            return True
        at = data.find(word, at + 1)
    return False


_plain = Plain(50_000, 40)
"""Words met before that are neither asked for, nor machine-made, nor have a part of note: nearly all of any source."""
_asked_and_plain: set[bytes] = set()
"""Words that are asked for, but are neither machine-made nor have a part of note."""


def telling_words(data: bytes) -> set[bytes]:
    """Distinct words of a source, but for those that were met before and mean nothing to any test."""
    return _plain.others(data)


def telling(words: set[bytes]) -> Told:
    """Say how many words look machine-made, which name what a host is told by, and what else may be there."""
    new = words - _asked_and_plain
    if not new:
        return Told(0, set(), False, False, False)
    text = b"\n%b\n" % b"\n".join(new)
    lower = text.lower()
    made: set[bytes] = set()
    if syntax.may_be_machine_made(text) and _ODD_LINE.search(text.decode("latin-1")) is not None:
        made = {word for word in new if not word[:1].isdigit() and syntax.machine_made(word.decode("latin-1"))}
    hosts = _having(text, lower, (part for common, parts in _HOST.items() if common in lower for part in parts))
    others = _having(text, lower, _OTHERS)
    plain = new - made - hosts - others
    asked = known.asked()
    _asked_and_plain.update(plain & asked)
    _plain.add(plain - asked)
    return Told(len(made), hosts, *(any(part in lower for part in parts) for parts in (_NAMED, _HYPER, _VERIFIED)))


def _having(text: bytes, lower: bytes, parts: Iterable[bytes]) -> set[bytes]:
    """Words, each between line ends, that hold one of the parts; ``lower`` is ``text`` in lower case."""
    found = set()
    for part in parts:
        at = lower.find(part)
        while at >= 0:
            start = lower.rfind(b"\n", 0, at + 1) + 1
            end = lower.find(b"\n", start)
            found.add(text[start:end])
            at = lower.find(part, end)
    return found


def _conditions(data: bytes, hosts: set[bytes], hyper: bool) -> Iterator[tuple[int, int]]:
    """Where the analyser's condition matches: only around the words that can be part of it, as it is slow to search."""
    if hyper and b"hyper" in data.lower():
        yield from (match.span() for match in python_hiding.CONDITION.finditer(data))
        return
    for word in hosts:
        at = data.find(word)
        while at >= 0:
            last = at + len(word)
            for match in python_hiding.CONDITION.finditer(data, max(0, at - 24), last + 64):
                if match.end() < last + 56:
                    yield match.span()
            at = data.find(word, last)


def _compared(data: bytes, hosts: set[bytes], hyper: bool) -> bool:
    """Whether the analyser's condition may stand in one expression with a comparison."""
    seen = set()
    for span in _conditions(data, hosts, hyper):
        if span in seen:
            continue
        seen.add(span)
        start, end = span
        before = data[data.rfind(b"\n", 0, max(0, start - _REACH)) + 1 : start]
        after = data[end : end + _BEYOND]
        plain = not any(mark in part for mark in (b'"""', b"'''", b"\\\n") for part in (before, after))
        if plain:
            heads = [head.start() for head in _STATEMENT.finditer(before)]
            before = before[heads[-1] :] if heads else before
            tail = _STATEMENT.search(after)
            after = after[: tail.start()] if tail is not None else after
        text = before + data[start:end] + after
        if not any(sign.search(text) is not None for sign in _COMPARISONS):
            continue
        if plain and not any(map(_may_compare, _PLAIN.finditer(text))):
            text = _PLAIN.sub(_blank, text)
        text = _LOOP.sub(_blank, text)
        if any(sign.search(text) is not None for sign in _COMPARISONS) and (
            any(mark in text for mark in (b'"', b"'", b"#")) or _operand(text, len(before))
        ):
            return True
    return False


def _may_compare(literal: re.Match[bytes]) -> bool:
    """Whether fields of a literal may hold a comparison, or the same quotes, so that it is not clear where it ends."""
    text = literal[2]
    if not literal[1].lower().strip(b"rbu"):
        return False
    return text.count(b"{") != text.count(b"}") or (b"{" in text and _COMPARING.search(text) is not None)


def _blank(match: re.Match[bytes]) -> bytes:
    return b"\0" * len(match[0])


def _operand(text: bytes, at: int) -> bool:
    """Whether what stands at an offset is part of an operand of a comparison; the text has no literals.

    From there to both sides: the signs of each pair of brackets around it count up to what ends an expression.
    """
    tokens = [(match.start(), match.lastgroup) for match in _PARTS.finditer(text)]
    behind = [kind for start, kind in tokens if start >= at]
    before = [_MIRRORED.get(kind or "", kind) for start, kind in reversed(tokens) if start < at]
    return _compares(before) or _compares(behind)


def _compares(kinds: Iterable[str | None]) -> bool:
    depth = 0
    ended = False
    for kind in kinds:
        if kind == "opens":
            depth += 1
        elif kind == "closes" and depth:
            depth -= 1
        elif kind == "closes":
            ended = False
        elif not depth and kind == "ends":
            ended = True
        elif not depth and kind == "compares" and not ended:
            return True
    return False


def reassembles(data: bytes) -> bool:
    """Whether a string may be put together from others in a way that shows only then what it says."""
    joined = data.translate(ONE_QUOTE, _STRIPPED)
    if _MARKS.search(joined) is None:
        return False
    if any(mark in joined for mark in _MORE_REASSEMBLED):
        return True
    return any(mark in joined for mark in _REASSEMBLED) and _joins(data, joined)


def _joins(data: bytes, joined: bytes) -> bool:
    """Whether strings stand on both sides of a sign: ``"+"`` is none."""
    if _AFTER_LONG.search(joined) is not None or continued(data, 0, len(data)) < len(data):
        return True
    end = 0
    for sign in _SIGN.finditer(data.translate(ONE_QUOTE)):
        if sign.end() <= end:
            continue
        start = data.rfind(b"\n", end, sign.start()) + 1 or end
        end = data.find(b"\n", sign.end())
        end = end if end >= 0 else len(data)
        lines = data[start:end]
        if b'"""' in lines or b"'''" in lines or _JOINT.search(_LITERAL.sub(_marked, lines).translate(None, _STRIPPED)):
            return True
    return False


def _marked(match: re.Match[bytes]) -> bytes:
    """A literal as one byte, with another one where it begins or ends at a blank; rules and blanks are a third kind."""
    raw = match[0]
    text = raw[raw.index(raw[-1:]) + 1 : -1]
    if _RULE.fullmatch(text) is not None:
        return b"\6"
    if len(raw) < _READABLE:
        return b"\0"
    before = b"\5" if text.startswith((b" ", b"\\n")) else b""
    return before + b"\0" + (b"\5" if text.endswith((b" ", b"\\n")) else b"")
