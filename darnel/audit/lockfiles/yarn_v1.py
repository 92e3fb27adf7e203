"""yarn.lock of yarn 1. Source: https://classic.yarnpkg.com/lang/en/docs/yarn-lock/ and yarn's own parser."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import TypedDict

from darnel.audit.graph import paths
from darnel.audit.lockfiles.npm_files import pin
from darnel.audit.pin import Pin, read_text, table, text, unreadable

TOOL = "yarn install"
HEADER = "# yarn lockfile v1"
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s,:"]+(?::[^\s,"]+)*')


class Entry(TypedDict):
    """One package."""

    keys: list[str]
    """``name@range`` as others ask for it."""
    name: str
    version: str
    resolved: str
    integrity: str
    needs: list[str]
    id: str
    """``name version``."""


def read(path: Path) -> list[Pin]:
    """All packages, those for development too.

    Raises
    ------
    InputError
        It cannot be read.
    """
    entries = parse(path)
    by_key = {key: entry for entry in entries for key in entry["keys"]}
    edges = {entry["id"]: [by_key[need]["id"] for need in entry["needs"] if need in by_key] for entry in entries}
    asked = _asked(path.parent / "package.json")
    found = paths(edges, [by_key[key]["id"] for key in asked if key in by_key])
    return [
        pin(
            entry["name"],
            entry["version"],
            entry["resolved"],
            entry["integrity"],
            str(path),
            found.get(entry["id"], ()),
        )
        for entry in entries
    ]


def parse(path: Path) -> list[Entry]:
    """Entries in the order of the file.

    Raises
    ------
    InputError
        It is not in yarn's format.
    """
    entries: list[Entry] = []
    section = ""
    for number, line in enumerate(read_text(path).splitlines(), 1):
        bare = line.strip()
        if not bare or bare.startswith("#"):
            continue
        depth = (len(line) - len(line.lstrip(" "))) // 2
        words = [_unquote(word) for word in _WORD.findall(bare)]
        if depth == 0 and bare.endswith(":") and words:
            entries.append(_entry(words))
        elif depth == 1 and entries and bare.endswith(":"):
            section = words[0] if words else ""
        elif depth == 1 and entries and len(words) == 2:
            section = ""
            _set(entries[-1], *words)
        elif depth == 2 and entries and len(words) == 2:
            if section in ("dependencies", "optionalDependencies"):
                entries[-1]["needs"].append("@".join(words))
        else:
            raise unreadable(path, ValueError(f"line {number}"), TOOL)
    return entries


def _entry(keys: list[str]) -> Entry:
    name, _, wanted = keys[0].rpartition("@") if "@" in keys[0][1:] else (keys[0], "", "")
    if "@npm:" in keys[0]:  # an alias: what is installed is the name behind it
        wanted = keys[0].partition("@npm:")[2]
        name = wanted.rpartition("@")[0] or wanted
    return Entry(keys=keys, name=text(name), version="", resolved="", integrity="", needs=[], id=text(name))


def _set(entry: Entry, key: str, value: str) -> None:
    if key == "version":
        entry["version"] = text(value)
        entry["id"] = f"{entry['name']} {entry['version']}"
    elif key == "resolved":
        url, _, sha1 = value.partition("#")
        entry["resolved"] = text(url, 2000)
        if re.fullmatch(r"[0-9a-f]{40}", sha1) and not entry["integrity"]:
            entry["integrity"] = "sha1-" + b64encode(bytes.fromhex(sha1)).decode()
    elif key == "integrity":
        entry["integrity"] = text(value, 1000)


def _unquote(word: str) -> str:
    if not word.startswith('"'):
        return word
    try:
        return str(json.loads(word))
    except ValueError:
        return word.strip('"')


def _asked(manifest: Path) -> list[str]:
    """What the project asks for, if its manifest is beside the lock."""
    if not manifest.is_file():
        return []
    try:
        document = table(json.loads(read_text(manifest)))
    except (ValueError, RecursionError):
        return []
    groups = ("dependencies", "devDependencies", "optionalDependencies")
    return [f"{name}@{text(wanted)}" for group in groups for name, wanted in table(document.get(group)).items()]
