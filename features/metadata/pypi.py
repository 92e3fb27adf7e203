"""Metadata of a PyPI release: core metadata, setup.py, setup.cfg, pyproject.toml and wheel bits put together."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from posixpath import basename, normpath

from darnel.features import names
from darnel.features.facts import Observation
from darnel.features.metadata import setup_py
from darnel.features.metadata.claims import Claims, claim_values, emails, hosts
from darnel.features.metadata.jsonish import decode
from darnel.features.metadata.model import MAX_ENTRIES, Dependency, Metadata
from darnel.features.metadata.project_files import (
    BACKENDS,
    Project,
    read_entry_points,
    read_pyproject,
    read_setup_cfg,
)
from darnel.features.metadata.requirements import dependencies
from darnel.features.metadata.tables import words
from darnel.features.names.popular import normalise, squash

_MAX_CORE = 2 * 1024 * 1024
_HOOKED = words("hooked_commands")
_AUTO_GROUPS = re.compile(
    r"^(pytest11|distutils\.\w+|setuptools\.\w+|egg_info\.writers|sphinx\.builders|flake8\.\w+|pylint\.\w+|mkdocs\.plugins|"
    r"jupyter\w*|nbconvert\.\w+|keyring\.backends|pip\.\w+|hatch|poetry\.\w+|tox|virtualenv\.\w+|mypy\.\w+|opentelemetry_\w+)$"
)
_GENERATORS = re.compile(
    r"^(bdist_wheel|setuptools|flit|poetry|poetry-core|pdm|hatchling|maturin|meson|skbuild|scikit-build|scikit-build-core|uv|whey|"
    r"bazel|delocate|auditwheel|cmake|bdist_wheel_name|nuitka|enscons|build|pip|conda|pyodide|flit_core|pbr|wheel)\b",
    re.IGNORECASE,
)
# Top-level names that many distributions share by convention or by mistake.
_SHARED = words("shared_top_level")


@dataclass(slots=True)
class _Sources:
    """Everything read, by kind of file."""

    core: Message | None = None
    core_path: str = ""
    core_size: int = 0
    setup: setup_py.SetupCall | None = None
    setup_size: int = 0
    cfg: Project = field(default_factory=Project)
    pyproject: Project = field(default_factory=Project)
    entry_points: list[tuple[str, str, str]] = field(default_factory=list)
    top_level: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    generator: str = ""
    readme: str = ""
    egg_info: bool = False
    folders: set[tuple[str, str]] = field(default_factory=set)
    """(name, version) given by dist-info folders."""


def read(files: Mapping[str, bytes], name: str, version: str, paths: Collection[str] | None) -> Metadata:
    """Metadata of a PyPI release; see :func:`darnel.features.metadata.read`."""
    sources = _sources(files)
    declared, release = _declared(sources, name, version)
    points = list(
        dict.fromkeys(
            [*sources.entry_points, *sources.cfg.entry_points, *sources.pyproject.entry_points, *_setup_points(sources)]
        )
    )
    points = points[:MAX_ENTRIES]
    commands = [command for group, command, _ in points if group in ("console_scripts", "gui_scripts")]
    scripts = [*_setup_texts(sources, "scripts"), *sources.cfg.scripts]
    commands += [basename(script) for script in scripts]
    top_level = _top_level(sources, paths)
    needs = tuple(_dependencies(sources))
    links, repository = _links(sources)
    claims = Claims(
        "pypi",
        declared,
        release,
        people=_people(sources),
        emails=emails(
            " ".join([*_headers(sources, "Author-email", "Maintainer-email"), *_setup_texts(sources, "author_email")])
        ),
        links=links,
        repository=repository,
        summary=next(iter([*_headers(sources, "Summary"), *_setup_texts(sources, "description")]), ""),
        readme=_long_description(sources) or sources.readme,
        commands=commands,
        dependencies=needs,
    )
    values = claim_values(claims) | _setup_values(sources) | _build_values(sources) | _shape(sources)
    values |= _top_level_values(top_level, declared) | _entry_values(points, top_level)
    values |= _differences(sources, name, version)
    values["meta.command_shadows"] = float(
        sum(c in words("commands") and c != normalise("pypi", declared) for c in commands)
    )
    backend_paths = tuple(dict.fromkeys([*sources.pyproject.backend_paths, *sources.cfg.backend_paths]))
    return Metadata(
        name=declared,
        version=release,
        values={column: value for column, value in values.items() if value},
        scripts=(),
        entry_targets=tuple(dict.fromkeys([*(_module(t) for _, _, t in points), *top_level, *map(normpath, scripts)])),
        install_targets=tuple(dict.fromkeys((*(("setup.py",) if sources.setup else ()), *backend_paths))),
        backend_paths=backend_paths,
        dependencies=needs,
        hosts=hosts(links),
        observations=_observations(sources, needs),
    )


def _sources(files: Mapping[str, bytes]) -> _Sources:
    found = _Sources()
    for path in sorted(files, key=lambda p: (p.count("/"), p)):
        data, base = files[path], basename(path)
        folder = path.rpartition("/")[0].rpartition("/")[2]
        if base in ("METADATA", "PKG-INFO"):
            # An sdist has PKG-INFO twice; the one at the root is what the registry shows.
            if found.core is None:
                found.core, found.core_path, found.core_size = _message(data[:_MAX_CORE]), path, len(data)
            stem = folder.removesuffix(".dist-info")
            if folder.endswith(".dist-info") and "-" in stem:
                found.folders.add((stem.partition("-")[0], stem.partition("-")[2]))
        elif path == "setup.py":
            found.setup, found.setup_size = setup_py.read(data), len(data)
        elif path == "setup.cfg":
            found.cfg = read_setup_cfg(data)
        elif path == "pyproject.toml":
            found.pyproject = read_pyproject(data)
        elif base == "entry_points.txt":
            found.entry_points += read_entry_points(data)
        elif base == "top_level.txt":
            found.top_level += decode(data[:20_000]).split()[:200]
        elif base == "requires.txt":
            # Sections name extras ("[test]") or markers: only the first block is unconditional.
            found.requires += decode(data[:100_000]).partition("\n[")[0].splitlines()
        elif base == "WHEEL":
            found.generator = str(BytesHeaderParser().parsebytes(data[:20_000]).get("Generator", ""))
        elif base.lower().startswith("readme") and not found.readme:
            found.readme = decode(data[:200_000])
        found.egg_info |= folder.endswith(".egg-info")
    return found


def _message(data: bytes) -> Message:
    """Core metadata; the description after the blank line is not fed through the parser line by line."""
    head, blank, body = data.partition(b"\n\n")
    if b"\r" not in data and blank:
        message = BytesHeaderParser().parsebytes(head + blank)
        if not message.get_payload():  # else a line that is no header came first, and the description starts there
            message.set_payload(body.decode("ascii", "surrogateescape"))
            return message
    return BytesHeaderParser().parsebytes(data)


def _headers(sources: _Sources, *keys: str) -> list[str]:
    if sources.core is None:
        return []
    found = [str(value).strip() for key in keys for value in sources.core.get_all(key, [])]
    return [value for value in found if value and value != "UNKNOWN"][:MAX_ENTRIES]


def _setup_texts(sources: _Sources, key: str) -> list[str]:
    return sources.setup.texts(key) if sources.setup else []


def _declared(sources: _Sources, name: str, version: str) -> tuple[str, str]:
    """Find the name and version that the release itself gives, the registry's source first."""
    setup = sources.setup or setup_py.SetupCall()
    found = [*_headers(sources, "Name"), sources.pyproject.name, sources.cfg.name, setup.text("name"), name]
    versions = [
        *_headers(sources, "Version"),
        sources.pyproject.version,
        sources.cfg.version,
        setup.text("version"),
        version,
    ]
    release = next((v for v in versions if v and not v.startswith(("attr:", "file:"))), "")
    return next((n.strip() for n in found if n.strip()), ""), release.strip()


