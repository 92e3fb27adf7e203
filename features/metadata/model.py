"""What a release says of itself, in one shape for every ecosystem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from darnel.features.facts import Observation

MAX_ENTRIES = 1_000
"""Scripts, dependencies, entry points, links: at most so many of each are read from one manifest."""

DependencyKind = Literal["registry", "url", "git", "file", "alias"]


class Script(NamedTuple):
    """A command line that a package manager runs or offers."""

    name: str
    """Key in the manifest (``postinstall``)."""
    command: str
    """As written. Transient: analysed as shell, never stored."""
    line: int
    """1-based line of the manifest."""
    hook: bool
    """Runs without being asked for when the release is installed or removed, or is started by a script that does."""


class Dependency(NamedTuple):
    """A package that the release needs."""

    name: str
    """Normalised."""
    spec: str
    """Version range, URL or path, as written. Transient."""
    kind: DependencyKind
    dev: bool
    """Needed only by developers: never installed by users of the release."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """Facts read from the manifests of one release; holds nothing of their prose."""

    name: str = ""
    """As declared, else as given by the reader."""
    version: str = ""
    values: Mapping[str, float] = field(default_factory=dict)
    """Columns of :mod:`darnel.features.metadata.columns`; absent means 0."""
    scripts: tuple[Script, ...] = ()
    """Hooks first. Other scripts run only when a developer asks for them."""
    entry_targets: tuple[str, ...] = ()
    """What import or a command runs. npm: paths, perhaps with ``*``; PyPI: dotted modules, or paths."""
    install_targets: tuple[str, ...] = ()
    """Paths of files that installation or building runs."""
    backend_paths: tuple[str, ...] = ()
    """Paths of in-tree build backends (files or folders) besides setup.py."""
    dependencies: tuple[Dependency, ...] = ()
    hosts: tuple[str, ...] = ()
    """Distinct hosts of the declared homepage, repository and other links."""
    observations: Mapping[str, tuple[Observation, ...]] = field(default_factory=dict)
    """By path of the manifest."""
