"""One TOML file decides everything about training: seeds, masks, folds, LightGBM parameters, operating points."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from darnel.errors import DarnelError

DEFAULT_CONFIG = Path(__file__).resolve().parent / "default.toml"


class ConfigError(DarnelError):
    """A training configuration cannot be used."""


@dataclass(frozen=True)
class WeakLabels:
    """How the malicious file of a malicious package is looked for."""

    rounds: int = 2
    """Times that labels are cleaned by out-of-fold scores."""
    trees: float = 0.4
    """Share of the trees that models have which only clean labels."""
    evidence: tuple[str, ...] = ("cat", "chain", "local")
    """Column groups whose sum weighs the files of a package before anything is known."""
    keep: int = 3
    """Most files of one package that are kept as positives."""
    margin: float = 2.0
    """Log-odds below the package's worst file at which a file is no longer kept."""
    floor: float = 0.5
    """Quantile of the benign files' scores below which even a package's worst file is dropped."""
    twins: bool = True
    """Files of the same structure as a benign file are never positives."""
    hard_negatives: int = 20_000
    """Highest-scored benign files that are trained on."""
    random_negatives: int = 20_000
    """Further benign files, drawn at random."""
    positive_share: float = 0.33
    """Share of the total weight that positives get."""


@dataclass(frozen=True)
class GateSettings:
    """When a model may be released; see :mod:`darnel.training.gate`."""

    clone_margin: float = 0.1
    """Recall that the model must have above the clone baseline."""
    shortcut_auc: float = 0.75
    """Highest AUC of the shortcut model where both classes have the same distribution of its score."""
    shortcut_margin: float = 0.15
    """What the model's AUC is above that, at least."""
    calibration_error: float = 0.02
    """Highest expected calibration error at the base rate."""
    calibration_error_equal: float = 0.05
    """The same with both classes weighing the same, where an error cannot hide behind the base rate."""
    injection_recall: float = 0.681
    """Lowest recall on injected releases (1 % FPR), unless the shipped model records a higher one."""
    injection_drop: float = 0.02
    """How far below that a model may stay."""


@dataclass(frozen=True)
class Config:
    """A training configuration; see ``training/default.toml`` for what each value means."""

    seed: int = 2026
    jobs: int = 2
    base_rate: float = 0.001
    per_ecosystem: bool = False
    matched: bool = True
    masked: tuple[str, ...] = ("shape.*", "anomaly.*", "popularity.*")
    temporal: str = "2025-01-01"
    outer: int = 5
    inner: int = 3
    operating_points: Mapping[str, float] = field(
        default_factory=lambda: {"high-confidence": 0.001, "balanced": 0.01, "triage": 0.05}
    )
    """Largest FPR of each, strictest first."""
    weak_labels: WeakLabels = field(default_factory=WeakLabels)
    first: tuple[str, ...] = ("file", "cat", "chain", "local", "obs", "hid", "ind", "uni", "bin", "content")
    three: tuple[str, ...] = ("cat", "chain", "local")
    compare: bool = True
    """Whether the package model also learns from what changed since the previous release."""
    compared_share: float = 0.5
    """Weight of the packages with a previous release, seen with it, as a share of that of all packages without."""
    delta_first: tuple[str, ...] = ("file.role.", "cat", "chain", "local", "hid", "ind", "uni", "bin")
    delta_whole: tuple[str, ...] = ("cat", "chain", "ind")
    delta_package: tuple[str, ...] = ("trigger", "meta.hook_", "meta.setup_", "meta.dependencies_", "anomaly")
    file_model: Mapping[str, Any] = field(default_factory=dict)
    """LightGBM parameters and ``rounds``."""
    package_model: Mapping[str, Any] = field(default_factory=dict)
    intrusion_model: Mapping[str, Any] = field(default_factory=dict)
    variant_weight: float = 0.5
    """Weight of all derived variants of a campaign or project; that of the campaign or project itself is 1."""
    aligned: float = 0.005
    """Share of benign packages at which the scores of the intrusion model are made equal to the release model's."""
    gate: GateSettings = field(default_factory=GateSettings)

    @property
    def delta_columns(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """Column groups of the version delta: of the file that rose most, of all changed files, of the package."""
        return self.delta_first, self.delta_whole, self.delta_package

    def masks(self, columns: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``columns`` that the models must not see."""
        return tuple(name for name in columns if any(fnmatchcase(name, pattern) for pattern in self.masked))


def load_config(path: Path | None = None) -> Config:
    """Read a configuration; what a file leaves out keeps the value of ``training/default.toml``.

    Raises
    ------
    ConfigError
        The file cannot be read, is no TOML, or sets something unknown or of the wrong type.
    """
    data = _read(DEFAULT_CONFIG)
    if path is not None:
        for key, value in _read(path).items():
            if key not in data:
                raise ConfigError(f"{path}: unknown setting {key!r}; see training/default.toml for those there are")
            known = data[key]
            if isinstance(known, dict) != isinstance(value, dict):
                raise ConfigError(f"{path}: {key!r} has the wrong type; see training/default.toml")
            data[key] = value if not isinstance(known, dict) or key == "operating_points" else {**known, **value}
    return _config(data, path or DEFAULT_CONFIG)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(f"{path}: cannot be read; pass a TOML file with --config") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no valid TOML ({' '.join(str(error).split())[:80]}); correct it") from None


def _config(data: dict[str, Any], path: Path) -> Config:
    def typed(section: dict[str, Any], like: object, where: str) -> dict[str, Any]:
        defaults = {item.name: getattr(like, item.name) for item in fields(like)}  # type: ignore[arg-type]
        for key, value in section.items():
            if key not in defaults:
                raise ConfigError(f"{path}: unknown setting {where}{key!r}; see training/default.toml")
            default = defaults[key]
            expected = list if isinstance(default, tuple) else type(default)
            number = expected is float and isinstance(value, int) and not isinstance(value, bool)
            if type(value) is not expected and not number:
                raise ConfigError(f"{path}: {where}{key!r} must be of type {expected.__name__}; correct it")
        return {key: tuple(value) if isinstance(value, list) else value for key, value in section.items()}

    plain = {key: value for key, value in data.items() if not isinstance(value, dict)}
    plain |= data["folds"] | data["pooling"] | data["version_delta"] | data["intrusion"]
    values = typed(plain, Config(), "")
    points = data["operating_points"]
    if not points or any(not isinstance(rate, float) or not 0 < rate < 1 for rate in points.values()):
        raise ConfigError(f"{path}: operating_points needs names with rates between 0 and 1; correct it")
    return Config(
        **values,
        operating_points=dict(sorted(points.items(), key=lambda item: float(item[1]))),
        weak_labels=WeakLabels(**typed(data["weak_labels"], WeakLabels(), "weak_labels.")),
        file_model=data["file_model"],
        package_model=data["package_model"],
        intrusion_model=data["intrusion_model"],
        gate=GateSettings(**typed(data["gate"], GateSettings(), "gate.")),
    )
