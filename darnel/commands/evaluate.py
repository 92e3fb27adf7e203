"""Evaluate a model: no campaign and no package name on both sides of a split, intervals on every figure.

example:
  darnel evaluate --data data --split temporal
"""

from __future__ import annotations

import argparse

from darnel.commands._extra import call

NAME = "evaluate"
HELP = "evaluate a model on held-out campaigns (darnel[train])"
MODULE = "darnel.training.commands"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are declared beside what they steer."""
    call(NAME, MODULE, "configure_evaluate", parser)


def run(args: argparse.Namespace) -> int:
    """Hand over to :mod:`darnel.training.commands`."""
    code: int = call(NAME, MODULE, "run_evaluate", args)
    return code
