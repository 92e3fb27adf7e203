from __future__ import annotations

import pytest

from darnel.findings import findings
from darnel.phrases import Told
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


def test_what_a_manifest_runs_unasked_and_what_that_does_is_one_finding() -> None:
    parts = [
        evidence(behaviour="install.hook", file="package.json", line=5, context="", weight=0.2),
        evidence(behaviour="spawn.piped", file="package.json#preinstall", line=5, weight=0.3),
        evidence(behaviour="spawn.piped", file="package.json#postinstall", line=6, weight=0.1),
        evidence(behaviour="net.send", file="setup.py", line=5, weight=0.05),
        evidence(behaviour="net.send", file="setup.py#x", line=5, weight=0.04),
    ]
    found = findings(parts, [1, 2, 3, 4, 5])
    assert [(f.file, f.line, f.context, f.evidence) for f in found] == [
        ("package.json#preinstall", 5, "install", (0, 1)),
        ("package.json#postinstall", 6, "install", (2,)),
        ("setup.py", 5, "install", (3,)),
        ("setup.py#x", 5, "install", (4,)),
    ]
    assert "preinstall:5 hooks into the installation and pipes a download into an interpreter" in found[0].text


def test_a_line_of_a_pth_file_is_one_finding() -> None:
    parts = [
        evidence(behaviour=behaviour, file=file, line=1, context="start", weight=0.1)
        for behaviour, file in (
            ("persist.shell", "evil.pth"),
            ("spawn.shell", "evil.pth"),
            ("spawn.shell", "evil.pth#line1"),
        )
    ]
    (found,) = findings(parts, [1, 2, 3])
    assert (found.file, found.line) == ("evil.pth", 1)
    assert found.text.endswith("evil.pth:1 touches shell or interpreter start-up files and starts a shell")


@pytest.mark.parametrize(
    ("behaviour", "flow", "decoded", "advice"),
    [
        ("cred.ssh", ("secret", "send"), "", "take what it reads as leaked"),
        ("cred.ssh", None, "", "find where the value goes"),
        ("code.evaluate", ("decoded", "execute"), "base64 → print(1)", "read the decoded value"),
        ("code.evaluate", ("decoded", "execute"), "", "decode by hand"),
        ("spawn.shell", None, "base64, UTF-16 → iex x", "read the decoded value"),
        ("spawn.shell", None, "", "read the command word by word"),
        ("spawn.piped", None, "", "find out who runs the host that the code comes from"),
        ("spawn.piped", None, "base64 → curl x", "find out who runs the host that the code comes from"),
    ],
)
def test_what_to_look_at_next_follows_the_sentence(
    behaviour: str, flow: tuple[str, str] | None, decoded: str, advice: str
) -> None:
    told = [Told("it goes somewhere", *flow)] if flow else []
    (found,) = findings([evidence(behaviour=behaviour, decoded=decoded)], [1], told)
    assert found.next.startswith(advice)
