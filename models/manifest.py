"""What a model folder says about itself: ``manifest.json``, read strictly."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from darnel.errors import BundleError
from darnel.models.calibration import Calibration
from darnel.models.delta import Delta

FORMAT = 1
"""Number of the folder layout; the loader refuses others."""

MANIFEST, CARD = "manifest.json", "MODEL_CARD.md"
_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\.(txt|md)")


class Schema(NamedTuple):
    """What the features of the running darnel look like; a bundle must have been trained on the same."""

    version: str
    package_columns: tuple[str, ...]
    file_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """A threshold and what it was measured to do on the campaign folds."""

    name: str
    """``high-confidence``, ``balanced`` or ``triage``."""
    threshold: float
    """On the raw score, 0 to 1: a package at or above it reaches the point."""
    fpr: float
    """Share of benign packages at or above the threshold, 0 to 1."""
    recall: float
    """Share of malicious campaigns at or above it, each campaign weighing 1."""
    benign: int
    """Benign packages measured."""
    campaigns: int
    """Malicious campaigns measured."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A file model and a package model with their calibration, for some ecosystems."""

    name: str
    ecosystems: tuple[str, ...]
    """The first variant of a bundle also takes every ecosystem that no variant names."""
    file_model: str
    """File name inside the bundle."""
    package_model: str
    calibration: Calibration
    base_rate: float
    """Share of malicious releases that calibrated scores assume."""
    operating_points: tuple[OperatingPoint, ...]
    """Strictest first."""
    importances: Mapping[str, float] = field(default_factory=dict)
    """Share of the package model's total gain, the largest ones."""
    file_importances: Mapping[str, float] = field(default_factory=dict)
    intrusion_model: str = ""
    """A second package model, which also looks at what changed; the higher score counts. ``""`` if there is none."""
    shift: float = 0.0
    """What is subtracted from its log-odds before they are compared."""
    intrusion_importances: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """Everything in ``manifest.json``."""

    name: str
    version: str
    schema: Schema
    grammars: Mapping[str, str]
    """Parser packages and their versions."""
    masked: tuple[str, ...]
    """Columns that the models do not see: they tell how the corpus was collected."""
    first: tuple[str, ...]
    """File columns of the worst file that the package model sees."""
    three: tuple[str, ...]
    """File columns whose maximum over the worst files it sees."""
    pool_columns: tuple[str, ...]
    variants: tuple[Variant, ...]
    training: Mapping[str, Any] = field(default_factory=dict)
    """Data hash, counts, seed, date, code revision, library versions."""
    files: Mapping[str, str] = field(default_factory=dict)
    """sha256 (hex) of every other file of the folder."""
    delta_columns: tuple[str, ...] = ()
    """Columns of the version delta; none if the model does not compare releases."""
    delta_first: tuple[str, ...] = ()
    delta_whole: tuple[str, ...] = ()
    delta_package: tuple[str, ...] = ()
    """What is compared, see :class:`darnel.models.delta.Delta`."""

    @cached_property
    def delta(self) -> Delta | None:
        """How the package model's delta columns are made; None if it has none."""
        if not self.delta_columns:
            return None
        schema, chosen = self.schema, (self.delta_first, self.delta_whole, self.delta_package)
        return Delta(schema.package_columns, schema.file_columns, *chosen)

    def to_json(self) -> str:
        """Readable JSON that :func:`read_manifest` takes back."""
        data = asdict(self)
        data["schema"] = self.schema._asdict()
        return json.dumps({"format": FORMAT, **data}, indent=1) + "\n"


def read_manifest(folder: Path, limit: int = 1 << 24) -> Manifest:
    """Read and check ``folder/manifest.json``.

    Raises
    ------
    BundleError
        It is missing, larger than ``limit`` bytes, no JSON, of another format, or a value is not what it has to be.
    """
    path = folder / MANIFEST
    try:
        if not path.is_file():  # a pipe or device would block the read
            raise OSError
        with path.open("rb") as stream:
            raw = stream.read(limit + 1)
    except OSError:
        raise BundleError(f"{path}: cannot be read; --model takes a folder written by `darnel train`") from None
    try:
        data = json.loads(raw) if len(raw) <= limit else None
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise BundleError(
            f"{path}: not a manifest of darnel (broken JSON or too large); install or train the model again"
        )
    number = data.get("format")
    if number != FORMAT:
        raise BundleError(f"{path}: bundle format {number!r}, this darnel reads {FORMAT}; train the model again")
    try:
        return _manifest(data)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        detail = " ".join(str(error).split())[:120]
        raise BundleError(f"{path}: a value is missing or wrong ({detail}); install or train the model again") from None


