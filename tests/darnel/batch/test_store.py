from __future__ import annotations

import errno
import json
import os
import sys
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
from darnel.batch.lines import JsonlStore
from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.rows import DOCS, row
from darnel.batch.store import JOURNAL, ParquetStore, Store
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
    lazy = polars.scan_parquet(f"{place}/*/*.parquet", hive_partitioning=True)
    found = lazy.filter(polars.col("label") == "suspicious").select("path", "score").collect().rows()
    assert found == [("p/4-1.0.whl", 0.25)]


@pytest.mark.parametrize("killed", [False, True])
def test_everybody_can_read_it_while_it_is_written(tmp_path: Path, killed: bool) -> None:
    """The journal, and files that a killed run left unfinished, are in nobody's way."""
    place = str(tmp_path / "out")
    fill(place)
    store = ParquetStore(place, MODEL)
    store.add(made(9))

    def stop(*_: str) -> None:
        sys.exit()

    if killed:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "replace", stop)
            patch.setattr(os, "remove", stop)
            with pytest.raises(SystemExit):
                store.folder.put("label=clean/part-x.parquet", b"half")
        assert len(list((tmp_path / "out").glob("*/.part-*.tmp"))) == 1
    assert (tmp_path / "out" / JOURNAL).exists()
    files = f"{place}/*/*.parquet"
    assert len(pd.read_parquet(place)) == 6
    assert duckdb.execute(f"select count(*) from read_parquet('{files}')").fetchall() == [(6,)]
    assert polars.scan_parquet(files, hive_partitioning=True).collect().height == 6
    store.close()
    ParquetStore(place, MODEL).close()
    assert len(list((tmp_path / "out").rglob("*.tmp"))) == 0, "swept"


def test_an_empty_dataset_can_be_read(tmp_path: Path) -> None:
    place = str(tmp_path / "out")
    for _ in range(2):
        with ParquetStore(place, MODEL) as store:
            store.begin()
        frame = pd.read_parquet(place)
        assert (len(frame), set(frame.columns)) == (0, set(DOCS))
    assert len(list((tmp_path / "out").glob("*/*"))) == 1
    fill(place)
    assert len(pd.read_parquet(place)) == 6


def identity(number: int) -> bytes:
    return Item(f"p/{number}-1.0.whl", previous="p/old.whl").id


def counted(malicious: int, clean: int, unknown: int) -> dict[Label, int]:
    return {Label.MALICIOUS: malicious, Label.SUSPICIOUS: 0, Label.CLEAN: clean, Label.UNKNOWN: unknown}


def labels(place: Path) -> dict[str, str]:
    """By path, of which none is there twice."""
    frame = pd.read_parquet(place)
    assert frame["id"].is_unique
    return {path[2:3]: label for path, label in zip(frame["path"], frame["label"], strict=True)}


@pytest.mark.parametrize("where", ["", "memory://retried/"])
def test_what_is_unknown_is_judged_again_on_demand(tmp_path: Path, where: str) -> None:
    place = f"{where}{tmp_path}"
    with ParquetStore(place, MODEL) as store:
        for number, label in enumerate([Label.CLEAN, Label.UNKNOWN, Label.UNKNOWN, Label.UNKNOWN]):
            store.add(made(number, label))
    with ParquetStore(place, MODEL, retry=True) as store:
        assert (store.before, store.counts) == (1, counted(0, 1, 3))
        assert [identity(number) in store.done for number in range(4)] == [True, False, False, False]
        store.add(made(1, Label.MALICIOUS))
        store.add(made(2, Label.UNKNOWN))
        assert store.counts == counted(1, 1, 2)
    with ParquetStore(place, MODEL) as store:
        assert (store.before, store.counts) == (4, counted(1, 1, 2))
    with ParquetStore(place, MODEL, retry=True) as store:
        for number in (2, 3):
            store.add(made(number))
    with ParquetStore(place, MODEL) as store:
        assert store.counts == counted(1, 3, 0)
    if not where:
        assert labels(tmp_path) == {"0": "clean", "1": "malicious", "2": "clean", "3": "clean"}


