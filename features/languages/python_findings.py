"""What an analysis of one Python file has found so far, and the passes over calls, names, strings and conditions."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from darnel.features.languages import folding, lexicon
from darnel.features.languages.environment import variable
from darnel.features.languages.python_call import Call
from darnel.features.languages.python_calls import HOOKS
from darnel.features.languages.python_constants import Constant, concatenate
from darnel.features.languages.python_folding import Folder
from darnel.features.languages.python_names import Name, Names
from darnel.features.languages.python_source import Source
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


class Text(NamedTuple):
    """A literal before it is placed."""

    value: str
    start: int
    end: int
    how: str


class Entry(NamedTuple):
    """What one spelling of a called function resolves to."""

    name: Name
    ids: tuple[str, ...]
    api: str
    hooks: tuple[str, ...]
    last: str


MAX_SPELLING = 160
"""Longer callee expressions are resolved by their last part alone."""
MAX_CODES = 60
"""Pieces of code inside strings that are analysed, per file."""
_ENVIRON = re.compile(rb"\s*(?:\[\s*[rbu]?['\"](\w{1,80})['\"]\s*\](\s*=(?!=))?|\[|\.(\w+))")
_SPACE = re.compile(rb"\s")
_WRITERS = frozenset({"setdefault", "update", "pop"})


@cache
def _words() -> tuple[frozenset[str], frozenset[str]]:
    table = lexicon.load("python")
    return table["names"].words(), table["calls"].words()


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
        self.edges: list[tuple[str, int]] = []
        """Name called and offset, for reachability."""
        self.immediate: list[int] = []
        self.commands: set[str] = set()
        """Classes named in ``cmdclass``."""
        self.decoded: list[Text] = []
        """Literals decoded on suspicion."""
        self.characters = 0
        self.cut: set[str] = set()
        self._entries: dict[bytes, Entry | None] = {}

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
                return
            value = folding.to_text(value)
        if isinstance(value, str) and len(value) > 2:
            self._text(value, node.start_byte, node.end_byte, "+".join(constant.how))

    def _text(self, value: str, start: int, end: int, how: str) -> None:
        if len(self.texts) >= self.limits.literals:
            self.cut.add("literals")
            return
        self.texts.append(Text(value, start, end, how))

    def literal_text(self, node: Node) -> str:
        """Text of a string node as written, f-string braces included."""
        value, _, _ = string_value(self.source.data[node.start_byte : node.end_byte])
        return value if isinstance(value, str) else folding.to_text(value)

    def followed(self, node: Node) -> bool:
        """Whether an attribute is taken of this call at once: ``__import__("os").system``."""
        return self.source.data[node.end_byte : node.end_byte + 1] == b"."

    # Calls

    def _entry(self, name: Name) -> Entry:
        dotted = name.dotted
        ids, api = self.lexicon["calls"].get(dotted)
        hooks, _ = self.lexicon["to_hook"].get(dotted)
        return Entry(name, ids, api, hooks, dotted.rpartition(".")[2])

    def all_calls(self) -> None:
        """Resolve every call, record what it does, follow its arguments where they decide."""
        data, entries = self.source.data, self._entries
        names = self.names
        local = {name for _, _, name in self.source.scopes.functions if name}
        for node in self.source.get("call"):
            function = node.child(0)
            if function is None:
                continue
            start, end = function.start_byte, function.end_byte
            if end - start > MAX_SPELLING:
                text = data[end - 60 : end]
                text = b"." + text.rpartition(b".")[2] if b"." in text else b"("
            else:
                text = data[start:end]
            entry = entries.get(text)
            if entry is None:
                # None that is present: the receiver is assigned more than once.
                entry = self._entry(names.value(function)) if text in entries else self._first(text, function)
            dotted = entry.name.dotted
            if entry.last in local or text[-4:] == b"init":
                self.edges.append((entry.last, start))
            elif not dotted and text.isascii():
                last = text.rpartition(b".")[2].strip(b"()").decode()
                if last in local:
                    self.edges.append((last, start))
            if dotted:
                self.calls.append(dotted)
            if entry.ids:
                for behaviour in entry.ids:
                    self.observe(behaviour, node, entry.api, entry.name.hidden)
                if entry.name.reflected:
                    self.observe("code.reflect", node, "reflected", entry.name.hidden)
            if entry.hooks:
                call = Call(self, node, entry.name)
                for hook in entry.hooks:
                    HOOKS[hook](call)
            elif text[:1] in b"\"'(" and text.rpartition(b".")[2] in _STRING_METHODS:
                constant = self.folder.fold(node)
                if constant is not None and isinstance(constant.value, str | bytes):
                    self.folded(constant, node)

    def _first(self, text: bytes, function: Node) -> Entry:
        if len(text) < function.end_byte - function.start_byte:
            name = Name(text.decode("utf-8", "replace") if text != b"(" else "")
            varies = False
        else:
            name = self.names.value(function)
            base = text.partition(b".")[0]
            varies = self.names.varies(base) or self.names.varies(text.rpartition(b".")[0])
            if function.type == "parenthesized_expression" and b"lambda" in text:
                self._immediate(function)
                varies = True
        entry = self._entry(name)
        self._entries[text] = None if varies else entry
        return entry

    def _immediate(self, function: Node) -> None:
        inner = function.named_child(0)
        body = inner.child_by_field_name("body") if inner is not None and inner.type == "lambda" else None
        if body is not None:
            self.immediate.append(body.start_byte)

    # Names that are read, not called

    def all_names(self) -> None:
        """Record attributes and imported names that mean something by themselves."""
        data = self.source.data
        words = _words()[0]
        spellings: dict[bytes, bool] = {}
        for node in self.source.get("attribute"):
            end = node.end_byte
            start = node.start_byte
            text = data[max(start, end - 60) : end]
            known = spellings.get(text)
            if known is None:
                known = spellings[text] = text.rpartition(b".")[2].decode("utf-8", "replace") in words
            if known and data[end : end + 1] != b"(":
                self._name(node, self.names.value(node))
        for key, dotted in self.names.imports.items():
            if dotted.rpartition(".")[2] in words and self.lexicon["names"].get(dotted)[0]:
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
        if not nodes:
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

    # Strings

    def all_strings(self) -> None:
        """Collect literals as written, then those that only folding shows."""
        data = self.source.data
        docs = {node.start_byte for node in self.source.get("doc")} if b"__doc__" not in data else set()
        texts, most = self.texts, self.limits.literals
        for node in self.source.get("string"):
            start, end = node.start_byte, node.end_byte
            if end - start < 5 or start in docs:
                continue
            if len(texts) >= most:
                self.cut.add("literals")
                break
            raw = data[start:end]
            if raw[0] in b"\"'" and b"\\" not in raw:
                size = 3 if end - start > 5 and raw[:3] in (b'"""', b"'''") else 1
                texts.append(Text(raw[size:-size].decode("utf-8", "replace"), start, end, ""))
            else:
                value, how, _ = string_value(raw)
                if isinstance(value, bytes):
                    if folding.binary(value):
                        self.observe("hide.encoded", node, f"binary:{folding.binary(value)}", True)
                    value = folding.to_text(value)
                texts.append(Text(value, start, end, how))
        last = -1
        for node in self.source.get("joined"):
            if node.end_byte <= last:
                continue
            constant = self.folder.fold(node)
            if constant is not None:
                last = node.end_byte
                if isinstance(constant.value, str | bytes):
                    self.folded(constant, node)
            elif node.type == "binary_operator":
                self._runs(node)
                last = node.end_byte

    def _runs(self, node: Node) -> None:
        """Constant neighbours inside a sum that is not constant as a whole."""
        run: list[Constant] = []
        for operand in [*self.folder.operands(node), None]:
            constant = self.folder.fold(operand) if operand is not None else None
            if constant is not None and isinstance(constant.value, str | bytes):
                run.append(constant)
                continue
            if len(run) > 1 or (run and run[0].how):
                whole = concatenate(run)
                if whole is not None:
                    self.folded(whole, node)
            run = []


_STRING_METHODS = frozenset((b"join", b"decode", b"replace", b"format", b"encode", b"translate", b"hex"))
