from __future__ import annotations

import pytest

from darnel.features.flow import PAIRS, Flow
from darnel.features.raw import RawFile
from darnel.features.roles import Role
from darnel.features.taxonomy import BEHAVIOURS, CATEGORY
from darnel.phrases import MOMENTS, NEXT, PHRASE, gravity, moment, said_of, sentence


def test_every_behaviour_can_be_said() -> None:
    assert set(PHRASE) == {b.id for b in BEHAVIOURS}
    assert {CATEGORY[b.id] for b in BEHAVIOURS} <= set(NEXT)


def test_grave_comes_before_slight() -> None:
    order = ["code.evaluate", "cred.ssh", "net.send", "spawn.process", "decode.text", "file.read", "hide.swallow"]
    assert sorted(order, key=gravity) == order


@pytest.mark.parametrize(
    ("behaviours", "said"),
    [
        (["net.fetch"], "downloads over HTTP"),
        (["net.fetch", "code.evaluate", "net.fetch"], "downloads over HTTP and executes code from a string"),
        (
            ["cred.ssh", "file.read", "cred.cloud", "net.send"],
            "looks for SSH keys and cloud credentials, reads files and sends data over the network",
        ),
    ],
)
def test_sentences(behaviours: list[str], said: str) -> None:
    assert sentence(behaviours) == said


def file(role: Role, *reached: str) -> RawFile:
    values = {f"reach.{when}": 1.0 for when in reached}
    return RawFile(
        path="a.py", sha256="", size=1, kind="source", language="python", role=role, values=values, observations=[],
        cut=[],
    )  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("top", [True, False])
def test_every_moment_has_words(role: Role, top: bool) -> None:
    assert MOMENTS[moment(file(role), top)]


@pytest.mark.parametrize(
    ("role", "reached", "when"),
    [
        (Role.MODULE, ("import", "install"), "install"),
        (Role.MODULE, ("import", "startup"), "start"),
        (Role.TEST, ("import",), "import"),
        (Role.TEST, (), "test"),
        (Role.MODULE, ("none",), "import"),
        (Role.INSTALL, (), "install"),
    ],
)
def test_what_runs_with_an_install_script_runs_at_install(role: Role, reached: tuple[str, ...], when: str) -> None:
    assert moment(file(role, *reached), True) == when
    assert moment(file(role, *reached), False) == "called"


def test_every_flow_has_words() -> None:
    for source, sink in PAIRS:
        assert said_of(Flow(source, sink, 1, 1, 2, 2, True), "file.read").words
    said = "what it reads (SSH keys) goes out over the network at line 4"
    assert said_of(Flow("secret", "send", 1, 4, 2, 4, True), "cred.ssh").words == said
    assert said_of(Flow("fetched", "execute", 1, 4, 2, 7, True), "net.fetch").words == (
        "what it downloads at line 4 is executed at line 7"
    )
