"""Python calls that start processes: what the command does, and how it is hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.commands import classify, starts_executable
from darnel.features.languages.python_call import Call
from darnel.features.languages.python_constants import items_of

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_PARTS = 120
"""Nodes of one command that are looked at."""
MAX_DEPTH = 60
"""Names are followed only so early: it bounds the Python stack."""
_QUIET = ("DEVNULL", "devnull")
_DETACHED = re.compile(
    r"CREATE_NO_WINDOW|DETACHED_PROCESS|CREATE_NEW_PROCESS_GROUP|0x0?8000000|\b134217728\b|\b0x00000008\b"
)

_SCRIPT = re.compile(
    r"(?:^|[\s;&|/\\\"'])(?:pythonw?[\d.]*|node|wscript|cscript)(?:\.exe)?[\"']?\s+(?:-[uBEIsS]{1,4}\s+){0,3}"
    r"(?:-m\s+(?!pip\b|ensurepip\b|venv\b|virtualenv\b|build\b|pytest\b|unittest\b)[\w.]+"
    r"|(?!\S{0,200}(?:setup|manage)\.py\b)(?:[^\s\-&|;<>*]\S{0,200}|\*[^\s&|;<>]{0,200}\.pyw?(?![\w.])))"
)
"""An interpreter and the script or module that it is given; of a path that is not constant, its end is enough."""
_INLINE = re.compile(r"\s*-c\s*([\"']?)(.*?)\1\s*\Z", re.DOTALL)
"""Option and code in one word."""


def command(call: Call) -> None:
    """Classify the command, follow ``python -c``, look for detached and silenced processes."""
    node = call.argument(0, "args", "cmd", "command")
    words = _words(call, node)
    if len(call.positional) > 1 and call.name.dotted.startswith(
        ("os.exec", "os.spawn", "asyncio.create_subprocess_exec")
    ):
        words += [word for other in call.positional[1:] for word in _words(call, other)]
    elif len(call.positional) > 1 and call.name.dotted.endswith(("ShellExecuteW", "ShellExecute")):
        words = [word for other in call.positional for word in _words(call, other)]
    command = " ".join(words)
    constant = call.constant(node)
    hidden = constant is not None and bool(constant.how)
    if "python -m pip" in command or call.name.dotted.startswith("pip."):
        call.observe("spawn.packager", hidden=hidden)
    for behaviour in classify(command) if command else ():
        call.observe(behaviour, f"command:{behaviour}", hidden)
    if _SCRIPT.search(command[:2_000]) or starts_executable(command):
        call.observe("spawn.script", "command:spawn.script", hidden)
    for i, word in enumerate(words):
        if not word.lstrip().startswith("-c") or "python" not in words[max(i - 1, 0)]:
            continue
        if word == "-c":
            call.findings.code("".join(words[i + 1 : i + 2]), call.node)
        elif (inline := _INLINE.match(word)) is not None:
            call.findings.code(inline[2], call.node)
    shell = call.source(call.keywords.get("shell"))
    if shell == "True":
        call.observe("spawn.shell", "shell=True")
    silent = [
        key for key in ("stdout", "stderr") if any(word in call.source(call.keywords.get(key)) for word in _QUIET)
    ]
    if silent:
        call.observe("hide.silence", "DEVNULL")
    if (
        _DETACHED.search(call.source(call.keywords.get("creationflags")))
        or "startupinfo" in call.keywords
        or call.source(call.keywords.get("start_new_session")) == "True"
        or "setsid" in call.source(call.keywords.get("preexec_fn"))
    ):
        call.observe("spawn.hidden", "detached")


_FOLLOWED = frozenset({"list", "tuple", "string", "binary_operator", "call", "attribute"})
_JOINERS = frozenset({"os.path.join", "pathlib.Path", "pathlib.PurePath"})
_WRAPPERS = frozenset({"str", "os.fspath", "os.path.abspath", "os.path.realpath", "os.path.normpath", "shlex.quote"})


def _words(call: Call, node: Node | None, seen: set[int] | None = None) -> list[str]:
    """Words of a command; what is not constant stands as ``*``, ``sys.executable`` as ``python``.

    ``seen`` holds the nodes looked at: each once, so that ``x = x + y`` ends.
    """
    seen = set() if seen is None else seen
    if node is None or node.id in seen or len(seen) > MAX_PARTS:
        return []
    seen.add(node.id)
    findings = call.findings
    constant = call.constant(node)
    if constant is not None:
        values = items_of(constant) if isinstance(constant.value, list) else [constant.value]
        return [x if isinstance(x, str) else folding.to_text(x) if isinstance(x, bytes) else str(x) for x in values]
    kind = node.type
    if kind == "identifier" and len(seen) < MAX_DEPTH:
        bound = findings.names.bound(findings.raw(node), node.start_byte)
        if bound is not None and bound.type in _FOLLOWED:
            return _words(call, bound, seen)
    elif kind in {"list", "tuple"}:
        return [
            word for child in node.named_children[:60] for word in _words(call, child, seen) if child.type != "comment"
        ]
    elif kind == "attribute" and findings.names.value(node).dotted == "sys.executable":
        return ["python"]
    elif kind == "binary_operator":
        if _operator(node) == "+":
            return ["".join("".join(_words(call, part, seen)) for part in findings.folder.operands(node)[:60])]
        words = _words(call, node.named_child(0), seen)
        return [_path(words, _words(call, node.named_child(1), seen))] if _operator(node) == "/" else words
    elif kind == "string":
        text = re.sub(r"\{[^{}]*executable[^{}]*\}", "python", findings.literal_text(node))
        return [re.sub(r"\{[^{}]*\}", "*", text)]
    elif kind == "concatenated_string":
        return ["".join(word for child in node.named_children[:60] for word in _words(call, child, seen))]
    elif kind == "call":
        return _called_words(call, node, seen)
    return ["*"]


def _called_words(call: Call, node: Node, seen: set[int]) -> list[str]:
    """Words of ``"…".format(x)``, ``shlex.split("…")`` and what puts paths together."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return ["*"]
    owner = function.child_by_field_name("object") if function.type == "attribute" else None
    if owner is not None and owner.type in {"string", "concatenated_string"}:
        return _words(call, owner, seen)
    if not arguments.named_child_count:
        return ["*"]
    name = call.findings.names.value(function).dotted
    if name == "shlex.split":
        return _words(call, arguments.named_child(0), seen)
    if name in _WRAPPERS:
        return [" ".join(_words(call, arguments.named_child(0), seen)) or "*"]
    if name in _JOINERS:
        return [_path(*(_words(call, child, seen) for child in arguments.named_children[:20]))]
    return ["*"]


def _path(*parts: list[str]) -> str:
    """A path of parts; what is not constant stands as ``*``."""
    return "/".join(" ".join(part) or "*" for part in parts)


def _operator(node: Node) -> str:
    operator = node.child_by_field_name("operator")
    return operator.type if operator is not None else ""
