"""What darnel answers: a verdict on one package release, with the evidence for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

MIN_COVERAGE = 0.5
"""Smallest share of a package's source bytes that must have been analysed for it to be called ``clean``.

Below it a package that would be ``clean`` is ``unknown``. What was read can still make it ``suspicious`` or
``malicious``: a limit is no way out for an attacker.
"""


class Label(StrEnum):
    """The four answers, compared as strings: ``verdict.label == "malicious"``."""

    MALICIOUS = "malicious"
    SUSPICIOUS = "suspicious"
    CLEAN = "clean"
    UNKNOWN = "unknown"
    """Too little could be read to call it clean, or the analysis failed (see :attr:`Verdict.error`)."""


SEVERITY: dict[Label, int] = {Label.MALICIOUS: 3, Label.SUSPICIOUS: 2, Label.UNKNOWN: 1, Label.CLEAN: 0}
"""For sorting worst first."""

DIGITS = 6
"""Significant digits of numbers that are written out; decimals would make all small scores the same."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for the score, at one place."""

    behaviour: str
    """Id from :data:`darnel.features.taxonomy.BEHAVIOURS`, or the name of another feature column."""
    description: str
    """The same in plain words."""
    file: str
    """Member path, printable; ``""`` for the package as a whole."""
    line: int | None
    """1-based; ``None`` when the reason is about the whole file or package."""
    context: str
    """When it runs: ``install``, ``start`` (of the interpreter, a shell or an editor), ``import``, ``test``, ``manual``
    (by hand: documentation, tooling), ``called``; ``""`` when that does not apply."""
    weight: float
    """Share of everything that speaks for *malicious* in this verdict, 0 to 1."""
    excerpt: str = ""
    """The place itself, defanged, at most 160 printable characters; ``""`` unless excerpts were asked for."""
    hidden: bool = False
    """Only visible after folding or decoding: spelled so that a reader would not see it."""
    decoded: str = ""
    """What was hidden there and how, defanged: ``base64 → hxxps://…``; ``""`` like :attr:`excerpt`."""
    columns: tuple[str, ...] = ()
    """Feature columns through which it counted, strongest first, at most three; ``darnel explain`` describes them."""
    details: tuple[str, ...] = ()
    """Of what names no behaviour: what these columns count, the value here and the benign median, in words."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What happens at one place: evidence that stands together, as a sentence."""

    text: str
    """``at import, pkg/__init__.py:14 downloads over HTTP and executes code from a string``."""
    file: str
    line: int
    """1-based; of the gravest evidence."""
    context: str
    """As in :attr:`Evidence.context`."""
    weight: float
    """Sum of the evidence's weights, 0 to 1."""
    next: str
    """What to look at next."""
    evidence: tuple[int, ...]
    """Positions in :attr:`Verdict.evidence`, in the order of the code."""


@dataclass(frozen=True, slots=True)
class FileScore:
    """How suspicious the file model finds one file."""

    path: str
    """Printable."""
    score: float
    """0 to 1; not calibrated, comparable within a package."""
    context: str
    """When its top-level code runs, as in :attr:`Evidence.context`; ``""`` for what does not run."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of the package was looked at."""

    files: int = 0
    """Regular files in the package."""
    cut: int = 0
    """Files of which a limit left out a part."""
    skipped: int = 0
    """Files that were not analysed at all."""
    source_bytes: int = 0
    """Bytes of source code in the package."""
    analysed_bytes: int = 0
    """Bytes of source code that were analysed."""

    @property
    def share(self) -> float:
        """Analysed share of the source bytes, 0 to 1; 1 when there is no source code."""
        return self.analysed_bytes / self.source_bytes if self.source_bytes else 1.0


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file whose content the previous release does not hold."""

    path: str
    score: float
    """Of the file model, 0 to 1."""
    score_before: float | None
    """Of the file with the same path in the previous release; ``None`` if there was none."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed since the previous release."""

    previous: str
    """``name version`` of the previous release, or where it lies when it does not say."""
    sha256: str
    """Of the previous release's artefact."""
    score_alone: float
    """What :attr:`Verdict.score` is when nothing is known of the previous release."""
    changed: int
    """Analysed files whose content is new."""
    removed: int
    """Analysed files that are gone."""
    files: tuple[ChangedFile, ...] = ()
    """The worst changed files, at most 20."""
    used: bool = True
    """Whether the model takes changes into account; if not, the verdict is that of the release alone."""


