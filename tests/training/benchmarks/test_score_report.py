from darnel.training.benchmarks.score_report import section


def entry(recall: float) -> dict[str, object]:
    return {"packages": 5, "campaigns": 3, "recall": recall, "recall_interval": [recall - 0.1, recall + 0.1]}


def test_a_section_shows_recall_with_and_without_the_previous_release() -> None:
    alarms = {"all": {"releases": 9, "false_alarms": 2, "fpr_interval": [0, 1]}}
    text = section(
        {
            "temporal": {
                "injected": 5,
                "recall": {"0.001": {"all": entry(0.2)}, "0.01": {"all": entry(0.5), "thresholds": {}}},
                "with_previous": {"0.001": {"all": entry(0.3)}, "0.01": {"all": entry(0.75)}},
                "clean_hosts": {"0.001": alarms, "0.01": alarms},
                "clean_updates": {"0.001": alarms, "0.01": alarms},
                "localisation": {"top 1": entry(0.9)},
            }
        }
    )
    assert "| all | 5 (3) | 50.0 % (40.0 to 60.0 %) | 75.0 % (65.0 to 85.0 %) |" in text
    assert "| clean originals | 9 | 2 |" in text
    assert "ranked first in 90.0 %" in text
    assert "20.0 %" not in text  # an FPR that is not quotable
