from __future__ import annotations

from pathlib import Path

import pytest

from darnel import cli
from darnel.features.taxonomy import BEHAVIOURS


def explain(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert cli.main(["explain", *map(str, arguments)]) == 0
    return capsys.readouterr().out


def test_a_column(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = explain(capsys, "local.grave", "--model", tiny_model)
    assert text.startswith("local.grave: column of files, count, group local\n  most distinct grave categories")
    assert "tiny 0.0, all file model: 100.00% of the gain, " in text
    assert max(map(len, text.splitlines())) <= 80


def test_a_pooled_column(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = explain(capsys, "pool.top1", "--model", tiny_model)
    assert "column of packages, made from files" in text
    assert "all package model" in text


def test_a_column_that_does_not_count(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "tiny 0.0 never asks for it" in explain(capsys, "text.entropy", "--model", tiny_model)


@pytest.mark.parametrize("behaviour", [BEHAVIOURS[0].id, "net.send"])
def test_a_behaviour(tiny_model: Path, capsys: pytest.CaptureFixture[str], behaviour: str) -> None:
    text = explain(capsys, behaviour, "--model", tiny_model)
    assert text.startswith(f"{behaviour}: behaviour of category ")
    for when in ("install", "import", "called"):
        assert f"\nbeh.{behaviour}.{when}: column of files" in text


@pytest.mark.parametrize(
    ("name", "said"),
    [("statistics", "kinds and places of files: file.*, comp.*"), ("name", "name.keyboard: Resembles a more popular")],
)
def test_what_reports_call_reasons_that_are_no_column(
    tiny_model: Path, capsys: pytest.CaptureFixture[str], name: str, said: str
) -> None:
    text = explain(capsys, name, "--model", tiny_model)
    assert text.startswith(f"{name}: ")
    assert said in text
    assert max(map(len, text.splitlines())) <= 80


def test_what_is_ordinary(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = explain(capsys, "name.length", "--model", tiny_model)
    assert "  median of benign releases: npm 12, pypi 1" in text


def test_no_such_thing(tiny_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "net.sned", "--model", str(tiny_model)]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "did you mean net.send" in error
