from __future__ import annotations

from pathlib import Path

import pytest

from darnel.classifier import Classifier
from darnel.models.bundle import Bundle
from darnel.models.usage import usage


@pytest.fixture(scope="module")
def bundle(tiny_model: Path) -> Bundle:
    return Classifier.load(tiny_model).bundle


def test_a_column_that_the_file_model_asks_for(bundle: Bundle) -> None:
    (use,) = usage(bundle, "local.grave")
    assert (use.variant, use.model, use.column) == ("all", "file", "local.grave")
    assert use.gain == pytest.approx(1.0)
    assert len(use.thresholds)
    assert 2.0 < use.thresholds.mean() < 3.0
    assert (use.thresholds[:-1] <= use.thresholds[1:]).all()


def test_a_column_that_the_package_model_asks_for(bundle: Bundle) -> None:
    assert [use.model for use in usage(bundle, "pool.top1")] == ["package"]


def test_a_column_that_no_tree_asks_for(bundle: Bundle) -> None:
    assert usage(bundle, "text.entropy") == []
    assert usage(bundle, "grave") == []