@pytest.mark.parametrize("step", ["before", "taken out", "put"])
@pytest.mark.parametrize("retry", [False, True])
def test_no_row_is_lost_or_doubled_when_that_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, retry: bool
) -> None:
    """Wherever it is: the journal has what files lack, and is newer than what is unknown."""
    with ParquetStore(str(tmp_path), MODEL) as first:
        for number, label in enumerate([Label.CLEAN, Label.UNKNOWN, Label.UNKNOWN]):
            first.add(made(number, label))
    monkeypatch.setattr(module, "PART_ROWS", 2)
    put = ParquetStore._put

    def stop(store: ParquetStore, label: str, file: rows.ParquetFile) -> None:
        if step == "put":
            put(store, label, file)
        raise KeyboardInterrupt

    monkeypatch.setattr(ParquetStore, "_put", stop)
    if step == "before":
        monkeypatch.setattr(module, "PART_ROWS", 100)
    store = ParquetStore(str(tmp_path), MODEL, retry=True)
    store.add(made(1, Label.MALICIOUS))
    if step == "before":
        store.add(made(2, Label.UNKNOWN))
        os.close(store._lock or 0)
    else:
        with pytest.raises(KeyboardInterrupt):
            store.add(made(2, Label.UNKNOWN))
        store.close()
    monkeypatch.setattr(ParquetStore, "_put", put)
    with ParquetStore(str(tmp_path), MODEL, retry) as again:
        assert again.counts == counted(1, 1, 1)
        assert (identity(1) in again.done, identity(2) in again.done) == (True, not retry)
    assert labels(tmp_path) == {"0": "clean", "1": "malicious", "2": "unknown"}


def test_nothing_is_judged_again_of_another_model(tmp_path: Path) -> None:
    with ParquetStore(str(tmp_path), MODEL) as store:
        store.add(made(1, Label.UNKNOWN))
    with pytest.raises(DarnelError, match="another model"):
        ParquetStore(str(tmp_path), "cd" * 32, retry=True)


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


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("written", [0, 1])
def test_a_file_that_cannot_be_written_doubles_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, written: int
) -> None:
    """The files of other labels may be there already: the run that failed does not write them again."""
    monkeypatch.setattr(module, "PART_ROWS", 3)
    place, left, whole = str(tmp_path), [written], os.replace

    def replace(old: str, new: str) -> None:
        if new.endswith(".parquet"):
            if not left[0]:
                raise error
            left[0] -= 1
        whole(old, new)

    labels = [Label.CLEAN, Label.MALICIOUS, Label.CLEAN]
    monkeypatch.setattr(os, "replace", replace)
    store: Store = ParquetStore(place, MODEL)
    for number, label in enumerate(labels[:2]):
        store.add(made(number, label))
    with pytest.raises((DarnelError, KeyboardInterrupt)):
        store.add(made(2, labels[2]))
    store.close()
    monkeypatch.setattr(os, "replace", whole)
    assert len(list(tmp_path.glob("*/*"))) == written, "nothing unfinished stays behind"
    with ParquetStore(place, MODEL) as store:
        assert store.before == 3
        store.add(made(3))
    assert sorted(pd.read_parquet(place)["path"]) == [f"p/{i}-1.0.whl" for i in range(4)]


@pytest.mark.parametrize("retry", [False, True])
def test_rows_that_are_there_twice_are_said_once(
    retry: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(tmp_path)
    fill(place)
    part = next(tmp_path.glob("label=unknown/*"))
    (part.parent / "part-again.parquet").write_bytes(part.read_bytes())
    with ParquetStore(place, MODEL, retry) as store:
        assert sum(store.counts.values()) == 6
    (said,) = capsys.readouterr().err.splitlines()
    assert said.startswith(f"darnel: {place}: 2 rows are there twice")


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
