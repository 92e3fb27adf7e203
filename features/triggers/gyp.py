"""binding.gyp: npm builds it when no install script is declared, and its command expansions run while it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator

from darnel.features.facts import Observation
from darnel.features.metadata.jsonish import decode
from darnel.features.roles import Role
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Embedded, Trigger, TriggerFacts, observe

_EXPANSION = re.compile(r"<!@?\(")
_ACTION = re.compile(r"[\"']action[\"']\s*:\s*\[([^\]]{0,1000})\]")
_CUSTOMARY = re.compile(
    r"^\s*(node\s+(-p|-e|-pe)\s+[\\\"']*(console\.log\()?require\([\\\"']*(node-addon-api|nan|napi-macros|node-api-headers|"
    r"nan/include_dirs)[\\\"']*\)(\.(include|include_dir|gyp|targets))?\)?;?[\\\"']*"
    r"|(pkg-config|pkgconf)\s+[\w\s.+=<>-]+(\|\s*sed\s+(-e\s+)?[\\\"']*s/-[IL]//g?[\\\"']*\s*)?|(uname|sw_vers|arch|xcode-select|xcrun)(\s+[\w-]+)*)\s*$"
)


def inspect(path: str, data: bytes) -> TriggerFacts:
    """Find command expansions ``<!(…)``, ``<!@(…)`` and custom build actions.

    npm builds ``binding.gyp`` beside the manifest; what stands in folders runs only if something else builds it.
    """
    built = "/" not in path
    role = Role.INSTALL if built else Role.SUPPORT
    text = decode(data[:MAX_BYTES])
    seen: list[Observation] = []
    embedded: list[Embedded] = []
    customary = 0
    for at, command in _expansions(text):
        if _CUSTOMARY.match(command[:500]):
            customary += 1
            continue
        line = text.count("\n", 0, at) + 1
        seen.append(observe("install.hook", line, "gyp:expansion", at + 1)._replace(top=built))
        code = command.replace('\\"', '"').replace("\\'", "'")
        embedded.append(Embedded(f"expansion[{len(embedded)}]", "shell", code.encode("utf-8", "replace"), role, line))
        if len(embedded) >= MAX_COMMANDS:
            break
    for match in list(_ACTION.finditer(text))[:MAX_COMMANDS]:
        line = text.count("\n", 0, match.start()) + 1
        seen.append(observe("install.hook", line, "gyp:action", match.start() + 1)._replace(top=built))
        words = " ".join(re.findall(r"[\"']([^\"'\n]*)[\"']", match.group(1)))
        embedded.append(Embedded(f"action[{len(embedded)}]", "shell", words.encode("utf-8", "replace"), role, line))
    return TriggerFacts("gyp", tuple(seen), tuple(embedded), customary)


def _expansions(text: str) -> Iterator[tuple[int, str]]:
    """Start and command of each expansion, up to the parenthesis that closes it or the end of the line."""
    at = 0
    while found := _EXPANSION.search(text, at):
        depth, end = 1, found.end()
        while end < len(text) and depth and text[end] != "\n":
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        yield found.start(), text[found.end() : end - (depth == 0)]
        at = max(end, found.end())


TRIGGER = Trigger("gyp", "binding.gyp command expansions and build actions", r"[^/]+\.gypi?", Role.INSTALL, inspect)
