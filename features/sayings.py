"""What a file only says: commands that documentation tells its reader to type, words that a manifest has to use.

The indicators look at every text alike. In some kinds of text what they find is a fact about the file's purpose and not
about what the package does: ``pip install`` or ``.env`` in a README, the names of the lifecycle scripts (and the
commands of scripts nobody starts) in package.json, whose lifecycle scripts are read as code of their own, the workflow
files that a list of files leaves out, files that are named after what they ask for, and the sources that a source map
repeats for debuggers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from darnel.features.facts import Observation

_DOCUMENT = re.compile(
    r"(?:^|/)(?:[^/]+\.(?:md|rst|adoc)|PKG-INFO|METADATA|(?:README|INSTALL|CHANGE(?:S|LOG)?|HISTORY|NEWS)(?:\.txt)?)$",
    re.IGNORECASE,
)
_ORDERS = re.compile(
    r"(?:^|/)(?:SKILL|AGENTS?|CLAUDE|GEMINI|copilot-instructions)\.md$|"
    r"(?:^|/)(?:\.(?:claude|cursor|gemini|codex|github)|skills|agents|commands)/",
    re.IGNORECASE,
)
"""Documents whose commands an agent is told to run."""
_ADDRESSES = frozenset(
    f"host.{name}"
    for name in ("webhook", "outofband", "tunnel", "paste", "address", "dynamic", "drop", "chain", "onion", "lookup")
)
"""What a document may tell besides hidden text and words for reviewers: hosts, to which its reader is sent."""
_MANIFEST = "package.json"
_WORDING = "spread:package"
_FILES = re.compile(r"(?:^|/)[^/]+\.(?:dist|egg)-info/(?:RECORD|SOURCES\.txt)$")
_LISTS = frozenset({"bower.json", "component.json", ".npmignore", ".gitignore"})
_LISTED = frozenset({"persist:workflow", "guard:variables"})


def done(path: str, observations: Sequence[Observation]) -> list[Observation]:
    """What is left of the ``observations`` in an unparsed text at ``path`` without what it only says."""
    if not observations:
        return []
    if path.rpartition("/")[2] == _MANIFEST:
        return [seen for seen in observations if seen.api != _WORDING and not seen.api.startswith("command:")]
    if path.rpartition("/")[2] in _LISTS:
        return [seen for seen in observations if seen.api not in _LISTED]
    if _FILES.search(path):
        return [seen for seen in observations if not seen.behaviour.startswith(("cred.", "guard."))]
    if path.endswith(".map"):
        return [seen for seen in observations if seen.behaviour.startswith("hide.")]
    if _DOCUMENT.search(path):
        if _ORDERS.search(path):
            return [seen for seen in observations if seen.api != "command:packager"]
        return [seen for seen in observations if seen.behaviour in _ADDRESSES or seen.behaviour.startswith("hide.")]
    return list(observations)
