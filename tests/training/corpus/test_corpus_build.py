from __future__ import annotations

import argparse
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darnel.errors import CorpusError
from darnel.features.extract import extract
from darnel.features.package import Ecosystem, Form, MemoryPackage
from darnel.features.readers import open_package
from darnel.training.corpus import extraction
from darnel.training.corpus.build import assemble, extract_missing, list_samples
from darnel.training.corpus.commands import configure_corpus, run_corpus, sources_text
from darnel.training.corpus.extraction import Outcome, Watched, extract_sample, key_of
from darnel.training.corpus.git import open_repository
from darnel.training.corpus.manifest import Manifest, load_manifest
from darnel.training.corpus.places import Roots
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.selection import select
from darnel.training.corpus.store import Scan, Store, pack, unpack
from darnel.training.evaluate import _by_stratum, populations
from darnel.training.sketch import Sketcher
from darnel.training.storage import load_table
from tests.training.corpus.repositories import Builder, archive

MANIFEST = """
format = 1
[defaults]
per_name = 2
[[source]]
id = "bad"
kind = "archives"
ecosystem = "pypi"
label = "malicious"
repository = "owner/bad"
revisions = ["{bad}"]
paths = '(?P<name>[^/]+)/.*'
date = "added"
[[source]]
id = "good"
kind = "trees"
ecosystem = "pypi"
label = "benign"
repository = "owner/good"
revisions = ["{good}"]
paths = '[^/]+/setup\\.py'
"""


def sdist(name: str, version: str, code: bytes = b"x = 1\n") -> bytes:
    top = f"{name}-{version}"
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    setup = b"from setuptools import setup\nsetup()\n"
    return archive({f"{top}/PKG-INFO": info, f"{top}/setup.py": setup, f"{top}/m.py": code})


@pytest.fixture
def corpus(tmp_path: Path) -> tuple[Manifest, Roots]:
    open_repository.cache_clear()
    lines = b"\n".join(b"def f%d(a, b):\n    return g%d(a + b)" % (i, i % 7) for i in range(60))
    bad = Builder(tmp_path / "owner" / "bad")
    bad_head = bad.commit(
        {
            "evil/a.tar.gz": sdist("evil", "1.0", lines),
            "clone/a.tar.gz": sdist("clone", "1.0", b"# other\n" + lines),
            "torn/a.tar.gz": b"no archive at all " * 100,
            "twin/a.tar.gz": sdist("evil", "1.0", lines),
        }
    )
    good = Builder(tmp_path / "owner" / "good")
    setup = b"from setuptools import setup\nsetup(name='%s', version='%s')\n"
    folders = {"a-1": (b"lib-one", b"1"), "b-2": (b"lib-one", b"2"), "c-3": (b"lib-one", b"3"), "d": (b"evil", b"9")}
    good_head = good.commit({f"{folder}/setup.py": setup % values for folder, values in folders.items()})
    path = tmp_path / "manifest.toml"
    path.write_text(MANIFEST.format(bad=bad_head, good=good_head), encoding="utf-8")
    return load_manifest(path), Roots((tmp_path,))


def samples_of(corpus: tuple[Manifest, Roots]) -> list[Sample]:
    listings, _ = list_samples(*corpus)
    return select(listings, corpus[0]).samples


def test_a_table_is_built_and_going_on_extracts_nothing_twice(corpus: tuple[Manifest, Roots], tmp_path: Path) -> None:
    samples = samples_of(corpus)
    told: list[str] = []
    with Store(tmp_path / "cache" / "c.sqlite") as store:
        first = extract_missing(samples, store, tell=lambda done, total, _: told.append(f"{done}/{total}"))
        assert first == {"cached": 0, "extracted": 6, "failed": 1}
        assert told[-1] == "7/7"
    with Store(tmp_path / "cache" / "c.sqlite") as store:
        assert extract_missing(samples, store) == {"cached": 7}
        assert extract_missing(samples, store, retry_failures=True) == {"cached": 6, "failed": 1}
        assembly = assemble(samples, store, corpus[0])
    frame = assembly.table.packages.set_index("name")
    assert set(frame.index) == {"evil", "clone", "torn", "lib-one"}
    campaign = {name: str(frame.loc[name, "campaign"]) for name in ("evil", "clone", "torn")}
    assert campaign["evil"] == campaign["clone"] != campaign["torn"]
    assert frame.loc["evil", "date"] == "2024-03-01"
    assert not frame.loc["torn", "readable"]
    assert list(assembly.failures) == [frame.loc["torn", "id"]]
    sketches = assembly.table.sketches
    assert sketches is not None
    of = {name: sketches[list(frame.index).index(name)] for name in ("evil", "clone", "torn")}
    assert np.array_equal(of["evil"], of["clone"])
    assert (of["torn"] == 255).all(), "nothing was read, so there is nothing to compare"
    assert np.isnan(assembly.table.package_rows[assembly.table.text("name") == "torn"]).all()
    assert len(frame.loc[["lib-one"]]) == 2
    assert assembly.dropped == {("good", "malicious-name"): 1, ("good", "per-name"): 1}
    assert bool(frame.loc["evil", "has_setup_py"])
    assert bool(frame.loc["evil", "has_manifest"])
    assert frame.loc["evil", "file_count"] == 3
    assert not frame["probe"].any()


