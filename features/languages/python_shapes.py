"""What a Python file may hold apart from names: comparisons with the host, padding, odd names, reassembled strings.

Tests on bytes for :mod:`darnel.features.languages.python_relevance`: where one says no, the analyser finds none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from darnel.features import syntax
from darnel.features.languages import python_hiding
from darnel.features.languages.python_bare import continued

_STRIPPED = b" \t\r\n\\("
ONE_QUOTE = bytes(34 if c == 39 else c for c in range(256))
"""Makes quotes of both kinds alike."""
_REASSEMBLED = (b'"+"', b'"%"', b'".format"')
_MORE_REASSEMBLED = (b'".replace', b'"[::')
_JOIN = b'"".join'
"""All three once blanks and opening brackets are gone and quotes are alike."""
_PIECES = re.compile(rb"(?:\"[^\"\n]{0,6}\",|'[^'\n]{0,6}',){3}")
"""Short literals in a row, blanks removed."""
_LITERAL = re.compile(rb"[rRbBuU]{0,2}(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
_SIGN = re.compile(rb"[\"'][ \t\r\n\\(]*(?:[+%]|\.[ \t\r\n\\(]*format)[ \t\r\n\\(]*[\"']")
_JOINT = re.compile(rb"[\0\"'](?:[+%]|\.format)[\0\"'](?!\.join[A-Za-z_])")
"""Two of them with a sign in between; what ``join`` makes of a name is none."""
_AFTER_LONG = re.compile(rb"(?:\"{3}|'{3})(?:[+%]|\.format)[\"']")
_OCTAL = re.compile(rb"\\(?:0?[4-7][0-7]|1[0-7][0-7]|[0-7]{2}(?:.*?\\[0-7]{2}){3})")
"""Printable characters; or so many others that a literal counts as hidden."""
_HOST = (
    b"platform gethostname getuser getlogin getnode computername username hostname getdefaultlocale getlocale tzname"
    b" timezone keyboardlayout keyboard_layout countrycode country_code vmware virtualbox vbox qemu sandbox wireshark"
    b" debugger xen hyperv virustotal processhacker cuckoo gettrace \nlang\n \nlanguage\n"
).split(b" ")
"""Parts of words that a host is told by; words stand between line ends."""
_ODD_LINE = re.compile(rf"(?m)^(?!\d)(?=....)(?:{syntax.MACHINE_NAME.pattern})$")
_COMPARISON = re.compile(rb"[=!]=|<(?!<)|(?<![->])>(?!>)|\b(?:in|is)\b")
_LOOP = re.compile(rb"\bfor[ \t]+[\w \t,()*.]{1,80}?[ \t]in\b")
_STATEMENT = re.compile(
    rb"\n[ \t]*"
    rb"(?:(?:def|class|return|import|raise|try|pass|assert|del|with|while|except|finally|elif|global)\b|@[A-Za-z_])"
)
"""Where a line begins that no expression goes on in."""
_COMPUTING = frozenset({b"bytes", b"bytearray", b"map"})
_HANDED = frozenset({b"partial", b"builtins", b"moves"})
_COMPUTES = re.compile(rb"\b(?:bytes|bytearray|map)\s*\\?\s*\(\s*")
_COMPUTES_AS = re.compile(rb"=[\s(\\]*(?:bytes|bytearray|map)\s*(?!\()[\n;,)#]|,\s*(?:bytes|bytearray|map)[ \t]*\n")
_PLAIN = re.compile(rb"(?<![fFtT])(?<![fFtT][rR])(?:\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*')")
"""Strings on one line that hold no expressions."""
_REACH, _BEYOND = 320, 1_000
"""Bytes before and after what a comparison is about that may belong to it."""


def shaped(data: bytes, words: set[bytes], told: tuple[int, set[bytes]]) -> bool:
    """Whether there may be comparisons with the host, padding, unchecked certificates, odd names, computed bytes.

    Parameters
    ----------
    data : bytes
        Source.
    words : set of bytes
        Its distinct words, and maybe others.
    told : (int, set of bytes)
        Of these, from :func:`telling`.
    """
    if next(syntax.paddings(data, python_hiding.PADDED), None) is not None:
        return True
    if b"bytes" in words or b"bytearray" in words:
        joined = data.translate(None, _STRIPPED[:-1])
        if any(mark in joined for mark in (b"bytes([", b"bytearray([", b"bytes((", b"bytearray((")):
            return True
    if b"^" in data and not words.isdisjoint(_COMPUTING) and _computed(data, words):
        return True
    odd, hosts = told
    if b"os.name" in data:
        hosts = hosts | {b"os.name"}
    if hosts and _compared(data, hosts):
        return True
    if any(True for _ in python_hiding.unverified(data)):
        return True
    return odd >= python_hiding.MACHINE_NAMES and _machine_made(data, words) >= python_hiding.MACHINE_NAMES


def _computed(data: bytes, words: set[bytes]) -> bool:
    """Whether bytes or a mapping may be computed with an exclusive or."""
    if not words.isdisjoint(_HANDED) or _COMPUTES_AS.search(data) is not None:
        return True
    return any(b"^" in data[found.end() : found.end() + 800] for found in _COMPUTES.finditer(data))


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


_plain: set[bytes] = set()
"""Words met before that are neither machine-made nor of :data:`_HOST`: nearly all words of any source."""
_MOST_PLAIN = 50_000
_LONGEST_PLAIN = 40


def telling(words: set[bytes]) -> tuple[int, set[bytes]]:
    """Say how many words look machine-made, and which name what a host is told by."""
    new = words - _plain
    made: set[bytes] = set()
    host: set[bytes] = set()
    text = b"\n".join(new)
    if _ODD_LINE.search(text.decode("latin-1")) is not None:
        made = {word for word in new if not word[:1].isdigit() and syntax.machine_made(word.decode("latin-1"))}
    lower = b"\n%b\n" % text.lower()
    if parts := [part for part in _HOST if part in lower]:
        host = {word for word in new if any(part in b"\n%b\n" % word.lower() for part in parts)}
    if len(_plain) < _MOST_PLAIN:
        _plain.update(word for word in new - made - host if len(word) <= _LONGEST_PLAIN)
    return len(made), host


def _conditions(data: bytes, hosts: set[bytes]) -> Iterator[tuple[int, int]]:
    """Where the analyser's condition matches: only around the words that can be part of it, as it is slow to search."""
    if b"hyper" in data.lower():
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


