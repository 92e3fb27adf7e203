"""Files that a JavaScript call starts: scripts given to an interpreter, and executables by a name of their own."""

from __future__ import annotations

import re

from darnel.features.languages.commands import starts_executable

_SCRIPT = re.compile(
    rb"(?:\bexecPath\b|[\"'`/](?:node|bun|deno|pythonw?[\d.]*)(?:\.exe)?[\"'`\s])[^;\n]{0,200}?"
    rb"[\w-]\.(?:[cm]?js|pyw?|pyz)[\"'`\s]"
)
"""An interpreter, and a script that it is given."""
_JOINED = re.compile(r"[\"'`]([^\"'`]{1,200})[\"'`]")
_CALL = re.compile(r"[\w.]*(?:join|resolve)\(")


def starts_file(name: str, arguments: bytes, command: str | None) -> bool:
    """Whether a call starts a file.

    Parameters
    ----------
    name : str
        Resolved name of the function.
    arguments : bytes
        Source of its arguments, brackets included, maybe cut.
    command : str or None
        The first argument as far as it is constant.
    """
    if name == "child_process.fork" or _SCRIPT.search(arguments[:1_000]) is not None:
        return True
    if command is None:  # of paths that are put together, the parts
        text = arguments[1:400].decode("utf-8", "replace").lstrip()
        command = "/".join(_JOINED.findall(text.partition(")")[0])) if _CALL.match(text) is not None else ""
    return starts_executable(command)