def _differences(sources: _Sources, name: str, version: str) -> dict[str, float]:
    setup = sources.setup or setup_py.SetupCall()
    stated = [name, *_headers(sources, "Name"), sources.pyproject.name, sources.cfg.name, setup.text("name")]
    versions = [
        version,
        *_headers(sources, "Version"),
        sources.pyproject.version,
        sources.cfg.version,
        setup.text("version"),
    ]
    stated += [folder for folder, _ in sources.folders]
    distinct = {normalise("pypi", text) for text in stated if text}
    releases = {_plain(text) for text in versions if text and not text.startswith(("attr:", "file:"))}
    return {"meta.name_differs": float(len(distinct) > 1), "meta.version_differs": float(len(releases) > 1)}


def _plain(version: str) -> str:
    from packaging.utils import canonicalize_version

    # Cut: packaging lets Python's limit on the digits of an integer through as a ValueError.
    return canonicalize_version(version.strip().partition("+")[0][:200])


def _setup_points(sources: _Sources) -> Iterable[tuple[str, str, str]]:
    table = sources.setup.arguments.get("entry_points") if sources.setup else None
    for group, lines in table.items() if isinstance(table, dict) else ():
        for line in lines if isinstance(lines, list) else [lines]:
            if isinstance(group, str) and isinstance(line, str) and "=" in line:
                yield group, line.partition("=")[0].strip(), line.partition("=")[2].strip()