@dataclass(frozen=True, slots=True)
class Measured:
    """How many benign releases reach the same operating point, measured on releases that the model had not seen."""

    reached: int
    of: int
    """Benign releases measured, of the same registry."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer for one package release."""

    label: Label
    score: float | None
    """Calibrated probability of being malicious if ``base_rate`` of all releases are; ``None`` when not judged."""
    raw_score: float | None
    """Output of the package model before calibration, 0 to 1; what the operating point's thresholds apply to."""
    base_rate: float | None
    """Share of malicious releases that :attr:`score` assumes."""
    operating_point: str
    """Name of the threshold pair that turned the score into the label."""
    ecosystem: str
    """``pypi``, ``npm`` or ``unknown``."""
    name: str
    version: str
    source: str
    """What was judged: a path, ``<bytes>``, ``<installed NAME>``."""
    sha256: str
    """Of the artefact; of the sorted (path, content hash) list for folders."""
    evidence: tuple[Evidence, ...] = ()
    """Strongest first."""
    anomalies: tuple[str, ...] = ()
    """Oddities of the container, ``kind`` or ``kind: path``."""
    model: str = ""
    """Name and version of the model."""
    schema_version: str = ""
    """Hash over the ordered feature columns and the parser versions."""
    timings: Mapping[str, float] = field(default_factory=dict)
    """Seconds by stage: ``open``, ``extract`` (reading and parsing), ``score``, ``explain``, ``total``."""
    coverage: Coverage = field(default_factory=Coverage)
    delta: Comparison | None = None
    """What changed since the previous release; ``None`` if none was given."""
    findings: tuple[Finding, ...] = ()
    """The evidence that has a place, grouped into a short narrative, strongest first."""
    files: tuple[FileScore, ...] = ()
    """The worst files, at most :data:`darnel.evidence.LISTED_FILES`, worst first."""
    error: str = ""
    """Why it could not be judged, one line; ``""`` if it could."""
    notices: tuple[str, ...] = ()
    """What the verdict had to do without, one printable line each: a previous release that could not be read."""
    measured: Measured | None = None
    """How rare it is that a benign release reaches :attr:`operating_point`; ``None`` if this one reaches none."""

    @property
    def title(self) -> str:
        """``name version``, or the source when the package does not say."""
        return f"{self.name} {self.version}".strip() or self.source

    def evidence_of(self, finding: Finding) -> list[Evidence]:
        """The evidence of one of :attr:`findings`, in the order of the code."""
        return [self.evidence[i] for i in finding.evidence if i < len(self.evidence)]

    def noting(self, notice: str) -> Verdict:
        """The same with one more of :attr:`notices`, unless that is empty."""
        return replace(self, notices=(*self.notices, notice)) if notice else self

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON-able dict; keys as documented in ``docs/json.md``, numbers with :data:`DIGITS` digits."""
        data: dict[str, Any] = _plain(self)
        data["coverage"]["share"] = round(self.coverage.share, 4)
        return data

    def to_json(self, indent: int | None = None) -> str:
        """:meth:`to_dict` as ASCII-only JSON text."""
        return json.dumps(self.to_dict(), indent=indent)


def failure(source: str, error: str, **known: Any) -> Verdict:
    """Verdict on something that could not be judged: ``unknown``, never ``clean``.

    Parameters
    ----------
    source : str
        What should have been judged.
    error : str
        One line: what, where, what to do.
    **known
        Other fields of :class:`Verdict` that are known all the same.
    """
    blank: dict[str, Any] = {
        "score": None,
        "raw_score": None,
        "base_rate": None,
        "operating_point": "",
        "ecosystem": "unknown",
        "name": "",
        "version": "",
        "sha256": "",
    }
    return Verdict(label=Label.UNKNOWN, source=source, error=error, **{**blank, **known})


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    return str(value) if isinstance(value, Label) else value