def test_what_was_chosen_for_what_it_does_is_counted_in_no_rate(corpus: tuple[Manifest, Roots], tmp_path: Path) -> None:
    path = tmp_path / "manifest.toml"
    path.write_text(path.read_text() + "probes = true\n", encoding="utf-8")  # the last source, benign trees
    manifest = load_manifest(path)
    samples = samples_of((manifest, corpus[1]))
    with Store(tmp_path / "cache" / "c.sqlite") as store:
        extract_missing(samples, store)
        table = assemble(samples, store, manifest).table
    assert (table.packages["probe"].to_numpy() == (table.labels == 0)).all()
    assert not (populations(table)["pypi"] & (table.labels == 0)).any()
    scores = table.labels.astype(float)
    strata = _by_stratum(table, scores, np.ones(len(table), bool), 0.5)
    assert {name: found["benign"] for name, found in strata.items()} == {"not counted above: good": 2}


def test_two_workers_give_the_same_table(corpus: tuple[Manifest, Roots], tmp_path: Path) -> None:
    samples = samples_of(corpus)
    tables = []
    for jobs in (1, 2):
        with Store(tmp_path / f"{jobs}.sqlite") as store:
            extract_missing(samples, store, jobs=jobs)
            tables.append(assemble(samples, store, corpus[0]).table)
    assert tables[0].packages.equals(tables[1].packages)
    assert np.array_equal(tables[0].package_rows, tables[1].package_rows, equal_nan=True)
    assert np.array_equal(tables[0].file_rows, tables[1].file_rows, equal_nan=True)


