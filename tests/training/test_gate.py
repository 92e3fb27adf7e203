import copy
import json
from pathlib import Path
from typing import Any

import pytest

from darnel.errors import CorpusError
from darnel.training.config import GateSettings
from darnel.training.gate import Check, Gate, check_results, lines_of, load_injection


def point(recall: float) -> dict[str, Any]:
    return {"own_threshold": {"0.003": {"recall": recall - 0.1}, "0.01": {"recall": recall}}}


GOOD: dict[str, Any] = {
    "protocols": {
        "temporal": {
            "model": {
                "pypi": {**point(0.9), "calibration_error": 0.001, "calibration_error_equal_classes": 0.02},
                "npm": {"malicious": 1},
            },
            "baselines": {"clone": {"pypi": point(0.3), "npm": {}}},
            "shortcut_audit": {"pypi": {"shortcut overlap": 0.7, "shortcut refitted": 0.6, "model overlap": 0.95}},
        }
    }
}
INJECTION = {"temporal": {"recall": {"0.01": {"all": {"recall": 0.8}}}}}


def outcome(result: dict[str, Any], injection: Any = INJECTION, shipped: Any = None) -> dict[str, bool]:
    checks, _ = check_results(result, injection, shipped or {}, GateSettings())
    return {check.name: check.passed for check in checks}


def changed(*path: str, value: object) -> dict[str, Any]:
    result = copy.deepcopy(GOOD)
    place = result["protocols"]["temporal"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return result


def test_a_good_model_passes_and_says_what_it_was_compared_by() -> None:
    checks, recall = check_results(GOOD, INJECTION, {}, GateSettings())
    assert [check.name for check in checks] == [
        "clone baseline, pypi", "shortcut model, pypi", "calibration, pypi", "injection recall",
    ]  # fmt: skip
    assert all(check.passed for check in checks)
    assert checks[0].measured == "recall 0.900 against 0.300"
    assert recall == 0.8


@pytest.mark.parametrize(
    ("path", "value", "failed"),
    [
        (("baselines", "clone", "pypi"), point(0.85), "clone baseline, pypi"),
        (("baselines", "clone"), {}, "clone baseline, pypi"),
        (("shortcut_audit", "pypi", "shortcut overlap"), 0.76, "shortcut model, pypi"),
        (("shortcut_audit", "pypi", "shortcut refitted"), 0.76, "shortcut model, pypi"),
        (("shortcut_audit", "pypi", "model overlap"), 0.84, "shortcut model, pypi"),
        (("shortcut_audit", "pypi"), {}, "shortcut model, pypi"),
        (("model", "pypi", "calibration_error"), 0.03, "calibration, pypi"),
        (("model", "pypi", "calibration_error_equal_classes"), 0.06, "calibration, pypi"),
        (("shortcut_audit",), {}, "shortcut model"),
        (("model",), {}, "clone baseline"),
    ],
)
def test_each_check_fails_alone(path: tuple[str, ...], value: object, failed: str) -> None:
    found = outcome(changed(*path, value=value))
    assert not found[failed]
    assert all(passed for name, passed in found.items() if name != failed and path != ("model",))


def test_injection_is_compared_with_the_shipped_model_if_that_is_better() -> None:
    assert outcome(GOOD, None)["injection recall"] is False, "not measured"
    assert outcome(GOOD, {"campaign": {}})["injection recall"] is False
    assert outcome(GOOD, shipped={"gate": {"injection_recall": 0.81}})["injection recall"] is True, "within the drop"
    assert outcome(GOOD, shipped={"gate": {"injection_recall": 0.83}})["injection recall"] is False
    assert outcome(GOOD, shipped={"gate": {"injection_recall": None}})["injection recall"] is True
    weak = {"temporal": {"recall": {"0.01": {"all": {"recall": 0.6}}}}}
    assert outcome(GOOD, weak)["injection recall"] is False


def test_force_is_recorded_with_what_failed() -> None:
    checks = Check("a", True, "1", "1"), Check("b", False, "2", "3")
    refused = Gate(checks).plain()
    assert (refused["releasable"], refused["forced"], refused["failed"]) == (False, False, ["b"])
    forced = Gate(checks, forced=True).plain()
    assert (forced["releasable"], forced["forced"], forced["failed"]) == (True, True, ["b"])
    assert "Released by force" in lines_of(forced)[0]
    assert "Not to be released" in lines_of(refused)[0]
    assert "| b | **failed** | 2 | 3 |" in lines_of(refused)
    assert lines_of(Gate(checks[:1]).plain())[0] == "All checks passed."


def test_injection_results_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "injection.json"
    assert load_injection(None) is None
    for content in ("", "[]", '{"temporal": {"recall": 1}}', '{"campaign": {}}'):
        path.write_text(content)
        with pytest.raises(CorpusError, match="no result of `darnel benchmark injection-score`"):
            load_injection(path)
    path.write_text(json.dumps(INJECTION))
    assert load_injection(path) == INJECTION
