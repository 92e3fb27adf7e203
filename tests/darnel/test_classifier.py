from __future__ import annotations

import io
import os
import random
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from darnel import selftest
from darnel.classifier import Classifier, label_of
from darnel.errors import DarnelError
from darnel.features.facts import SourceFacts
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Ecosystem, MemoryPackage
from darnel.sources import Installed, Missing, Update
from darnel.verdict import Label, Measured
from tests.builders import sdist, zipped
from tests.hostile.archives import nested


@pytest.fixture(scope="module")
def classifier(tiny_model: Path) -> Classifier:
    return Classifier.load(tiny_model)


def tarball(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(f"top-1.0/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def test_a_bad_package(classifier: Classifier) -> None:
    verdict = classifier.predict(selftest.inert_package(), excerpts=True)
    assert verdict.label is Label.MALICIOUS
    assert (verdict.name, verdict.version, verdict.ecosystem) == ("darnel-inert-selftest", "99.0.0", "pypi")
    assert verdict.operating_point == "high-confidence"
    assert verdict.score is not None
    assert verdict.raw_score is not None
    assert verdict.raw_score > 0.9
    assert verdict.base_rate == 0.001
    assert verdict.measured == Measured(0, 100)
    assert verdict.model == "tiny 0.0"
    assert verdict.coverage.share == 1.0
    assert verdict.timings["total"] == pytest.approx(sum(v for k, v in verdict.timings.items() if k != "total"))
    places = [e for e in verdict.evidence if e.line]
    assert places
    assert all(e.file == "setup.py" and e.excerpt and e.context in ("install", "called") for e in places)
    assert sum(e.weight for e in verdict.evidence) <= 1.0 + 1e-9


def test_a_good_package_has_no_excerpts(classifier: Classifier) -> None:
    verdict = classifier.predict(selftest.harmless_package(), excerpts=True)
    assert verdict.label is Label.CLEAN
    assert not verdict.error
    assert all(not e.excerpt for e in verdict.evidence)


def test_every_kind_of_source(classifier: Classifier, tmp_path: Path) -> None:
    data = tarball({"PKG-INFO": b"Metadata-Version: 2.1\nName: top\nVersion: 1.0\n", "top.py": b"x = 1\n"})
    path = tmp_path / "top-1.0.tar.gz"
    path.write_bytes(data)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "top.py").write_bytes(b"x = 1\n")
    for source in (path, str(path), data, io.BytesIO(data), folder, Installed("packaging")):
        assert classifier.predict(source).label is Label.CLEAN
    assert classifier.predict(path).sha256 == classifier.predict(data).sha256


@pytest.mark.parametrize("source", ["/no/such/file", b"not an archive", Installed("no-such-distribution")])
def test_unusable_input_is_one_line(classifier: Classifier, source: str | bytes | Installed) -> None:
    with pytest.raises(DarnelError) as caught:
        classifier.predict(source)
    assert "\n" not in str(caught.value)


def test_too_little_read_is_never_clean(tiny_model: Path) -> None:
    short = Classifier.load(tiny_model, replace(DEFAULT_LIMITS, parse_bytes=1000))
    verdict = short.predict(MemoryPackage({"a.py": b"x = 1\n" * 10_000, "b.py": b"y = 1\n"}))
    assert verdict.label is Label.UNKNOWN
    assert "% of its source code was analysed" in verdict.error
    assert "the largest of them is a.py; look at the rest by hand" in verdict.error
    assert verdict.coverage.share < 0.5
    assert verdict.score is not None


def test_a_payload_behind_many_files_is_never_clean(tiny_model: Path) -> None:
    few = Classifier.load(tiny_model, replace(DEFAULT_LIMITS, files=150))
    verdict = few.predict(MemoryPackage({f"m{i:03}.py": b"x = 1\n" for i in range(500)}))
    assert verdict.label is Label.UNKNOWN
    assert "350 of its 500 files" in verdict.error or "%" in verdict.error
    assert (verdict.coverage.files, verdict.coverage.skipped) == (500, 350)
    assert len(few.predict(MemoryPackage({f"m{i:03}.py": b"x = 1\n" for i in range(150)})).error) == 0


def test_an_analyser_that_fails_is_never_clean(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    from darnel.features import analyse

    def facts(*_: object) -> SourceFacts:
        return SourceFacts("python", cut=[analyse.FAILED])

    monkeypatch.setattr(analyse, "_facts", facts)
    files = {"a.py": b"x = eval\n", "b.txt": b"text\n"}
    assert classifier.predict(MemoryPackage(files)).label is Label.UNKNOWN


def test_nothing_is_never_clean(classifier: Classifier) -> None:
    assert classifier.predict(MemoryPackage({})).label is Label.UNKNOWN
    assert classifier.predict(tarball({})).label is Label.UNKNOWN


def test_a_truncated_archive_is_never_clean(classifier: Classifier) -> None:
    data = tarball({f"m{i}.py": f"x = {i}\n".encode() * 3000 for i in range(20)})
    assert classifier.predict(data).label is Label.CLEAN
    cut = classifier.predict(data[: len(data) // 2])
    assert cut.label is Label.UNKNOWN
    assert "(truncated: " in cut.error
    assert cut.error.endswith("; get a complete copy")
    assert "limits" not in cut.error


def test_a_part_of_a_folder_that_may_not_be_read_is_named(
    classifier: Classifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def closed(path: Any = ".") -> Any:
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    verdict = classifier.predict(tmp_path)
    assert verdict.label is Label.UNKNOWN
    assert verdict.error == (
        "part of it could not be read: closed/ (unreadable: Permission denied); make it readable, or look at it by hand"
    )


def test_nothing_but_archives_that_were_not_looked_into_is_never_clean(classifier: Classifier) -> None:
    deep = nested(3, 2)
    verdict = classifier.predict(deep)
    assert (verdict.label, verdict.coverage.files) == (Label.UNKNOWN, 0)
    assert "archives that were not looked into (4," in verdict.error
    beside = classifier.predict(zipped({"a-1.0/setup.py": b"x = 1\n", "a-1.0/tests/data.zip": deep}))
    assert (beside.label, beside.error) == (Label.CLEAN, "")
    assert any(anomaly.startswith("nested-skipped") for anomaly in beside.anomalies)


def test_labels_follow_operating_points() -> None:
    assert label_of(("high-confidence", "balanced", "triage")) is Label.MALICIOUS
    assert label_of(("balanced", "triage")) is Label.SUSPICIOUS
    assert label_of(("triage",)) is Label.CLEAN
    assert label_of(()) is Label.CLEAN


SOURCES = ["/no/such/file", MemoryPackage({"a.py": b"x = 1\n"}, Ecosystem.PYPI, source="a"), b"junk"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_many_in_order_with_failures_as_results(classifier: Classifier, jobs: int) -> None:
    sources: list[Any] = [*SOURCES, io.BytesIO(tarball({"a.py": b"x = 1\n"})), selftest.inert_package()]
    found = list(classifier.predict_many(iter(sources), jobs=jobs))
    assert [v.label for v in found] == ["unknown", "clean", "unknown", "clean", "malicious"]
    assert [bool(v.error) for v in found] == [True, False, True, False, False]
    assert found[0].source == "/no/such/file"


def test_many_streams(classifier: Classifier) -> None:
    taken = []

    def endless() -> Iterator[MemoryPackage]:
        while True:
            taken.append(1)
            yield MemoryPackage({"a.py": b"x = 1\n"})

    stream = classifier.predict_many(endless())
    next(stream)
    assert len(taken) == 1


def test_jobs_must_be_positive(classifier: Classifier) -> None:
    with pytest.raises(DarnelError, match="jobs"):
        classifier.predict_many([], jobs=0)


@pytest.mark.parametrize("one", ["x.tar.gz", b"PK", Path("x"), io.BytesIO(b"")])
def test_one_source_is_not_several(classifier: Classifier, one: Any) -> None:
    with pytest.raises(DarnelError, match="give a list"):
        classifier.predict_many(one)


class Deadly(MemoryPackage):
    """Ends the process that analyses it."""

    def members(self):  # type: ignore[no-untyped-def]
        import os

        os._exit(9)


class Broken(MemoryPackage):
    """Raises what nobody expects."""

    def members(self):  # type: ignore[no-untyped-def]
        raise ZeroDivisionError("boom")


def test_a_package_that_kills_its_process_stops_nothing(classifier: Classifier) -> None:
    good = MemoryPackage({"a.py": b"x = 1\n"})
    found = list(classifier.predict_many([good, good, Deadly({}, source="deadly"), good, good, good], jobs=2))
    assert [v.label for v in found] == ["clean", "clean", "unknown", "clean", "clean", "clean"]
    assert "died" in found[2].error
    assert found[2].source == "deadly"


def test_a_bug_is_a_result(classifier: Classifier) -> None:
    found = list(classifier.predict_many([Broken({}), MemoryPackage({"a.py": b"x = 1\n"})]))
    assert [v.label for v in found] == ["unknown", "clean"]
    assert "ZeroDivisionError: boom" in found[0].error


PROBE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pandas", "sklearn", "pyarrow", "joblib", "matplotlib", "datasketch"}:
            raise ModuleNotFoundError(name, name=name)

sys.meta_path.insert(0, Refuse())
from darnel import Classifier
from darnel.selftest import inert_package
print(Classifier.load(sys.argv[1]).predict(inert_package(), excerpts=True).label)
"""


def test_predicting_needs_nothing_of_the_train_extra(tiny_model: Path) -> None:
    """darnel must work where they are not."""
    done = subprocess.run([sys.executable, "-c", PROBE, str(tiny_model)], capture_output=True, text=True, check=False)
    assert done.stdout == "malicious\n", done.stderr


def test_what_takes_long_to_import_is_not_imported(tiny_model: Path) -> None:
    """LightGBM's Python package brings SciPy, and pandas and scikit-learn when they are there."""
    code = "import sys\n" + PROBE.partition("sys.meta_path")[2].partition("\n")[2]
    code += "print(sorted({m.partition('.')[0] for m in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code, str(tiny_model)], capture_output=True, text=True, check=True)
    loaded = set(eval(done.stdout.splitlines()[1]))
    assert not loaded & {"lightgbm", "scipy", "pandas", "sklearn", "pyarrow", "joblib", "matplotlib", "rich"}


def test_previous_release_is_named_and_its_files_are_told_apart(classifier: Classifier) -> None:
    old = {"setup.py": b"from setuptools import setup\nsetup(name='p', version='1')\n", "p/__init__.py": b"A = 1\n"}
    new = {"setup.py": b"from setuptools import setup\nsetup(name='p', version='2')\n", "p/extra.py": b"B = 2\n"}
    before, now = tarball(old), tarball(new)  # once: a gzip file holds the time
    verdict = classifier.predict(now, previous=before)
    assert verdict.delta is not None
    assert not verdict.delta.used  # the small model was not trained to compare
    assert verdict.score == verdict.delta.score_alone
    known = {file.path: file.score_before is not None for file in verdict.delta.files}
    assert known == {"setup.py": True, "p/extra.py": False}
    assert (verdict.delta.changed, verdict.delta.removed) == (2, 1)
    assert classifier.predict(now).delta is None
    (same,) = classifier.predict_many([Update(now, before)])
    assert same.delta == verdict.delta


class Exploding(MemoryPackage):
    """Brings out a bug."""

    def members(self):  # type: ignore[no-untyped-def]
        raise ZeroDivisionError("boom")


NOISE = b"X = '%x'\n" % random.Random(1).getrandbits(80_000)
BROKEN: dict[str, tuple[Any, str]] = {
    "empty": (b"", "empty"),
    "no package": (b"a few words\n" * 100, "<bytes>"),
    "not there": ("/no/such/package-1.0.whl", "no such file"),
    "cut short": (sdist("p", "1.0", {"p/a.py": NOISE})[:9_000], "truncated"),
    "without content": (tarball({"setup.py": b"", "p/__init__.py": b""}), "no file"),
    "not to be had": (Missing("pypi:p==1.0", "pypi:p==1.0: no such version"), "no such version"),
    "a bug": (Exploding({}), "internal error, please report it: ZeroDivisionError"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_without_a_usable_previous_release_it_is_judged_alone(classifier: Classifier, what: str) -> None:
    broken, told = BROKEN[what]
    package = selftest.harmless_package()
    wanted = classifier.predict(package)
    for found in (
        classifier.predict(package, previous=broken),
        *classifier.predict_many([Update(package, broken)]),
    ):
        assert (found.label, found.score, found.error, found.delta) == (wanted.label, wanted.score, "", None)
        (notice,) = found.notices
        assert notice.startswith("judged without the previous release: ")
        assert told in notice


def test_an_update_of_an_update_is_no_previous_release(classifier: Classifier) -> None:
    with pytest.raises(DarnelError, match="previous one"):
        classifier.predict(selftest.harmless_package(), previous=Update(b"", b""))
