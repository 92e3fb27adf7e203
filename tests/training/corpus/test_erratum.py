from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from darnel.errors import CorpusError
from darnel.training.corpus.erratum import CLASSES, load_erratum
from darnel.training.corpus.manifest import default_manifest, load_manifest
from darnel.training.corpus.places import Listing
from darnel.training.corpus.selection import select
from tests.training.corpus.test_corpus_selection import BAD, GOOD, sample

HEADER = "ecosystem,name,version,sha256,blob,source,label,class,reason\n"
ROW = ["pypi", "foo", "1.0", "a" * 64, "b" * 40, "bad", "malicious", "placeholder", "does nothing"]


def written(folder: Path, *rows: list[str], header: str = HEADER) -> Path:
    path = folder / "erratum.csv"
    path.write_text(header + "".join(",".join(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_the_shipped_list_is_sound_used_and_published() -> None:
    path = default_manifest().parent / "erratum.csv"
    corrections = load_erratum(path)
    assert {correction.kind for correction in corrections} <= set(CLASSES)
    assert {correction.label for correction in corrections} == {"malicious"}
    manifest = load_manifest()
    assert manifest.erratum == {correction.blob for correction in corrections} != set()
    assert all(manifest.source(correction.source).malicious for correction in corrections)
    assert (Path(__file__).parents[3] / "data" / "erratum.csv").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, "", "line 2: no 'ecosystem'"),
        (3, "A" * 64, "line 2: 'sha256' is not a full lower-case hex digest"),
        (4, "b" * 39, "line 2: 'blob' is not a full"),
        (7, "harmless", "line 2: class 'harmless' is none of genuine release"),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, column: int, value: str, message: str) -> None:
    row = [*ROW[:column], value, *ROW[column + 1 :]]
    with pytest.raises(CorpusError, match=message):
        load_erratum(written(tmp_path, row))


def test_missing_files_columns_and_double_rows(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read"):
        load_erratum(tmp_path / "none.csv")
    with pytest.raises(CorpusError, match="no 'reason'"):
        load_erratum(written(tmp_path, ROW[:-1], header=HEADER.replace(",reason", "")))
    with pytest.raises(CorpusError, match="line 3: blob bbbbbbbbbbbb is there twice"):
        load_erratum(written(tmp_path, ROW, ROW))


def test_malicious_samples_in_it_are_left_out_by_content_alone() -> None:
    wrong, right = replace(sample(1, "foo", label=1), content="x"), replace(sample(2, "foo", "2", 1), content="y")
    benign = replace(sample(3, "other"), content="x")
    manifest = replace(load_manifest(), sources=(BAD, GOOD), erratum=frozenset({"x"}))
    chosen = select([Listing("bad", [wrong, right]), Listing("good", [benign])], manifest)
    assert chosen.samples == [right, benign]
    assert chosen.dropped == {("bad", "erratum"): 1}
