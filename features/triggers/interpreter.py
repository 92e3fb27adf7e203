"""Files that every start of the Python interpreter runs: ``.pth`` import lines, sitecustomize, usercustomize."""

from __future__ import annotations

import re

from darnel.features.metadata.jsonish import decode
from darnel.features.roles import Role
from darnel.features.triggers.model import MAX_BYTES, MAX_COMMANDS, Embedded, Trigger, TriggerFacts, observe

# Lines that setuptools, virtualenv, coverage and editable installs write; matched whole, so that nothing can be added.
_NAMESPACE = re.compile(
    r"import sys, ?types, ?os; ?(has_mfs = sys\.version_info > \(3, ?5\); ?)?"
    r"p ?= ?os\.path\.join\(sys\._getframe\(1\)\.f_locals\['sitedir'\], ?\*\('[\w.', ]+\)\); ?"
    r"(importlib = has_mfs and __import__\('importlib\.util'\); ?has_mfs and __import__\('importlib\.machinery'\); ?"
    r"m = has_mfs and sys\.modules\.setdefault\('[\w.]+', ?importlib\.util\.module_from_spec\(importlib\.machinery\."
    r"PathFinder\.find_spec\('[\w.]+', ?\[os\.path\.dirname\(p\)\]\)\)\); ?"
    r"|ie ?= ?os\.path\.exists\(os\.path\.join\(p, ?'__init__\.py'\)\); ?)"
    r"m ?= ?(m or|not ie and) sys\.modules\.setdefault\('[\w.]+', ?types\.ModuleType\('[\w.]+'\)\); ?"
    r"mp ?= ?\(m or \[\]\) and m\.__dict__\.setdefault\('__path__', ?\[\]\); ?\(p not in mp\) and mp\.append\(p\)"
    r"(; ?m and setattr\(sys\.modules\['[\w.]+'\], ?'[\w.]+', ?m\))?"
)
_CUSTOMARY = re.compile(
    r"import (__editable__\w*finder; __editable__\w*finder\.install\(\)|_virtualenv|coverage; "
    r"coverage\.process_startup\(\)"
    r"|os; var = 'SETUPTOOLS_USE_DISTUTILS'; enabled = os\.environ\.get\(var, '(local|stdlib)'\) "
    r"== 'local'; "
    r"enabled and __import__\('_distutils_hack'\)(\.add_shim\(\))?|sys; sys\.__plen = len\(sys\.path\))"
)


def inspect(path: str, data: bytes) -> TriggerFacts:
    """Find the lines of a ``.pth`` file that Python executes (those that start with ``import``)."""
    if not path.endswith(".pth"):
        return TriggerFacts("interpreter", (observe("persist.shell", 1, "python:customize"),))
    seen, embedded, customary = [], [], 0
    for number, line in enumerate(decode(data[:MAX_BYTES]).splitlines(), 1):
        if not line.startswith(("import ", "import\t")):
            continue
        stripped = line.rstrip().rstrip(";")
        if len(line) < 2_000 and (_NAMESPACE.fullmatch(stripped) or _CUSTOMARY.fullmatch(stripped)):
            customary += 1
            continue
        seen.append(observe("persist.shell", number, "python:pth"))
        code = line.encode("utf-8", "replace")
        embedded.append(Embedded(f"line{number}", "python", code, Role.STARTUP, number))
        if len(embedded) >= MAX_COMMANDS:
            break
    return TriggerFacts("interpreter", tuple(seen), tuple(embedded), customary)


TRIGGER = Trigger(
    "interpreter",
    "files that every start of Python runs: .pth import lines, sitecustomize, usercustomize",
    r"[^/]+\.pth|(?:site|user)customize(?:\.py|/__init__\.py)",
    Role.STARTUP,
    inspect,
)
