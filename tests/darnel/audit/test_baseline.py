from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from darnel.audit.baseline import Acceptance, Baseline, write
from darnel.errors import DarnelError
from darnel.verdict import Label
from tests.darnel.builders import verdict

TODAY = date(2026, 6, 1)
FINDING = verdict(sha256="a" * 64)
UNJUDGED = verdict(label=Label.UNKNOWN, sha256="", source='pypi:a "b"', error="x")


def test_written_entries_need_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    assert write(path, [FINDING, UNJUDGED], Baseline(), TODAY) == 2
    with pytest.raises(DarnelError, match="entry 1: has no reason"):
        Baseline.load(path)
    path.write_text(path.read_text().replace('reason = ""', 'reason = "looked at"'))
    baseline = Baseline.load(path)
    entry, note = baseline.accepts(FINDING, TODAY)
    assert (entry, note) == (
        Acceptance("a" * 64, "looked at", date(2026, 8, 30)),
        "accepted until 2026-08-30: looked at",
    )
    assert baseline.accepts(UNJUDGED, TODAY)[0]
    assert baseline.unused() == []
    assert write(path, [FINDING, verdict(sha256="b" * 64)], baseline, TODAY) == 1
    assert path.read_text().count('reason = "looked at"') == 1


def test_an_acceptance_ends_with_its_date_or_another_content(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(f'[[accepted]]\nsha256 = "{"a" * 64}"\nreason = "r"\nexpires = 2026-05-31\n')
    baseline = Baseline.load(path)
    assert baseline.accepts(verdict(sha256="b" * 64), TODAY) == (None, "")
    assert len(baseline.unused()) == 1
    assert baseline.accepts(FINDING, TODAY) == (None, "accepted until 2026-05-31, which has passed: r")
    assert baseline.accepts(FINDING, date(2026, 5, 31))[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[accepted", "not TOML"),
        ("accepted = 1", "holds"),
        ("ignored = []", "holds"),
        ("accepted = [1]", "not a table"),
        ('[[accepted]]\nreason = "r"\nexpires = 2026-01-01', "neither sha256 nor source"),
        ('[[accepted]]\nsha256 = "a"\nreason = " "\nexpires = 2026-01-01', "no reason"),
        ('[[accepted]]\nsha256 = "a"\nreason = "r"\nexpires = "soon"', "not a date"),
        ('[[accepted]]\nsha256 = "a"\nreason = "r"', "not a date"),
    ],
)
def test_an_incomplete_baseline_is_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(text)
    with pytest.raises(DarnelError, match=message) as error:
        Baseline.load(path)
    assert "\n" not in str(error.value)


def test_a_missing_baseline_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DarnelError, match="cannot be read"):
        Baseline.load(tmp_path / "none.toml")
