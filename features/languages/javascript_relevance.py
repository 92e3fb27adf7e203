"""Whether a JavaScript or TypeScript file could hold anything that the analyser reports, without parsing it.

A file is cut into code, strings and comments (:mod:`darnel.features.languages.javascript_lexemes`); its code must name
no entry of the lexicon, its strings be read as the analyser reads them and show nothing, and nothing may put strings
together in a way that is not followed here. Names are taken from ``javascript.toml``, so that a new entry there is a
new reason to parse.
"""

from __future__ import annotations

import re
from functools import cache

from darnel.features.languages import javascript_calls, javascript_hiding, javascript_joined, lexicon
from darnel.features.languages.javascript_conditions import CONDITIONAL, conditional
from darnel.features.languages.javascript_constants import LAST_WORD
from darnel.features.languages.javascript_lexemes import cut, elements
from darnel.features.languages.javascript_loads import loaded
from darnel.features.languages.javascript_names import MODULES, PREFIXES
from darnel.features.languages.javascript_rules import DULL

_WORD_BYTES = bytes(c if c >= 128 or c in b"_$" or chr(c).isalnum() else 32 for c in range(256))
_OPEN = frozenset({"request"})
"""The rule of a method of any object."""
_ALWAYS = frozenset(
    b"fromCharCode fromCodePoint createRequire importSync __non_webpack_require__ mainModule _compile"
    b" XMLHttpRequest ethereum clipboard execScript".split()
)
_OBJECTS = tuple(prefix.rstrip(".").encode() for prefix in PREFIXES if prefix.count(".") == 1)
"""Names of the global object."""
_OBJECT = rb"(?<![\w$\x80-\xff])(?:" + b"|".join(_OBJECTS) + rb")(?![\w$\x80-\xff])"
_THROUGH = frozenset(b"default promises call apply bind".split())
_MEMBER = rb"(?<![\w$\x80-\xff])%b(?![\w$\x80-\xff])\s*(?:(?:\?\.|!?\.)\s*#?([\w$\x80-\xff]+)|(\?\.\s*\[|\[|\x04|!))?"
_BARE = rb"(?<![\w$\x80-\xff])%b(?![\w$\x80-\xff])"
_CALLED = rb"\s*(?:!\s*)?(?:\?\.\s*)?[(<\x02\x05\x04]"
_DECLARED = re.compile(rb"\bfunction\s*\*?\s*\Z")


class _Names:
    """Entries of the lexicon by how they are reached."""

    def __init__(self) -> None:
        table = lexicon.load("javascript")
        known = {name.encode() for name in table["to_global"].exact}
        self.words: set[bytes] = set()
        """All words of all entries."""
        self.always: set[bytes] = set(_ALWAYS)
        """Words each of which is reason enough, wherever they stand."""
        self.modules: dict[str, list[frozenset[bytes]]] = {}
        """Words of the rest of a name by every beginning of it: of one of them, a file that loads it has all."""
        self.packages: set[str] = set(table["to_module"].exact) | {name.rstrip(".") for name in PREFIXES}
        self.plain: set[bytes] = set()
        """Globals that mean something by themselves."""
        self.watched: set[bytes] = set()
        """Those of them that do so without being called."""
        self.called: set[bytes] = set()
        """Other names that mean something when they are called."""
        self.members: dict[bytes, dict[bytes, list[frozenset[bytes]]]] = {}
        """``{global: {member: [further parts]}}``."""
        self.made: dict[bytes, list[frozenset[bytes]]] = {}
        """Words of the rest of a name by a global whose result it belongs to."""
        self.loose: dict[bytes, list[frozenset[bytes]]] = {}
        """Words of the rest of a name by a first part that is no global."""
        for section in ("calls", "members", "to_rule"):
            entries = table[section]
            quiet = CONDITIONAL if section == "to_rule" else frozenset()  # of several rules the first one counts
            self.always.update(tail.encode() for tail, ids in entries.tails.items() if {*ids[:1]} - quiet - _OPEN)
            self.words.update(tail.encode() for tail in entries.tails)
            for name, ids in (*entries.exact.items(), *((f"{name}.", ids) for name, ids in entries.below.items())):
                self.words |= words_of(name.encode())
                if ids[0] not in quiet:
                    self._add(name, known, section == "members")

    def _add(self, name: str, known: set[bytes], member: bool) -> None:
        for end in (*(found.start() for found in re.finditer(r"\.|\(\)", name)), len(name)):
            self.modules.setdefault(name[:end], []).append(frozenset(words_of(name[end:].encode())))
        if (made := re.match(r"([\w$]+)\(\)", name)) and made[1].encode() in known:
            self.made.setdefault(made[1].encode(), []).append(frozenset(words_of(name[made.end() :].encode())))
        root, *rest = name.replace("()", "").encode().split(b".")
        if root in known and rest:
            self.members.setdefault(root, {}).setdefault(rest[0], []).append(frozenset(rest[1:]) - {b""})
        elif root in known or member:
            self.plain.add(root)
            if member:
                self.watched.add(root)
        elif not rest:
            self.called.add(root)
        else:
            self.loose.setdefault(root, []).append(frozenset(rest) - {b""})


