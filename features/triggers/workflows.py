"""CI workflow files: no user's machine runs them, but worms hide there. Only what is out of the ordinary counts."""

from __future__ import annotations

import re

from darnel.features.metadata.jsonish import decode
from darnel.features.roles import Role
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Trigger, TriggerFacts, observe

_SIGNS: tuple[tuple[str, str, str], ...] = (
    (r"\$\{\{\s*toJSON\(\s*secrets\s*\)", "env.secret", "workflow:all-secrets"),
    (r"\b(?:curl|wget)\b[^\n|]{0,200}\|\s*(?:sudo\s+)?(?:ba|z)?sh\b", "spawn.piped", "workflow:piped"),
    (r"\b(?:curl|wget)\b[^\n]{0,200}\$\{\{\s*secrets\.", "env.secret", "workflow:secret-sent"),
    (r"\bbase64\s+(?:-d|-D|--decode)\b[^\n]{0,200}\|\s*(?:ba|z)?sh\b", "code.evaluate", "workflow:decoded"),
    (r"(?m)^[ \t]*(?:-\s*)?pull_request_target\b", "persist.ci", "workflow:pull-request-target"),
    (r"(?m)^[ \t]*runs-on:[^\n]{0,100}self-hosted", "persist.ci", "workflow:self-hosted"),
    (
        r"\$\{\{\s*github\.event\.(?:discussion|issue|comment|pull_request|review)\.(?:body|title)",
        "code.evaluate",
        "workflow:injection",
    ),
    (
        r"\b(?:webhook\.site|oastify\.com|interact\.sh|pipedream\.net|discord(?:app)?\.com/api/webhooks)",
        "host.outofband",
        "workflow:drop",
    ),
)
_COMPILED = tuple((re.compile(pattern), behaviour, api) for pattern, behaviour, api in _SIGNS)


def inspect(_path: str, data: bytes) -> TriggerFacts:
    """Scan the text for dumped secrets, piped downloads, injections and privileged triggers; no YAML is parsed."""
    text = decode(data[:MAX_BYTES])
    seen = []
    for pattern, behaviour, api in _COMPILED:
        for match in pattern.finditer(text):
            seen.append(observe(behaviour, text.count("\n", 0, match.start()) + 1, api, match.end()))
            if len(seen) >= MAX_COMMANDS:
                break
    return TriggerFacts("workflows", tuple(sorted(seen, key=lambda observation: observation.order)[:MAX_COMMANDS]))


TRIGGER = Trigger(
    "workflows",
    "CI workflow files with dumped secrets, piped downloads, injections or privileged triggers",
    r"\.github/(?:workflows|actions)/.*\.ya?ml|\.gitlab-ci\.yml|\.circleci/config\.yml|action\.ya?ml|azure-pipelines\.yml",
    Role.CONFIG,
    inspect,
)
