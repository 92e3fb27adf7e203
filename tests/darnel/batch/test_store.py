from __future__ import annotations

import errno
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars
import pytest
from pyarrow import parquet as pq

from darnel.batch import rows
from darnel.batch import store as module
from darnel.batch.item import Item
from darnel.batch.journal import Journal
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.rows import DOCS, row
from darnel.batch.store import JOURNAL, JsonlStore, ParquetStore
from darnel.errors import DarnelError
from darnel.verdict import Evidence, Label, Verdict, failure

MODEL = "ab" * 32


def verdict(label: Label, name: str = "thing") -> Verdict:
    evidence = (Evidence("net.send", "sends\x1b[2J", "setup.py", 3, "install", 0.5, "hxxp", True),)
    return Verdict(
        label,
        0.25,
        0.5,
        0.001,
        "triage",
        "pypi",
        name,
        "1.0",
        "x",
        "cd" * 32,
        evidence,
        ("symlink: a",),
        timings={"total": 1.5},
    )


def made(number: int, label: Label = Label.CLEAN) -> dict[str, Any]:
    return row(Item(f"p/{number}-1.0.whl", previous="p/old.whl"), Outcome.of(verdict(label), 10), MODEL)


def test_a_row_has_the_documented_columns() -> None:
    data = made(1, Label.MALICIOUS)
    assert list(data) == list(DOCS)
    assert json.loads(json.dumps(data)) == data
    assert data["evidence"][0]["description"].isprintable()
    failed = row(Item("\udcff\udcfe"), Outcome.failed("x", Trouble.TIME, "stopped", 7), MODEL)
    assert (failed["label"], failed["error_class"], failed["error"], failed["size"]) == (
        "unknown",
        "time",
        "stopped",
        7,
    )
    assert failed["path"] == r"\xff\xfe", "and not what two of such names would have in common"


def fill(place: str) -> None:
    labels = [Label.CLEAN, Label.CLEAN, Label.MALICIOUS, Label.UNKNOWN, Label.SUSPICIOUS]
    with ParquetStore(place, MODEL) as store:
        for number, label in enumerate(labels):
            store.add(made(number, label))
        store.add(row(Item("gone"), Outcome(failure("gone", "no such file"), Trouble.INPUT), MODEL))


def test_everybody_can_read_it(tmp_path: Path) -> None:
    place = str(tmp_path / "out")
    fill(place)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [f"label={label}" for label in sorted(Label)]
    frame = pd.read_parquet(place)
    assert len(frame) == 6
    assert set(frame.columns) == set(DOCS)
    assert frame["evidence"].iloc[0][0]["line"] == 3
    assert len(pd.read_parquet(place, filters=[("label", "=", "malicious")])) == 1
    found = duckdb.execute(
        f"select label, count(*), sum(score) from read_parquet('{place}/*/*.parquet', hive_partitioning=true) "
        "group by label order by label"
    ).fetchall()
    assert found == [("clean", 2, 0.5), ("malicious", 1, 0.25), ("suspicious", 1, 0.25), ("unknown", 2, 0.25)]
    lazy = polars.scan_parquet(place, hive_partitioning=True).filter(polars.col("label") == "suspicious")
    assert lazy.select("path", "score").collect().rows() == [("p/4-1.0.whl", 0.25)]


@pytest.mark.parametrize("kind", [ParquetStore, JsonlStore])
def test_what_is_done_is_known(tmp_path: Path, kind: type[ParquetStore] | type[JsonlStore]) -> None:
    place = str(tmp_path / "out")
    with kind(place, MODEL) as store:
        store.add(made(1, Label.MALICIOUS))
    with kind(place, MODEL) as store:
        assert Item("p/1-1.0.whl", previous="p/old.whl").id in store.done
        assert Item("p/2-1.0.whl", previous="p/old.whl").id not in store.done
        assert (store.before, store.counts[Label.MALICIOUS]) == (1, 1)
    with pytest.raises(DarnelError, match="another model"):
        kind(place, "cd" * 32)


def test_a_killed_run_leaves_a_journal(tmp_path: Path) -> None:
    place = tmp_path / "out"
    store = ParquetStore(str(place), MODEL)
    for number in range(3):
        store.add(made(number))
    with (place / JOURNAL).open("ab") as stream:
        stream.write(b'{"path": "p/3-1.0')
    (place / "label=clean").mkdir()
    (place / "label=clean" / "part-x.parquet.1.tmp").write_bytes(b"half")
    os.close(store._lock or 0)  # as the operating system does
    with ParquetStore(str(place), MODEL) as again:
        assert again.before == 3
        assert not list(place.glob("*/*.tmp"))
        again.add(made(3))
    assert sorted(pd.read_parquet(place)["path"]) == [f"p/{i}-1.0.whl" for i in range(4)]
    assert not (place / JOURNAL).exists()