def _module(target: str) -> str:
    return re.split(r"[:\[\s]", target.strip(), maxsplit=1)[0]


def _top_level(sources: _Sources, paths: Collection[str] | None) -> list[str]:
    stated = [
        *sources.top_level,
        *_setup_texts(sources, "py_modules"),
        *sources.cfg.modules,
        *sources.pyproject.modules,
    ]
    stated += [package.partition(".")[0] for package in _setup_texts(sources, "packages")]
    if not stated and paths is not None:
        for path in paths:
            parts = path.removeprefix("src/").split("/")
            if len(parts) == 2 and parts[1] == "__init__.py" and not parts[0].startswith("."):
                stated.append(parts[0])
            elif len(parts) == 1 and parts[0].endswith(".py") and sources.core_path.endswith("METADATA"):
                stated.append(parts[0][:-3])
    return [name for name in dict.fromkeys(stated) if name][:200]


def _top_level_values(top_level: list[str], declared: str) -> dict[str, float]:
    from rapidfuzz.distance import JaroWinkler

    own = squash(declared.lower())
    public = [name for name in top_level if name.lower() not in _SHARED]
    near = [JaroWinkler.similarity(own, squash(name.lower())) for name in public]
    # A part of the own name (google in google-cloud-x, sub-packages of a namespace) is the family's.
    foreign = [name for name in public if squash(name.lower()) not in own and own not in squash(name.lower())]
    ranks = [names.rank("pypi", name) for name in foreign if len(name) > 3]
    return {
        "shape.meta_top_level": float(len(top_level)),
        "meta.top_level_distance": 1 - max(near) if own and near else 0.0,
        "meta.top_level_standard": float(
            any(name in words("standard_modules") and squash(name) != own for name in public)
        ),
        "meta.top_level_popular": float(bool(own) and any(rank is not None and rank < 2_000 for rank in ranks)),
    }


def _entry_values(points: list[tuple[str, str, str]], top_level: list[str]) -> dict[str, float]:
    roots = {_module(target).partition(".")[0] for _, _, target in points} - {""}
    return {
        "shape.meta_entry_points": float(len(points)),
        "meta.entry_auto": float(sum(bool(_AUTO_GROUPS.match(group)) for group, _, _ in points)),
        "meta.entry_foreign": float(len(roots - set(top_level))) if top_level else 0.0,
    }


def _dependencies(sources: _Sources) -> Iterable[Dependency]:
    lines = [*_headers(sources, "Requires-Dist"), *sources.requires, *_setup_texts(sources, "install_requires")]
    lines += [*sources.cfg.dependencies, *sources.pyproject.dependencies]
    seen: set[str] = set()
    for dependency in [
        *dependencies(lines[:MAX_ENTRIES]),
        *dependencies(sources.pyproject.optional[:MAX_ENTRIES], dev=True),
    ]:
        if (dependency.name or dependency.spec) not in seen:
            seen.add(dependency.name or dependency.spec)
            yield dependency


def _links(sources: _Sources) -> tuple[list[str], str]:
    urls = [value.partition(",")[2].strip() or value for value in _headers(sources, "Project-URL")]
    found = [*_headers(sources, "Home-page", "Download-URL"), *urls, *_setup_texts(sources, "url"), *sources.cfg.links]
    found += [text for text in _setup_texts(sources, "project_urls") if "://" in text] + sources.pyproject.links
    links = list(dict.fromkeys(link.strip() for link in found if link.strip()))
    code = re.compile(r"(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com)[/:]([\w.-]+/[\w.-]+)")
    repository = next((f"https://{m.group(1)}/{m.group(2)}" for link in links if (m := code.search(link[:500]))), "")
    return links[:MAX_ENTRIES], repository