def _compared(data: bytes, hosts: set[bytes]) -> bool:
    """Whether the analyser's condition may stand in one expression with a comparison."""
    for start, end in _conditions(data, hosts):
        before = data[data.rfind(b"\n", 0, max(0, start - _REACH)) + 1 : start]
        after = data[end : end + _BEYOND]
        if not any(mark in part for mark in (b'"""', b"'''", b"\\\n") for part in (before, after)):
            heads = [head.start() for head in _STATEMENT.finditer(before)]
            before = before[heads[-1] :] if heads else before
            tail = _STATEMENT.search(after)
            after = after[: tail.start()] if tail is not None else after
            text = _PLAIN.sub(b"", before + data[start:end] + after)
        else:
            text = before + data[start:end] + after
        if _COMPARISON.search(_LOOP.sub(b"", text)) is not None:
            return True
    return False


def reassembles(data: bytes) -> bool:
    """Whether a string may be put together from others in a way that shows only then what it says."""
    if b"\\" in data and _OCTAL.search(data):
        return True
    joined = data.translate(ONE_QUOTE, _STRIPPED)
    if any(mark in joined for mark in _MORE_REASSEMBLED):
        return True
    return any(mark in joined for mark in _REASSEMBLED) and _joins(data, joined)


def joins(data: bytes, others: bool = False) -> bool:
    """Whether short literals that stand in a row may be joined; ``others``: there are such elsewhere."""
    if b"join" not in data:
        return False
    joined = data.translate(ONE_QUOTE, _STRIPPED)
    return _JOIN in joined and (others or _PIECES.search(joined) is not None)


def pieces(data: bytes) -> bool:
    """Whether short literals stand in a row."""
    return _PIECES.search(data.translate(ONE_QUOTE, _STRIPPED)) is not None


def _joins(data: bytes, joined: bytes) -> bool:
    """Whether strings stand on both sides of a sign: ``"+"`` is none."""
    if _AFTER_LONG.search(joined) is not None or continued(data, 0, len(data)) < len(data):
        return True
    end = 0
    for sign in _SIGN.finditer(data):
        if sign.end() <= end:
            continue
        start = data.rfind(b"\n", end, sign.start()) + 1 or end
        end = data.find(b"\n", sign.end())
        end = end if end >= 0 else len(data)
        lines = data[start:end]
        if b'"""' in lines or b"'''" in lines or _JOINT.search(_LITERAL.sub(b"\0", lines).translate(None, _STRIPPED)):
            return True
    return False
