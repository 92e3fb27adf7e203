"""What a Python file may hold apart from names: comparisons with the host, padding, odd names, reassembled strings.

Tests on bytes for :mod:`darnel.features.languages.python_relevance`: where one says no, the analyser finds none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from darnel.features import syntax
from darnel.features.indicators.matcher import Needles
from darnel.features.kernels import twin
from darnel.features.languages import python_hiding
from darnel.features.languages import python_known_words as known
from darnel.features.languages.python_bare import continued
from darnel.features.languages.python_compared import compared, may_tell
from darnel.features.languages.python_literals import prefixed
from darnel.features.languages.python_words import Index, Plain
from darnel.features.squeezed import ONE_QUOTE

_STRIPPED = b" \t\r\n\\("
_MARKS = re.compile(rb'"(?:\+"|%"|\.(?:format"|replace)|\[::)')
_CHANGES = (b'".replace', b'"[::')
"""What putting strings together leaves of a line, once blanks and opening brackets are gone and quotes are alike."""
_PREFIX = frozenset(b"rRbBuU")
_SIGN = re.compile(rb'"[ \t\r\n\\(]*(?:[+%]|\.[ \t\r\n\\(]*format)[ \t\r\n\\(]*"')
_JOINT = re.compile(rb"(?:[\0\"']\+[\0\"']|[\x06\0\"']\x05?(?:%|\.format)\x05?[\x06\0\"'])(?!\.join[A-Za-z_])")
"""Two of them with a sign in between; what ``join`` makes of a name is none, no word is cut at a blank or a rule."""
_RULE = re.compile(rb"(?:[ \t=*_~#|-]|\\[ntr])*")
_READABLE = 14
"""Bytes of a literal, quotes included, that says what it does alone where it ends at a blank."""
_AFTER_LONG = re.compile(rb'"""(?:[+%]|\.format)"')
_HOST = (
    b"hostname username computername tzname timezone getuser getlogin getnode gettrace getlocale getdefaultlocale"
    b" countrycode country_code keyboardlayout keyboard_layout platform sandbox virtualbox vbox vmware qemu wireshark"
    b" debugger hyperv virustotal processhacker cuckoo"
).split()
"""Parts of words that a host is told by, whatever their case, but for short ones."""
_KINDS = (
    *((part, "host") for part in (*_HOST, b"\nlang\n", b"\nlanguage\n")),
    (b"hyper", "hyper"),
    (b"verify", "verified"),
    (b"check_hostname", "verified"),
)
_SHORT = ((b"xen", "host"), (b"os\n", "named"), (b"ssl", "verified"))
"""Parts of words, which stand between line ends, without which there is no need to look for comparisons with the host,
``hyper-v`` and ``os.name`` among them, or for unchecked certificates."""
_ODD_LINE = re.compile(rf"\n(?!\d)(?=....)(?:{syntax.MACHINE_NAME.pattern})(?=\n)")
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


class Told(NamedTuple):
    """What the words of a source tell."""

    odd: int
    """How many look machine-made."""
    hosts: set[bytes]
    """Those that name what a host is told by; without ``hyper`` only those that can be part of a condition."""
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
    if hosts and compared(data, hosts, told.hyper):
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


_needles = Needles([(part, 0, False, False) for part, _ in _KINDS])
_plain = Plain(100_000, 40)
"""Words met before that are neither asked for, nor machine-made, nor have a part of note: nearly all of any source."""
_asked_and_plain: set[bytes] = set()
"""Words that are asked for, but are neither machine-made nor have a part of note."""


def telling_words(data: bytes, index: Index | None = None) -> set[bytes]:
    """Distinct words of a source, but for those that were met before and mean nothing to any test.

    ``index`` is of ``data``, if there is one.
    """
    return (index or Index(data)).others(_plain)


def telling(words: set[bytes]) -> Told:
    """Say how many words look machine-made, which name what a host is told by, and what else may be there."""
    new = words - _asked_and_plain
    if not new:
        return Told(0, set(), False, False, False)
    text = b"\n%b\n" % b"\n".join(new)
    made: set[bytes] = set()
    if syntax.may_be_machine_made(text) and _ODD_LINE.search(text.decode("latin-1")) is not None:
        made = {word for word in new if not word[:1].isdigit() and syntax.machine_made(word.decode("latin-1"))}
    found = _having(text)
    noted = made.union(*found.values())
    asked = (new & known.asked()) - noted
    _asked_and_plain.update(asked)
    _plain.add(new - asked - noted)
    hosts = found["host"] if found["hyper"] else set(filter(may_tell, found["host"]))
    return Told(len(made), hosts, *(bool(found[kind]) for kind in ("named", "hyper", "verified")))


def _having(text: bytes) -> dict[str, set[bytes]]:
    """Words, each between line ends, by kind of the parts of note that they hold."""
    found: dict[str, set[bytes]] = {"host": set(), "named": set(), "hyper": set(), "verified": set()}
    places = [(at, _KINDS[number][1]) for at, number in _needles.find(text, len(text))[0]]
    lower = text.lower()
    for part, kind in _SHORT:
        at = lower.find(part)
        while at >= 0:
            places.append((at, kind))
            at = lower.find(part, at + 1)
    for at, kind in places:
        start = text.rfind(b"\n", 0, at + 1) + 1
        found[kind].add(text[start : text.find(b"\n", start)])
    return found


def reassembles(data: bytes) -> bool:
    """Whether a string may be put together from others in a way that shows only then what it says."""
    how = put_together(data)
    return how == 2 or (how == 1 and _joins(data))


@twin
def put_together(data: bytes) -> int:
    """Say how strings may be put together: 0 for not at all, 1 by a sign between two, 2 by what changes one."""
    joined = data.translate(ONE_QUOTE, _STRIPPED)
    if _MARKS.search(joined) is None:
        return 0
    return 2 if any(mark in joined for mark in _CHANGES) else 1


def _joins(data: bytes) -> bool:
    """Whether strings stand on both sides of a sign: ``"+"`` is none."""
    joined = data.translate(ONE_QUOTE, _STRIPPED)
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
        if b'"""' in lines or b"'''" in lines or _JOINT.search(_marked(lines).translate(None, _STRIPPED)):
            return True
    return False


def _marked(lines: bytes) -> bytes:
    """Lines with a mark for each literal, its prefix included."""
    parts = []
    done = 0
    for first, start, end in prefixed(lines, _PREFIX):
        parts += [lines[done:first], _mark(lines[start + 1 : end - 1], end - first)]
        done = end
    return b"".join([*parts, lines[done:]])


def _mark(text: bytes, size: int) -> bytes:
    """A literal as one byte, with another one where it begins or ends at a blank; rules and blanks are a third kind."""
    if _RULE.fullmatch(text) is not None:
        return b"\6"
    if size < _READABLE:
        return b"\0"
    before = b"\5" if text.startswith((b" ", b"\\n")) else b""
    return before + b"\0" + (b"\5" if text.endswith((b" ", b"\\n")) else b"")