def _people(sources: _Sources) -> list[str]:
    found = [
        *_headers(sources, "Author", "Maintainer"),
        *_setup_texts(sources, "author"),
        *sources.cfg.people,
        *sources.pyproject.people,
    ]
    if not found:
        found = [re.sub(r'[<"].*', "", value).strip() for value in _headers(sources, "Author-email")]
    return found


def _long_description(sources: _Sources) -> str:
    if sources.core is None:
        return ""
    header = sources.core.get("Description")
    if header:
        return str(header)
    body = sources.core.get_payload()
    return body if isinstance(body, str) else ""


def _setup_values(sources: _Sources) -> dict[str, float]:
    setup = sources.setup
    if setup is None:
        return {}
    computed = setup_py.COMPUTED
    commands = setup.arguments.get("cmdclass")
    keys = [str(key) for key in commands] if isinstance(commands, dict) else []
    return {
        "meta.setup_uncalled": float(not setup.calls),
        "meta.setup_computed": float(sum(value is computed for value in setup.arguments.values())),
        "meta.setup_star": float(setup.star),
        "meta.setup_name_computed": float(setup.arguments.get("name") is computed),
        "meta.setup_requires_computed": float(setup.arguments.get("install_requires") is computed),
        "meta.setup_cmdclass": float(len(keys) or "cmdclass" in setup.arguments),
        "meta.setup_cmdclass_install": float(bool(_HOOKED & set(keys)) or commands is computed),
        "meta.setup_statements": float(setup.statements),
        "meta.setup_broken": float(setup.broken),
        "meta.setup_scripts": float(len(setup.texts("scripts"))),
        "shape.meta_setup_py": float(sources.setup_size),
    }


def _build_values(sources: _Sources) -> dict[str, float]:
    requires = [
        *sources.pyproject.build_requires,
        *sources.cfg.build_requires,
        *_setup_texts(sources, "setup_requires"),
    ]
    wanted = list(dependencies(requires))
    backend = re.split(r"[.:]", sources.pyproject.backend, maxsplit=1)[0]
    in_tree = bool(sources.pyproject.backend_paths or sources.pyproject.hooks or sources.cfg.hooks)
    return {
        "meta.setup_requires": float(len(requires)),
        "meta.build_unlisted": float(sum(names.rank("pypi", d.name) is None for d in wanted)),
        "meta.backend_in_tree": float(in_tree),
        "meta.backend_odd": float(bool(backend) and backend not in BACKENDS and not in_tree),
        "meta.wheel_generator_odd": float(bool(sources.generator) and not _GENERATORS.match(sources.generator.strip())),
        "meta.manifest_broken": float(sources.pyproject.broken or sources.cfg.broken),
    }


def _shape(sources: _Sources) -> dict[str, float]:
    licence = [*_headers(sources, "License", "License-Expression", "License-File"), *_setup_texts(sources, "license")]
    return {
        "shape.meta_license": float(bool(licence)),
        "shape.meta_keywords": float(sum(len(re.split(r"[\s,]+", text)) for text in _headers(sources, "Keywords"))),
        "shape.meta_classifiers": float(
            len(_headers(sources, "Classifier")) or len(_setup_texts(sources, "classifiers"))
        ),
        "shape.meta_engine": float(
            bool(_headers(sources, "Requires-Python") or _setup_texts(sources, "python_requires"))
        ),
        "shape.meta_size": float(sources.core_size),
        "shape.meta_egg_info": float(sources.egg_info),
    }


def _observations(sources: _Sources, needs: tuple[Dependency, ...]) -> dict[str, tuple[Observation, ...]]:
    """Build hooks of declarative files, and dependencies from elsewhere. What setup.py does, its source tells."""
    found: dict[str, tuple[Observation, ...]] = {}
    for path, project in (("pyproject.toml", sources.pyproject), ("setup.cfg", sources.cfg)):
        if project.hooks:
            found[path] = tuple(
                Observation("install.hook", 1, i, i, -1, True, f"build:{hook}") for i, hook in enumerate(project.hooks)
            )
    remote = [d for d in needs if d.kind in ("url", "git") and not d.dev]
    if remote:
        path = sources.core_path or ("setup.py" if sources.setup else "pyproject.toml")
        extra = tuple(
            Observation("install.dependency", 1, 1000 + i, 1000 + i, -1, True, f"dependency:{d.kind}")
            for i, d in enumerate(remote)
        )
        found[path] = (*found.get(path, ()), *extra)
    return found
