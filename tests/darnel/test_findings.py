from __future__ import annotations

from darnel.findings import findings
from tests.darnel.builders import evidence


def test_what_stands_together_is_one_sentence() -> None:
    parts = [
        evidence(behaviour="net.send", line=14, weight=0.3),
        evidence(behaviour="cred.ssh", line=12, weight=0.2),
        evidence(behaviour="cred.cloud", line=12, weight=0.1),
        evidence(behaviour="hide.swallow", line=16, weight=0.2),
    ]
    (found,) = findings(parts, [400, 300, 310, 500])
    assert found.text == (
        "at install, setup.py:12 looks for SSH keys and cloud credentials, sends data over the network "
        "and swallows every error"
    )
    assert (found.file, found.line, found.context) == ("setup.py", 12, "install")
    assert abs(found.weight - 0.8) < 1e-9
    assert found.evidence == (1, 2, 0, 3)
    assert found.next.startswith("find where the value goes")


def test_other_places_files_and_moments_stand_apart() -> None:
    parts = [
        evidence(line=1, weight=0.1),
        evidence(line=100, weight=0.2),
        evidence(line=2, context="called", weight=0.3),
        evidence(file="b.py", line=1, context="", weight=0.4),
        evidence(line=None, weight=0.5),
    ]
    found = findings(parts, [1, 2, 3, 4, 5])
    assert [(f.file, f.line, f.context) for f in found] == [
        ("b.py", 1, ""),
        ("setup.py", 2, "called"),
        ("setup.py", 100, "install"),
        ("setup.py", 1, "install"),
    ]
    assert found[0].text == "b.py:1 sends data over the network"


def test_a_sentence_stays_short() -> None:
    names = ["env.all", "cred.ssh", "net.send", "file.write", "spawn.process", "decode.text", "code.evaluate"]
    (found,) = findings([evidence(behaviour=b, weight=i / 100) for i, b in enumerate(names)], list(range(7)))
    assert "executes code from a string" in found.text
    assert "writes" not in found.text
    assert len(found.evidence) == 7
