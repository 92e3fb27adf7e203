from typing import Any

from darnel.training.card import blind_spots


def stratum(alarms: int, benign: int) -> dict[str, Any]:
    return {"false_alarms": alarms, "benign": benign, "fpr": alarms / benign}


def test_blind_spots_are_what_is_found_least_and_alarmed_about_most() -> None:
    values = {
        "behaviours": {
            "persists": {"recall": 0.9, "campaigns": 40},
            "spreads": {"recall": 0.1, "campaigns": 3},
            "destroys": {"recall": 0.5, "campaigns": 10},
            "steals secrets": {"recall": 1.0, "campaigns": 90},
        },
        "strata": {"form tree": stratum(3, 60), "form sdist": stratum(9, 300), "tiny": stratum(2, 4)},
    }
    lines = blind_spots({"protocols": {"temporal": {"model": {"pypi": values, "npm": {}}}}})
    assert lines[-2:] == [
        "- pypi, found least: destroys (50.0 % of 10 campaigns found); persists (90.0 % of 40 campaigns found).",
        "- pypi, alarmed about most: form tree (3 of 60); form sdist (9 of 300).",
    ]


def test_nothing_measured_is_no_section() -> None:
    assert blind_spots({"protocols": {"campaign": {"model": {}}}}) == []
