"""Make and score benchmarks beyond the plain test, in memory only: injected code, obfuscation, deleted payloads.

example:
  darnel benchmark injection-score --data data --injected injected --out out.json
"""

from __future__ import annotations

import argparse

from darnel.commands._extra import call

NAME = "benchmark"
HELP = "make and score injected, obfuscated and disarmed packages (darnel[train])"
MODULE = "darnel.training.benchmarks.commands"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are declared beside what they steer."""
    call(NAME, MODULE, "configure", parser)


def run(args: argparse.Namespace) -> int:
    """Hand over to :mod:`darnel.training.benchmarks.commands`."""
    code: int = call(NAME, MODULE, "run", args)
    return code