def test_rows_that_are_in_a_file_and_in_the_journal_count_once(tmp_path: Path) -> None:
    place = tmp_path / "out"
    store = ParquetStore(str(place), MODEL)
    for number in range(3):
        store.add(made(number, [Label.CLEAN, Label.MALICIOUS, Label.CLEAN][number]))
    journal = (place / JOURNAL).read_bytes()
    store.close()
    next((place / "label=malicious").iterdir()).unlink()  # killed between the files of two labels
    (place / JOURNAL).write_bytes(journal)
    ParquetStore(str(place), MODEL).close()
    frame = pd.read_parquet(place)
    assert sorted(frame["path"]) == [f"p/{i}-1.0.whl" for i in range(3)]


@pytest.mark.parametrize(("bound", "value"), [("PART_ROWS", 2), ("PART_BYTES", 1_500)])
def test_files_are_written_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, value: int) -> None:
    monkeypatch.setattr(module, bound, value)
    with ParquetStore(str(tmp_path), MODEL) as store:
        for number in range(5):
            store.add(made(number))
        assert len(list(tmp_path.glob("label=clean/*.parquet"))) == 2
        assert len((tmp_path / JOURNAL).read_text().splitlines()) == 1
    assert len(list(tmp_path.glob("label=clean/*.parquet"))) == 3


@pytest.mark.parametrize("kind", [ParquetStore, JsonlStore])
def test_a_full_disk_is_said_and_loses_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: type[ParquetStore] | type[JsonlStore]
) -> None:
    place = str(tmp_path / "out")
    whole = Journal._open

    class Full:
        def __init__(self, stream: Any) -> None:
            self.stream = stream

        def __getattr__(self, name: str) -> Any:
            return getattr(self.stream, name)

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    store = kind(place, MODEL)
    store.add(made(1))
    store.add(made(2))
    monkeypatch.setattr(Journal, "_open", lambda journal: Full(whole(journal)))
    with pytest.raises(DarnelError, match="No space left on device"):
        store.add(made(3))
    store.close()
    monkeypatch.setattr(Journal, "_open", whole)
    with kind(place, MODEL) as again:
        assert again.before >= 2
        assert Item("p/2-1.0.whl", previous="p/old.whl").id in again.done


def test_rows_are_not_kept_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "GROUP", 10)
    place = str(tmp_path / "out")
    with ParquetStore(place, MODEL) as store:
        tracemalloc.start()
        for number in range(400):
            store.add(made(number))
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    (path,) = (tmp_path / "out").glob("*/*.parquet")
    assert [pq.ParquetFile(path).metadata.row_group(i).num_rows for i in range(40)] == [10] * 40
    assert before < 400 * 500, "a row takes some 4,000 bytes as a dictionary"


@pytest.mark.parametrize("kind", [ParquetStore, JsonlStore])
def test_two_runs_do_not_write_to_one_place(tmp_path: Path, kind: type[ParquetStore] | type[JsonlStore]) -> None:
    place = str(tmp_path / "out")
    with kind(place, MODEL), pytest.raises(DarnelError, match="another run"):
        kind(place, MODEL)
    kind(place, MODEL).close()


def test_what_others_wrote_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    with pytest.raises(DarnelError, match="not written by darnel batch"):
        ParquetStore(str(tmp_path), MODEL)
    lines = tmp_path / "x.jsonl"
    lines.write_text('{"a": 1}\n')
    with pytest.raises(DarnelError, match="not written by darnel batch"):
        JsonlStore(str(lines), MODEL)
    assert lines.read_text() == '{"a": 1}\n'
    for notes in ("important notes\n", "important notes"):
        lines.write_text(notes)
        with pytest.raises(DarnelError, match="not written by darnel batch"):
            JsonlStore(str(lines), MODEL)
        assert lines.read_text() == notes


def test_a_dataset_at_a_url() -> None:
    place = "memory://store/out"
    fill(place)
    with ParquetStore(place, MODEL) as store:
        assert store.before == 6
        for number in range(100, 103):
            store.add(made(number))
    with ParquetStore(place, MODEL) as store:
        assert store.before == 9


def test_the_columns_are_documented() -> None:
    text = (Path(__file__).parents[3] / "docs" / "batch.md").read_text(encoding="utf-8")
    for name, doc in DOCS.items():
        assert f"| `{name}` | {doc} |" in text
    for trouble in Trouble:
        assert f"`{trouble}`" in text or not trouble
