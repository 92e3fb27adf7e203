"""What a known call means given its arguments: options, commands, paths, methods, code in strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.commands import classify
from darnel.features.languages.environment import variable
from darnel.features.languages.folding import Folded
from darnel.features.languages.javascript_evaluated import asks_for_global, of_own_modules
from darnel.features.languages.javascript_hiding import unpack
from darnel.features.languages.javascript_started import starts_file
from darnel.features.languages.javascript_text import nth
from darnel.features.languages.lexicon import load

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.javascript_piece import Piece

_DULL = frozenset(
    ["NODE_ENV", "BABEL_ENV", "DEBUG", "NODE_DEBUG", "FORCE_COLOR", "NO_COLOR", "TERM", "COLORTERM", "VERBOSE", "PATH"]
)
"""Variables that every other program reads."""
_EXECUTABLE = re.compile(
    r"(?i)\.(?:exe|dll|scr|bat|cmd|ps1|vbs|vbe|hta|sh|command|jar|msi|pyz|node|so|dylib|elf|apk|lnk|wsf)$"
)
_ENV_SPREAD = re.compile(
    rb"(?:\benv[\"']?\s*[:=]\s*(?:\{[^{}]{0,200}|Object\.assign\([^()]{0,80})?\.{0,3}|[^=!<>]=|\breturn|\bvar\s|\?\?|\|\||&&|typeof)\s*$"
)
_COMPARED = re.compile(rb"\s*\)?\s*(?:[=!]==?|\.\s*(?:startsWith|indexOf|includes|match|search)\b)")
_COMPARING = re.compile(rb"(?:[=!]==?|\bswitch\s*\(|\btest\(|\bincludes\()\s*$")
_SENDING = re.compile(rb"\b(?:method|type)[\"']?\s*:\s*[\"'`](?:POST|PUT|PATCH|post|put|patch)[\"'`]")
_OPTION = {
    re.compile(rb"\bdetached[\"']?\s*:\s*(?:true|!0)"): ("spawn.hidden", "detached"),
    re.compile(rb"\bwindowsHide[\"']?\s*:\s*(?:true|!0)"): ("spawn.hidden", "windowsHide"),
    re.compile(rb"\bstdio[\"']?\s*:\s*(?:[\"']ignore|\[\s*[\"']ignore[\"']\s*,\s*[\"']ignore)"): (
        "hide.silence",
        "stdio",
    ),
    re.compile(rb"\bshell[\"']?\s*:\s*(?:true|!0|[\"'])"): ("spawn.shell", "shell"),
}
_INLINE = re.compile(
    r"(?:^|[\s;&|/\"'])(?P<program>node|python[\d.]*|bun|deno)(?:\.exe)?\s+(?:-\w+\s+)*(?:-e|-c|-p|--eval|eval)\s+"
    r"(?P<quote>[\"'])(?P<code>.*?)(?<!\\)(?P=quote)",
    re.DOTALL,
)
_INTERPRETER = re.compile(r"(?:.*/)?(?:node|bun|python[\d.]*)(?:\.exe)?")
_EVAL_FLAGS = frozenset({"-e", "-c", "--eval", "-p"})
_SHELLS = frozenset(
    {"sh", "bash", "zsh", "cmd", "cmd.exe", "powershell", "powershell.exe", "pwsh", "/bin/sh", "/bin/bash"}
)
_LISTENERS = {
    "keydown": "host.keys",
    "keyup": "host.keys",
    "keypress": "host.keys",
    "paste": "host.clipboard",
    "copy": "host.clipboard",
    "uncaughtException": "hide.swallow",
    "unhandledRejection": "hide.swallow",
}
_FUNCTIONS = frozenset({"arrow_function", "function_expression", "function"})
_HERE = re.compile(
    r"\s*(?:https?://(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::(?:\d*|\$\{\w+\}))?(?=[/\s]|$)|/(?![/\\]))",
    re.IGNORECASE,
)
"""An address on the same machine, or on the server that a page came from; ``http://localhost:x@host`` is neither."""
_HOMES = re.compile(r"^(?:/|~|[A-Za-z]:[\\/]?)$|^/(?:home|Users|root|etc|proc)\b")
_DELAY_MS = 5_000
_BODY_LAST = frozenset({"Function", "AsyncFunction", "Function.apply", "Function.bind", "Function.call"})
_PARAMETERS = re.compile(r"[\w$,\s]*")
_MADE = re.compile(
    rb"\batob\b|Buffer\.from|fromCharCode|decrypt|[dD]ecipher|inflate|gunzip|decompress|decodeURIComponent|unescape\s*\("
    rb"|\b_0x[0-9a-f]{4,}\s*\("
)
"""What is executed is made by this and did not fold."""
MAX_ARGUMENTS_BYTES = 4_000
"""Options are looked for in this much of an argument list."""


