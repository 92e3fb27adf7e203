"""Whether a Python file could hold anything that the analyser reports, from its bytes: most files cannot.

Parsing is what extraction costs most. A file is parsed unless its words prove that no entry of the lexicon, no
reflection, no comparison with the host and no reassembled string can be in it. Names are taken from ``python.toml``, so
that a new entry there is a new reason to parse here.
"""

from __future__ import annotations

import re
from functools import cache

from darnel.features import syntax
from darnel.features.languages import lexicon, python_hiding

_WORD_BYTES = bytes(c if c >= 128 or c == 95 or chr(c).isalnum() else 32 for c in range(256))
_UNUSED_HOOKS = frozenset({"deferred", "written", "codes", "reflect", "setup"})
"""Hooks that report nothing by themselves; what they need is tested below."""
_SECTIONS = ("calls", "names", "imports", "to_hook")
_ALWAYS = frozenset(
    b"exec eval execfile __import__ __builtins__ importlib cmdclass setuptools distutils chr unichr"
    b" unhexlify fromhex swapcase maketrans".split()
)
"""Words that can make any other name or text out of strings, or change what a package does when it is installed."""
_LOOKUPS = frozenset(b"getattr vars locals globals modules __dict__ __getattribute__ attrgetter methodcaller".split())
"""Words that look a name up; what they are given decides."""
_REACHED = frozenset(b"os sys subprocess socket ctypes posix nt builtins".split())
_BUILTINS = frozenset({"open", "file", "compile"})
"""Builtins whose names are words of prose as well: only calls and aliases count."""
_NONE: set[bytes] = set()
_STRIPPED = b" \t\r\n\\("
_REASSEMBLED = tuple(a + sign + b for sign in (b"+", b"%", b".format") for a in (b'"', b"'") for b in (b'"', b"'"))
_MORE_REASSEMBLED = (b'".replace', b"'.replace", b'"[::', b"'[::")
_JOINS = (b'"".join', b"''.join")
_PIECES = re.compile(rb"(?:\"[^\"\n]{0,6}\",|'[^'\n]{0,6}',){3}")
"""Short literals in a row, blanks removed."""
_OCTAL = re.compile(rb"\\[0-7]{2}")
_HOST = re.compile(
    rb"gethostname|getuser|getlogin|getnode|computername|username|hostname|getdefaultlocale|getlocale|tzname|timezone"
    rb"|getuserdefault|keyboard_?layout|country_?code|\blang(?:uage)?\b|vmware|virtualbox|vbox|qemu|sandbox|wireshark"
    rb"|debugger|xen|hyper-?v|virustotal|processhacker|cuckoo|gettrace"
)
_COMPARISON = re.compile(rb"[=!]=|[<>]|\b(?:in|is)\b")


class _Names:
    """Entries of the lexicon by their first part."""

    def __init__(self) -> None:
        table = lexicon.load("python")
        self.tails: set[bytes] = set()
        self.whole: set[bytes] = set()
        """Modules of which everything is of interest."""
        self.plain: set[str] = set()
        """Builtins."""
        self.last: dict[bytes, set[bytes]] = {}
        """``{root: {last}}`` of entries with two parts."""
        self.read: dict[bytes, set[bytes]] = {}
        """Those of them that mean something without a call."""
        self.parts: dict[bytes, list[frozenset[bytes]]] = {}
        """``{root: [further parts]}`` of longer ones."""
        classes = table["to_class"]
        makers: dict[str, list[str]] = {}
        for maker, ids in classes.exact.items():
            for name in ids:
                makers.setdefault(name, []).append(maker)
        for section in _SECTIONS:
            entries = table[section]
            self.tails.update(tail.encode() for tail in entries.tails)
            for name in entries.below:
                self._add(name, True)
            for name, ids in entries.exact.items():
                if section in ("names", "imports") and name.count(".") == 1:
                    root, _, attribute = name.encode().partition(b".")
                    self.read.setdefault(root, set()).add(attribute)
                if section == "to_hook" and _UNUSED_HOOKS.issuperset(ids):
                    continue
                self._add(name, section == "imports" and "." not in name)
                owner, _, last = name.rpartition(".")
                for maker in makers.get(owner, ()):
                    self._add(f"{maker}.{last}", False)

    def _add(self, name: str, below: bool) -> None:
        root, *rest = name.encode().split(b".")
        if below and not rest:
            self.whole.add(root)
        elif not rest:
            self.plain.add(name)
        elif len(rest) == 1 and not below:
            self.last.setdefault(root, set()).add(rest[0])
        else:
            self.parts.setdefault(root, []).append(frozenset(rest))


@cache
def _names() -> _Names:
    return _Names()


@cache
def _roots() -> frozenset[bytes]:
    names = _names()
    return frozenset(names.last) | frozenset(names.parts)


@cache
def _certain() -> frozenset[bytes]:
    """Words each of which is reason enough."""
    names = _names()
    plain = {name.encode() for name in names.plain - _BUILTINS}
    return frozenset(names.tails | names.whole | plain | _ALWAYS) - _LOOKUPS


@cache
def _usage(root: bytes) -> re.Pattern[bytes]:
    return re.compile(re.escape(root) + rb"(?![A-Za-z0-9_])(?:[ \t]*\.[ \t]*([A-Za-z_]\w*))?")


def words_of(data: bytes) -> set[bytes]:
    """Distinct identifiers and words, those in comments and strings included."""
    return set(data.translate(_WORD_BYTES).split())


