"""Editor files that run commands when a folder is opened: VS Code tasks, workspaces, development containers, direnv."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from posixpath import basename
from typing import Any

from darnel.features.facts import Observation
from darnel.features.metadata.jsonish import Parsed, parse
from darnel.features.roles import Role
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Embedded, Trigger, TriggerFacts, observe

_CONTAINER = (
    "initializeCommand",  # runs on the host, the others in the container
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
)


def inspect(path: str, data: bytes) -> TriggerFacts:
    """Find commands that opening the folder runs, and settings that let them run unasked."""
    base = basename(path)
    if base in {".envrc", ".exrc", ".nvim.lua", ".vimrc"}:
        seen = (observe("persist.editor", 1, f"editor:{base.strip('.')}"),)
        shell = (Embedded("", "shell", data[:MAX_BYTES], Role.STARTUP, 1),) if base == ".envrc" else ()
        return TriggerFacts("editors", seen, shell)
    parsed = parse(data[:MAX_BYTES])
    top = parsed.value if isinstance(parsed.value, dict) else {}
    if "devcontainer" in path:
        return _container(top, parsed)
    facts = _tasks(top.get("tasks"), parsed)
    settings = top.get("settings") if base.endswith(".code-workspace") else top if base == "settings.json" else None
    extra = tuple(_settings(settings, parsed)) if isinstance(settings, dict) else ()
    return facts._replace(observations=facts.observations + extra)


def command_line(value: Any) -> str:
    """One shell command from the shapes that configuration files allow: text, or a list of words."""
    if isinstance(value, str):
        return value
    words = [word for word in value if isinstance(word, str)] if isinstance(value, list) else []
    return shlex.join(words)


def _tasks(tasks: Any, parsed: Parsed) -> TriggerFacts:
    # A .code-workspace wraps the list once more.
    if isinstance(tasks, dict):
        tasks = tasks.get("tasks")
    seen, embedded = [], []
    for i, task in enumerate(tasks[:MAX_COMMANDS] if isinstance(tasks, list) else []):
        if not isinstance(task, dict):
            continue
        options = task.get("runOptions")
        automatic = isinstance(options, dict) and str(options.get("runOn", "")).lower() == "folderopen"
        line = parsed.line("runOn") if automatic else parsed.line("tasks")
        if automatic:
            seen.append(observe("persist.editor", line, "editor:folder-open", line + i))
        for system in (None, "windows", "linux", "osx"):
            holder = task if system is None else task.get(system)
            if isinstance(holder, dict) and holder.get("command"):
                text = " ".join(filter(None, (command_line(holder["command"]), _arguments(holder.get("args")))))
                label = f"tasks[{i}]" + (f".{system}" if system else "")
                role = Role.STARTUP if automatic else Role.SUPPORT
                embedded.append(Embedded(label, "shell", text.encode("utf-8", "replace"), role, line))
    return TriggerFacts("editors", tuple(seen), tuple(embedded))


def _arguments(args: Any) -> str:
    texts = [a.get("value") if isinstance(a, dict) else a for a in args] if isinstance(args, list) else []
    return shlex.join([text for text in texts if isinstance(text, str)])


def _settings(settings: dict[str, Any], parsed: Parsed) -> Iterator[Observation]:
    for key, value in settings.items():
        if key == "task.allowAutomaticTasks" and value in ("on", True):
            yield observe("persist.editor", parsed.line(key), "editor:automatic-tasks")
        elif key.startswith("terminal.integrated.") and ("profiles" in key or "automationProfile" in key):
            yield observe("persist.editor", parsed.line(key), "editor:terminal-profile")
        elif key.endswith((".path", "Path", ".executable")) and isinstance(value, str) and "${workspace" in value:
            # A tool taken from the workspace runs as soon as its extension starts; installed ones are usual.
            usual = "venv" in value or "node_modules" in value
            yield from () if usual else [observe("persist.editor", parsed.line(key), "editor:tool-path")]


def _container(top: dict[str, Any], parsed: Parsed) -> TriggerFacts:
    seen, embedded = [], []
    for key in _CONTAINER:
        value = top.get(key)
        commands = value if isinstance(value, dict) else {"": value}
        for name, command in list(commands.items())[:MAX_COMMANDS]:
            text = command_line(command)
            if text:
                line = parsed.line(key)
                if key == "initializeCommand":
                    seen.append(observe("persist.editor", line, "devcontainer:initialize"))
                label = f"{key}.{name}"[:80] if name else key
                embedded.append(Embedded(label, "shell", text.encode("utf-8", "replace"), Role.STARTUP, line))
    return TriggerFacts("editors", tuple(seen), tuple(embedded))


TRIGGER = Trigger(
    "editors",
    "editor, workspace and development container files",
    r"\.vscode/(?:tasks|settings)\.json|[^/]+\.code-workspace|\.devcontainer(?:/[^/]+)?/devcontainer\.json"
    r"|\.devcontainer\.json|\.envrc|\.exrc|\.nvim\.lua",
    Role.STARTUP,
    inspect,
)
