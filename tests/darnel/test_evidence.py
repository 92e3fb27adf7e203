from __future__ import annotations

from collections.abc import Mapping

import pytest

from darnel.evidence import LISTED_FILES, MAX_EVIDENCE, reasons, worst_files
from darnel.features.flow import Flow
from darnel.features.raw import RawPackage
from darnel.findings import findings
from darnel.phrases import NOTHING
from darnel.verdict import Evidence
from tests.darnel.builders import observation, raw_file, raw_package

DOCS = {"meta.odd": "An odd fact; detail."}


def explain(
    raw: RawPackage, scores: list[float], package: Mapping[str, float], *files: Mapping[str, float]
) -> list[Evidence]:
    return [r.evidence for r in reasons(raw, scores, package, lambda i: files[i] if files else {}, DOCS)]


def test_contributions_become_places() -> None:
    raw = raw_package(
        raw_file("a.py", [observation("env.all", 3), observation("net.send", 3), observation("net.fetch", 900)]),
        raw_file("b.py", [observation("file.read", 7, top=False)]),
        values={"meta.odd": 1.0},
    )
    found = explain(
        raw,
        [0.9, 0.1],
        {"pool.top1": 3.0, "meta.odd": 1.0, "meta.long": -5.0},
        {"beh.env.all.import": 2.0, "beh.net.send.import": 1.0, "beh.net.fetch.import": -3.0},
        {"beh.file.read.called": 1.0},
    )
    assert [(e.behaviour, e.file, e.line, e.context) for e in found] == [
        ("env.all", "a.py", 3, "import"),
        ("meta.odd", "", None, ""),
        ("net.send", "a.py", 3, "import"),
        ("file.read", "b.py", 7, "called"),
    ]
    assert sum(e.weight for e in found) == pytest.approx(1.0)
    assert found[0].weight == pytest.approx(0.75 * 0.9 * 2 / 3)
    assert found[0].columns == ("beh.env.all.import",)
    assert found[1].description == "an odd fact"


def test_a_small_remainder_is_not_lost() -> None:
    """Of a file whose score nothing explains, even if it is a small share."""
    raw = raw_package(raw_file("a.py", [observation("net.send", 1)]), raw_file("b.py", [observation("net.send", 1)]))
    found = explain(raw, [0.9, 0.009], {"pool.top1": 1.0}, {"beh.net.send.import": 1.0})
    assert [e.behaviour for e in found] == ["net.send", "statistics"]
    assert sum(e.weight for e in found) == pytest.approx(1.0)


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


def test_what_names_no_behaviour_is_one_line() -> None:
    raw = raw_package(raw_file("a.py", [observation("net.send", 1)]))
    columns = {"text.entropy": 2.0, "text.lines": 1.0, "api.h001": 5.0, "beh.net.send.import": 2.0}
    found = explain(raw, [0.9], {"pool.top1": 1.0, "comp.empty": 1.0}, columns)
    assert [(e.behaviour, e.file) for e in found] == [("statistics", ""), ("net.send", "a.py")]
    assert [e.weight for e in found] == pytest.approx([0.9, 0.1])
    assert found[0].columns == ("comp.empty", "api.h001", "text.entropy")
    assert found[0].description.endswith("kinds and places of files, the mix of what is called and how the text looks")


def test_a_file_that_shows_no_behaviour_is_still_named() -> None:
    raw = raw_package(raw_file("a.py", []), raw_file("b.py", [observation("net.send", 1)]))
    found = explain(raw, [0.9, 0.9], {"pool.top1": 1.0}, {"text.entropy": 1.0}, {"beh.net.send.import": 1.0})
    assert {(e.file, e.behaviour) for e in found} == {("a.py", "statistics"), ("b.py", "net.send")}


def test_two_copies_of_a_file_count_together() -> None:
    copies = [raw_file(path, [observation("net.send", 1)]) for path in ("a.py", "build/lib/a.py")]
    copies[1]["sha256"] = copies[0]["sha256"]
    columns = {"beh.net.send.import": 1.0}
    (found,) = explain(raw_package(*copies), [0.9, 0.9], {"pool.top1": 1.0}, columns, columns)
    assert found.file == "a.py"
    assert found.weight == pytest.approx(1.0)


def test_the_same_twice_in_a_line_is_one() -> None:
    twice = [observation("net.send", 3, order=300), observation("net.send", 3, order=310, hidden=True)]
    columns = {"hid.send": 1.0, "beh.net.send.import": 1.0}
    (found,) = explain(raw_package(raw_file("a.py", twice)), [0.9], {"pool.top1": 1.0}, columns)
    assert (found.line, found.hidden) == (3, True)
    assert found.weight == pytest.approx(1.0)


def test_facts_need_a_value() -> None:
    """A column can speak for malice by being zero; that is no fact to show."""
    (found,) = explain(raw_package(), [], {"meta.odd": 1.0})
    assert found.behaviour == "statistics"


