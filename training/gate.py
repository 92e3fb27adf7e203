"""May a freshly trained model be released? Checks whose outcome is written into the bundle, whatever it is.

A model that is no better than recognising clones, or than looking at sizes, or that sees fewer compromised releases
than the one before it, can have splendid figures on a split. The checks are few and their limits stand in the
``[gate]`` section of the configuration. A check for which nothing was measured has failed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from darnel.errors import CorpusError
from darnel.training.config import GateSettings

PROTOCOL = "temporal"
"""The split that the checks look at."""
RATE = "0.01"
"""FPR of the recalls that are compared, as it is spelled in results."""
POPULATION = "all"
"""Stratum of the injection benchmark that is compared."""


class Check(NamedTuple):
    """One check."""

    name: str
    passed: bool
    measured: str
    """What was found, one line."""
    required: str
    """What would have passed."""


@dataclass(frozen=True)
class Gate:
    """All checks of one bundle.

    Parameters
    ----------
    checks : tuple of Check
    forced : bool
        ``--force`` was given and needed.
    injection_recall : float or None
        Campaign-weighted recall at 1 % FPR on injected releases: what the next model is compared with.
    """

    checks: tuple[Check, ...]
    forced: bool = False
    injection_recall: float | None = None

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the failed checks."""
        return tuple(check.name for check in self.checks if not check.passed)

    @property
    def releasable(self) -> bool:
        """All checks passed, or somebody took it upon themselves."""
        return self.forced or not self.failed

    def plain(self) -> dict[str, Any]:
        """JSON-able; what the manifest holds under ``training`` → ``gate``."""
        return {
            "releasable": self.releasable,
            "forced": self.forced,
            "failed": list(self.failed),
            "injection_recall": self.injection_recall,
            "checks": [check._asdict() for check in self.checks],
        }


def check_results(
    result: Mapping[str, Any],
    injection: Mapping[str, Any] | None,
    shipped: Mapping[str, Any],
    settings: GateSettings,
) -> tuple[list[Check], float | None]:
    """The checks that only need figures.

    Parameters
    ----------
    result : mapping
        What :func:`darnel.training.evaluate.evaluate` returned, with the baselines of ``temporal``.
    injection : mapping, optional
        What :func:`darnel.training.benchmarks.score.benchmark` returned.
    shipped : mapping
        ``training`` of the manifest of the model that is to be replaced.
    settings : GateSettings

    Returns
    -------
    list of Check
    float or None
        The recall on injected releases.
    """
    entry = result["protocols"][PROTOCOL]
    wider = result["protocols"].get("campaign", entry)  # its overlap holds more
    checks = [*_clones(entry, settings), *_shortcuts(wider, settings), *_calibration(entry, settings)]
    recall = _injection_recall(injection)
    before = (shipped.get("gate") or {}).get("injection_recall")
    floor = max(settings.injection_recall, before if before is not None else 0.0) - settings.injection_drop
    passed = recall is not None and recall >= floor
    checks.append(Check("injection recall", passed, _number(recall), f"at least {floor:.3f}"))
    return checks, recall


def load_injection(path: Path | None) -> dict[str, Any] | None:
    """Read what ``darnel benchmark injection-score`` wrote; None without a path.

    Raises
    ------
    CorpusError
        The file cannot be read or is no such result.
    """
    if path is None:
        return None
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        recall = data[PROTOCOL]["recall"]
    except (OSError, ValueError, KeyError, TypeError):
        recall = None
    if not isinstance(recall, dict):
        raise CorpusError(
            f"{path}: no result of `darnel benchmark injection-score` with the split {PROTOCOL}; make one with --out"
        )
    result: dict[str, Any] = data
    return result


def lines_of(gate: Mapping[str, Any]) -> list[str]:
    """The section of the model card, from :meth:`Gate.plain`."""
    if gate["forced"]:
        state = f"**Released by force**: {len(gate['failed'])} checks failed ({', '.join(gate['failed'])})."
    elif gate["releasable"]:
        state = "All checks passed."
    else:
        state = f"**Not to be released**: {len(gate['failed'])} checks failed ({', '.join(gate['failed'])})."
    lines = [state, "", "| check | | measured | required |", "| --- | --- | --- | --- |"]
    for check in gate["checks"]:
        outcome = "passed" if check["passed"] else "**failed**"
        lines.append(f"| {check['name']} | {outcome} | {check['measured']} | {check['required']} |")
    return lines


def _clones(entry: Mapping[str, Any], settings: GateSettings) -> list[Check]:
    """The model finds more than a nearest neighbour at the same FPR."""
    checks = []
    for population, values in entry["model"].items():
        own, clone = _loosest(values), _loosest(entry.get("baselines", {}).get("clone", {}).get(population, {}))
        if own is None:
            continue
        passed = clone is not None and own - clone >= settings.clone_margin
        measured = f"recall {own:.3f} against {_number(clone)}"
        required = f"{settings.clone_margin:g} more than the clone baseline"
        checks.append(Check(f"clone baseline, {population}", passed, measured, required))
    return checks or [Check("clone baseline", False, "not measured", "a recall that can be quoted")]


def _shortcuts(entry: Mapping[str, Any], settings: GateSettings) -> list[Check]:
    """Where size, form and completeness do not tell the classes apart, the model does."""
    checks = []
    for population, values in entry.get("shortcut_audit", {}).items():
        name, required = f"shortcut model, {population}", f"at most {settings.shortcut_auc:g} on the overlap"
        required += f", and the model {settings.shortcut_margin:g} above it"
        if "model overlap" not in values:
            checks.append(Check(name, False, "the shortcut tells all packages apart", required))
            continue
        model, shortcut = values["model overlap"], max(values["shortcut overlap"], values["shortcut refitted"])
        passed = shortcut <= settings.shortcut_auc and shortcut + settings.shortcut_margin <= model
        checks.append(Check(name, passed, f"AUC {shortcut:.3f} (model {model:.3f})", required))
    return checks or [Check("shortcut model", False, "not measured", "a shortcut audit")]


def _calibration(entry: Mapping[str, Any], settings: GateSettings) -> list[Check]:
    checks = []
    for population, values in entry["model"].items():
        if "calibration_error" not in values:
            continue
        at_rate, equal = values["calibration_error"], values["calibration_error_equal_classes"]
        passed = at_rate <= settings.calibration_error and equal <= settings.calibration_error_equal
        required = f"at most {settings.calibration_error:g} and {settings.calibration_error_equal:g} at equal classes"
        checks.append(Check(f"calibration, {population}", passed, f"{at_rate:.4f} and {equal:.3f}", required))
    return checks or [Check("calibration", False, "not measured", "a calibration error")]


def _loosest(values: Mapping[str, Any]) -> float | None:
    """Recall at the loosest FPR that is quoted, thresholds from the benign packages of the split itself."""
    points: Sequence[Any] = list(values.get("own_threshold", {}).items())
    return float(max(points, key=lambda item: float(item[0]))[1]["recall"]) if points else None


def _injection_recall(injection: Mapping[str, Any] | None) -> float | None:
    if injection is None:
        return None
    found = injection.get(PROTOCOL, {}).get("recall", {}).get(RATE, {}).get(POPULATION, {}).get("recall")
    return None if found is None else float(found)


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.3f}"
