"""package.json, whatever shape it comes in."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from itertools import islice
from posixpath import normpath
from typing import Any

from darnel.features.facts import Observation
from darnel.features.metadata.claims import Claims, claim_values, emails, hosts
from darnel.features.metadata.hooks import HOOKS, INSTALLING, hook_values, idle, resolve, unasked
from darnel.features.metadata.jsonish import Parsed, decode, parse, texts
from darnel.features.metadata.model import MAX_ENTRIES, Dependency, DependencyKind, Metadata, Script
from darnel.features.metadata.tables import words

MANIFEST = "package.json"

_TYPES: dict[str, tuple[type, ...]] = {
    "name": (str,),
    "version": (str,),
    "description": (str,),
    "main": (str,),
    "scripts": (dict,),
    "bin": (str, dict),
    "dependencies": (dict,),
    "devDependencies": (dict,),
    "peerDependencies": (dict,),
    "optionalDependencies": (dict,),
    "keywords": (list, str),
    "author": (str, dict, list),
    "files": (list,),
    "exports": (str, dict, list),
    "repository": (str, dict, list),
}
_LINES = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")
_GIT = re.compile(r"^(git(\+\w+)?:|git@|github:|gitlab:|bitbucket:|gist:|[\w.-]+/[\w.-]+(#|$))|\.git(#|$)")


def read(files: Mapping[str, bytes], name: str, version: str, paths: Collection[str] | None) -> Metadata:
    """Metadata of an npm release; see :func:`darnel.features.metadata.read`."""
    raw = files.get(MANIFEST)
    if raw is None:
        readme = _readme(files)
        return Metadata(name, version, claim_values(Claims("npm", name, version, readme=readme)))
    parsed = parse(raw)
    # Keys with an underscore were added by the registry or the client that fetched it: they tell how it was collected.
    manifest: dict[str, Any] = (
        {key: value for key, value in parsed.value.items() if not key.startswith("_")}
        if isinstance(parsed.value, dict)
        else {}
    )
    declared, release = _text(manifest.get("name")), _text(manifest.get("version"))
    scripts = tuple(_scripts(manifest, parsed))
    dependencies = tuple(_dependencies(manifest))
    commands = _commands(manifest, declared or name)
    main = _text(manifest.get("main")) or None
    links = _links(manifest)
    claims = Claims(
        "npm",
        declared or name,
        release or version,
        people=_people(manifest),
        emails=emails(" ".join(texts([manifest.get(key) for key in ("author", "contributors", "maintainers")]))),
        links=links,
        repository=_link(manifest.get("repository")),
        summary=_text(manifest.get("description")),
        readme=_readme(files),
        commands=list(commands),
        dependencies=dependencies,
    )
    values = claim_values(claims)
    hooks, install_targets = hook_values(scripts, main, paths)
    values |= hooks
    values |= _entry_values(manifest, main, commands, paths)
    values |= _oddities(manifest, parsed)
    values["meta.name_differs"] = float(bool(declared and name) and declared.lower() != name.lower())
    values["meta.version_differs"] = float(bool(release and version) and release.lstrip("v=") != version.lstrip("v="))
    values["meta.command_shadows"] = float(
        sum(command in words("commands") and command != declared for command in commands)
    )
    values["shape.meta_size"] = float(len(raw))
    return Metadata(
        name=declared or name,
        version=release or version,
        values={column: value for column, value in values.items() if value},
        scripts=tuple(sorted(scripts, key=lambda script: not script.hook)),
        entry_targets=_entries(manifest, main, commands, paths),
        install_targets=install_targets,
        dependencies=dependencies,
        hosts=hosts(links),
        observations={MANIFEST: tuple(_observations(scripts, dependencies, parsed))},
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _scripts(manifest: Mapping[str, Any], parsed: Parsed) -> Iterator[Script]:
    declared = islice(_table(manifest.get("scripts")).items(), MAX_ENTRIES)
    commands = {key: command for key, command in declared if isinstance(command, str) and command.strip()}
    running = set(unasked(commands))
    for key, command in commands.items():
        yield Script(key, command, parsed.line("scripts", key), key in running)


def _kind(spec: str) -> DependencyKind:
    spec = spec.strip()
    if spec.startswith("npm:"):
        return "alias"
    if spec.startswith(("file:", "link:", "portal:", "./", "../", "/", "~/")):
        return "file"
    if _GIT.search(spec) and not spec.startswith("workspace:"):
        return "git"
    return "url" if re.match(r"https?:", spec) else "registry"


def _dependencies(manifest: Mapping[str, Any]) -> Iterator[Dependency]:
    seen: set[str] = set()
    for key in _LINES:
        for name, spec in islice(_table(manifest.get(key)).items(), MAX_ENTRIES):
            if isinstance(spec, str) and name not in seen:
                seen.add(name)
                yield Dependency(name.lower(), spec, _kind(spec), key == "devDependencies")


def _commands(manifest: Mapping[str, Any], name: str) -> dict[str, str]:
    """Installed command names and the files behind them."""
    value = manifest.get("bin")
    if isinstance(value, str):
        return {name.rpartition("/")[2]: value}
    named = islice(_table(value).items(), MAX_ENTRIES)
    found = {key: target for key, target in named if isinstance(target, str)}
    folder = _table(manifest.get("directories")).get("bin")
    return found or ({folder.strip("./") + "/*": f"{folder}/*"} if isinstance(folder, str) and folder else {})


def _entries(
    manifest: Mapping[str, Any], main: str | None, commands: Mapping[str, str], paths: Collection[str] | None
) -> tuple[str, ...]:
    wanted = [main or "index.js", *commands.values()]
    for key in (
        "module",
        "browser",
        "exports",
        "unpkg",
        "jsdelivr",
        "react-native",
        "es2015",
        "imports",
        "sass",
        "svelte",
        "jsnext:main",
    ):
        wanted += texts(manifest.get(key))[:500]
    found: dict[str, None] = {}
    for target in wanted:
        if "://" in target or not target.strip():
            continue
        plain = normpath(target.strip()).lstrip("/")
        member = resolve(plain, paths) if paths is not None and "*" not in plain else None
        found[member or plain] = None
    return tuple(found)


def _entry_values(
    manifest: Mapping[str, Any], main: str | None, commands: Mapping[str, str], paths: Collection[str] | None
) -> dict[str, float]:
    declared = [main] if main else []
    declared += [target for key in ("module", "browser") if isinstance(target := manifest.get(key), str)]
    known = paths is not None
    plain = normpath(main) if main else ""
    return {
        "meta.main_missing": float(known and any(resolve(t, paths or ()) is None for t in declared)),
        "meta.bin_missing": float(
            known and any("*" not in t and resolve(t, paths or ()) is None for t in commands.values())
        ),
        "meta.main_hidden": float(
            any(part.startswith(".") and part.strip(".") for part in plain.split("/"))
            or bool(
                re.search(
                    r"\.(?!([cm]?[jt]sx?|json|node|vue|css|s[ac]ss|less|min|coffee|d|wasm|svelte)$)[a-z]{1,4}$", plain
                )
            )
        ),
    }


def _people(manifest: Mapping[str, Any]) -> list[str]:
    author = manifest.get("author")
    if isinstance(author, dict):
        author = author.get("name")
    if isinstance(author, list):
        author = next((item for item in author if isinstance(item, str)), None)
    return [re.sub(r"[<(].*", "", author).strip()] if isinstance(author, str) else []


def _link(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("url") or value.get("web")
    if isinstance(value, list):
        value = value[0] if value else None
    return value.strip() if isinstance(value, str) else ""


def _links(manifest: Mapping[str, Any]) -> list[str]:
    found = [_link(manifest.get(key)) for key in ("homepage", "repository", "bugs")]
    return [link for link in found if link and not re.match(r"[\w.+-]+@[\w.-]+$", link)]


def _readme(files: Mapping[str, bytes]) -> str:
    path = min((path for path in files if path.lower().startswith("readme")), default=None)
    return decode(files[path][:200_000]) if path else ""


def _oddities(manifest: Mapping[str, Any], parsed: Parsed) -> dict[str, float]:
    odd = sum(key in manifest and not isinstance(manifest[key], kinds) for key, kinds in _TYPES.items())
    odd += sum(not isinstance(command, str) for command in _table(manifest.get("scripts")).values())
    registry = _text(_table(manifest.get("publishConfig")).get("registry"))
    keywords = manifest.get("keywords")
    bundled = manifest.get("bundleDependencies", manifest.get("bundledDependencies"))
    return {
        "meta.manifest_broken": float(parsed.broken or parsed.lenient or not isinstance(parsed.value, dict)),
        "meta.manifest_doubled": float(parsed.doubled),
        "meta.manifest_odd": float(odd),
        "meta.gyp": float(manifest.get("gypfile") is True),
        "meta.private": float(manifest.get("private") is True),
        "meta.bundled": float(len(bundled)) if isinstance(bundled, list) else float(bundled is True),
        "meta.overrides": float(sum(len(_table(manifest.get(key))) for key in ("overrides", "resolutions"))),
        "meta.foreign_registry": float(bool(registry) and "registry.npmjs.org" not in registry),
        "shape.meta_license": float("license" in manifest or "licenses" in manifest),
        "shape.meta_keywords": float(len(keywords)) if isinstance(keywords, list) else float(bool(keywords)),
        "shape.meta_engine": float("engines" in manifest),
        "shape.meta_scripts": float(len(_table(manifest.get("scripts")))),
        "shape.meta_dev_dependencies": float(len(_table(manifest.get("devDependencies")))),
    }


def _observations(
    scripts: tuple[Script, ...], dependencies: tuple[Dependency, ...], parsed: Parsed
) -> Iterator[Observation]:
    for script in scripts:
        if script.name in HOOKS and not idle(script.command):
            installing = script.name in INSTALLING
            yield Observation(
                "install.hook", script.line, script.line, script.line, -1, installing, f"script:{script.name}"
            )
    for dependency in dependencies[:MAX_ENTRIES]:
        if dependency.kind in ("git", "url") and not dependency.dev:
            line = parsed.line(dependency.name)
            yield Observation("install.dependency", line, line, line, -1, True, f"dependency:{dependency.kind}")
