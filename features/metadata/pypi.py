"""Metadata of a PyPI release: core metadata, setup.py, setup.cfg, pyproject.toml and wheel bits put together."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from posixpath import basename, normpath

from darnel.features import names
from darnel.features.facts import Observation
from darnel.features.metadata import setup_py
from darnel.features.metadata.claims import Claims, claim_values, emails, hosts
from darnel.features.metadata.model import MAX_ENTRIES, Dependency, Metadata
from darnel.features.metadata.project_files import BACKENDS
from darnel.features.metadata.pypi_sources import Sources, gather
from darnel.features.metadata.requirements import dependencies
from darnel.features.metadata.tables import words
from darnel.features.names.popular import normalise, squash

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


def read(files: Mapping[str, bytes], name: str, version: str, paths: Collection[str] | None) -> Metadata:
    """Metadata of a PyPI release; see :func:`darnel.features.metadata.read`."""
    sources = gather(files)
    declared, release = sources.declared(name, version)
    points = list(
        dict.fromkeys(
            [*sources.entry_points, *sources.cfg.entry_points, *sources.pyproject.entry_points, *sources.setup_points()]
        )
    )
    points = points[:MAX_ENTRIES]
    commands = [command for group, command, _ in points if group in ("console_scripts", "gui_scripts")]
    scripts = [*sources.setup_texts("scripts"), *sources.cfg.scripts]
    commands += [basename(script) for script in scripts]
    top_level = sources.top_level(paths)
    needs = tuple(sources.dependencies())
    links, repository = sources.links()
    claims = Claims(
        "pypi",
        declared,
        release,
        people=sources.people(),
        emails=emails(
            " ".join([*sources.headers("Author-email", "Maintainer-email"), *sources.setup_texts("author_email")])
        ),
        links=links,
        repository=repository,
        summary=next(iter([*sources.headers("Summary"), *sources.setup_texts("description")]), ""),
        readme=sources.long_description() or sources.readme,
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


def _differences(sources: Sources, name: str, version: str) -> dict[str, float]:
    setup = sources.setup or setup_py.SetupCall()
    stated = [name, *sources.headers("Name"), sources.pyproject.name, sources.cfg.name, setup.text("name")]
    versions = [
        version,
        *sources.headers("Version"),
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


def _module(target: str) -> str:
    return re.split(r"[:\[\s]", target.strip(), maxsplit=1)[0]


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


def _setup_values(sources: Sources) -> dict[str, float]:
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


def _build_values(sources: Sources) -> dict[str, float]:
    requires = [
        *sources.pyproject.build_requires,
        *sources.cfg.build_requires,
        *sources.setup_texts("setup_requires"),
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


def _shape(sources: Sources) -> dict[str, float]:
    licence = [*sources.headers("License", "License-Expression", "License-File"), *sources.setup_texts("license")]
    return {
        "shape.meta_license": float(bool(licence)),
        "shape.meta_keywords": float(sum(len(re.split(r"[\s,]+", text)) for text in sources.headers("Keywords"))),
        "shape.meta_classifiers": float(len(sources.headers("Classifier")) or len(sources.setup_texts("classifiers"))),
        "shape.meta_engine": float(bool(sources.headers("Requires-Python") or sources.setup_texts("python_requires"))),
        "shape.meta_size": float(sources.core_size),
        "shape.meta_egg_info": float(sources.egg_info),
    }


def _observations(sources: Sources, needs: tuple[Dependency, ...]) -> dict[str, tuple[Observation, ...]]:
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
