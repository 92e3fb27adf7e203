"""Settings of coding agents: hooks, MCP servers and helper commands that run when a folder is opened."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

from darnel.features.facts import Observation
from darnel.features.metadata.jsonish import Parsed, decode, parse
from darnel.features.roles import Role
from darnel.features.triggers.editors import command_line
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Embedded, Trigger, TriggerFacts, observe

# Keys whose value is a command that the agent runs by itself.
_HELPERS = frozenset(
    [
        "apiKeyHelper",
        "awsAuthRefresh",
        "awsCredentialExport",
        "otelHeadersHelper",
        "toolDiscoveryCommand",
        "toolCallCommand",
    ]
)
_PERMISSIVE = re.compile(
    r"bypassPermissions|dangerously|\byolo\b|autoApprove|alwaysAllow|enableAllProjectMcpServers", re.IGNORECASE
)
_TOML_COMMAND = re.compile(r"^[ \t]*(?:command|notify)\s*=\s*(.+)$", re.MULTILINE)


def inspect(path: str, data: bytes) -> TriggerFacts:
    """Find the commands that an agent runs without being asked."""
    if path.endswith(".toml"):
        return _toml(decode(data[:MAX_BYTES]))
    parsed = parse(data[:MAX_BYTES])
    seen: list[Observation] = []
    embedded: list[Embedded] = []
    for kind, key, command in _commands(parsed.value):
        if len(embedded) >= MAX_COMMANDS:
            break
        line = _line(parsed, command)
        seen.append(observe("persist.editor", line, f"agent:{kind}", line + len(seen)))
        label = f"{kind}[{len(embedded)}]" if not key else f"{kind}.{key}"
        embedded.append(Embedded(label[:80], "shell", command.encode("utf-8", "replace"), Role.STARTUP, line))
    if _PERMISSIVE.search(parsed.text):
        seen.append(observe("persist.editor", 1, "agent:permissive"))
    return TriggerFacts("agents", tuple(seen), tuple(embedded))


def _line(parsed: Parsed, command: str) -> int:
    at = parsed.text.find(command[:40].split('"')[0].split("\\")[0]) if command else -1
    return parsed.text.count("\n", 0, max(at, 0)) + 1


def _commands(top: Any) -> Iterator[tuple[str, str, str]]:
    """(kind, key, command) anywhere in the settings; iterative, for deep nesting."""
    todo: list[tuple[Any, str, str]] = [(top, "", "")]
    while todo:
        here, kind, key = todo.pop()
        if isinstance(here, list):
            todo += [(item, kind, key) for item in reversed(here)]
        if not isinstance(here, dict):
            continue
        command = command_line(here.get("command"))
        if command and kind:
            arguments = here.get("args")
            words = [a for a in arguments if isinstance(a, str)] if isinstance(arguments, list) else []
            yield kind, key, " ".join([command, shlex.join(words)]).strip()
        for name, value in here.items():
            if name in _HELPERS and isinstance(value, str):
                yield "helper", name, value
            inner = {"hooks": "hook", "mcpServers": "mcp", "servers": "mcp", "statusLine": "status"}.get(name)
            if isinstance(value, dict | list):
                todo.append((value, inner or kind, "" if inner or not kind else key or _plain(name)))


def _plain(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)[:40]


def _toml(text: str) -> TriggerFacts:
    seen, embedded = [], []
    for i, match in enumerate(_TOML_COMMAND.finditer(text)):
        line = text.count("\n", 0, match.start()) + 1
        seen.append(observe("persist.editor", line, "agent:mcp"))
        words = " ".join(re.findall(r"[\"']([^\"'\n]*)[\"']", match.group(1)))
        embedded.append(Embedded(f"command[{i}]", "shell", words.encode("utf-8", "replace"), Role.STARTUP, line))
        if i >= MAX_COMMANDS:
            break
    return TriggerFacts("agents", tuple(seen), tuple(embedded))


TRIGGER = Trigger(
    "agents",
    "settings of coding agents: hooks, MCP servers, helper commands",
    r"\.(?:claude|gemini|cursor|codex|windsurf|kiro|amazonq|qwen|opencode)/(?:settings(?:\.local)?|mcp|hooks|config)"
    r"\.(?:json|toml)|\.vscode/mcp\.json|\.?mcp\.json|\.(?:kiro|cursor|gemini|claude)/hooks/[^/]+\.(?:json|hook)|\.gemini/extensions/.*\.json",
    Role.STARTUP,
    inspect,
)
