from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from darnel.features.package import Ecosystem
from darnel.training.corpus.manifest import Manifest, Source
from darnel.training.corpus.places import Listing
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.selection import Selection, select

GOOD = Source("good", "archives", Ecosystem.PYPI, "benign")
BAD = Source("bad", "archives", Ecosystem.PYPI, "malicious")


def sample(number: int, name: str, version: str = "1", label: int = 0, family: str = "") -> Sample:
    source = "bad" if label else "good"
    return Sample(
        f"{source}:{number}", Ecosystem.PYPI, label, name, version, source, f"{number:04}", "", "", family or name,
        False, "", f"{label}{number}", "blob", "",
    )  # fmt: skip


def chosen(*samples: Sample, good: Source = GOOD, per_name: int = 3, per_family: int = 4) -> Selection:
    manifest = Manifest(Path(), per_name, per_family, frozenset({"banned", "placeholder@0"}), (), (BAD, good))
    listings = [Listing("bad", [s for s in samples if s.label]), Listing("good", [s for s in samples if not s.label])]
    return select(listings, manifest)


def test_caps_by_name_and_family_hold_for_benign_samples_only() -> None:
    good = [sample(i, "lib", str(i)) for i in range(9)] + [sample(20 + i, f"gen-{i}", family="gen") for i in range(9)]
    bad = [sample(40 + i, "evil", str(i), 1) for i in range(9)]
    result = chosen(*good, *bad)
    names = [s.name for s in result.samples]
    assert names.count("lib") == 3
    assert sum(name.startswith("gen-") for name in names) == 4
    assert names.count("evil") == 9
    assert result.dropped == {("good", "per-name"): 6, ("good", "per-family"): 5}


def test_drop_list_identical_content_and_shared_names() -> None:
    twin = replace(sample(1, "a"), content="same")
    result = chosen(
        twin,
        replace(sample(2, "b"), content="same"),
        sample(3, "banned"),
        sample(4, "evil"),
        sample(5, "c", "1"),
        sample(6, "c", "1"),
        sample(7, "evil", label=1),
        sample(8, "banned", label=1),
        sample(9, "placeholder", "0", label=1),
        replace(sample(10, "x", label=1), content="same"),
    )
    assert [(s.label, s.name) for s in result.samples] == [(1, "evil"), (1, "banned"), (1, "x"), (0, "c")]
    assert result.dropped == {
        ("good", "drop-list"): 1,
        ("bad", "drop-list"): 1,
        ("good", "same-content"): 2,
        ("good", "malicious-name"): 1,
        ("good", "same-version"): 1,
    }


def test_who_stays_does_not_depend_on_the_order_found_and_changes_little() -> None:
    samples = [sample(i, f"p{i}", family="f") for i in range(30)]
    first = {s.id for s in chosen(*samples).samples}
    assert first == {s.id for s in chosen(*reversed(samples)).samples}
    more = {s.id for s in chosen(*samples, sample(99, "p99", family="f")).samples}
    assert len(first - more) <= 1


def test_limit_of_a_source() -> None:
    result = chosen(*[sample(i, f"p{i}") for i in range(9)], good=replace(GOOD, limit=5))
    assert len(result.samples) == 5
    assert result.dropped["good", "limit"] == 4
