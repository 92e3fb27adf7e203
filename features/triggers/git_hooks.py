"""Git hooks, and git configuration that runs commands."""

from __future__ import annotations

import re
from posixpath import basename

from darnel.features.metadata.jsonish import decode
from darnel.features.roles import Role
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Embedded, Trigger, TriggerFacts, observe

# Keys of .git/config whose value git runs, or looks for programs in.
_RUNS = re.compile(
    r"^[ \t]*(fsmonitor|hookspath|sshcommand|pager|editor|askpass|external|textconv|clean|smudge|process|helper|"
    r"gpgprogram|program|proxycommand|uploadpack|receivepack)\s*=\s*(.+)$",
    re.IGNORECASE | re.MULTILINE,
)
_ALIAS = re.compile(r"^[ \t]*[\w-]+\s*=\s*\"?!(.+)$", re.MULTILINE)


def language(data: bytes) -> str:
    """Language of a script by its ``#!`` line; shell if it has none."""
    first = data[:200].split(b"\n", 1)[0]
    if first.startswith(b"#!"):
        if b"python" in first:
            return "python"
        if b"node" in first or b"deno" in first or b"bun" in first:
            return "javascript"
    return "shell"


def inspect(path: str, data: bytes) -> TriggerFacts:
    """Find scripts and settings that git runs by itself."""
    base = basename(path)
    if base in ("config", ".gitconfig"):
        return _config(decode(data[:MAX_BYTES]))
    if base.endswith((".sample", ".md", ".gitignore")) or not data.strip():
        return TriggerFacts("git_hooks")
    inside = path.rpartition("/")[0].endswith(".git/hooks")
    # .husky and .githooks run only after a prepare script has told git so; .git/hooks run as they are.
    seen = (observe("persist.editor", 1, "git:hook" if inside else "git:managed-hook"),)
    role = Role.STARTUP if inside else Role.SUPPORT
    return TriggerFacts("git_hooks", seen if inside else (), (Embedded("", language(data), data[:MAX_BYTES], role, 1),))


def _config(text: str) -> TriggerFacts:
    seen, embedded = [], []
    for match in [*_RUNS.finditer(text), *_ALIAS.finditer(text)][:MAX_COMMANDS]:
        line = text.count("\n", 0, match.start()) + 1
        key = match.group(1).lower() if match.re is _RUNS else "alias"
        seen.append(observe("persist.editor", line, f"git:{key}"))
        code = match.group(match.lastindex or 1).strip().lstrip("!")
        embedded.append(Embedded(key, "shell", code.encode("utf-8", "replace"), Role.STARTUP, line))
    return TriggerFacts("git_hooks", tuple(seen), tuple(embedded))


TRIGGER = Trigger(
    "git_hooks",
    "git hooks and git configuration that runs commands",
    r"\.git/(?:hooks/[^/]+|config)|\.husky/[^/_.][^/]*|\.githooks/[^/]+|\.gitconfig",
    Role.STARTUP,
    inspect,
)
