"""What an analysis of one Python file has found so far, and the passes over calls, names, strings and conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from darnel.features.languages import folding, lexicon
from darnel.features.languages.environment import variable
from darnel.features.languages.parsing import end_of, start_of
from darnel.features.languages.python_call import Call
from darnel.features.languages.python_calls import HOOKS
from darnel.features.languages.python_constants import Constant
from darnel.features.languages.python_folding import Folder
from darnel.features.languages.python_names import Name, Names
from darnel.features.languages.python_source import Source, read_words
from darnel.features.languages.python_spelled import VARIES, Entry, Spelled, entry_of, folds
from darnel.features.languages.python_strings import string_value

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.limits import Limits


class Seen(NamedTuple):
    """An observation before it is placed."""

    behaviour: str
    start: int
    end: int
    api: str
    hidden: bool


Text = tuple[str, int, int, str]
"""A literal before it is placed: value, start, end, how. A plain tuple: there are many."""


MAX_SPELLING = 160
"""Longer callee expressions are resolved by their last part alone."""
MAX_CODES = 40
"""Pieces of code inside strings that are analysed, per file."""
MAX_WORDS = 200
"""Strings of one piece of marshalled code."""
_WORDS_INSIDE = re.compile(rb"[\x20-\x7e]{6,400}")
"""Marshalled code cannot be parsed, but its constants stand in it as they are: hosts, paths, commands."""
_ENVIRON = re.compile(rb"\s*(?:\[\s*[rbu]?['\"](\w{1,80})['\"]\s*\](\s*=(?!=))?|\[|\.(\w+))")
_ABOUT = re.compile(
    rb"\.__(?:version|version_info|doc|author|author_email|license|name|file|title|description|url|email)__\b"
    rb"(?!\s*[.(])"
)
_SPACE = re.compile(rb"\s")
_WRITERS = frozenset({"setdefault", "update", "pop"})


@cache
def _modules() -> frozenset[str]:
    table = lexicon.load("python")["imports"]
    return frozenset(name.partition(".")[0] for name in (*table.exact, *table.below))


class Findings:
    """Everything found in one parsed file, unplaced: offsets, not lines.

    Parameters
    ----------
    source : Source
        A parsed file.
    limits : Limits
        ``observations`` and ``literals`` bound what is collected.
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        self.source = source
        self.limits = limits
        self.lexicon = lexicon.load("python")
        self.names = Names(source)
        self.folder = Folder(source, self.names)
        self.seen: list[Seen] = []
        self.texts: list[Text] = []
        self.codes: list[tuple[str, int, int]] = []
        """Code inside strings that is executed, written or hidden: text, start and end of where it stands."""
        self.calls: list[str] = []
        self.starts: list[int] = []
        """Start bytes of all calls."""
        self.string_bytes = self.longest_string = 0
        self.edges: list[tuple[str, int]] = []
        """Name called and offset, for reachability."""
        self.immediate: list[int] = []
        self.handed: list[tuple[Node, Node]] = []
        """Calls that have others called, and what they are given for it."""
        self.commands: set[str] = set()
        """Classes named in ``cmdclass``."""
        self.decoded: list[Text] = []
        """Literals decoded on suspicion."""
        self.characters = 0
        self.cut: set[str] = set()

    def close(self) -> None:
        """Break the reference cycle, so that the tree is freed at once."""
        del self.names.folder

    def observe(self, behaviour: str, node: Node, api: str, hidden: bool = False) -> None:
        """Record a behaviour at a node."""
        if len(self.seen) >= self.limits.observations:
            self.cut.add("observations")
            return
        self.seen.append(Seen(behaviour, node.start_byte, node.end_byte, api[:80], hidden))

    def code(self, text: str, node: Node) -> None:
        """Remember code inside a string."""
        if len(self.codes) < MAX_CODES:
            self.codes.append((text[: folding.MAX_BYTES], node.start_byte, node.end_byte))

    def folded(self, constant: Constant, node: Node) -> None:
        """Record a folded string."""
        value = constant.value
        if isinstance(value, bytes):
            if not (folding.printable(value) or folding.compression(value)):
                kind = folding.binary(value)
                if kind:
                    self.observe("hide.encoded", node, f"binary:{kind}", True)
                if kind == "marshal":
                    for word in islice(_WORDS_INSIDE.finditer(value), MAX_WORDS):
                        self.text(word[0].decode("ascii"), node.start_byte, node.end_byte, "+".join(constant.how))
                return
            value = folding.to_text(value)
        if isinstance(value, str) and len(value) > 2:
            self.text(value, node.start_byte, node.end_byte, "+".join(constant.how))

    def text(self, value: str, start: int, end: int, how: str) -> None:
        """Record a string."""
        if len(self.texts) >= self.limits.literals:
            self.cut.add("literals")
            return
        self.texts.append((value, start, end, how))

    def literal_text(self, node: Node) -> str:
        """Text of a string node as written, f-string braces included."""
        value, _, _ = string_value(self.source.data[node.start_byte : node.end_byte])
        return value if isinstance(value, str) else folding.to_text(value)

    def raw(self, node: Node) -> bytes:
        """Source bytes of a node."""
        return self.source.data[node.start_byte : node.end_byte]

    def followed(self, node: Node) -> bool:
        """Whether an attribute is taken of this call at once: ``__import__("os").system``."""
        return self.source.data[node.end_byte : node.end_byte + 1] == b"."

    def described(self, node: Node) -> bool:
        """Whether what is taken is what a module says of itself: ``__import__(PACKAGE).__version__``."""
        return _ABOUT.match(self.source.data, node.end_byte) is not None

    def called_at_once(self, node: Node) -> bool:
        """Whether what this call returns is called: ``getattr(builtins, name)(code)``."""
        return self.source.data[node.end_byte : node.end_byte + 1] == b"("

    # Calls

    def all_calls(self) -> None:
        """Resolve every call, record what it does, follow its arguments where they decide."""
        data, called, functions = self.source.data, self.calls, self.source.get("callee")
        self.starts = list(map(start_of, functions))
        spelled = Spelled(self.names)
        spellings: dict[bytes, Entry | str] = {}
        texts: list[bytes] = []
        for function, start, end in zip(functions, self.starts, map(end_of, functions), strict=True):
            cut = end - start > MAX_SPELLING
            text = data[end - 60 : end].rpartition(b".")[2] if cut else data[start:end]
            texts.append(text)
            entry = spellings.get(text)
            if entry is None:
                entry = spellings[text] = spelled.cut(text) if cut else spelled.entry(text, function)
            if isinstance(entry, str):
                if entry:
                    called.append(entry)
                continue
            if entry is VARIES:
                entry = entry_of(self.names.value(function))
            if entry.name.dotted:
                called.append(entry.name.dotted)
            if entry.ids or entry.hooks:
                self._act(function.parent or function, entry)
            elif folds(text):
                node = function.parent or function
                constant = self.folder.fold(node)
                if constant is not None and isinstance(constant.value, str | bytes):
                    self.folded(constant, node)
        self.immediate += spelled.immediate
        self._local_calls(spellings, texts)

    def _local_calls(self, spellings: Iterable[bytes], texts: list[bytes]) -> None:
        """Record which calls are of functions of the file, by the last part of their names."""
        local = {name.encode() for _, _, name in self.source.scopes.functions if name and name.isascii()}
        lasts = {text: text.rpartition(b".")[2].strip(b"()") for text in spellings} if local else {}
        names = {text: last.decode() for text, last in lasts.items() if last in local}
        if names:
            places = zip(texts, self.starts, strict=True)
            self.edges += [(names[text], start) for text, start in places if text in names]

    def _act(self, node: Node, entry: Entry) -> None:
        for behaviour in entry.ids:
            self.observe(behaviour, node, entry.api, entry.name.hidden)
        if entry.ids and entry.name.reflected:
            self.observe("code.reflect", node, "reflected", entry.name.hidden)
        if entry.hooks:
            call = Call(self, node, entry.name)
            for hook in entry.hooks:
                HOOKS[hook](call)

    # Names that are read, not called

    def all_names(self) -> None:
        """Record attributes and imported names that mean something by themselves."""
        data = self.source.data
        words = read_words()
        read = []
        for node in self.source.get("attribute"):
            end = node.end_byte
            if data[max(0, end - 60) : end].rpartition(b".")[2] in words and data[end : end + 1] != b"(":
                read.append(node)
        read.sort(key=end_of, reverse=True)
        read.sort(key=start_of)
        for node in read:
            self._name(node, self.names.value(node))
        for key, dotted in self.names.imports.items():
            if dotted.rpartition(".")[2].encode() in words and self.lexicon["names"].get(dotted)[0]:
                for match in list(re.finditer(rb"(?<![\w.])" + re.escape(key) + rb"(?!\w)", data))[:200]:
                    node_or_none = self.source.root.descendant_for_byte_range(match.start(), match.end())
                    if node_or_none is not None and node_or_none.type == "identifier":
                        line = data[data.rfind(b"\n", 0, match.start()) + 1 : match.start()]
                        if b"import" not in line:
                            self._name(node_or_none, Name(dotted))
        if b"__builtins__" in data:
            for match in list(re.finditer(rb"(?<![\w.])__builtins__(?=\s*(?:\.\s*__dict__|\[))", data))[:50]:
                found = self.source.root.descendant_for_byte_range(match.start(), match.end())
                if found is not None and found.type == "identifier":
                    self.observe("code.reflect", found, "__builtins__")
        for node in self.source.get("looked"):
            name = self.names.value(node)
            if name.reflected and name.dotted:
                ids, api = self.lexicon["calls"].get(name.dotted)
                if ids or name.hidden:
                    self.observe("code.reflect", node, api or "namespace", name.hidden)

    def _name(self, node: Node, name: Name) -> None:
        if name.dotted in {"os.environ", "os.environb"}:
            self._environ(node)
            return
        ids, api = self.lexicon["names"].get(name.dotted)
        for behaviour in ids:
            self.observe(behaviour, node, api, name.hidden)

    def _environ(self, node: Node) -> None:
        data, end = self.source.data, node.end_byte
        after = _ENVIRON.match(data, end, end + 200)
        before = data[max(0, node.start_byte - 40) : node.start_byte]
        if after is None:
            if re.search(rb"(?:not\s+)?in\s+\Z", before):
                word = re.search(rb"['\"](\w+)['\"]\s+(?:not\s+)?in\s+\Z", before)
                for behaviour in variable(word[1].decode() if word else ""):
                    self.observe(behaviour, node, "in os.environ")
            elif not re.search(rb"(?:\*\*|import\s+)\Z", before) and data[end : end + 1] != b".":
                self.observe("env.all", node, "os.environ")
            elif before.endswith(b"**"):
                self.observe("env.all", node, "**os.environ")
            return
        if after[3] is not None:
            return  # a method: the call is in the lexicon
        if after[2] is None:
            for behaviour in variable((after[1] or b"").decode()):
                self.observe(behaviour, node, "os.environ[]")

    def all_imports(self) -> None:
        """Record modules that nobody imports by accident."""
        nodes = self.source.get("import")
        if _modules().isdisjoint(name.partition(".")[0] for name in self.names.modules):
            return
        table = self.lexicon["imports"]
        for node in nodes:
            text = self.source.text(node)[:300]
            words = re.findall(r"[\w.]+", text)
            if not words or len(words) < 2:
                continue
            modules = [words[1]] if words[0] == "from" else words[1:]
            if words[0] == "from":
                modules += [f"{words[1]}.{word}" for word in words[3:]]
            for module in modules:
                ids, api = table.get(module)
                for behaviour in ids:
                    self.observe(behaviour, node, f"import {api}")
