from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from darnel.training.ordinary import ORDINARY, ordinary

ROOT = Path(__file__).parent.parent.parent


def test_what_is_shipped_comes_from_the_published_table() -> None:
    assert json.loads(ORDINARY.read_text("utf-8")) == ordinary(str(ROOT / "data"))


def test_zeros_are_left_out() -> None:
    for medians in json.loads(ORDINARY.read_text("utf-8")).values():
        assert all(np.isfinite(value) and value for value in medians.values())
