"""Names of the Python lexicon by their parts: the words without which the analyser reports nothing by name."""

from __future__ import annotations

from functools import cache

from darnel.features.languages import lexicon

_UNUSED_HOOKS = frozenset({"deferred", "written", "codes", "reflect", "setup"})
"""Hooks that report nothing by themselves; what they need is tested below."""
HANDED_ON = frozenset({"spawn.process", "spawn.shell", "spawn.packager", "code.evaluate", "net.send", "net.fetch"})
"""What a function does that says something where it is handed on to another one, which calls it. Asking whether
something is of a class, or what is read in another thread, says nothing."""
_SECTIONS = ("calls", "names", "imports", "to_hook")
ALWAYS = frozenset(
    b"exec eval execfile __import__ __builtins__ cmdclass setuptools distutils chr unichr unhexlify fromhex"
    b" swapcase _vendor vendored".split()
)
"""Words that can make any other name or text out of strings, or change what a package does when it is installed; and
what the names of HTTP clients begin with that were copied into other packages."""
LOOKUPS = frozenset(b"getattr vars locals globals modules __dict__ __getattribute__ attrgetter methodcaller".split())
"""Words that look a name up; what they are given decides."""
REACHED = frozenset(b"os sys subprocess socket ctypes posix nt builtins".split())
BUILTINS = frozenset({b"open", b"file", b"compile"})
"""Builtins whose names are words of prose as well: only calls and aliases count."""
NAMED = frozenset(b"globals locals vars modules __dict__ locate resolve_name".split())
"""Words that make a module of its name in a string."""
COMPUTING = frozenset({b"bytes", b"bytearray", b"map"})
"""What computes bytes, one after the other."""
HANDED = frozenset({b"partial", b"builtins", b"moves"})
"""Words by which such a function may get another name."""
REFLECTING = frozenset(b"__annotations__ get_type_hints get_annotations signature getfullargspec".split())
"""Words of sources that may take something of an annotation."""


class Names:
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
        """Those of them that mean something without a call: read, or handed on."""
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
                if name.count(".") == 1 and ("request" in ids or not HANDED_ON.isdisjoint(ids)):
                    root, _, attribute = name.encode().partition(b".")
                    if not attribute[:1].isupper():
                        self.read.setdefault(root, set()).add(attribute)
                self._add(name, section == "imports" and "." not in name)
                owner, _, last = name.rpartition(".")
                for maker in makers.get(owner, ()):
                    self._add(f"{maker}.{last}", False)
        self.further: dict[bytes, frozenset[bytes]] = {
            root: frozenset(self.last.get(root, set())).union(*self.parts.get(root, ()))
            for root in {*self.last, *self.parts}
        }
        """``{root: all words that follow it}``."""
        self.ends -= self.whole | {name.encode() for name in self.plain} | ALWAYS

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
def names() -> Names:
    """Entries of the lexicon."""
    return Names()


@cache
def roots() -> frozenset[bytes]:
    """First parts of entries with more than one."""
    table = names()
    return frozenset(table.last) | frozenset(table.parts)


@cache
def certain() -> frozenset[bytes]:
    """Words each of which is reason enough."""
    table = names()
    plain = {name.encode() for name in table.plain} - BUILTINS
    return frozenset(table.ends | table.whole | plain | ALWAYS) - LOOKUPS


@cache
def asked() -> frozenset[bytes]:
    """Words that the tests of a source ask for by name."""
    table = names()
    builtins = {name.encode() for name in table.plain} | BUILTINS
    others = (LOOKUPS, REACHED, NAMED, COMPUTING, HANDED, REFLECTING)
    return certain().union(builtins, roots(), *table.further.values(), *others)


@cache
def every() -> frozenset[bytes]:
    """All words of entries, and those that look names up."""
    table = names()
    return frozenset().union(certain(), roots(), LOOKUPS, *table.further.values())
