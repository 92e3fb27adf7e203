from __future__ import annotations

from collections.abc import Mapping

import pytest

from darnel.evidence import MAX_EVIDENCE, PLACED, reasons
from darnel.features.raw import RawPackage
from darnel.verdict import Evidence
from tests.darnel.builders import observation, raw_file, raw_package

DOCS = {"meta.short": "length of the description; letters", "text.entropy": "entropy", "api.h001": "hashed"}


def explain(
    raw: RawPackage, scores: list[float], package: Mapping[str, float], *files: Mapping[str, float]
) -> list[Evidence]:
    return [r.evidence for r in reasons(raw, scores, package, lambda i: files[i] if files else {}, DOCS)]


def test_contributions_become_places() -> None:
    raw = raw_package(
        raw_file("a.py", [observation("env.all", 3), observation("net.send", 3), observation("net.fetch", 900)]),
        raw_file("b.py", [observation("file.read", 7, top=False)]),
    )
    found = explain(
        raw,
        [0.9, 0.1],
        {"pool.top1": 3.0, "meta.short": 1.0, "meta.long": -5.0},
        {"beh.env.all.import": 2.0, "beh.net.send.import": 1.0, "beh.net.fetch.import": -3.0},
        {"beh.file.read.called": 1.0},
    )
    assert [(e.behaviour, e.file, e.line, e.context) for e in found] == [
        ("env.all", "a.py", 3, "import"),
        ("meta.short", "", None, ""),
        ("net.send", "a.py", 3, "import"),
        ("file.read", "b.py", 7, "called"),
    ]
    assert sum(e.weight for e in found) == pytest.approx(1.0)
    assert found[0].weight == pytest.approx(0.75 * 0.9 * 2 / 3)
    assert found[1].description == "length of the description"


def test_a_behaviour_seen_often_is_shown_where_the_worst_stands() -> None:
    many = [observation("net.fetch", line, top=False) for line in (*range(100, 900, 40), 501)]
    grave = [observation(b, 500) for b in ("cred.ssh", "code.evaluate", "decode.text")]
    raw = raw_package(raw_file("a.py", [*many, *grave]))
    (found,) = explain(raw, [0.9], {"pool.top1": 1.0}, {"beh.net.fetch.called": 1.0})
    assert found.line in (500, 501)


@pytest.mark.parametrize("scope", ["file", "top", "window"])
def test_a_chain_points_at_its_links(scope: str) -> None:
    raw = raw_package(
        raw_file("a.py", [observation("net.send", 1), observation("decode.text", 8), observation("code.evaluate", 9)])
    )
    found = explain(raw, [0.9], {"pool.top1": 1.0}, {f"chain.decode_code.{scope}": 1.0})
    assert [(e.line, e.weight) for e in found] == [(8, 0.5), (9, 0.5)]


def test_a_pooled_column_points_into_the_worst_file_that_has_it() -> None:
    raw = raw_package(raw_file("a.py", [observation("net.send", 1)]), raw_file("b.py", [observation("cred.ssh", 2)]))
    package = {"pool.three.beh.cred.ssh.import": 1.0, "pool.first.beh.net.send.import": 3.0}
    found = explain(raw, [0.9, 0.5], package)
    assert [(e.file, e.weight) for e in found] == [("a.py", 0.75), ("b.py", 0.25)]


def test_statistics_are_summed_by_group() -> None:
    raw = raw_package(raw_file("a.py", []))
    columns = {"text.entropy": 2.0, "text.lines": 1.0, "api.h001": 5.0}
    found = explain(raw, [0.9], {"pool.top1": 1.0}, columns)
    assert [(e.behaviour, e.weight) for e in found] == [("api.h001", 0.625), ("text.entropy", 0.375)]


def test_statistics_do_not_crowd_out_places() -> None:
    behaviours = [
        "env.all",
        "env.one",
        "cred.ssh",
        "cred.cloud",
        "net.send",
        "net.fetch",
        "code.evaluate",
        "decode.text",
        "file.read",
    ]
    raw = raw_package(raw_file("a.py", [observation(b, i) for i, b in enumerate(behaviours, 1)]))
    columns = {f"g{i}.x": 5.0 for i in range(40)} | {f"beh.{b}.import": 0.1 for b in behaviours}
    found = explain(raw, [0.9], {"pool.top1": 1.0}, columns)
    assert sum(e.line is not None for e in found) == PLACED
    assert len(found) == MAX_EVIDENCE


@pytest.mark.parametrize("raw", [raw_package(), raw_package(raw_file("a.py", []))])
def test_nothing_to_point_at(raw: RawPackage) -> None:
    scores = [0.5] * len(raw["files"])
    assert explain(raw, scores, {"pool.top1": -1.0}) == []
    assert len(explain(raw, scores, {"meta.short": 1.0, "pool.top1": 1.0})) == 1


def test_hostile_paths_are_printable() -> None:
    raw = raw_package(raw_file("a\x1b[2J\u202e.py", [observation("net.send", 1)]))
    (found,) = explain(raw, [0.9], {"pool.top1": 1.0}, {"obs.total": 1.0})
    assert found.file == "a\\x1b[2J\\u202e.py"
