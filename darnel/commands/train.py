"""Train, calibrate and save a model from a feature table.

example:
  darnel train --data data --out my_model

Exit code: 0 the model is marked releasable; 1 it is written, but a release check failed and --force was not given; 2 it
could not be trained. Which checks there are and what they found stands in its manifest and its card.
"""

from __future__ import annotations

import argparse

from darnel.commands._extra import call

NAME = "train"
HELP = "train a model from a feature table (darnel[train])"
MODULE = "darnel.training.commands"


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options, which are declared beside what they steer."""
    call(NAME, MODULE, "configure_train", parser)


def run(args: argparse.Namespace) -> int:
    """Hand over to :mod:`darnel.training.commands`."""
    code: int = call(NAME, MODULE, "run_train", args)
    return code
