"""The raw features of one release: JSON-able, no source text, every observation with file and line."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from darnel.features.facts import Observation
from darnel.features.flow import Flow
from darnel.features.package import Anomaly


class RawFile(TypedDict):
    """One analysed file; ``role``, ``imports``, ``known.*`` and ``reach.*`` depend on its package."""

    path: str
    """Relative to the package; ``package.json#postinstall`` for code embedded in a manifest or trigger file."""
    sha256: str
    """Hex, of the content that was analysed."""
    size: int
    kind: str
    """:class:`darnel.features.content.Content` kind."""
    language: str
    """``""`` when no analyser took it."""
    role: str
    """:class:`darnel.features.roles.Role`."""
    values: dict[str, float]
    """Non-zero file columns but those of :mod:`darnel.features.behaviours`."""
    observations: list[Observation]
    cut: list[str]
    """What budgets cut, see :class:`darnel.features.facts.SourceFacts`."""
    imports: NotRequired[list[str]]
    """Modules that the file imports: in a package's raw features those that are files of the package, as written (see
    :func:`darnel.features.languages.python_links.links`), before that all."""
    flows: NotRequired[list[Flow]]
    """Which sources reach which sinks, see :mod:`darnel.features.flow`."""
    unparsed: NotRequired[str]
    """Why a source file was not parsed: ``irrelevant``, see :data:`darnel.features.analyse.IRRELEVANT`."""


class RawPackage(TypedDict):
    """One release."""

    schema: str
    ecosystem: str
    form: str
    name: str
    version: str
    sha256: str
    source: str
    compressed_size: int
    files: list[RawFile]
    """Source files, and any other file in which something was seen; plain data is only counted in ``values``."""
    values: dict[str, float]
    """Non-zero package columns."""
    anomalies: list[Anomaly]
    copy_of: NotRequired[str]
    """The popular package that this one is a near-copy of (:mod:`darnel.features.known`), ``""`` if none."""
    seen_bytes: int
    """Bytes of all members."""
    analysed_bytes: int
    """Bytes of source files that an analyser read in full."""
    source_bytes: int
    """Bytes of source files."""
    skipped_files: NotRequired[int]
    """Source files that were not analysed, as a budget was used up."""
    seconds: NotRequired[float]
    """Wall-clock time of the extraction; not part of the features."""
