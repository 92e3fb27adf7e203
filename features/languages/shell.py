"""Facts about shell scripts, and about the command lines of lifecycle scripts."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import islice
from time import perf_counter
from typing import TYPE_CHECKING

from darnel.features import syntax
from darnel.features.facts import Literal, Observation, SourceFacts
from darnel.features.languages import folding
from darnel.features.languages.commands import classify
from darnel.features.languages.environment import variable
from darnel.features.languages.folding import Folded
from darnel.features.languages.inner import Inner
from darnel.features.languages.lexicon import load, query
from darnel.features.languages.parsing import SHELL_TOKENS, Patterns, affordable, captures, parse
from darnel.features.languages.scopes import Scopes
from darnel.features.languages.shell_words import language_of, qualified, split
from darnel.features.limits import DEFAULT_LIMITS, Limits

if TYPE_CHECKING:
    from tree_sitter import Language, Node

MAX_COMMAND = 4_000
"""Bytes of one command that are read."""
MAX_PIPES = 10_000
"""Pipes of one script that are parsed: a pipeline without an end takes time that grows with its square."""
_CODE_FLAGS = frozenset(
    ["-c", "-e", "-p", "--eval", "-pe", "--print", "eval", "-command", "/c", "/k", "-encodedcommand", "-enc", "-ec"]
)
_BACKGROUND = re.compile(rb"(?:[^\n;|&]|>&|&>){0,200}&(?![&>\d])")
_PERCENT = re.compile(r"%([A-Za-z_]\w*)%")
_ASSIGNED = re.compile(rb"([A-Za-z_]\w*)\+?=")
_NULL = re.compile(rb"(?:/dev/null|\bnul)\s*$", re.IGNORECASE)
_PERSIST = (
    (re.compile(r"\.(?:bashrc|zshrc|profile|bash_profile|zprofile|bash_login)\b|/etc/profile"), "persist.shell"),
    (re.compile(r"/etc/cron|/var/spool/cron|systemd/|LaunchAgents|LaunchDaemons"), "persist.scheduler"),
    (re.compile(r"\.github/workflows|\.gitlab-ci"), "persist.ci"),
    (re.compile(r"\.(?:sh|exe|bat|cmd|ps1|py|js|vbs)$"), "file.executable"),
)
_ENVIRONMENT = frozenset({"env", "printenv", "set", "export"})


@cache
def _grammar() -> tuple[Language, Patterns]:
    import tree_sitter_bash
    from tree_sitter import Language

    language = Language(tree_sitter_bash.language())
    return language, Patterns(language, query("shell"))


def analyse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> SourceFacts:
    """Analyse a shell script, or one command line given as bytes.

    Parameters
    ----------
    data : bytes
        Content, in any encoding and state.
    limits : Limits

    Returns
    -------
    SourceFacts
        Never raises on hostile content; what a budget cut is in ``cut``.
    """
    return analyse_within(data, limits, Inner(limits, perf_counter() + limits.parse_seconds))


def analyse_within(data: bytes, limits: Limits, inner: Inner) -> SourceFacts:
    """:func:`analyse` within what is left of the budget of an outer file."""
    facts = SourceFacts("shell")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        data = data.decode("utf-16", "replace").encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf")
    limit = min(affordable(data, limits.parse_bytes, inner.depth, SHELL_TOKENS), _before_pipes(data))
    if len(data) > limit:
        facts.cut.append("parse-bytes")
        data = data[:limit]
    facts.values.update(syntax.lexical(data))
    language, patterns = _grammar()
    tree = parse(language, data, inner.deadline)
    found = captures(patterns, tree.root_node) if tree is not None else None
    if tree is None or found is None:
        facts.cut.append("parse-seconds" if tree is None else "nodes")
        return facts
    _Script(data, found, facts, limits, inner).run()
    facts.values["syntax.nodes"] = float(tree.root_node.descendant_count)
    facts.values["syntax.evaluation_depth"] = float(inner.deepest)
    return facts


def _before_pipes(data: bytes) -> int:
    """Bytes before the pipe that is one too many."""
    if data.count(b"|") <= MAX_PIPES:
        return len(data)
    return next(islice(re.finditer(rb"\|", data), MAX_PIPES, None)).start()


class _Script:
    """One parsed script."""

    def __init__(
        self, data: bytes, found: dict[str, list[Node]], facts: SourceFacts, limits: Limits, inner: Inner
    ) -> None:
        self.data, self.found, self.facts, self.limits, self.inner = data, found, facts, limits, inner
        self.lexicon = load("shell")
        self.kinds = dict(self.lexicon["to_kind"].exact.items())
        functions = []
        for node in found.get("function", ()):
            name = node.child_by_field_name("name")
            functions.append((node.start_byte, node.end_byte, self.text(name) if name is not None else ""))
        self.scopes = Scopes(functions)
        self.newlines = [match.start() for match in re.finditer(rb"\n", data)]
        starts = {node.start_byte for kind in ("pipeline", "command", "declaration") for node in found.get(kind, ())}
        self.statements = sorted(starts)
        self.pipelines = sorted((node.start_byte, node.end_byte) for node in found.get("pipeline", ()))
        self.commands = [
            (node, *split(data, node, self.kinds)) for node in sorted(found.get("command", ()), key=_start)
        ]

    def text(self, node: Node) -> str:
        """Source of a node, at most :data:`MAX_COMMAND` bytes."""
        return self.data[node.start_byte : min(node.end_byte, node.start_byte + MAX_COMMAND)].decode("utf-8", "replace")

    # positions -------------------------------------------------------------------------------------------------

    def place(self, start: int, end: int) -> Observation:
        """Where something stands, as an observation of nothing. A pipeline is one statement."""
        i = bisect_right(self.pipelines, (start, len(self.data))) - 1
        if i >= 0 and end <= self.pipelines[i][1]:
            statement = self.pipelines[i][0]
        else:
            i = bisect_right(self.statements, start)
            statement = self.statements[i - 1] if i else 0
        function = self.scopes.function(start)
        line = bisect_right(self.newlines, start - 1) + 1
        return Observation("", line, end, statement, function, self.scopes.top(function))

    def see(self, behaviour: str, start: int, end: int, api: str, hidden: bool = False) -> None:
        """Record a behaviour."""
        if len(self.facts.observations) >= self.limits.observations:
            if "observations" not in self.facts.cut:
                self.facts.cut.append("observations")
            return
        self.facts.observations.append(self.place(start, end)._replace(behaviour=behaviour, api=api, hidden=hidden))

    def literal(self, value: Folded, start: int, end: int) -> None:
        """Record a string."""
        if len(self.facts.literals) >= self.limits.literals:
            if "literals" not in self.facts.cut:
                self.facts.cut.append("literals")
            return
        _, line, order, statement, function, top, _, _ = self.place(start, end)
        self.facts.literals.append(Literal(value.text, line, order, statement, function, top, "+".join(value.how)))

    # passes ----------------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Fill the facts."""
        facts = self.facts
        self.scopes.reach((name, node.start_byte) for node, name, _, _ in self.commands if name)
        assigned = set()
        for node in (*self.found.get("assignment", ()), *self.found.get("function", ())):
            match = _ASSIGNED.match(self.data, node.start_byte, node.start_byte + 200)
            if match:
                assigned.add(match[1].decode())
        facts.identifiers += sorted(assigned | {name for _, _, name in self.scopes.functions if name})
        facts.calls += [name for _, name, _, _ in self.commands if name and not name.startswith("$")]
        for node, name, words, prefixes in self.commands:
            self._command(node, name, words, prefixes)
        for node in sorted(self.found.get("pipeline", ()), key=_start):
            self._pipeline(node)
        for node in sorted(self.found.get("redirect", ()), key=_start):
            self._redirect(node)
        for node in sorted(self.found.get("declaration", ()), key=_start):
            if self.text(node).strip() in {"export", "export -p", "declare -p", "declare -x"}:
                self.see("env.all", node.start_byte, node.end_byte, "export")
        self._variables(assigned)
        self._strings()
        self._shape()

    def _command(self, node: Node, name: str, words: list[str], prefixes: list[str]) -> None:
        start, end = node.start_byte, node.end_byte
        kinds = self.kinds.get(name, ())
        ids, api = self.lexicon["calls"].get(name)
        behaviours = dict.fromkeys(qualified(name, words, ids))
        if ids or kinds or prefixes:
            behaviours |= dict.fromkeys(classify(" ".join([*prefixes, *words])))
        if name == "env" or (name == "set" and len(words) == 1 and self._piped(start)):
            behaviours["env.all"] = None
        grave = bool(kinds) or "spawn.download" in behaviours
        if grave and "spawn.hidden" not in behaviours and _BACKGROUND.match(self.data, end, end + 300):
            behaviours["spawn.hidden"] = None
        for behaviour in behaviours:
            self.see(behaviour, start, end, api or name)
        if {"shell", "runner"} & set(kinds) or name == "eval":
            self._inline(node, name, words, kinds)

    def _inline(self, node: Node, name: str, words: list[str], kinds: tuple[str, ...]) -> None:
        code = ""
        for i, word in enumerate(words[1:], 1):
            flag = word.lower()
            if flag in _CODE_FLAGS or (flag[:1] == "-" and flag[-1:] == "c" and "shell" in kinds and len(flag) < 6):
                code = (
                    " ".join(words[i + 1 :]) if name in {"cmd", "powershell", "pwsh"} else "".join(words[i + 1 : i + 2])
                )
                if flag.startswith("-e") and name in {"powershell", "pwsh"}:
                    raw = folding.decode_base64(code)
                    code = folding.to_text(raw) if raw else ""
                    self.literal(Folded(code, ("base64",)), node.start_byte, node.end_byte)
                    for behaviour in classify(code):
                        self.see(behaviour, node.start_byte, node.end_byte, "powershell", hidden=True)
                break
        if name == "eval":
            code = " ".join(words[1:])
        if name in {"powershell", "pwsh"} or not code:
            return
        self._merge(code, language_of(name), node.start_byte, node.end_byte, hidden=False)

    def _merge(self, code: str, language: str, start: int, end: int, hidden: bool) -> None:
        if language:
            self.inner.merge(code, language, self.facts, self.place(start, end), hidden)

    def _piped(self, start: int) -> bool:
        i = bisect_right(self.pipelines, (start, len(self.data))) - 1
        return i >= 0 and start < self.pipelines[i][1]

    def _pipeline(self, node: Node) -> None:
        start, end = node.start_byte, node.end_byte
        stages = [(name, words) for child, name, words, _ in self.commands if start <= child.start_byte < end][:50]
        kinds = [set(self.kinds.get(name, ())) for name, _ in stages]
        for i, kind in enumerate(kinds):
            if i and kind & {"shell", "runner"} and len([w for w in stages[i][1][1:] if not w.startswith("-")]) == 0:
                before = set().union(*kinds[:i])
                self.see("spawn.piped" if "fetcher" in before else "code.evaluate", start, end, "pipe")
                self._fed(stages[:i], stages[i][0], start, end)
            if i and (kind & {"fetcher"} or stages[i][0] in {"nc", "ncat", "netcat", "telnet"}):
                self.see("net.send", start, end, "pipe")
                if stages[0][0] in _ENVIRONMENT:
                    self.see("env.all", start, end, "pipe")

    def _fed(self, stages: list[tuple[str, list[str]]], runner: str, start: int, end: int) -> None:
        # echo TEXT | base64 -d | sh
        if not stages or stages[0][0] not in {"echo", "printf"}:
            return
        text = max(stages[0][1][1:], key=len, default="")
        value: Folded | None = Folded(text)
        for name, words in stages[1:]:
            if name == "base64" and value is not None:
                raw = folding.decode_base64(value.value)
                value = value.then(folding.to_text(raw), "base64") if raw else None
            elif name == "rev" and value is not None:
                value = value.then(value.text[::-1], "reverse")
            elif name == "xxd" and "-r" in " ".join(words) and value is not None:
                raw = folding.decode_hex(value.value)
                value = value.then(folding.to_text(raw), "hex") if raw else None
        if value is not None:
            self.literal(value, start, end)
            self._merge(value.text, language_of(runner), start, end, hidden=bool(value.how))

    def _redirect(self, node: Node) -> None:
        start, end = node.start_byte, node.end_byte
        raw = self.data[start : min(end, start + 400)]
        if _NULL.search(raw):
            i = bisect_right([c[0].start_byte for c in self.commands], start) - 1 if self.commands else -1
            if i >= 0 and self.kinds.get(self.commands[i][1], ()) and "reader" not in self.kinds[self.commands[i][1]]:
                self.see("hide.silence", start, end, "redirect")
            return
        text = raw.decode("utf-8", "replace").strip("\"' ")
        if "/dev/tcp/" in text or "/dev/udp/" in text:
            self.see("spawn.reverse", start, end, "redirect")
        elif raw.lstrip(b"0123456789&")[:1] == b">" and not re.match(r"\d?>&\d", text):
            self.see("file.write", start, end, "redirect")
            for pattern, behaviour in _PERSIST:
                if pattern.search(text):
                    self.see(behaviour, start, end, "redirect")

    def _variables(self, assigned: set[str]) -> None:
        seen: set[str] = set()
        names = [(self.text(node), node.start_byte, node.end_byte) for node in self.found.get("variable", ())]
        if b"%" in self.data:
            text = self.data.decode("latin-1")
            names += [(match[1].upper(), match.start(), match.end()) for match in _PERCENT.finditer(text)]
        for name, start, end in sorted(names, key=lambda entry: entry[1]):
            if name in assigned or name in seen or not name.isupper():
                continue
            seen.add(name)
            for behaviour in variable(name):
                if behaviour != "env.one":
                    self.see(behaviour, start, end, "$")

    def _strings(self) -> None:
        for kind in ("string", "heredoc"):
            for node in sorted(self.found.get(kind, ()), key=_start):
                start, end = node.start_byte, node.end_byte
                if end - start < 6:
                    continue
                text = self.data[start:end].decode("utf-8", "replace")
                self._text(text[1:-1] if kind == "string" else text, start, end)
                if kind == "heredoc":
                    self._heredoc(text, start, end)
        quoted = sorted((node.start_byte, node.end_byte) for node in self.found.get("string", ()))
        for node, _, words, _ in self.commands:
            for word in words:
                if len(word) > 5 and ("/" in word or "." in word or len(word) >= folding.MIN_SUSPECT):
                    i = bisect_right(quoted, (node.end_byte, 0))
                    if not (i and quoted[i - 1][0] >= node.start_byte and f'"{word}"' in self.text(node)):
                        self._text(word, node.start_byte, node.end_byte)

    def _text(self, text: str, start: int, end: int) -> None:
        self.literal(Folded(text), start, end)
        if folding.suspicious(text):
            for layer in folding.suspect(Folded(text)):
                self.literal(layer, start, end)
                if len(layer.value) > 40 and (folding.code_like(layer.text) or classify(layer.text)):
                    self.see("hide.encoded", start, end, layer.how[-1], hidden=True)
                    self._merge(layer.text, "shell", start, end, hidden=True)

    def _heredoc(self, text: str, start: int, end: int) -> None:
        i = bisect_right([node.start_byte for node, _, _, _ in self.commands], start) - 1
        if i < 0:
            return
        name = self.commands[i][1]
        kinds = self.kinds.get(name, ())
        if "runner" in kinds or "shell" in kinds:
            self._merge(text, language_of(name), start, end, hidden=False)

    def _shape(self) -> None:
        found, values = self.found, self.facts.values
        for name, kind in (("functions", "function"), ("calls", "command"), ("strings", "string"), ("errors", "error")):
            values[f"syntax.{name}"] = float(len(found.get(kind, ())))
        values["syntax.statements"] = float(len(self.statements))
        spans = {
            name: sum(node.end_byte - node.start_byte for node in found.get(name, ()))
            for name in ("error", "comment", "string")
        }
        values.update(syntax.shares(len(self.data), **spans))
        values.update(syntax.names(self.facts.identifiers))
        values["syntax.longest_string"] = float(
            max((node.end_byte - node.start_byte for node in found.get("string", ())), default=0)
        )
        top = sum(1 for node, _, _, _ in self.commands if self.scopes.top(self.scopes.function(node.start_byte)))
        values["syntax.top_share"] = top / len(self.commands) if self.commands else float("nan")


def _start(node: Node) -> int:
    return node.start_byte
