"""Lifecycle scripts of package.json: what their command lines look like, and which files they run."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from math import log1p
from posixpath import normpath

from darnel.features.metadata.model import Script
from darnel.features.metadata.tables import words
from darnel.features.metadata.text import entropy

INSTALLING = ("preinstall", "install", "postinstall")
"""Scripts that npm runs on the machine of whoever installs the release."""
PREPARING = (
    "prepare",
    "preprepare",
    "postprepare",
    "prepublish",
    "prepublishOnly",
    "prepack",
    "postpack",
)
"""Scripts that run when packing, in the own folder, or when the package is installed from git.

Whoever installs a release from the registry runs none of them, nor ``dependencies``: npm runs that after the
``node_modules`` of the project at hand changed, and never for a package that is installed.
"""
REMOVING = ("preuninstall", "uninstall", "postuninstall")
HOOKS = (*INSTALLING, *REMOVING)
"""Scripts that run on the machine of whoever installs or removes the release, without being asked for."""

_INLINE = re.compile(
    r"\b(node|nodejs|bun|deno)(\.exe)?\s+(-e|-p|-pe|--eval|--print|eval)\b|\b(python[\d.]*|perl|ruby|php)\s+-[ceEr]\b|"
    r"\b(ba|z|da)?sh\s+-\w*c\b|\bpowershell\b.*\s-(e|enc|encodedcommand|c|command)\b|\bcmd(\.exe)?\s+/c\b",
    re.IGNORECASE,
)
_DOWNLOAD = re.compile(
    r"\b(curl|wget|certutil|bitsadmin|iwr|invoke-webrequest|nslookup|dig|nc|ncat)\b|\b(https?|ftp)://|\bnpx\s+https?:",
    re.IGNORECASE,
)
_SILENT = re.compile(
    r"/dev/null|>\s*nul\b|\|\|\s*(true|exit 0|echo|:)|&\s*$|\bnohup\b|\bstart\s+/b\b|--silent|\bexit 0\b", re.IGNORECASE
)
_RUNNERS = re.compile(
    r"^\s*(?:\w+=\S+\s+)*(?:(?:cross-env|npx|yarn|pnpm|npm run|npm|run-s|is-ci|(?:not-)?in-publish)\s+)*"
)
_FILE = re.compile(
    r"(?<![\w@/:.-])(?:\.{1,2}/)*[\w@][\w@./-]*\.(?:[cm]?[jt]sx?|py|sh|bash|bat|cmd|ps1|rb|pl|exe|bin)\b(?![\w(/])"
)
_NODE_FILE = re.compile(
    r"\b(?:node|nodejs|bun(?=\s+(?:run\s+)?\S*[./])(?:\s+run)?|deno run|ts-node|tsx|python[\d.]*|sh|bash)(?:\.exe)?\s+"
    r"((?:-[\w-]+(?:=\S+)?\s+)*)([\w@./][\w@./-]*)(?![\w@./(-])"
)
_LOADED = re.compile(
    r"\b(?:require(?:\.resolve)?|import)\s{0,9}\(?\s{0,9}[\\'\"`]{1,3}(\.{1,2}(?:/[\w@./-]*)?)[\\'\"`]"
)
"""What code on the command line loads: ``node -e "require('./setup')"``."""
_RUN = re.compile(r"\b(?:npm|yarn|pnpm|bun)(?: run)? ([\w:-]+)")
"""Another script of the manifest: ``npm run build``."""
_IDLE = re.compile(r"\s*(?:exit(?:\s+\d+)?|true|:|echo(?:[ \t][^\n&|<>$`]*)?|node-gyp\s+(?:re)?build)?\s*")
_SOURCE = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".sh", ".bat", ".cmd", ".ps1", ".rb", ".pl")


def script_targets(command: str) -> list[str]:
    """Paths of the files that a command line runs, relative and normalised, in order.

    ``node scripts/setup``, ``./install.sh``, ``sh -c "node a.js"``, ``node -e "require('./a')"`` and plain file names
    with a script's suffix count; what lies outside the package does not. ``.`` is the main file (``node .``).
    """
    found = [match.group(2) for match in _NODE_FILE.finditer(command[:4_000])]
    found += _FILE.findall(command[:4_000])
    found += _LOADED.findall(command[:4_000])
    targets = (normpath(target) for target in found if "://" not in target)
    return list(dict.fromkeys(t for t in targets if not t.startswith(("../", "/")) and t != ".."))


def resolve(target: str, paths: Collection[str]) -> str | None:
    """File of the package that Node would load for a target (``lib`` is ``lib.js`` or ``lib/index.js``), or None."""
    plain = normpath(target.strip()) if target.strip() else "."
    plain = plain.lstrip("/")
    if plain in paths:
        return plain
    stem = "" if plain == "." else f"{plain}/"
    for suffix in (".js", ".cjs", ".mjs", ".json", ".ts", ".node"):
        if plain + suffix in paths:
            return plain + suffix
    for name in ("index.js", "index.cjs", "index.mjs", "index.json", "index.node", "index.ts"):
        if stem + name in paths:
            return stem + name
    return None


def unasked(by_name: Mapping[str, str]) -> list[str]:
    """Names of the scripts that run without being asked for: the hooks, and what they start by ``npm run``.

    With a script that is started so run those before and after it (``prebuild``, ``postbuild``).
    """
    found = [name for name in HOOKS if name in by_name]
    for name in found:  # grows on the way
        for named in _RUN.findall(by_name[name][:4_000]):
            around = (f"pre{named}", named, f"post{named}")
            found += [other for other in around if other in by_name and other not in found]
    return found


def hook_values(
    scripts: Iterable[Script], main: str | None, paths: Collection[str] | None
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Columns ``meta.hook*`` and the files that scripts run without being asked for.

    Parameters
    ----------
    scripts : iterable of Script
        All scripts of the manifest.
    main : str or None
        Declared main file.
    paths : collection of str or None
        Every member of the package; None if unknown (then nothing counts as missing).

    Returns
    -------
    (dict, tuple of str)
        Values, and install targets: resolved to members where possible, otherwise as written.
    """
    scripts = list(scripts)
    by_name = {script.name: script.command for script in scripts}
    commands = [by_name[name] for name in HOOKS if name in by_name]
    installing = [name for name in INSTALLING if name in by_name]
    values = {
        "meta.hooks": float(len(installing)),
        "meta.hook_preinstall": float("preinstall" in by_name),
        "meta.hook_install": float("install" in by_name),
        "meta.hook_postinstall": float("postinstall" in by_name),
        "meta.hook_prepare": float(any(name in by_name for name in PREPARING)),
        "meta.hook_uninstall": float(any(name in by_name for name in REMOVING)),
        "meta.hook_alone": float(bool(installing) and set(by_name) - {"test"} <= {*HOOKS, *PREPARING}),
        "shape.meta_placeholder_scripts": float("no test specified" in by_name.get("test", "")),
    }
    start = (resolve(main or "index.js", paths) if paths is not None else None) or main or "index.js"
    targets: list[str] = []
    for name in unasked(by_name):
        for target in script_targets(by_name[name]):
            wanted = start if target == "." else target
            member = resolve(wanted, paths) if paths is not None else None
            targets.append(member or wanted)
            _merge(values, _file_values(wanted, member, start, paths is not None))
    if commands:
        values["meta.hook_length"] = log1p(max(map(len, commands)))
        values["meta.hook_entropy"] = max(entropy(command[:4_000]) for command in commands)
        values["meta.hook_inline"] = float(any(_INLINE.search(command[:4_000]) for command in commands))
        values["meta.hook_download"] = float(any(_DOWNLOAD.search(command[:4_000]) for command in commands))
        values["meta.hook_silent"] = float(any(_SILENT.search(command[:4_000]) for command in commands))
        values["meta.hook_customary"] = float(all(_customary(command) for command in commands))
    return values, tuple(dict.fromkeys(targets))


