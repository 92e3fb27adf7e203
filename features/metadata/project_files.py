"""pyproject.toml, setup.cfg, entry_points.txt and egg-info lists: declarative files around a Python project."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from posixpath import normpath
from typing import Any

from darnel.features import toml
from darnel.features.metadata.jsonish import decode
from darnel.features.metadata.tables import words

MAX_BYTES = 1024 * 1024
STOCK_BYTES = 512
"""Shorter files are remembered."""

BACKENDS = words("backends")
"""Top-level modules of build backends that are in common use."""


@dataclass(slots=True)
class Project:
    """What declarative project files say."""

    name: str = ""
    version: str = ""
    dependencies: list[str] = field(default_factory=list)
    optional: list[str] = field(default_factory=list)
    build_requires: list[str] = field(default_factory=list)
    entry_points: list[tuple[str, str, str]] = field(default_factory=list)
    """(group, name, target); target as written (``package.module:function``)."""
    modules: list[str] = field(default_factory=list)
    """Top-level modules and packages."""
    scripts: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    backend: str = ""
    backend_paths: list[str] = field(default_factory=list)
    """Files or folders of in-tree build code."""
    hooks: list[str] = field(default_factory=list)
    """Labels of declared build hooks (``hatch-custom``, ``setup.cfg-cmdclass``…)."""
    broken: bool = False


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _strings(value: Any) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def read_pyproject(data: bytes) -> Project:
    """Read pyproject.toml (PEP 517, 518, 621, Poetry, Hatch, PDM); broken TOML gives a broken, empty project."""
    project = Project()
    try:
        top = toml.loads(decode(data[:MAX_BYTES]))
    except (RecursionError, ValueError):
        return Project(broken=True)
    build, main, tools = _table(top.get("build-system")), _table(top.get("project")), _table(top.get("tool"))
    poetry = _table(tools.get("poetry"))
    project.name = _text(main.get("name")) or _text(poetry.get("name"))
    project.version = _text(main.get("version")) or _text(poetry.get("version"))
    project.dependencies = _strings(main.get("dependencies"))
    for name, spec in _table(poetry.get("dependencies")).items():
        if name.lower() != "python":
            project.dependencies.append(_poetry(name, spec))
    for extra in _table(main.get("optional-dependencies")).values():
        project.optional += _strings(extra)
    project.build_requires = _strings(build.get("requires"))
    project.backend = _text(build.get("build-backend"))
    groups = {"console_scripts": _table(main.get("scripts")), "gui_scripts": _table(main.get("gui-scripts"))}
    groups |= {group: _table(table) for group, table in _table(main.get("entry-points")).items()}
    groups |= {f"poetry.{group}": _table(table) for group, table in _table(poetry.get("plugins")).items()}
    for group, table in (*groups.items(), ("console_scripts", _table(poetry.get("scripts")))):
        project.entry_points += [(group, name, target) for name, target in table.items() if isinstance(target, str)]
    project.links = [link for link in _table(main.get("urls")).values() if isinstance(link, str)]
    project.links += [poetry[key] for key in ("homepage", "repository") if isinstance(poetry.get(key), str)]
    project.people = (
        [_text(_table(person).get("name")) for person in main.get("authors") or [] if isinstance(person, dict)]
        if (isinstance(main.get("authors"), list))
        else []
    )
    project.modules = _strings(_table(_table(tools.get("setuptools"))).get("py-modules"))
    _build_code(project, build, tools)
    return project


def _poetry(name: str, spec: Any) -> str:
    if isinstance(spec, dict):
        where = next((str(spec[key]) for key in ("git", "url", "path") if key in spec), "")
        if where:
            return f"{name} @ {'git+' if 'git' in spec else ''}{where}"
        spec = spec.get("version", "")
    return f"{name} {spec}" if isinstance(spec, str) and spec != "*" else name


def _build_code(project: Project, build: Mapping[str, Any], tools: Mapping[str, Any]) -> None:
    """In-tree build code: PEP 517 ``backend-path`` and the build hooks of the common backends."""
    folders = [normpath(folder) for folder in _strings(build.get("backend-path"))]
    module = project.backend.partition(":")[0].replace(".", "/")
    for folder in folders:
        # backend-path = ["."] names the whole tree: there the backend's own module is meant.
        stem = module if folder == "." else f"{folder}/{module}"
        project.backend_paths += [f"{stem}.py", f"{stem}/__init__.py"] if module else []
        project.backend_paths += [folder] if folder != "." else []
    hatch = _table(_table(tools.get("hatch")).get("build"))
    tables = [hatch, *(_table(target) for target in _table(hatch.get("targets")).values())]
    for table in tables:
        custom = _table(table.get("hooks")).get("custom")
        if custom is not None:
            project.hooks.append("hatch-custom")
            project.backend_paths.append(normpath(_text(_table(custom).get("path")) or "hatch_build.py"))
    if "custom" in _table(_table(tools.get("hatch")).get("metadata")).get("hooks", {}):
        project.backend_paths.append("hatch_build.py")
        project.hooks.append("hatch-metadata")
    poetry_build = _table(tools.get("poetry")).get("build")
    script = _text(poetry_build) or _text(_table(poetry_build).get("script"))
    if script:
        project.hooks.append("poetry-build")
        project.backend_paths.append(normpath(script))
    pdm = _text(_table(_table(tools.get("pdm")).get("build")).get("custom-hook"))
    if pdm:
        project.hooks.append("pdm-build")
        project.backend_paths.append(normpath(pdm))
    if _table(_table(tools.get("setuptools")).get("cmdclass")):
        project.hooks.append("setuptools-cmdclass")


def _config(data: bytes) -> configparser.RawConfigParser | None:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, delimiters=("=", ":"))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    try:
        parser.read_string(decode(data[:MAX_BYTES]))
    except (configparser.Error, ValueError):
        return None
    return parser


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in re.split(r"[\n]", text or "") if line.strip() and not line.strip().startswith("#")]


def read_setup_cfg(data: bytes) -> Project:
    """Read the declarative part of setup.cfg."""
    # Setuptools writes the same few lines into every sdist.
    return _stock_setup_cfg(data) if len(data) < STOCK_BYTES else _setup_cfg(data)


def _setup_cfg(data: bytes) -> Project:
    parser = _config(data)
    if parser is None:
        return Project(broken=True)

    def get(section: str, key: str) -> str:
        return (parser.get(section, key, fallback="") or "").strip()

    project = Project(name=get("metadata", "name"), version=get("metadata", "version"))
    project.dependencies = _lines(get("options", "install_requires"))
    project.build_requires = _lines(get("options", "setup_requires"))
    project.modules = [
        part for line in _lines(get("options", "py_modules")) for part in re.split(r"[\s,]+", line) if part
    ]
    project.scripts = _lines(get("options", "scripts"))
    project.links = [link for link in [get("metadata", "url"), *_lines(get("metadata", "project_urls"))] if link]
    project.people = [get("metadata", "author")] if get("metadata", "author") else []
    if parser.has_section("options.entry_points"):
        for group, text in parser.items("options.entry_points"):
            project.entry_points += _points(group, _lines(text))
    if get("options", "cmdclass"):
        project.hooks.append("setup.cfg-cmdclass")
    if get("global", "setup_hooks") or get("global", "commands"):
        project.hooks.append("setup.cfg-hooks")
    return project


_stock_setup_cfg = lru_cache(64)(_setup_cfg)


def _points(group: str, lines: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for line in lines:
        name, equals, target = line.partition("=")
        if equals:
            found.append((group, name.strip(), target.strip()))
    return found


def read_entry_points(data: bytes) -> list[tuple[str, str, str]]:
    """Read entry_points.txt: (group, name, target)."""
    found: list[tuple[str, str, str]] = []
    group = ""
    for line in decode(data[:MAX_BYTES]).splitlines():
        line = line.strip()
        if line.startswith("["):
            group = line.strip("[]").strip()
        elif "=" in line and not line.startswith(("#", ";")):
            found += _points(group, [line])
    return found
