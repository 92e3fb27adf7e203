from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from darnel.errors import CorpusError
from darnel.training.derived import beside, joined, legal, load_with, on_base, save_derived
from darnel.training.splits import Split
from darnel.training.storage import load_table, save_table
from darnel.training.table import FeatureTable
from tests.training.synthetic import synthetic_table


def variants(base: FeatureTable, count: int = 6) -> FeatureTable:
    """Copies of benign packages, one file of each edited, labelled malicious."""
    hosts = np.flatnonzero(base.labels == 0)[:count]
    part = base.subset(hosts)
    rows = np.concatenate([part.file_rows, part.file_rows[part.links[part.offsets[:-1]]] + 1])
    links = part.links.copy()
    links[part.offsets[:-1]] = np.arange(len(part.file_rows), len(rows))
    packages = part.packages.assign(
        id=[f"v{i}" for i in range(len(part))],
        label=1,
        campaign=base.packages["campaign"][base.labels == 1].to_numpy()[:count],
        variant="injected",
        host_id=part.packages["id"],
        previous=part.packages["id"],
    )
    hashes = np.concatenate([part.file_hashes, np.array([f"{i:016x}" for i in range(len(part))])])
    return replace(part, packages=packages, file_rows=rows, file_hashes=hashes, links=links)


def files(table: FeatureTable, package: int) -> set[bytes]:
    return {table.file_rows[i].tobytes() for i in table.files_of(package)}


@pytest.fixture(scope="module")
def base() -> FeatureTable:
    return synthetic_table(campaigns=10, benign=20)


def test_round_trip_keeps_only_what_the_base_lacks(base: FeatureTable, tmp_path: Path) -> None:
    derived = variants(base)
    save_table(base, tmp_path)
    save_derived(derived, base, tmp_path / "injected")
    assert len(load_table(tmp_path / "injected").file_rows) == len(derived)
    table, loaded = load_with(load_table(tmp_path), beside(tmp_path))
    assert loaded is not None
    assert loaded.file_rows is table.file_rows
    assert loaded.packages["previous"].tolist() == derived.packages["previous"].tolist()
    for i in range(len(derived)):
        assert files(loaded, i) == files(derived, i)
    for i in range(len(base)):
        assert files(table, i) == files(base, i)


def test_variants_of_another_table_are_refused(base: FeatureTable, tmp_path: Path) -> None:
    save_derived(variants(base), base, tmp_path / "injected")
    with pytest.raises(CorpusError, match="made from another feature table"):
        load_with(synthetic_table(campaigns=10, benign=20, seed=1), [tmp_path / "injected"])


def test_no_variants(base: FeatureTable, tmp_path: Path) -> None:
    assert beside(tmp_path) == []
    assert load_with(base, []) == (base, None)


def test_joined_tables_share_their_files(base: FeatureTable) -> None:
    derived, whole = on_base(variants(base), base)
    both = joined(whole, derived)
    assert both.file_rows is whole.file_rows
    assert both.packages["variant"].tolist().count("injected") == len(derived)
    assert files(both, len(base)) == files(derived, 0)


def test_a_variant_is_on_the_side_that_all_its_parts_are_on(base: FeatureTable) -> None:
    derived = variants(base)
    frame = base.packages
    hosts = set(derived.packages["host_id"])
    first = derived.packages["campaign"].iloc[0]
    on_train = frame["id"].isin(hosts) | ((frame["label"] == 1) & (frame["campaign"] != first))
    split = Split(np.flatnonzero(on_train), np.flatnonzero(~on_train))
    sides = legal(derived, frame, split)
    other = np.flatnonzero(derived.packages["campaign"] != first)
    assert sides.train.tolist() == other.tolist()
    assert sides.test.tolist() == []


def test_nearly_the_same_payload_on_the_other_side_forbids_it(base: FeatureTable) -> None:
    derived = variants(base, 1)
    bad = base.packages[base.packages["label"] == 1]
    twin = bad["campaign"].iloc[-1]
    derived = replace(derived, packages=derived.packages.assign(payload_campaigns=f"x {twin}"))
    on_test = (base.packages["campaign"] == twin).to_numpy()
    split = Split(np.flatnonzero(~on_test), np.flatnonzero(on_test))
    assert legal(derived, base.packages, split).train.tolist() == []


def test_obfuscated_benign_packages_need_no_campaign(base: FeatureTable) -> None:
    derived = variants(base, 2)
    derived = replace(derived, packages=derived.packages.assign(label=0, campaign=""))
    everything = Split(np.arange(len(base)), np.zeros(0, np.int64))
    assert legal(derived, base.packages, everything).train.tolist() == [0, 1]
