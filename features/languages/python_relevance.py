"""Whether a Python file could hold anything that the analyser reports, from its bytes: most files cannot.

Parsing is what extraction costs most. A file is parsed unless its words prove that no entry of the lexicon, no
reflection, no comparison with the host and no reassembled string can be in it. Names are taken from ``python.toml``, so
that a new entry there is a new reason to parse here.
"""

from __future__ import annotations

import re
from functools import cache

from darnel.features.languages import lexicon, python_shapes

_WORD_BYTES = bytes(c if c >= 128 or c == 95 or chr(c).isalnum() else 32 for c in range(256))
_UNUSED_HOOKS = frozenset({"deferred", "written", "codes", "reflect", "setup"})
"""Hooks that report nothing by themselves; what they need is tested below."""
_SECTIONS = ("calls", "names", "imports", "to_hook")
_ALWAYS = frozenset(
    b"exec eval execfile __import__ __builtins__ cmdclass setuptools distutils chr unichr unhexlify fromhex"
    b" swapcase _vendor vendored".split()
)
"""Words that can make any other name or text out of strings, or change what a package does when it is installed; and
what the names of HTTP clients begin with that were copied into other packages."""
_LOOKUPS = frozenset(b"getattr vars locals globals modules __dict__ __getattribute__ attrgetter methodcaller".split())
"""Words that look a name up; what they are given decides."""
_REACHED = frozenset(b"os sys subprocess socket ctypes posix nt builtins".split())
_BUILTINS = frozenset({"open", "file", "compile"})
"""Builtins whose names are words of prose as well: only calls and aliases count."""
_NONE: set[bytes] = set()


class _Names:
    """Entries of the lexicon by their first part."""

    def __init__(self) -> None:
        table = lexicon.load("python")
        self.ends: set[bytes] = set()
        """Last parts that count whatever stands before them."""
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
            for tail, ids in entries.tails.items():
                if section != "to_hook" or not _UNUSED_HOOKS.issuperset(ids):
                    self.ends.add(tail.encode())
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
        self.ends -= self.whole | {name.encode() for name in self.plain} | _ALWAYS

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
    return frozenset(names.ends | names.whole | plain | _ALWAYS) - _LOOKUPS


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
    certain = words & _certain()
    if certain and _telling(data, certain, words):
        return "word"
    for root in words & _roots():
        if _root_used(data, root, words):
            return "name"
    if not words.isdisjoint(_LOOKUPS) and any(_mentioned(data, root, _NONE, _NONE) for root in words & _REACHED):
        return "lookup"
    if _builtin_used(data, words):
        return "builtin"
    if python_shapes.shaped(data, words):
        return "shape"
    return "text" if python_shapes.reassembles(data) else ""


def _telling(data: bytes, certain: set[bytes], words: set[bytes]) -> bool:
    """Whether one of the words stands where it could mean something."""
    if not words.isdisjoint(_LOOKUPS):
        return True  # in a string, too
    ends = _names().ends
    for word in certain:
        if word in ends:
            if re.search(
                rb"\.\s*\\?\s*%b\b|\bimport\b[^\n(]*\b%b\b|\bimport\s*\\?\s*\([^)]*\b%b\b" % (word, word, word), data
            ):
                return True
        elif word == b"chr":
            if len(_CHARACTER.findall(data)) > len(_PLAIN_CHARACTER.findall(data)):
                return True
        elif (
            word not in _QUOTED
            or re.search(rb"(?<![\w\"'.])%b\b|(?<!\w)%b(?![\w\"'])" % (word, word), data) is not None
        ):
            return True
    return False


_QUOTED = frozenset(b"exec eval".split())
"""Words that alone in a string are just a word."""
_CHARACTER = re.compile(rb"(?<![\w.\"'])chr\b")
_PLAIN_CHARACTER = re.compile(
    rb"(?:=|\breturn|(?<!\()\()[ \t]*chr\([ \t]*[A-Za-z_][\w.]*[ \t]*\)(?!\s*(?:for\b|[+%.]))"
)
"""One that is neither compared, nor made for each of several, nor put together with others."""


def _root_used(data: bytes, root: bytes, words: set[bytes]) -> bool:
    names = _names()
    firsts = words & names.last.get(root, frozenset())
    longer = [rest for rest in names.parts.get(root, ()) if rest <= words]
    if not firsts and not longer:
        return False
    quoted = not words.isdisjoint(_NAMED)
    # What is only called may be named: isinstance(x, types.FunctionType).
    read = names.read.get(root, _NONE) if b"partial" not in words else firsts
    return _mentioned(data, root, firsts.union(*longer), read.union(*longer), quoted, True)


