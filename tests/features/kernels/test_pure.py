"""What an installation without a compiler finds is what one with compiled kernels finds."""

import os
import subprocess
import sys

import pytest

from darnel.features import kernels
from darnel.features.languages import python_words

CODE = """
import sys
from darnel.features import extract, kernels
from darnel.features.limits import DEFAULT_LIMITS
from darnel.sources import Installed, open_source
assert kernels.state() == sys.argv[1], kernels.state()
for name in ("packaging", "rich", "setuptools"):
    raw = extract.extract(open_source(Installed(name), DEFAULT_LIMITS))
    raw.pop("seconds")
    print(repr(raw))
"""


def found(state: str, pure: str) -> str:
    command = [sys.executable, "-c", CODE, state]
    environment = {**os.environ, "PYTHONHASHSEED": "1", "DARNEL_PURE": pure}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


assert python_words  # what has a twin is known once it was imported


@pytest.mark.skipif(not kernels.TWINS, reason="nothing is compiled here")
def test_python_finds_the_same() -> None:
    pure = found("Python", "1")
    assert len(pure) > 100_000
    assert pure == found("compiled", "")