def _manifest(data: Mapping[str, Any]) -> Manifest:
    schema = data["schema"]
    files = {_file_name(name): _text(digest) for name, digest in data["files"].items()}
    variants = tuple(_variant(entry) for entry in data["variants"])
    if not variants:
        raise ValueError("no variants")
    for variant in variants:
        for name in filter(None, (variant.file_model, variant.package_model, variant.intrusion_model)):
            if name not in files:
                raise ValueError(f"no sha256 for {name}")
    return Manifest(
        name=_text(data["name"]),
        version=_text(data["version"]),
        schema=Schema(_text(schema["version"]), _texts(schema["package_columns"]), _texts(schema["file_columns"])),
        grammars={_text(key): _text(value) for key, value in data["grammars"].items()},
        masked=_texts(data["masked"]),
        first=_texts(data["first"]),
        three=_texts(data["three"]),
        pool_columns=_texts(data["pool_columns"]),
        variants=variants,
        **_delta(data, schema),
        training=dict(data["training"]),
        files=files,
    )


def _delta(data: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Missing in models that do not compare releases."""
    names = ("delta_columns", "delta_first", "delta_whole", "delta_package")
    found = {name: _texts(data.get(name, [])) for name in names}
    files, packages = set(schema["file_columns"]), set(schema["package_columns"])
    for name, known in zip(names[1:], (files, files, packages), strict=True):
        if not known.issuperset(found[name]):
            raise ValueError(f"{name} names unknown columns")
    return found


def _variant(data: Mapping[str, Any]) -> Variant:
    calibration = data["calibration"]
    points = tuple(
        OperatingPoint(
            name=_text(point["name"]),
            threshold=_number(point["threshold"]),
            fpr=_number(point["fpr"]),
            recall=_number(point["recall"]),
            benign=int(point["benign"]),
            campaigns=int(point["campaigns"]),
        )
        for point in data["operating_points"]
    )
    if [point.threshold for point in points] != sorted((point.threshold for point in points), reverse=True):
        raise ValueError("operating points are not ordered from strict to loose")
    base_rate = _number(data["base_rate"])
    if not 0 < base_rate < 1:
        raise ValueError("base rate is not between 0 and 1")
    return Variant(
        name=_text(data["name"]),
        ecosystems=_texts(data["ecosystems"]),
        file_model=_file_name(data["file_model"]),
        package_model=_file_name(data["package_model"]),
        calibration=Calibration(
            tuple(_number(value, bounded=False) for value in calibration["raw"]),
            tuple(_number(value, bounded=False) for value in calibration["calibrated"]),
        ),
        base_rate=base_rate,
        operating_points=points,
        importances={_text(name): _number(gain) for name, gain in data["importances"].items()},
        file_importances={_text(name): _number(gain) for name, gain in data["file_importances"].items()},
        intrusion_model=_file_name(data["intrusion_model"]) if data.get("intrusion_model") else "",
        shift=_number(data.get("shift", 0.0), bounded=False),
        intrusion_importances={
            _text(name): _number(gain) for name, gain in data.get("intrusion_importances", {}).items()
        },
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"expected text, found {type(value).__name__}")
    return value


def _texts(value: Sequence[object]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(f"expected a list, found {type(value).__name__}")
    return tuple(_text(item) for item in value)


def _number(value: object, *, bounded: bool = True) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(f"expected a number, found {str(value)[:20]}")
    if bounded and not 0 <= value <= 1:
        raise ValueError(f"expected a number from 0 to 1, found {value}")
    return float(value)


def _file_name(value: object) -> str:
    name = _text(value)
    if not _FILE_NAME.fullmatch(name):
        raise ValueError(f"file name {name[:40]!r} not allowed")
    return name