def relevant(data: bytes) -> str:
    """Say why a file has to be parsed.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.

    Returns
    -------
    str
        A short reason, ``""`` if the file cannot hold anything that the analyser reports.
    """
    words = words_of(data)
    if not words.isdisjoint(_certain()):
        return "word"
    for root in words & _roots():
        if _root_used(data, root, words):
            return "name"
    if not words.isdisjoint(_LOOKUPS) and any(_mentioned(data, root, _NONE, _NONE) for root in words & _REACHED):
        return "lookup"
    if _builtin_used(data, words):
        return "builtin"
    if _shape(data, words):
        return "shape"
    return "text" if _reassembles(data) else ""


def _root_used(data: bytes, root: bytes, words: set[bytes]) -> bool:
    names = _names()
    firsts = words & names.last.get(root, frozenset())
    longer = [rest for rest in names.parts.get(root, ()) if rest <= words]
    if not firsts and not longer:
        return False
    # What is only called may be named: isinstance(x, types.FunctionType).
    read = names.read.get(root, _NONE) if b"partial" not in words else firsts
    return _mentioned(data, root, firsts.union(*longer), read.union(*longer))


def _mentioned(data: bytes, root: bytes, attributes: set[bytes], read: set[bytes]) -> bool:
    """Whether one of the attributes is taken of ``root``, or ``root`` gets another name or is handed on.

    Attributes that are not in ``read`` do not count where they are only arguments, items or annotations.
    """
    for match in _usage(root).finditer(data):
        start, end = match.span()
        before = data[start - 1 : start]
        if before.isalnum() or before in (b"_", b"."):
            continue
        if match[1] is not None:
            if match[1] in attributes and (match[1] in read or _HANDED_ON.match(data, end) is None):
                return True
            continue
        left = data[max(0, start - 60) : start]
        right = data[end : end + 20].lstrip(b" \t")
        if _IMPORT.search(left) is not None:
            if right.startswith(b"as"):
                return True
            continue
        if right.startswith(b"import") and _FROM.search(left) is not None:
            found = _LIST.match(data, end)
            if found is None or found[1] == b"*" or not attributes.isdisjoint(words_of(found[1])):
                return True
            continue
        # Otherwise prose, unless it is where an expression, a string or the module of an import may stand.
        if (
            left.rstrip()[-1:] in _OPENING
            or right[:1] in _CLOSING
            or _FROM.search(left) is not None
            or right.startswith(b"as ")
        ):
            return True
    return False


_IMPORT = re.compile(rb"(?:\A|\n|;|:)[ \t]*import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*\Z")
_LIST = re.compile(rb"[ \t]*import[ \t]*(\([^)]*\)|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)")
_FROM = re.compile(rb"\b(?:from|return|in|lambda[^:\n]*:|yield|else|if|or|and)[ \t]+\Z")
_OPENING = (b"=", b"(", b"[", b"{", b",", b":", b'"', b"'")
_HANDED_ON = re.compile(rb"[ \t]*(?:[,\]:|]|\)(?![ \t]*\())")
_CLOSING = (b")", b"]", b"}", b'"', b"'", b"[", b"(", b"\\")


def _builtin_used(data: bytes, words: set[bytes]) -> bool:
    for name in _BUILTINS:
        word = name.encode()
        if word not in words:
            continue
        for match in _usage(word).finditer(data):
            start, end = match.span()
            before = data[start - 1 : start]
            if match[1] is not None or before.isalnum() or before in (b"_", b"."):
                continue
            if data[end : end + 40].lstrip()[:1] == b"(" or data[max(0, start - 40) : start].rstrip()[-1:] in (
                b"=",
                b"\\",
            ):
                return True
    return False


def _shape(data: bytes, words: set[bytes]) -> bool:
    """Comparisons with the host, padding, switched-off checks, machine-made names, computed bytes."""
    if next(syntax.paddings(data, python_hiding.PADDED), None) is not None:
        return True
    if b"bytes" in words or b"bytearray" in words:
        joined = data.translate(None, _STRIPPED[:-1])
        if any(mark in joined for mark in (b"bytes([", b"bytearray([", b"bytes((", b"bytearray((")) or b"^" in data:
            return True
    if b"map" in words and b"^" in data:
        return True
    if b"platform" in words or b"os.name" in data:
        return True
    odd, hosts = _telling(words)
    if hosts and _compared(data):
        return True
    if any(True for _ in python_hiding.unverified(data)):
        return True
    return odd >= python_hiding.MACHINE_NAMES


_plain: set[bytes] = set()
"""Words met before that are neither machine-made nor of :data:`_HOST`: nearly all words of any source."""
_MOST_PLAIN = 50_000
_LONGEST_PLAIN = 40


def _telling(words: set[bytes]) -> tuple[int, int]:
    """How many words look machine-made, and how many name what a host is told by."""
    odd = hosts = 0
    for word in words - _plain:
        made, host = syntax.machine_made(word.decode("latin-1")), _HOST.search(word.lower()) is not None
        odd += made
        hosts += host
        if not made and not host and len(word) <= _LONGEST_PLAIN and len(_plain) < _MOST_PLAIN:
            _plain.add(word)
    return odd, hosts


def _compared(data: bytes) -> bool:
    """Whether a word of :data:`_HOST` stands near a comparison."""
    lower = data.lower()
    return any(
        _COMPARISON.search(lower, max(0, match.start() - 200), match.end() + 200) is not None
        for match in _HOST.finditer(lower)
    )


def _reassembles(data: bytes) -> bool:
    """Whether a string may be put together from others in a way that shows only then what it says."""
    if b"\\" in data and _OCTAL.search(data):
        return True
    joined = data.translate(None, _STRIPPED)
    if any(mark in joined for mark in _MORE_REASSEMBLED) or any(mark in joined for mark in _REASSEMBLED):
        return True
    return any(mark in joined for mark in _JOINS) and _PIECES.search(joined) is not None