@cache
def _names() -> _Names:
    return _Names()


def words_of(data: bytes) -> set[bytes]:
    """Distinct identifiers and words."""
    return set(data.translate(_WORD_BYTES).split())


def relevant(data: bytes, jsx: bool = True) -> str:
    """Say why a file has to be parsed.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.
    jsx : bool
        Whether elements may stand in it, whose text is neither code nor string.

    Returns
    -------
    str
        A short reason, ``""`` if the file cannot hold anything that the analyser reports.
    """
    if b"_0x" in data or javascript_hiding.rotates(data) or any(True for _ in javascript_hiding.frames(data)):
        return "packed"
    if javascript_calls.marked(data):
        return "mark"
    parts = cut(data)
    if parts is None:
        return "unclear"
    if jsx and elements(data, parts.code):
        return "jsx"
    if b"\\" in parts.code:
        return "escape"  # in a name
    names, words = _names(), words_of(parts.code)
    quoted = words_of(b"\n".join((*parts.strings, *parts.templates)))
    found = _named(parts.code, words, quoted) or loaded(parts, words | quoted, names.packages, names.modules)
    if found:
        return found
    texts, why = javascript_joined.texts(parts)
    if why:
        return why
    read = words_of("\n".join(texts).encode("utf-8", "replace"))
    if not (read - quoted).isdisjoint(names.words):
        found = _named(parts.code, words, read) or loaded(parts, words | read, names.packages, names.modules)
    if not found and "require" in texts and _SUBSCRIPT.search(parts.code) is not None:
        return "require"
    return found or conditional(parts.code, words | read, texts) or javascript_joined.telling(texts)


_SUBSCRIPT = re.compile(rb"[\w$)\]\x80-\xff][\s\x04!]*(?:\?\.[\s\x04]*)?\[(?!\s*(?:\d+\s*)?\])")


def _named(code: bytes, words: set[bytes], quoted: set[bytes]) -> str:
    names = _names()
    everything = words | quoted
    found = everything & names.always
    if found:
        return "word " + min(found).decode()
    if b"process" in words:
        code = _DULL.sub(b"process.\3", code)
    objects = not words.isdisjoint(_OBJECTS)
    if objects and _whole(code, _OBJECT):
        reached = names.plain | names.members.keys()
        if quoted & reached or (_UNPACKED.search(code) is not None and words & reached):
            return "global object"
        if any(re.search(rb"\.[\s\x04]*%b(?![\w$\x80-\xff])" % re.escape(word), code) for word in words & reached):
            return "global object"
    if (objects or b"process" in words) and _COMPUTED.search(code) is not None:
        return "computed"
    for word in words & names.plain:
        if _plain_used(code, word, word in names.watched):
            return "global " + word.decode()
    for root in words & names.members.keys():
        members = {
            member
            for member, rests in names.members[root].items()
            if (member in everything or not member) and any(rest <= everything for rest in rests)
        }
        if members and _member_used(code, root, members):
            return "member " + root.decode()
    for root in words & names.made.keys():
        if any(rest <= everything for rest in names.made[root]) and _called(code, root, b""):
            return "made " + root.decode()
    for word in words & names.called:
        if _called(code, word):
            return "call " + word.decode()
    for root in words & names.loose.keys():
        if any(rest <= everything for rest in names.loose[root]) and _loosely_used(code, root):
            return "loose " + root.decode()
    return ""