def test_a_name_like_a_popular_one_is_said_once() -> None:
    raw = raw_package(name="reqeusts", values={"name.transposed": 1.0})
    (found,) = explain(raw, [], {"name.transposed": 1.0, "name.similarity": 1.0})
    assert found.description.startswith("its name resembles the popular requests: two neighbouring characters")


def test_what_a_readme_mentions_is_no_evidence_beside_code() -> None:
    readme = {**raw_file("README.md", [observation("spawn.packager", 3)], role="data"), "language": ""}
    code = raw_file("a.py", [observation("net.send", 1)])
    mention, send = {"beh.spawn.packager.import": 1.0}, {"beh.net.send.import": 1.0}
    both = explain(raw_package(readme, code), [0.9, 0.9], {"pool.top1": 1.0}, mention, send)  # type: ignore[arg-type]
    assert [e.file for e in both] == ["", "a.py"]
    alone = explain(raw_package(readme), [0.9], {"pool.top1": 1.0}, mention)  # type: ignore[arg-type]
    assert [(e.file, e.context) for e in alone] == [("README.md", "")]


def test_everyday_behaviours_give_way_to_grave_ones() -> None:
    raw = raw_package(raw_file("a.py", [observation("code.evaluate", 1), observation("file.read", 90)]))
    columns = {"beh.code.evaluate.import": 1.0, "beh.file.read.import": 0.001}
    assert [e.behaviour for e in explain(raw, [0.9], {"pool.top1": 1.0}, columns)] == ["code.evaluate", "statistics"]


def test_at_most_a_dozen() -> None:
    behaviours = "env.all env.one cred.ssh cred.cloud net.send net.fetch code.evaluate decode.text".split()  # noqa: SIM905
    raw = raw_package(*(raw_file(f"{i}.py", [observation(b, j) for j, b in enumerate(behaviours)]) for i in range(3)))
    columns = {f"beh.{b}.import": 1.0 for b in behaviours}
    found = explain(raw, [0.9, 0.8, 0.7], {"pool.top1": 1.0}, columns, columns, columns)
    assert len(found) == MAX_EVIDENCE
    assert sum(e.weight for e in found) == pytest.approx(1.0)


@pytest.mark.parametrize("raw", [raw_package(), raw_package(raw_file("a.py", []))])
def test_nothing_to_point_at(raw: RawPackage) -> None:
    scores = [0.5] * len(raw["files"])
    assert explain(raw, scores, {"pool.top1": -1.0}) == []
    assert [e.behaviour for e in explain(raw, scores, {"meta.short": 1.0, "pool.top1": 1.0})] == ["statistics"]


def test_hostile_paths_are_printable() -> None:
    raw = raw_package(raw_file("a\x1b[2J\u202e.py", [observation("net.send", 1)]))
    (found,) = explain(raw, [0.9], {"pool.top1": 1.0}, {"obs.total": 1.0})
    assert found.file == "a\\x1b[2J\\u202e.py"
    assert worst_files(raw, [0.9])[0].path == found.file


@pytest.mark.parametrize(
    ("role", "top", "when"),
    [("install", True, "install"), ("startup", True, "start"), ("test", True, "test"), ("entry", False, "called")],
)
def test_when_it_runs(role: str, top: bool, when: str) -> None:
    raw = raw_package(raw_file("a.py", [observation("net.send", 1, top=top)], role=role))
    (found,) = explain(raw, [0.9], {"pool.top1": 1.0}, {"obs.total": 1.0})
    assert found.context == when


def test_worst_files_first() -> None:
    raw = raw_package(*(raw_file(f"{i}.py", []) for i in range(LISTED_FILES + 9)))
    listed = worst_files(raw, [i / 100 for i in range(LISTED_FILES + 9)])
    assert len(listed) == LISTED_FILES
    assert listed[0].path == f"{LISTED_FILES + 8}.py"


def test_a_flow_points_at_both_ends_and_says_what_goes_where() -> None:
    file = raw_file("a.py", [observation("cred.cloud", 3), observation("net.send", 1), observation("net.send", 9)])
    file["flows"] = [Flow("secret", "send", 300, 3, 900, 9, True)]
    found = reasons(
        raw_package(file),
        [0.9],
        {"pool.top1": 1.0},
        lambda _: {"flow.secret.send.top": 2.0, "flow.host.send": 1.0},
        DOCS,
    )
    placed = {(r.evidence.behaviour, r.evidence.line): r for r in found if r.evidence.line}
    assert set(placed) == {("cred.cloud", 3), ("net.send", 9)}
    said = "what it reads at line 3 (cloud credentials) goes out over the network at line 9"
    assert placed["net.send", 9].flow.words == said
    assert placed["net.send", 9].evidence.description.endswith(f"; {said}")
    assert placed["cred.cloud", 3].flow == NOTHING
    evidence = [r.evidence for r in found]
    first, *_ = findings(evidence, [r.order for r in found], [r.flow for r in found])
    assert first.text == f"at import, a.py:3 looks for cloud credentials and sends data over the network; {said}"
