"""Every hostile package costs bounded time and memory, leaves nothing behind, and gives a result that says what it was.

Each is judged by a worker in its jail, under a limit on memory, and the verdict has to be that of a sound analysis: the
worker may not be the one that ends it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from darnel.batch.outcome import Outcome, Trouble
from darnel.batch.process import Settings
from darnel.batch.slot import Slot
from darnel.batch.task import Task, payload_of, task_of
from darnel.features.limits import DEFAULT_LIMITS
from tests import builders
from tests.hostile.archives import ARCHIVES
from tests.hostile.folders import FOLDERS
from tests.hostile.sources import JAVASCRIPT, MANIFESTS, PYTHON

SECONDS = 900.0
"""Until a worker is ended: machines can be busy. What counts is the time of the processor:"""
CPU_SECONDS = 30.0
MEMORY = 1 << 30
SOUND = {Trouble.NONE, Trouble.PARTIAL, Trouble.INPUT, Trouble.LIMIT}
LIMITS = replace(DEFAULT_LIMITS, package_seconds=20.0)


@pytest.fixture(scope="module")
def slot() -> Iterator[Slot]:
    from darnel.models.bundle import default_bundle_path

    made = Slot(Settings(str(default_bundle_path()), LIMITS, SECONDS, MEMORY))
    yield made
    made.close()


def judged(slot: Slot, data: object) -> Outcome:
    """The outcome on hostile bytes or a hostile folder; the worker has survived."""
    before = _spent(slot)
    (found,) = slot.judge([task_of(data, LIMITS)])
    assert _spent(slot) - before < CPU_SECONDS
    assert found.trouble in SOUND, f"{found.trouble}: {found.verdict.error}"
    verdict = found.verdict
    assert verdict.error or verdict.label != "unknown"
    assert verdict.error.isprintable()
    for anomaly in verdict.anomalies:
        assert anomaly.isprintable()
    for reason in verdict.evidence:
        assert reason.file.isprintable()
        assert ".." not in reason.file.split("/")
    return found


def _spent(slot: Slot) -> float:
    """Seconds of processor time that the worker has used, where that can be seen; 0 before it has started."""
    if sys.platform != "linux" or slot.worker is None or slot.worker.dead:
        return 0.0
    fields = Path(f"/proc/{slot.worker.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def said(found: Outcome) -> set[str]:
    return {anomaly.partition(":")[0] for anomaly in found.verdict.anomalies} | {str(found.trouble)}


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives(slot: Slot, name: str) -> None:
    case = ARCHIVES[name]
    found = judged(slot, case.make())
    assert not case.says or case.says in said(found), (said(found), found.verdict.error)


@pytest.mark.parametrize("name", PYTHON)
def test_python(slot: Slot, name: str) -> None:
    content = PYTHON[name]()
    judged(slot, builders.sdist(files={"setup.py": content}))


@pytest.mark.parametrize("name", JAVASCRIPT)
def test_javascript(slot: Slot, name: str) -> None:
    content = JAVASCRIPT[name]()
    judged(slot, builders.npm(files={"index.js": content}))


@pytest.mark.parametrize("name", MANIFESTS)
def test_manifests(slot: Slot, name: str) -> None:
    path, make = MANIFESTS[name]
    if path == "package.json":
        judged(slot, builders.tarball({path: make(), "index.js": "x = 1\n"}, top="package"))
    else:
        judged(slot, builders.sdist(files={path: make()}))


@pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and sockets")
@pytest.mark.parametrize("name", FOLDERS)
def test_folders(slot: Slot, name: str, tmp_path: Path) -> None:
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "setup.py").write_text("x = 1\n")
    says = FOLDERS[name](folder)
    before = _listing(folder)
    found = judged(slot, folder)
    assert not says or says in said(found), said(found)
    assert _listing(folder) == before


def _listing(folder: Path) -> list[str]:
    return sorted(f"{root}/{name}" for root, folders, files in os.walk(folder) for name in (*folders, *files))


@pytest.mark.parametrize("how", ["gz", "bz2", "xz", "", "zip", "wheel", "npm"])
def test_truncated_everywhere(slot: Slot, how: str) -> None:
    files = {f"m{i}.py": f"x = {i}\n" * 50 for i in range(10)}
    whole = {"wheel": builders.wheel, "npm": builders.npm}.get(how, lambda files: builders.sdist(files=files, how=how))(
        files=files
    )
    cuts = sorted(
        {len(whole) * i // 40 for i in range(1, 40)} | set(range(1, 40, 3)) | set(range(len(whole) - 12, len(whole)))
    )
    tasks = [Task(payload_of(whole[:cut], LIMITS)) for cut in cuts]
    complete = slot.judge([Task(payload_of(whole, LIMITS))])[0].verdict.coverage
    for cut, found in zip(cuts, slot.judge(tasks), strict=True):
        assert found.trouble in SOUND, f"{cut}: {found.trouble}: {found.verdict.error}"
        # Never clean when something of it was lost.
        lost = found.verdict.coverage.files < complete.files
        assert not lost or found.verdict.label != "clean", cut
