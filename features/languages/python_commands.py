"""Python calls that start processes: what the command does, and how it is hidden."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.commands import classify
from darnel.features.languages.python_call import Call
from darnel.features.languages.python_constants import items_of

if TYPE_CHECKING:
    from tree_sitter import Node

NODES = 120
"""Parts of one command that are looked at; ``cmd = cmd + cmd`` has no end otherwise."""
_QUIET = ("DEVNULL", "devnull")
_DETACHED = re.compile(
    r"CREATE_NO_WINDOW|DETACHED_PROCESS|CREATE_NEW_PROCESS_GROUP|0x0?8000000|\b134217728\b|\b0x00000008\b"
)


def command(call: Call) -> None:
    """Classify the command, follow ``python -c``, look for detached and silenced processes."""
    node = call.argument(0, "args", "cmd", "command")
    budget = [NODES]
    words = _words(call, node, budget)
    if len(call.positional) > 1 and call.name.dotted.startswith(
        ("os.exec", "os.spawn", "asyncio.create_subprocess_exec")
    ):
        words += [word for other in call.positional[1:] for word in _words(call, other, budget)]
    elif len(call.positional) > 1 and call.name.dotted.endswith(("ShellExecuteW", "ShellExecute")):
        words = [word for other in call.positional for word in _words(call, other, budget)]
    command = " ".join(words)
    constant = call.constant(node)
    hidden = constant is not None and bool(constant.how)
    if "python -m pip" in command or call.name.dotted.startswith("pip."):
        call.observe("spawn.packager", hidden=hidden)
    for behaviour in classify(command) if command else ():
        call.observe(behaviour, f"command:{behaviour}", hidden)
    for i, word in enumerate(words[:-1]):
        if word == "-c" and "python" in words[max(i - 1, 0)]:
            call.findings.code(words[i + 1], call.node)
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


def _words(call: Call, node: Node | None, budget: list[int]) -> list[str]:
    """Words of a command; what is not constant stands as ``*``, ``sys.executable`` as ``python``."""
    if node is None:
        return []
    budget[0] -= 1
    if budget[0] < 0:
        return ["*"]
    constant = call.constant(node)
    if constant is not None:
        values = items_of(constant) if isinstance(constant.value, list) else [constant.value]
        return [x if isinstance(x, str) else folding.to_text(x) if isinstance(x, bytes) else str(x) for x in values]
    if node.type == "identifier":
        bound = call.findings.names.bound(call.findings.source.data[node.start_byte : node.end_byte], node.start_byte)
        if bound is not None and bound.type in {"list", "tuple", "string", "binary_operator"} and bound.id != node.id:
            return _words(call, bound, budget)
        return ["*"]
    if node.type in {"list", "tuple"}:
        return [
            word
            for child in node.named_children[:60]
            for word in _words(call, child, budget)
            if child.type != "comment"
        ]
    if node.type == "attribute":
        return ["python"] if call.findings.names.value(node).dotted == "sys.executable" else ["*"]
    if node.type == "binary_operator":
        return (
            ["".join("".join(_words(call, part, budget)) for part in call.findings.folder.operands(node)[:60])]
            if _plus(node)
            else _words(call, node.named_child(0), budget)
        )
    if node.type == "string":
        text = re.sub(r"\{[^{}]*executable[^{}]*\}", "python", call.findings.literal_text(node))
        return [re.sub(r"\{[^{}]*\}", "*", text)]
    if node.type == "concatenated_string":
        return ["".join(word for child in node.named_children for word in _words(call, child, budget))]
    if node.type == "call":  # "…".format(x), shlex.split("…")
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if function is not None and function.type == "attribute":
            owner = function.child_by_field_name("object")
            if owner is not None and owner.type in {"string", "concatenated_string"}:
                return _words(call, owner, budget)
        if (
            arguments is not None
            and arguments.named_child_count
            and call.findings.names.value(function).dotted == "shlex.split"
            if function is not None
            else False
        ):
            return _words(call, arguments.named_child(0), budget) if arguments is not None else []
    return ["*"]


def _plus(node: Node) -> bool:
    operator = node.child_by_field_name("operator")
    return operator is not None and operator.type == "+"