def test_a_sample_that_takes_too_long_is_a_failure(
    corpus: tuple[Manifest, Roots], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(self: Sample) -> MemoryPackage:
        while True:
            pass

    monkeypatch.setattr(Sample, "open", slow)
    outcome = extract_sample(samples_of(corpus)[0], seconds=0.2)
    assert outcome.failure.endswith("not done after 0.2 s")
    assert outcome.data == b""


def test_any_exception_is_a_failure_in_one_line(
    corpus: tuple[Manifest, Roots], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Sample) -> MemoryPackage:
        raise ValueError("two\nlines")

    monkeypatch.setattr(Sample, "open", broken)
    assert extract_sample(samples_of(corpus)[0]).failure == "ValueError: two lines"


def _die(sample: Sample, seconds: float) -> Outcome:
    if sample.name == "evil":
        os._exit(3)
    return Outcome(key_of(sample), b"", "stand-in", None)


def test_a_sample_that_kills_its_worker_does_not_stop_the_others(
    corpus: tuple[Manifest, Roots], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from darnel.training.corpus import build

    monkeypatch.setattr(build, "extract_sample", _die)
    samples = samples_of(corpus)
    with Store(tmp_path / "c.sqlite") as store:
        told: list[Outcome] = []
        extract_missing(samples, store, jobs=2, tell=lambda _done, _total, outcome: told.append(outcome))
    failures = sorted(outcome.failure for outcome in told)
    assert failures == ["stand-in"] * 6 + ["the extraction ended its process"]


def test_what_is_odd_about_an_archive_is_in_its_row() -> None:
    odd = open_package(sdist("evil", "1.0") + b"more")
    raw = extract(Watched(odd))
    assert [anomaly.kind for anomaly in raw["anomalies"]] == ["trailing-data"]
    assert raw["values"]["anomaly.trailing-data"] == 1.0


def test_watching_counts_the_first_complete_pass_only() -> None:
    files = {
        "package.json": b'{"scripts": {"postinstall": "node x.js"}}',
        "x.js": b"f(1)",
        "a/setup.py": b"",
        "b/package.json": b"{}",
    }
    traces = {"package-lock.json": b"{}", "a/.DS_Store": b"0"}
    package = Watched(MemoryPackage({**files, **traces}, Ecosystem.NPM, Form.NPM_TARBALL))
    next(package.members())
    assert package.scan is None
    assert [member.path for member in package.members()] == sorted(files)
    scan = package.scan
    assert scan is not None
    assert scan.counts == {
        "size_bytes": sum(map(len, files.values())),
        "file_count": 4,
        "has_setup_py": 0,
        "has_manifest": 1,
        "has_install_hook": 1,
    }
    assert [member.path for member in package.members()] == sorted(files)
    assert package.scan is scan
    expected = Sketcher()
    for path, data in files.items():
        expected.add(path, data)
    assert scan.sketch.body == expected.result().body


def test_the_store_gives_back_what_was_put(corpus: tuple[Manifest, Roots], tmp_path: Path) -> None:
    sample = next(sample for sample in samples_of(corpus) if sample.name == "evil")
    outcome = extract_sample(sample)
    raw = unpack(outcome.data)
    assert pack(raw) == outcome.data
    assert raw["name"] == "evil"
    assert outcome.scan is not None
    with Store(tmp_path / "c.sqlite") as store:
        store.put("k", "one", outcome.data)
        store.put("k", "two", b"", "why")
        store.put_scan("k", extraction.SCAN_VERSION, outcome.scan)
        assert store.raw("k", "one") == (raw, "")
        assert store.raw("k", "two") == (None, "why")
        assert store.raw("k", "three") == (None, "not extracted")
        assert store.done("two") == {"k": "why"}
        scan = store.scans(extraction.SCAN_VERSION)["k"]
        assert isinstance(scan, Scan)
        assert (scan.counts, scan.sketch.body) == (outcome.scan.counts, outcome.scan.sketch.body)
        assert np.array_equal(scan.sketch.signature, outcome.scan.sketch.signature)
        assert store.prune("two") == 1
        assert store.raw("k", "one")[1] == "not extracted"


def test_a_file_that_is_no_cache_is_refused(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"not a data base" * 100)
    with pytest.raises(CorpusError, match="not usable as a cache"):
        Store(tmp_path / "c")


def test_the_cache_holds_no_code(corpus: tuple[Manifest, Roots], tmp_path: Path) -> None:
    import zlib

    data = b"".join(
        zlib.decompress(outcome.data) for outcome in map(extract_sample, samples_of(corpus)) if outcome.data
    )
    assert b"evil" in data
    for text in (b"return g", b"def f", b"# other"):
        assert text not in data


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    configure_corpus(parser)
    return run_corpus(parser.parse_args(arguments))


def test_the_command_builds_a_table_with_a_summary(
    corpus: tuple[Manifest, Roots], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["build", "--repositories", str(tmp_path), "--cache", str(tmp_path / "c"), "--out", str(tmp_path / "t")]
    options += ["--manifest", str(tmp_path / "manifest.toml"), "--jobs", "1"]
    assert run(*options) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "5 packages (6 extracted, 0 from the cache, 0 taken over, 1 not readable)" in captured.err
    table = load_table(tmp_path / "t")
    summary = json.loads((tmp_path / "t" / "summary.json").read_text())
    assert summary["packages"] == len(table) == 5
    assert summary["by_label"] == {"pypi benign": 2, "pypi malicious": 3}
    assert summary["campaigns"]["pypi"]["count"] == 2
    assert summary["malicious_by_month"] == {"2024-03": 3}
    assert summary["dropped"] == {"bad same-content": 1, "good malicious-name": 1, "good per-name": 1}
    assert run(*options, "--only", "good") == 0
    with pytest.raises(CorpusError, match="no source 'ugly'; there are bad, good"):
        run(*options, "--only", "ugly")


def test_missing_sources_stop_the_build_unless_told_otherwise(corpus: tuple[Manifest, Roots], tmp_path: Path) -> None:
    manifest, roots = corpus
    elsewhere = replace(manifest.source("good"), id="gone", repository="owner/gone")
    wider = replace(manifest, sources=(*manifest.sources, elsewhere))
    with pytest.raises(CorpusError, match="owner/gone: not found below --repositories"):
        list_samples(wider, roots)
    listings, missing = list_samples(wider, roots, skip_missing=True)
    assert [listing.source for listing in listings] == ["bad", "good"]
    assert len(missing) == 1


def test_sources_are_printed_as_commands() -> None:
    text = sources_text(load_manifest())
    assert text.count("git clone --bare https://github.com/lxyeternal/pypi_malregistry ") == 1
    assert text.count("aliyun-openapi-python-sdk aliyun") == 1
    assert "pip download --only-binary=:all:" in text
    starts = ("#", "git ", "pip ", "npm ", "for ", " ", "done", "python -m build ")
    assert all(line.startswith(starts) for line in text.splitlines() if line)
