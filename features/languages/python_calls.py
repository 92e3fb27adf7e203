"""What a Python call does, where its arguments decide: modes, commands, keywords, code in strings."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.commands import classify
from darnel.features.languages.environment import variable
from darnel.features.languages.python_call import Call
from darnel.features.languages.python_commands import command
from darnel.features.languages.python_opaque import opaque

if TYPE_CHECKING:
    from tree_sitter import Node


def _opened(call: Call) -> None:
    mode_node = call.argument(1, "mode")
    if call.name.dotted == "os.open":
        flags = call.source(mode_node)
        call.observe("file.write" if re.search(r"O_(?:WRONLY|RDWR|CREAT|APPEND)", flags) else "file.read")
        return
    if call.name.dotted == "pathlib.Path.open":
        mode_node = call.argument(0, "mode")
    mode = call.text(mode_node)
    call.observe(
        "file.write" if re.search(r"[wax+]", mode) else "file.read",
        f"{call.name.dotted}:{'w' if re.search(r'[wax+]', mode) else 'r'}",
    )
    path = call.text(call.argument(0, "file"))
    if path:
        written = re.search(r"[wax]", mode) is not None
        if written and re.search(r"(?i)\.(?:exe|dll|bat|cmd|ps1|vbs|scr|hta|sh|command|msi|pyz|jar|lnk)\Z", path):
            call.observe("file.executable", "suffix")
        if written and re.search(r"(?:^|/)\.[A-Za-z]\w*\Z", path):
            call.observe("file.hidden", "dotfile")


def _environment(call: Call) -> None:
    node = call.argument(0, "key", "default")
    if call.name.dotted == "os.path.expandvars":
        call.observe("env.one")
        return
    name = call.text(node)
    for behaviour in variable(name):
        call.observe(behaviour, call.name.dotted)


def _evaluate(call: Call) -> None:
    node = call.argument(0, "source", "object", "stmt")
    if node is None:
        return
    constant = call.constant(node)
    if constant is not None and isinstance(constant.value, str | bytes):
        text = constant.value if isinstance(constant.value, str) else folding.to_text(constant.value)
        if len(text) > 20 or constant.how:
            call.findings.code(text, call.node)
        if constant.how:
            call.observe("hide.encoded", "exec", hidden=True)
        return
    source = call.source(node, 2_000)
    if node.type != "identifier" and _ASSEMBLED.search(source):
        call.observe("decode.characters", "assembled")
    if opaque(source, call.findings.source.data):
        call.observe("code.opaque", call.name.dotted)


_ASSEMBLED = re.compile(
    r"join\s*\([^;\n]{1,300}?\bfor\b|\bmap\s*\(|\.translate\s*\(|\[\s*::\s*-\s*1\s*\]|\bchr\s*\(|\s\^\s"
)
"""Code put together from pieces or characters where it is executed."""


_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://([^/?#\s]{4,200})")


def _addressed(call: Call) -> None:
    """An address whose host an f-string puts together of constants: no literal says it."""
    node = call.argument(1 if call.name.dotted.endswith(".request") else 0, "url", "fullurl")
    shown = node
    if node is not None and node.type == "identifier":
        shown = call.findings.names.bound(call.findings.raw(node), node.start_byte)
    if shown is None or shown.type != "string" or call.findings.raw(shown)[:1] in (b'"', b"'"):
        return
    constant = call.constant(shown)
    if constant is None or not isinstance(constant.value, str):
        return
    host = _HOST.match(constant.value)
    if host is not None and host[1].encode() not in call.findings.source.data:
        call.findings.folded(constant, shown)


def _request(call: Call) -> None:
    _addressed(call)
    dotted = call.name.dotted
    keys = set(call.keywords)
    sends = bool(keys & {"data", "json", "files", "content", "body", "fields"})
    last = dotted.rpartition(".")[2]
    if last == "request":
        method = call.text(call.argument(0, "method")).upper()
        sends = sends or method in {"POST", "PUT", "PATCH"}
        if dotted.startswith("http") and len(call.positional) > 2:
            sends = True
        call.observe("net.send" if sends else "net.fetch" if method in {"GET", "HEAD"} else "net.request")
    elif last in {"urlopen", "Request", "open"}:
        data = call.argument(1, "data")
        sends = data is not None and call.source(data) != "None" and last != "open"
        call.observe("net.send" if sends else "net.fetch")
    elif sends or "params" in keys:
        if sends or _leaks(call):
            call.observe("net.send", f"{dotted}:data")
    elif _leaks(call):
        call.observe("net.send", f"{dotted}:data")


_PERSONAL = re.compile(
    r"gethostname|getuser|environ|platform\.node|getlogin|b64encode|hostname|username|getcwd|check_output|getoutput"
    r"|mnemonic|private_?key|seed_?phrase|passphrase|password|cookie"
)


_CARRIED = re.compile(
    r"b64decode\s*\([^()]*\)(?:\.decode\([^()]*\))?\s*\+|['\"]https?://\d+\.\d+\.\d+\.\d+\S*=['\"]\s*\+\s*\w"
)
"""Something appended to a decoded address, or as the value of a query to a bare address."""


def _leaks(call: Call) -> bool:
    """A GET whose URL or parameters carry something computed that sounds personal."""
    for node in (
        *call.positional[:2],
        call.keywords.get("params"),
        call.keywords.get("headers"),
        call.keywords.get("url"),
    ):
        if node is None or node.type == "identifier":
            continue
        source = call.source(node)
        if node.type == "string":
            source = " ".join(re.findall(r"\{([^{}]*)\}", source))
        elif node.type == "binary_operator":
            if _CARRIED.search(source):
                return True
            source = re.sub(r"(['\"]).*?\1", "", source)
        elif node.type != "dictionary":
            continue
        if _PERSONAL.search(source):
            return True
    return False


def _delay(call: Call) -> None:
    node = call.argument(0, "secs", "delay")
    constant = call.constant(node)
    if constant is not None:
        if isinstance(constant.value, int) and constant.value >= 10:
            call.observe("guard.delay")
    elif node is not None and (node.type == "float" or "random" in call.source(node)):
        seconds = call.source(node, 12)
        if node.type != "float" or len(seconds.partition(".")[0]) > 1:
            call.observe("guard.delay")


def _reflect(call: Call) -> None:
    dotted = call.name.dotted
    if dotted in {"__builtins__.get", "__builtins__.__getitem__"} and call.positional:
        field = call.positional[0]
        constant = call.constant(field)
        call.observe("code.reflect", dotted, constant is None or bool(constant.how))
        if constant is None and call.findings.called_at_once(call.node):
            call.observe("code.evaluate", "builtins:computed", True)
        return
    if dotted not in {"getattr", "object.__getattribute__"} or len(call.positional) < 2:
        return  # globals() and vars() count where something is looked up in them
    owner, field = call.positional[:2]
    names = call.findings.names
    constant = call.constant(field) if field.type != "string" or b"\\" in call.findings.raw(field) else None
    if owner.type == "identifier":
        key = call.findings.raw(owner)
        plain = key not in names.imports and key not in names.bindings and b"builtin" not in key
    else:
        plain = False
    if plain:
        if constant is not None and constant.how and field.type != "identifier":
            call.observe("code.reflect", "getattr", True)
        return
    base = names.value(owner).dotted
    result = names.value(call.node)
    if result.dotted and not result.dotted.startswith("."):
        ids, _ = call.findings.lexicon["calls"].get(result.dotted)
        if result.hidden or ids or base in {"builtins", "__builtins__"}:
            call.observe("code.reflect", "getattr", result.hidden)
    elif constant is not None and constant.how and field.type != "identifier":
        call.observe("code.reflect", "getattr", True)
    elif constant is None and base in _REACHED and (field.type not in {"string", "identifier"} or "builtin" in base):
        call.observe("code.reflect", f"getattr:{base}")
        if "builtin" in base and call.findings.called_at_once(call.node):
            call.observe("code.evaluate", "builtins:computed", True)


_REACHED = frozenset({"builtins", "__builtins__", "os", "sys", "subprocess", "socket", "ctypes"})


def _load(call: Call) -> None:
    node = call.argument(0, "name")
    constant = call.constant(node)
    if constant is None:
        call.observe("code.import", f"{call.name.dotted}:computed")
    elif isinstance(constant.value, str):
        call.findings.names.modules.append(constant.value)
        if constant.how:
            call.observe("code.import", f"{call.name.dotted}:hidden", True)
        elif (
            call.name.dotted == "__import__"
            and call.findings.followed(call.node)
            and not call.findings.described(call.node)
        ):
            call.observe("code.import", "__import__:inline")


def _setup(call: Call) -> None:
    node = call.keywords.get("cmdclass")
    if node is None:
        return
    text = call.source(node, 4_000)
    if node.type == "identifier":
        bound = call.findings.names.bound(text.encode(), node.start_byte)
        text = call.source(bound, 4_000) or text
    keys = re.findall(r"['\"](\w+)['\"]\s*:\s*([\w.]*)", text) + re.findall(r"(\w+)\s*=\s*([\w.]+)", text)
    for key, value in keys[:20]:
        call.findings.commands.add(value.rpartition(".")[2])
        kind = (
            "install"
            if key
            in {
                "install",
                "develop",
                "egg_info",
                "install_lib",
                "easy_install",
                "editable_wheel",
                "install_scripts",
                "install_data",
            }
            else "build"
        )
        if kind == "install":  # commands that build run too, but are there to build
            call.observe("install.hook", "cmdclass:install")
    if not keys:
        call.observe("install.hook", "cmdclass:computed")


def _written(call: Call) -> None:
    constant = call.constant(call.argument(0, "data", "s"))
    if constant is None or not isinstance(constant.value, str | bytes):
        return
    text = folding.Folded(constant.value).text
    if len(text) > 40 and folding.code_like(text):
        call.findings.code(text, call.node)
    elif len(text) > 12:
        for behaviour in classify(text, _SERIOUS):
            call.observe(behaviour, f"written:{behaviour}", bool(constant.how))


_SERIOUS = frozenset({"code", "spawn", "fetch", "persist", "spread", "destroy"})


def _deferred(call: Call) -> None:
    for node in [*call.positional[:3], *(call.keywords.get(key) for key in ("target", "func", "function", "callback"))]:
        if node is None:
            continue
        call.findings.handed.append((call.node, node))
        if node.type == "call":  # asyncio.run(main())
            continue
        text = call.source(node, 100)
        if node.type in {"identifier", "attribute"}:
            call.findings.edges.append((text.rpartition(".")[2], call.node.start_byte))
        elif node.type == "lambda":
            body = node.child_by_field_name("body")
            if body is not None:
                call.findings.immediate.append(body.start_byte)


def _yaml(call: Call) -> None:
    loader = call.source(call.argument(1, "Loader"))
    if "Safe" not in loader and "BaseLoader" not in loader:
        call.observe("code.deserialise")


def _function(call: Call) -> None:
    """A function made of code that is compiled on the spot: no ``exec`` shows that text is executed."""
    node = call.argument(0, "code")
    function = node.child_by_field_name("function") if node is not None and node.type == "call" else None
    if node is not None and function is not None and call.findings.names.value(function).dotted == "compile":
        call.observe("code.opaque", f"{call.name.dotted}:compile", hidden=True)


def _pickled(call: Call) -> None:
    if call.source(call.keywords.get("weights_only")) == "False":
        call.observe("code.deserialise")


def _codes(call: Call) -> None:
    dotted, node = call.name.dotted, call.argument(0)
    if node is None:
        return
    if dotted == "map":
        function = call.findings.names.value(node).dotted
        if function in {"chr", "unichr"} or re.search(r"\bchr\b|\^", call.source(node)):
            call.observe("decode.characters", "map:chr")
    elif dotted in {"chr", "unichr"}:
        if node.type == "binary_operator" and re.search(r"\^|ord\(|-\s*\d", call.source(node)):
            call.observe("decode.characters", "chr:computed")
        elif node.type in {"identifier", "binary_operator"} and _for_each(call.node):
            call.observe("decode.characters", "chr:each")
        elif node.type == "integer":
            call.findings.characters += 1
            if call.findings.characters in {8, 32, 128}:
                call.observe("decode.characters", "chr")
    elif dotted in {"bytes", "bytearray"}:
        text = call.source(node, 200)
        if "^" in text or (node.type == "list" and node.end_byte - node.start_byte > 60):
            call.observe("decode.characters", dotted)
        _fold(call)


def _for_each(node: Node) -> bool:
    """Whether a call is what a comprehension makes of every item."""
    return node.parent is not None and node.parent.type in {"list_comprehension", "generator_expression"}


def _fold(call: Call) -> None:
    constant = call.findings.folder.fold(call.node)
    if constant is not None and isinstance(constant.value, str | bytes):
        call.findings.folded(constant, call.node)


def _marked(call: Call) -> None:
    mode = call.argument(-1 if call.name.dotted == "pathlib.Path.chmod" else 1, "mode")
    mode = mode if mode is not None else (call.positional[0] if call.positional else None)
    constant = call.constant(mode)
    if constant is None or not isinstance(constant.value, int) or constant.value & 0o111:
        call.observe("file.executable")


def _directory(call: Call) -> None:
    text = call.source(call.argument(0))
    if re.search(r"expanduser|home|USERPROFILE|APPDATA|HOME|['\"](?:/|[A-Z]:\\\\?|~)['\"]|drive", text):
        call.observe("host.enumerate", f"{call.name.dotted}:home")


HOOKS: dict[str, Callable[[Call], None]] = {
    "opened": _opened,
    "environment": _environment,
    "command": command,
    "evaluate": _evaluate,
    "function": _function,
    "request": _request,
    "addressed": _addressed,
    "delay": _delay,
    "reflect": _reflect,
    "load": _load,
    "setup": _setup,
    "written": _written,
    "deferred": _deferred,
    "yaml": _yaml,
    "pickled": _pickled,
    "codes": _codes,
    "fold": _fold,
    "marked": _marked,
    "directory": _directory,
}
"""By the words of ``[to_hook]`` in ``python.toml``."""
