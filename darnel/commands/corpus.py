"""Build the corpora that models are trained on. Samples are read in memory and never written to disk.

example:
  darnel corpus sources
"""

from __future__ import annotations

import argparse

from darnel.commands._extra import call

NAME = "corpus"
HELP = "build the corpora that models are trained on (darnel[train])"
MODULE = "darnel.training.corpus.commands"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are declared beside what they steer."""
    call(NAME, MODULE, "configure_corpus", parser)


def run(args: argparse.Namespace) -> int:
    """Hand over to :mod:`darnel.training.corpus.commands`."""
    code: int = call(NAME, MODULE, "run_corpus", args)
    return code
