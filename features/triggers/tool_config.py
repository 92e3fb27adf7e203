"""Configuration of package managers and test runners that makes them load code or ask another registry."""

from __future__ import annotations

import re
from posixpath import basename

from darnel.features.metadata.jsonish import decode
from darnel.features.roles import Role
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Trigger, TriggerFacts, observe

_SETTINGS = re.compile(
    r"^[ \t]*(?:(?P<code>node-options|script-shell|onload-script|git|yarn-path|yarnPath|pnpmfile|shell)"
    r"|(?P<registry>(?:@[\w-]+:)?registry|index-url|extra-index-url|npmRegistryServer)"
    r"|(?P<token>(?://[^\s=]{1,200}:)?_(?:authToken|auth|password)))\s*[:=]\s*(?P<value>\S[^\n]{0,300})",
    re.MULTILINE,
)
_PUBLIC = re.compile(r"registry\.(npmjs\.org|yarnpkg\.com)|pypi\.org|npmmirror\.com")


def inspect(path: str, data: bytes) -> TriggerFacts:
    """Find settings that load code, and registries other than the public ones."""
    base = basename(path)
    if base in {".pnpmfile.cjs", "pnpmfile.js"}:
        return TriggerFacts("tool_config", (observe("install.hook", 1, "config:pnpmfile"),))
    text = decode(data[:MAX_BYTES])
    seen = []
    for match in _SETTINGS.finditer(text):
        line = text.count("\n", 0, match.start(0)) + 1
        value = match.group("value")
        if match.group("code") and not re.match(r"\.yarn/releases/yarn-[\w.-]+\.c?js|--max[-_]old", value.strip("\"'")):
            seen.append(observe("install.hook", line, "config:code"))
        elif match.group("registry") and not _PUBLIC.search(value):
            seen.append(observe("install.dependency", line, "config:registry"))
        elif match.group("token") and "${" not in value:
            seen.append(observe("cred.registry", line, "config:token"))
        if len(seen) >= MAX_COMMANDS:
            break
    return TriggerFacts("tool_config", tuple(seen))


TRIGGER = Trigger(
    "tool_config",
    "package manager configuration that loads code or asks another registry",
    r"\.npmrc|\.yarnrc(?:\.yml)?|\.?pnpmfile\.c?js|\.?pip(?:\.conf|\.ini)|\.pypirc",
    Role.CONFIG,
    inspect,
)
