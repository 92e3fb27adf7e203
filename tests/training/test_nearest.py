from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from darnel.errors import CorpusError
from darnel.training import nearest
from darnel.training.nearest import clone_scores, nearest_sketch
from darnel.training.sketch import Sketch, Sketcher, compact
from darnel.training.storage import load_table, save_table
from darnel.training.table import FeatureTable, TableBuilder

WORDS = [f"word_{i}" for i in range(400)]


def sketch(words: list[str]) -> Sketch:
    sketcher = Sketcher()
    sketcher.add("a.py", " ".join(words).encode())
    return sketcher.result()


def compacted(*codes: list[str]) -> NDArray[np.uint8]:
    return compact(np.stack([sketch(words).signature for words in codes]))


def tiny(*packages: tuple[int, list[int]]) -> FeatureTable:
    builder = TableBuilder(["shape.files"], ["text.x"], "s")
    for number, (label, files) in enumerate(packages):
        rows = [(f"{i:02x}" * 32, np.array([i], np.float32)) for i in files]
        builder.add({"id": str(number), "label": label}, np.array([len(files)], np.float32), rows)
    return builder.build()


def test_without_sketches_file_hashes_are_compared() -> None:
    table = tiny((1, [1, 2]), (0, [3, 4]), (0, [1, 5]), (1, [1, 2]), (0, [3]), (1, [9]))
    scores = clone_scores(table.subset(np.arange(3)), table.subset(np.arange(3, 6)))
    np.testing.assert_allclose(scores, [0.5 + 0.5 * (1 - 1 / 3), 0.5 - 0.5 * 0.5, 0.5])


def test_sketches_recognise_variants_that_share_no_file() -> None:
    malicious, benign, variant = WORDS[:200], WORDS[200:], [*WORDS[:190], "other", "words"]
    table = tiny((1, [1]), (0, [2]), (1, [3]), (0, [4]), (1, []))
    table = replace(table, sketches=compacted(malicious, benign, variant, WORDS[210:], []))
    scores = clone_scores(table.subset(np.arange(2)), table.subset(np.arange(2, 5)))
    assert scores[0] > 0.9
    assert scores[1] < 0.1
    assert scores[2] == 0.5, "no code, nothing shared"


def test_compact_similarity_is_near_that_of_whole_sketches() -> None:
    pairs = [(WORDS[:200], WORDS[cut : 200 + cut]) for cut in range(0, 200, 20)]
    for one, other in pairs:
        whole = float(np.mean(sketch(one).signature == sketch(other).signature))
        assert nearest_sketch(compacted(one), compacted(other))[0] == pytest.approx(whole, abs=0.03)


def test_nearest_does_not_depend_on_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    known, asked = rng.integers(0, 4, (50, 128), np.uint8), rng.integers(0, 4, (30, 128), np.uint8)
    whole = nearest_sketch(known, asked)
    np.testing.assert_allclose(
        whole, [max(np.mean(row == k) * 256 / 255 - 1 / 255 for k in known) for row in asked], atol=1e-12
    )
    monkeypatch.setattr(nearest, "_BLOCK", 1)
    np.testing.assert_array_equal(nearest_sketch(known, asked), whole)
    assert nearest_sketch(known[:0], asked).tolist() == [0.0] * 30


def test_tables_keep_their_sketches_on_disk_and_can_do_without(tmp_path: Path) -> None:
    table = tiny((1, [1]), (0, [2]))
    save_table(table, tmp_path / "without")
    assert load_table(tmp_path / "without").sketches is None
    table = replace(table, sketches=compacted(WORDS, []))
    save_table(table, tmp_path / "with")
    loaded = load_table(tmp_path / "with")
    assert loaded.sketches is not None
    np.testing.assert_array_equal(loaded.sketches, table.sketches)
    assert list(loaded.packages.columns) == list(table.packages.columns)
    with pytest.raises(CorpusError, match="sketches do not fit"):
        replace(table, sketches=compacted(WORDS))