_COMPUTED = re.compile(
    rb"(?<![\w$\x80-\xff])(?:" + b"|".join((*_OBJECTS, b"process")) + rb")[\s\x04!]*(?:\?\.[\s\x04]*)?\[(?!\s*\d+\s*\])"
)


_UNPACKED = re.compile(rb"\}\s*=[\s(\x04]*" + _OBJECT)
_DULL = re.compile(
    rb"(?<![\w$\x80-\xff])process\s*\.\s*env\s*\.\s*(?:"
    + b"|".join(sorted(name.encode() for name in DULL))
    + rb")(?![\w$\x80-\xff])"
)
"""Reads of variables that the analyser does not report."""


def _whole(code: bytes, pattern: bytes) -> bool:
    """Whether an object gets another name, or may."""
    for found in re.finditer(pattern + rb"(?!\s*(?:\?\.|!?\.|:|\(|=[^=]|=>|(?:,[^()]{0,200})?\)\s*=>))", code):
        if _aliased(code, found.start()):
            return True
    return False


def _plain_used(code: bytes, word: bytes, always: bool) -> bool:
    for found in re.finditer(_BARE % re.escape(word), code):
        before = code[max(0, found.start() - 40) : found.start()].rstrip(b" \t\r\n\x04")
        if before.endswith(b".") and not before.endswith(b"...") and _OF_GLOBAL.search(before) is None:
            continue
        if always or _USED.match(code, found.end()) or _aliased(code, found.start()):
            return True
    return False


_USED = re.compile(_CALLED + rb"|\s*(?:\?\.|!?\.)\s*(?:call|apply|bind)\b|\s*\[")


def _aliased(code: bytes, at: int) -> bool:
    """Whether what stands at ``at`` may be assigned, or called in brackets."""
    before = code[max(0, at - 2_000) : at]
    rest = before.rstrip(b" \t\r\n\4(")
    last = rest[-1:]
    if last == b":":  # a ternary, and no type
        rest = rest[rest.rfind(b";") + 1 :]
        return b"?" in rest and (b"=" in rest or b"(" in rest)
    if last == b"=":
        return rest[-2:-1] not in (b"=", b"!", b"<", b">")
    if last == b"?" or rest.endswith((b"||", b"&&")) or not rest:
        return True
    if last == b",":
        return rest[:-1].rstrip().endswith(b"0")
    word = LAST_WORD.search(rest[-40:])
    if word is None:
        return b"(" in before[len(rest) :] and last not in (b")", b"]")
    return word[0] == b"new" or (word[0] in _RETURNING and b"(" in before[len(rest) :])


_RETURNING = frozenset(b"return case void await yield throw else do in of delete default".split())
_OF_GLOBAL = re.compile(_OBJECT + rb"[\s\x04]*!?\??\.\Z")


def _member_used(code: bytes, root: bytes, members: set[bytes]) -> bool:
    everything = b"" in members
    for found in re.finditer(_MEMBER % re.escape(root), code):
        if found[1] is not None:
            if everything or found[1] in members or found[1] in _THROUGH:
                return True
        elif found[2] is not None:
            return True
    return _whole(code, _BARE % re.escape(root))


def _called(code: bytes, word: bytes, owner: bytes = b".#") -> bool:
    escaped = re.escape(word)
    for found in re.finditer(rb"(?<![\w$\x80-\xff%b])" % owner + escaped + _CALLED, code):
        if _DECLARED.search(code, max(0, found.start() - 40), found.start()) is None:
            return True
    return re.search(rb"\bnew[\s\x04]+" + escaped + rb"(?![\w$\x80-\xff])", code) is not None


def _loosely_used(code: bytes, root: bytes) -> bool:
    escaped = re.escape(root)
    if root.decode() in MODULES and re.search(rb"(?<![\w$\x80-\xff.])" + escaped + rb"\s*!?\??\.", code):
        return True
    return (
        re.search(rb"(?<![\w$\x80-\xff.])" + escaped + rb"\s*(?:!\s*)?(?:\?\.\s*)?[\[\x04]", code) is not None
        or re.search(rb"(?<![\w$)\]\x80-\xff])\([\s\x04]*" + escaped + rb"[\s\x04!]*\)", code) is not None
    )