def _mentioned(
    data: bytes, root: bytes, attributes: set[bytes], read: set[bytes], quoted: bool = True, strict: bool = False
) -> bool:
    """Whether one of the attributes is taken of ``root``, or ``root`` gets another name.

    Attributes that are not in ``read`` do not count where they are only arguments, items or annotations. ``quoted``:
    its name in a string counts. Unless ``strict``, any other place where an expression may stand does too.
    """
    for match in _usage(root).finditer(data):
        start, end = match.span()
        before = data[start - 1 : start]
        if (
            before.isalnum()
            or before == b"_"
            or (before == b"." and _BELOW.search(data, max(0, start - 200), start) is None)
        ):
            continue
        if match[1] is not None:
            if match[1] in attributes and (match[1] in read or not _harmless(data, match[1], end)):
                return True
            if match[1] in _SPACES:
                return True
            continue
        if (not quoted and data[end : end + 1] in _QUOTES) or _TARGET.match(data, end) is not None:
            continue
        left = data[max(0, start - 60) : start]
        right = data[end : end + 20].lstrip(b" \t")
        if _IMPORT.search(left) is not None:
            if right.startswith(b"as"):
                return True
            continue
        if right.startswith(b"import") and (before == b"." or _FROM.search(left) is not None):
            found = _LIST.match(data, end)
            if found is None or found[1] == b"*":
                return True
            if any(name in read or _taken(data, found[1], name) for name in attributes & words_of(found[1])):
                return True
            continue
        if (
            right.startswith((b"as ", b"\\"))
            or (quoted and left[-1:] in (b"'", b'"'))
            or _GIVEN.search(left) is not None
        ):
            return True
        if _aliased(data, start, end) if strict else _expression(left, right):
            return True
    return False


def _harmless(data: bytes, attribute: bytes, end: int) -> bool:
    """Whether something that says nothing unless it is called is not called, or sleeps for a moment."""
    if _HANDED_ON.match(data, end) is not None:
        return True
    if attribute != b"sleep":
        return False
    found = _MOMENT.match(data, end)
    if found is None or b"random" in found[0]:
        return False
    name = found[1]
    return name is None or re.search(rb"\b" + name + rb"\b[^=\n]{0,200}=[^=\n]*\d", data) is None


def _expression(left: bytes, right: bytes) -> bool:
    """Whether something between these stands where an expression, a string or the module of an import may."""
    return left.rstrip()[-1:] in _OPENING or right[:1] in _CLOSING or _FROM.search(left) is not None


def _aliased(data: bytes, start: int, end: int) -> bool:
    """Whether a module named here is assigned, or an attribute is taken of it across brackets or lines."""
    line = data[data.rfind(b"\n", 0, start) + 1 : start]
    if b"=" in line or _BRACKETED.match(data, end) is not None:
        return True
    above = data[max(0, start - 200) : start].rstrip(b" \t\r\n(")[-1:]
    return not line.strip(b" \t(") and above in (b"=", b",")


def _taken(data: bytes, listed: bytes, name: bytes) -> bool:
    """Whether an imported name is called, has an attribute taken, decorates or gets another name."""
    other = re.search(rb"\b" + name + rb"[ \t]+as[ \t]+(\w+)", listed)
    name = other[1] if other is not None else name
    if name == b"sleep" and all(
        _harmless(data, name, found.end()) for found in re.finditer(rb"\bsleep\b(?=\s*\()", data)
    ):
        return re.search(rb"=[\s(]*sleep\b|@sleep\b|\bas\s+sleep\b", data) is not None
    return re.search(_TAKEN % (name, name, name), data) is not None


_TAKEN = rb"(?<![\w.])%b\s*[(.\\]|[=@,(]\s*%b\s*(?:[\n;,]|\)+\s*[.(])|\bas\s+%b\b"
_QUOTES = (b"'", b'"')
_TARGET = re.compile(rb"[ \t]*=(?!=)")
_SPACES = frozenset({b"__dict__", b"__getattribute__"})
_NAMED = frozenset(b"globals locals vars modules __dict__ locate resolve_name".split())
"""Words that make a module of its name in a string."""
_GIVEN = re.compile(rb"\b(?:getattr|vars|__getattribute__|partial)\s*\(\s*\Z")
_MOMENT = re.compile(rb"[ \t]*\(\s*(?:\d(?:\.\d*)?|[A-Za-z_]\w*\.[\w.]+|([A-Za-z_]\w*))?\s*\)")
"""Less than ten seconds, an attribute, or a name."""
_BRACKETED = re.compile(rb"\s*\)[\s)]*[.(]|\s*\\|\s*\n\s*\.")
_IMPORT = re.compile(rb"(?:\A|\n|;|:)[ \t]*import[ \t]+(?:[\w.]+[ \t]*,[ \t]*)*\Z")
_LIST = re.compile(rb"[ \t]*import[ \t]*(\([^)]*\)|[^\n\\]*(?:\\\r?\n[^\n\\]*)*)")
_BELOW = re.compile(rb"\b(?:from|import)[ \t]+[\w.]*\.\Z")
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
