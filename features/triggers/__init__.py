"""Where code runs without being called: roles of files, and trigger files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from darnel.features.metadata.model import Metadata
from darnel.features.remember import remembered
from darnel.features.roles import Role
from darnel.features.schema import Column
from darnel.features.triggers import (
    agents,
    assign,
    editors,
    git_hooks,
    gyp,
    interpreter,
    tool_config,
    workflows,
)
from darnel.features.triggers.model import Embedded, Trigger, TriggerFacts

__all__ = ["COLUMNS", "TRIGGERS", "Embedded", "TriggerFacts", "inspect", "roles", "trigger_values"]

# The first family that fits a path has it: agents before editors, since .vscode/mcp.json is an agent's.
TRIGGERS: tuple[Trigger, ...] = (
    agents.TRIGGER,
    editors.TRIGGER,
    git_hooks.TRIGGER,
    gyp.TRIGGER,
    interpreter.TRIGGER,
    tool_config.TRIGGER,
    workflows.TRIGGER,
)

COLUMNS: tuple[Column, ...] = (
    *(Column(f"trigger.{t.family}", f"Reasons to run something by itself in {t.doc}.") for t in TRIGGERS),
    Column("trigger.families", "Families with at least one such reason."),
    Column("trigger.startup_commands", "Commands inside trigger files that opening a folder or starting Python runs."),
    Column("trigger.install_commands", "Commands inside trigger files that installing or building runs."),
    Column(
        "trigger.customary",
        "Namespace .pth lines, add-on include look-ups and the like, exactly as generators write them.",
    ),
    Column("trigger.agent_prose", "Instruction files for coding agents (AGENTS.md, CLAUDE.md, .cursor/rules…)."),
    Column("shape.trigger_files", "Files of any trigger family: repositories and sdists have them, wheels have not."),
    Column("shape.conftest", "conftest.py files."),
)

_PATHS = re.compile("(?:^|/)(?:" + "|".join(f"(?P<{t.family}>{t.pattern})" for t in TRIGGERS) + ")$")
_BY_FAMILY = {trigger.family: trigger for trigger in TRIGGERS}
_PROSE = re.compile(
    r"(?:^|/)(?:AGENTS|CLAUDE|GEMINI|QWEN|SKILL)\.md$|(?:^|/)\.(?:cursorrules|windsurfrules|clinerules)$|"
    r"(?:^|/)\.cursor/rules/|(?:^|/)\.github/copilot-instructions\.md$|(?:^|/)\.claude/(?:agents|commands|skills)/"
)


@remembered(4_096)
def trigger(path: str) -> Trigger | None:
    """Find the family that a path belongs to, or None."""
    found = _PATHS.search(path)
    return _BY_FAMILY[found.lastgroup] if found and found.lastgroup else None


def inspect(path: str, data: bytes) -> TriggerFacts | None:
    """Look into a trigger file.

    Parameters
    ----------
    path : str
        Member path; a member of a nested archive (``x.zip!/…``) triggers nothing.
    data : bytes
        Any content; read up to 256 KiB.

    Returns
    -------
    TriggerFacts or None
        None when the path is not a trigger file's.
    """
    family = trigger(path) if "!/" not in path else None
    return family.inspect(path, data) if family else None


def trigger_values(facts: Iterable[TriggerFacts], paths: Iterable[str] = ()) -> dict[str, float]:
    """Compute the package columns ``trigger.*``.

    Parameters
    ----------
    facts : iterable of TriggerFacts
        From :func:`inspect`, of every trigger file.
    paths : iterable of str
        All members.

    Returns
    -------
    dict of str to float
        Only the non-zero values.
    """
    values: dict[str, float] = {}

    def add(column: str, count: int) -> None:
        values[column] = values.get(column, 0.0) + count

    for found in facts:
        add(f"trigger.{found.family}", len(found.observations))
        add("trigger.startup_commands", sum(e.role == Role.STARTUP for e in found.embedded))
        add("trigger.install_commands", sum(e.role == Role.INSTALL for e in found.embedded))
        add("trigger.customary", found.customary)
        add("shape.trigger_files", 1)
    add("trigger.families", sum(values.get(f"trigger.{t.family}", 0) > 0 for t in TRIGGERS))
    for path in paths:
        if ".md" in path or "rules" in path or ".claude/" in path:
            add("trigger.agent_prose", bool(_PROSE.search(path)))
        if path.endswith("conftest.py"):
            add("shape.conftest", path.rpartition("/")[2] == "conftest.py")
    return {column: value for column, value in values.items() if value}


def roles(paths: Iterable[str], ecosystem: str, metadata: Metadata) -> dict[str, Role]:
    """Give every file its part in the package; see :mod:`darnel.features.triggers.assign`."""
    found: Mapping[str, Role] = {t.family: t.role for t in TRIGGERS}
    return assign.roles(paths, ecosystem, metadata, lambda path: found[t.family] if (t := trigger(path)) else None)
