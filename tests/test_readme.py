from __future__ import annotations

import argparse
import re

import pytest

from darnel.cli import parser
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


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^make ([a-z]+)", TEXT, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
