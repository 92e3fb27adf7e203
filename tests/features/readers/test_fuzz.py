import random
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import fuzz
from darnel.errors import DarnelError
from darnel.features.limits import MIB, Limits
from darnel.features.package import Form
from darnel.features.readers import archive, open_package
from tests import builders

POOL = fuzz.seeds()
LIMITS = Limits(ratio_free_bytes=4 * MIB, member_bytes=MIB, nested_bytes=MIB, members=200, path_depth=10)


@pytest.fixture(scope="module")
def watch() -> Iterator[fuzz.Watch]:
    watch = fuzz.Watch()
    watch.install()
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    yield watch
    sys.dont_write_bytecode = before


def test_the_watch_sees_writes(watch: fuzz.Watch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("watch")
    with watch.arm():
        (folder / "x").write_text("x")
        (folder / "x").rename(folder / "y")
        (folder / "y").read_text()
    assert len(watch.seen) == 2


def test_a_few_hundred_mutated_packages(watch: fuzz.Watch) -> None:
    report = fuzz.run(range(300), 1, 0, watch)
    assert report["failures"] == []
    assert report["read"] > 100
    assert report["refused"] > 5


@settings(max_examples=150, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(POOL) - 1), st.binary(min_size=1, max_size=64), st.integers(0, 10**6), st.booleans())
def test_spliced_bytes(which: int, chunk: bytes, at: int, insert: bool) -> None:
    data, how = POOL[which]
    data = builders.compress(data, how)
    at %= len(data) + 1
    data = data[:at] + chunk + data[at if insert else at + len(chunk) :]
    try:
        package = open_package(data, limits=LIMITS)
        total = sum(len(member.data) for member in package.members())
    except DarnelError:
        return
    assert total <= LIMITS.ratio_free_bytes
    assert all(anomaly.path.isprintable() for anomaly in package.anomalies)


@settings(max_examples=60, deadline=2000)
@given(st.integers(0, len(POOL) - 1), st.floats(0, 1))
def test_truncation_is_never_silent(which: int, share: float) -> None:
    data, how = POOL[which]
    data = builders.compress(data, how)
    whole = _read(data)
    cut = _read(data[: int(len(data) * share)])
    if whole is not None and cut is not None:
        # What is missing is either reported or was padding.
        lost = {member for member in whole[0] if member not in cut[0]}
        assert not lost or set(cut[1]) - set(whole[1]) or set(cut[1]) & {"truncated", "corrupt"}


@pytest.mark.parametrize("glance", [600, 20_000, archive.GLANCE_BYTES])
@pytest.mark.parametrize("budget", [3_000, LIMITS.ratio_free_bytes])
def test_the_first_pass_is_like_the_next(glance: int, budget: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It goes on where the look at the manifests ended."""
    monkeypatch.setattr(archive, "GLANCE_BYTES", glance)
    limits = replace(LIMITS, ratio_free_bytes=budget, expansion_ratio=1, member_bytes=50_000)
    rng = random.Random(glance + budget)
    passes = 0
    for _ in range(150):
        changed = bytearray(builders.compress(*rng.choice(POOL)))
        for _ in range(rng.choice([0, 0, 1, 3])):
            changed[rng.randrange(len(changed))] = rng.randrange(256)
        whole = bytes(changed)
        data = whole[: rng.choice([len(whole), rng.randrange(1, len(whole))])]
        data += rng.choice([b"", b"", bytes(700), whole])
        try:
            package = open_package(data, limits=limits)
        except DarnelError:
            continue
        first, *others = ([*package.members(), *package.anomalies] for _ in range(3))
        assert all(other == first for other in others)
        passes += package.form != Form.WHEEL
    assert passes > 30


def _read(data: bytes) -> tuple[list[tuple[str, bytes]], list[str]] | None:
    try:
        package = open_package(data, limits=LIMITS)
        return [(member.path, member.data) for member in package.members()], [a.kind for a in package.anomalies]
    except DarnelError:
        return None


def test_mutations_are_reproducible() -> None:
    first, second = (fuzz.mutate(b"abc" * 500, b"xyz" * 50, random.Random(7)) for _ in range(2))
    assert first == second != b"abc" * 500
