from __future__ import annotations

import argparse
import re

import pytest

from darnel.cli import parser
from darnel.models.bundle import default_bundle_path
from tests.readme import README, ROOT, Example, examples, run

TEXT = README.read_text(encoding="utf-8")


def words(text: str) -> list[str]:
    """Words only: Python versions differ in where argparse breaks lines and in how it repeats metavars."""
    return text.split()


@pytest.mark.parametrize("example", examples(TEXT), ids=lambda e: e.command)
def test_output_is_real(example: Example) -> None:
    assert example.output
    assert words(example.output) == words(run(example.command))


def test_there_are_examples() -> None:
    assert {e.command for e in examples(TEXT)} >= {"darnel scan --help", "darnel selftest --verbose"}


def test_every_mentioned_command_and_option_exists() -> None:
    for command, rest in re.findall(r"darnel (scan|batch|selftest|features|model)((?: [^`\n#>&|]+)?)", TEXT):
        top = parser(command)
        (sub,) = (a for a in top._actions if isinstance(a, argparse._SubParsersAction))
        known = sub.choices[command]._option_string_actions
        for option in re.findall(r"(--[a-z-]+)", rest):
            assert option in known, f"darnel {command} {option}"


def test_figures_of_the_audit_are_those_of_the_model_card() -> None:
    card = (default_bundle_path() / "MODEL_CARD.md").read_text(encoding="utf-8")
    row = re.search(r"^\| all \| 618 \(270\) \| ([\d.]+ %)[^|]*\| ([\d.]+ %)", card, re.MULTILINE)
    triage = re.search(r"reaches the triage point \(`darnel audit`\): ([\d.]+ %)", card)
    assert row
    assert triage
    flat = " ".join(TEXT.split())
    assert f"{triage[1]} are found that way, against {row[1]} alone and {row[2]} when everything is compared" in flat
    assert f"the artefact alone (618 releases, 270 campaigns) | **{row[1]}**" in flat
    assert f"given the previous release, too | **{row[2]}**" in flat


def test_the_lock_file_has_as_many_packages_as_said() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.findall(r"^[A-Za-z0-9].*==", lock, re.MULTILINE)
    assert f"own lock file all {len(pinned)} packages are clean" in " ".join(TEXT.split())


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
