"""Make and score benchmarks beyond the plain test: malicious code spliced into benign releases, in memory only."""

from __future__ import annotations

import argparse

from darnel.commands._extra import call

NAME = "benchmark"
HELP = "make and score injected releases (darnel[train])"
MODULE = "darnel.training.benchmarks.commands"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are declared beside what they steer."""
    call(NAME, MODULE, "configure", parser)


def run(args: argparse.Namespace) -> int:
    """Hand over to :mod:`darnel.training.benchmarks.commands`."""
    code: int = call(NAME, MODULE, "run", args)
    return code