def _customary(command: str) -> bool:
    """Whether every simple command of a command line starts with a tool that packages customarily call here."""
    steps = re.split(r"&&|\|\||;", command[:500])
    return all(
        not re.search(r"[&|<>$`]", step)
        and re.split(r"[\s:]", _RUNNERS.sub("", step), maxsplit=1)[0] in words("hook_tools")
        for step in steps
    )


def idle(command: str) -> bool:
    """Whether a lifecycle script does nothing (``exit 1``) or what npm does unasked (``node-gyp rebuild``)."""
    return all(_IDLE.fullmatch(step) for step in re.split(r"&&|\|\||;", command[:4_000]))


def _file_values(target: str, member: str | None, main: str, known: bool) -> dict[str, float]:
    path = member or target
    odd = any(part.startswith(".") for part in target.split("/")) or not path.endswith((*_SOURCE, ".json"))
    return {
        "meta.hook_file": 1.0,
        "meta.hook_file_missing": float(known and member is None),
        "meta.hook_file_hidden": float(odd and "." in target),
        "meta.hook_file_main": float(normpath(path) == normpath(main)),
    }


def _merge(values: dict[str, float], more: Mapping[str, float]) -> None:
    for column, value in more.items():
        values[column] = max(values.get(column, 0.0), value)
