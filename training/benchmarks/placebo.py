"""Malicious packages without what harms: whether a model sees the attack, or only what kind of package it is in.

Placebo is the field's word for a treatment without its active part: the same package, its name, metadata and harmless
code, but nothing in it that attacks. A model that still calls it malicious has learned a shortcut.
"""

from __future__ import annotations

import json
import random

from darnel.features import content
from darnel.features.raw import RawFile
from darnel.features.taxonomy import CATEGORY
from darnel.training.benchmarks.hosts import Host
from darnel.training.benchmarks.obfuscate.edits import Edit, applied, walk
from darnel.training.benchmarks.payloads import SEEDS, gravity
from darnel.training.benchmarks.slicing import cut
from darnel.training.benchmarks.source import errors, root_of
from darnel.training.benchmarks.splice import Change

STATEMENTS, FILES = "without-statements", "without-files"
WAYS = (STATEMENTS, FILES)
"""Cut the harmful statements and what only they need, or empty every file that shows something grave."""
_HOOKS = ("preinstall", "install", "postinstall", "prepare", "preuninstall", "uninstall", "postuninstall")


def without_payload(host: Host, way: str, rng: random.Random) -> Change | None:  # noqa: ARG001
    """The package with its payload deleted.

    Every file that shows a grave behaviour loses the statements that carry it (:data:`STATEMENTS`) or all its content
    (:data:`FILES`); so does a file whose statements cannot be told apart. Lifecycle scripts that npm runs by itself and
    ``cmdclass`` of ``setup()`` go with it, as they only start what is gone.

    Returns
    -------
    Change or None
        None if nothing grave was seen in a file that can be edited.
    """
    files: dict[str, bytes] = {}
    for file in sorted(host.raw["files"], key=lambda file: (-gravity(file), file["path"])):
        path = file["path"]
        if gravity(file) <= 0 or "#" in path or "!/" in path or path not in host.members or path == "package.json":
            continue
        files[path] = _rest(host, file) if way == STATEMENTS else b""
    manifest = _without_hooks(host.text("package.json") or b"")
    if manifest is not None:
        files["package.json"] = manifest
    setup = host.text("setup.py")
    if files and setup is not None and files.get("setup.py") != b"":
        files["setup.py"] = _without_commands(files.get("setup.py", setup))
    changed = {path: data for path, data in files.items() if data != host.members[path].data}
    if not changed:
        return None
    first = next(iter(changed))
    return Change(changed, first, 1, changed[first].count(b"\n") + 1, way)


def _rest(host: Host, file: RawFile) -> bytes:
    """What is left of a file; nothing if its harmful part cannot be cut out."""
    data = host.text(file["path"])
    if data is None or file["language"] not in ("python", "javascript") or content.sniff(file["path"], data).mismatch:
        return b""
    seeds = {(o.order, o.line) for o in file["observations"] if CATEGORY[o.behaviour] in SEEDS}
    taken = cut(data, file["language"], seeds)
    if taken is None:
        return b""
    rest = applied(data, [Edit(start, end, b"") for start, end in taken.spans])
    return rest if errors(rest, file["language"]) <= errors(data, file["language"]) else b""


def _without_hooks(data: bytes) -> bytes | None:
    """A package.json without the scripts that npm runs by itself; None if it has none."""
    try:
        value = json.loads(data)
        scripts = value["scripts"]
        kept = {name: command for name, command in scripts.items() if name not in _HOOKS}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if len(kept) == len(scripts):
        return None
    return json.dumps({**value, "scripts": kept}, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _without_commands(data: bytes) -> bytes:
    root = root_of(data, "python")
    edits = []
    for node in walk(root) if root is not None else ():
        name = node.child_by_field_name("name") if node.type == "keyword_argument" else None
        if name is not None and name.text == b"cmdclass":
            end = node.end_byte
            after = node.next_sibling
            edits.append(Edit(node.start_byte, after.end_byte if after is not None and after.type == "," else end, b""))
    return applied(data, edits)