@cache
def _words() -> tuple[str, ...]:
    table = load("javascript")["to_rule"]
    return tuple({word: None for names in (table.exact, table.tails) for words in names.values() for word in words})


def _returned(node: Node | None) -> bool:
    """Whether something is what a function returns that is written and called in the same place, as packers do."""
    function = node.child_by_field_name("function") if node is not None and node.type == "call_expression" else None
    if function is not None and function.type == "parenthesized_expression":
        function = nth(function, 0)
    return function is not None and function.type in _FUNCTIONS


class Rules:
    """Handlers by word of the lexicon's ``to_rule`` table.

    Parameters
    ----------
    piece : Piece
    inner : callable
        ``(code, language, start, end)``: analyse code that was found inside a string.
    """

    def __init__(self, piece: Piece, inner: Callable[[str, str, int, int], None]) -> None:
        self.piece, self.inner = piece, inner
        self.fold = piece.names.values.fold
        self.table: dict[str, Callable[[str, Node | None, int, int], None]] = {
            name: getattr(self, "_" + name) for name in _words()
        }

    def _first(self, arguments: Node | None, index: int = 0) -> Node | None:
        return nth(arguments, index)

    def _options(self, arguments: Node | None) -> bytes:
        if arguments is None:
            return b""
        return self.piece.data[
            arguments.start_byte : min(arguments.end_byte, arguments.start_byte + MAX_ARGUMENTS_BYTES)
        ]

    def environment_variable(self, name: str, start: int, end: int) -> None:
        """Record a read of ``process.env.<name>``."""
        for behaviour in variable(name) if name not in _DULL else ():
            self.piece.see(behaviour, start, end, "process.env.*")

    def whole_environment(self, start: int, end: int) -> None:
        """Record ``process.env`` used as a value, unless it is only handed to a child or bound to a name."""
        if not _ENV_SPREAD.search(self.piece.data[max(0, start - 260) : start]):
            self.piece.see("env.all", start, end, "process.env")

    def compared(self, behaviour: str, start: int, end: int, api: str) -> None:
        """Record a guard when what stands at ``start`` is compared with something."""
        data = self.piece.data
        if _COMPARED.match(data, end, end + 40) or _COMPARING.search(data[max(0, start - 30) : start]):
            self.piece.see(behaviour, start, end, api)

    def line_of_command(self, command: Folded, start: int, end: int) -> None:
        """Record what a constant command line does."""
        hidden = bool(command.how)
        for behaviour in classify(command.text):
            self.piece.see(behaviour, start, end, "command", hidden)
        for match in _INLINE.finditer(command.text[:20_000]):
            language = "python" if match["program"].startswith("python") else "javascript"
            self.inner(match["code"].replace("\\" + match["quote"], match["quote"]), language, start, end)

    def _command(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        command = self.fold(self._first(arguments))
        if command is None:
            command = self._partial(self._first(arguments))
        if command is not None:
            self.line_of_command(command, start, end)
        self._spawn_options(name, arguments, start, end)

    def _partial(self, node: Node | None) -> Folded | None:
        # The constant parts of a command assembled with variables, gaps as a placeholder.
        if node is None:
            return None
        values = self.piece.names.values
        if node.type == "binary_expression":
            parts = [self.fold(part) for part in values.pieces(node)[:200]]
            return Folded(" x ".join(part.text for part in parts if part is not None))
        if node.type == "template_string":
            text = values.raw(node)[1:-1][:20_000].decode("utf-8", "replace")
            return Folded(re.sub(r"\$\{[^{}]*\}", "x", text))
        return None

    def _program(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        program = self.fold(self._first(arguments))
        rest = self.piece.names.values.array(self._first(arguments, 1)) or []
        if program is not None:
            words = [program.text, *(item.text for item in rest)]
            if program.text.rpartition("/")[2].lower() in _SHELLS:
                self.piece.see("spawn.shell", start, end, name)
            how = tuple(dict.fromkeys(step for item in (program, *rest) for step in item.how))
            line = " ".join(f'"{word}"' if " " in word and '"' not in word else word for word in words)
            self.line_of_command(Folded(line, how), start, end)
            if len(words) > 2 and _INTERPRETER.fullmatch(words[0]) and words[1] in _EVAL_FLAGS:
                self.inner(words[2], "python" if "python" in words[0] else "javascript", start, end)
        elif self.piece.data[start:end].find(b"process.execPath") >= 0 and rest and rest[0].text in {"-e", "--eval"}:
            self.piece.see("spawn.interpreter", start, end, name)
            if len(rest) > 1:
                self.inner(rest[1].text, "javascript", start, end)
        self._spawn_options(name, arguments, start, end)

    def _spawn_options(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        text = self._options(arguments)
        known = self.fold(self._first(arguments)) or self._partial(self._first(arguments))
        if starts_file(name, text, known.text if known is not None else None):
            self.piece.see("spawn.script", start, end, name)
        for pattern, (behaviour, option) in _OPTION.items():
            if pattern.search(text):
                self.piece.see(behaviour, start, end, f"{name}:{option}")

    def _evaluate(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        count = arguments.named_child_count if arguments is not None else 0
        body = count - 1 if name in _BODY_LAST else 0
        given = nth(arguments, max(body, 0))
        code = self.fold(given)
        if code is not None and asks_for_global(code.text) and self._plain(arguments, body):
            self.piece.unsee("code.evaluate", end)
            return
        text = code.text if code is not None else self._unpacked(self._first(arguments))
        if text is not None and len(text) > 8:
            self.inner(text, "javascript", start, end)
        elif text is None and (
            _MADE.search(self._options(given)[:2_000])
            or (
                given is not None
                and _returned(given)
                and not of_own_modules(self.piece.names.values.raw(given), self.piece.data)
            )
        ):
            self.piece.see("code.opaque", start, end, name)

    def _plain(self, arguments: Node | None, count: int) -> bool:
        """Whether the arguments before a function's body are names: ``a = f()`` as a parameter is code as well."""
        before = (self.fold(nth(arguments, i)) for i in range(min(count, 20)))
        return all(each is not None and _PARAMETERS.fullmatch(each.text) for each in before)

    def _unpacked(self, node: Node | None) -> str | None:
        # eval(function (p, a, c, k, e, d) {…}("payload", 62, 120, "words|and|names".split("|"), 0, {}))
        function = node.child_by_field_name("function") if node is not None and node.type == "call_expression" else None
        given = node.child_by_field_name("arguments") if function is not None and node is not None else None
        if function is None or given is None or given.named_child_count < 4:
            return None
        if function.type not in {"function_expression", "parenthesized_expression"}:
            return None
        values = self.piece.names.values
        payload, radix, words = self.fold(nth(given, 0)), values.integer(nth(given, 1)), values.array(nth(given, 3))
        if payload is None or words is None:
            return None
        return unpack(payload.text, radix or 10, [word.text for word in words])

    def _handed(self, _: str, arguments: Node | None, start: int, end: int) -> None:
        """``Function.prototype.call.call(f, …)``, however it is spelled, calls or binds what it is handed first."""
        target = self.piece.names.handed(self._first(arguments))
        behaviours, entry = self.piece.lexicon["calls"].get(target) if target else ((), "")
        for behaviour in behaviours:
            self.piece.see(behaviour, start, end, entry)

    def _timer(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        first = self._first(arguments)
        if first is not None and first.type in {"string", "template_string", "binary_expression"}:
            self.piece.see("code.evaluate", start, end, name)
            self._evaluate(name, arguments, start, end)
        delay = self.piece.names.values.integer(self._first(arguments, 1))
        if delay is not None and delay >= _DELAY_MS:
            self.piece.see("guard.delay", start, end, name)

    def _buffer(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        coding = self.fold(self._first(arguments, 1))
        kind = coding.text.lower() if coding is not None else ""
        if kind in {"base64", "hex", "base64url"}:
            self.piece.see("decode.text", start, end, f"{name}:{kind}", bool(coding and coding.how))
        self._decode(name, arguments, start, end)

    def _decode(self, _: str, arguments: Node | None, start: int, end: int) -> None:
        # Calls that build a string: what it is counts as a literal, or as code if it looks like it.
        if self._first(arguments) is None or arguments is None or arguments.parent is None:
            return
        value = self.fold(arguments.parent)
        if value is not None and value.how and len(value.value) > 3:
            self.piece.literal(value.text, start, end, value.how)
            if len(value.value) > 60 and folding.code_like(value.text):
                self.inner(value.text, "javascript", start, end)

    def _text(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        coding = self.fold(self._first(arguments))
        if coding is not None and coding.text in {"base64", "hex"}:
            self.piece.see("encode.text", start, end, f"{name}:{coding.text}")

    def _write(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        first = self._first(arguments)
        if first is not None:
            place = self._options(first)[:300]
            if b"require.resolve" in place or self.piece.names.of(first) == "require.resolve()":
                self.piece.see("spread.inject", start, end, f"{name}:module")
            elif place == b"__filename":
                self.piece.see("hide.silence", start, end, f"{name}:self")
        path = self.fold(first) or self._partial(first)
        if path is None:
            text = self._options(first)[:300].decode("utf-8", "replace")
            path = Folded(text.rstrip(")'\"` ")) if "join(" in text or "resolve(" in text else None
        if path is not None:
            if _EXECUTABLE.search(path.text.strip()):
                self.piece.see("file.executable", start, end, name, bool(path.how))
            if path.text.endswith("package.json"):
                self.piece.see("spread.inject", start, end, name)

    def _mode(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        """Any change of mode counts through the lexicon."""

    def _remove(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        text = self._options(arguments)
        path = self.fold(self._first(arguments))
        if b"__filename" in text:
            self.piece.see("file.delete", start, end, f"{name}:self")
            self.piece.see("hide.silence", start, end, f"{name}:self")
        if (path is not None and _HOMES.search(path.text)) or b"homedir()" in text:
            self.piece.see("destroy.wipe", start, end, name)

    def _listing(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        text = self._options(self._first(arguments))[:200]
        path = self.fold(self._first(arguments))
        if (path is not None and _HOMES.search(path.text)) or b"homedir" in text or b"HOME" in text:
            self.piece.see("host.enumerate", start, end, name)

    def _request(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        text = self._options(arguments)
        first = self.fold(self._first(arguments))
        for node in (self._first(arguments), self._first(arguments, 1)):
            if node is not None and node.type == "identifier":  # https.request(options): what the options say
                values = self.piece.names.values
                bound = values.constants.get(values.raw(node).decode("utf-8", "replace"))
                text += self._options(bound) if bound is not None and bound.type == "object" else b""
        if _HERE.match(self._start(self._first(arguments))):
            return
        if _SENDING.search(text) or (first is not None and first.text.upper() in {"POST", "PUT", "PATCH"}):
            self.piece.see("net.send", start, end, f"{name}:method")

    def _start(self, node: Node | None) -> str:
        """First constant part of a text, "" if it starts with something else."""
        values = self.piece.names.values
        if node is not None and node.type == "binary_expression":
            node = next(iter(values.pieces(node)), None)
        if node is not None and node.type == "template_string":
            return values.raw(node)[1:301].decode("utf-8", "replace")
        folded = self.fold(node)
        return folded.text[:300] if folded is not None else ""

    def _posted(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        if _HERE.match(self._start(self._first(arguments))):
            self.piece.unsee("net.send", end)
            self.piece.see("net.request", start, end, name)

    def _body(self, _: str, arguments: Node | None, _start: int, end: int) -> None:
        first = self._first(arguments)
        if first is None or first.type in {"null", "undefined"}:
            self.piece.unsee("net.send", end)

    def _environment(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        for node in arguments.named_children[:3] if arguments is not None else ():
            if node.type == "identifier":
                target = self.piece.names.of(node)
                text = self.piece.data[node.start_byte : node.end_byte]
                if target == "process.env" or (target == "process" and text == b"process"):
                    self.piece.see("env.all", start, end, name)

    def _listen(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        event = self.fold(self._first(arguments))
        behaviour = _LISTENERS.get(event.text) if event is not None else None
        if behaviour == "hide.swallow":
            body = self._options(arguments)
            handler = self._first(arguments, 1)
            if handler is None or handler.type not in _FUNCTIONS:  # what a function with a name does is not known here
                return
            if not name.startswith("process.") or len(body) > 120 or b"exit" in body or b"throw" in body:
                return
        if behaviour:
            self.piece.see(behaviour, start, end, f"{name}:{event.text if event else ''}")

    def _import(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        first = self._first(arguments)
        specifier = self.fold(first)
        if specifier is not None and specifier.value:
            self.piece.module(specifier.text, start, end)
            if specifier.how:
                self.piece.see("code.import", start, end, "require", hidden=True)
        elif first is not None and first.type not in {"number"} and name != "import":
            self.piece.see("code.import", start, end, "require")
        elif first is not None and first.type in {"call_expression", "binary_expression"}:
            self.piece.see("code.import", start, end, "import")

    def _lookup(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        first = self._first(arguments)
        if first is not None and first.type in {"binary_expression", "template_string"} and self.fold(first) is None:
            self.piece.see("net.dns", start, end, f"{name}:computed")

    def _storage(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        key = self.fold(self._first(arguments))
        if key is not None and "env.secret" in variable(key.text):
            self.piece.see("cred.browser", start, end, name)

    def _proxy(self, name: str, arguments: Node | None, start: int, end: int) -> None:
        """Replacing a global's method (wallet provider, fetch, XMLHttpRequest) is an injection into other code."""
        target = self.piece.names.of(self._first(arguments)) if arguments is not None else ""
        if target.startswith(("ethereum", "XMLHttpRequest", "navigator.clipboard")):
            self.piece.see("spread.inject", start, end, f"{name}:{target.partition('.')[0]}")
