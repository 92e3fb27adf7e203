"""Copies of popular packages, made of generated lines: no code of anyone."""

from pathlib import Path

import numpy as np
import pytest

from darnel.errors import DarnelError
from darnel.features import known
from darnel.features.extract import extract
from darnel.features.known import comparison, reference
from darnel.features.known.families import related
from darnel.features.known.hashing import LEAST_BYTES, fingerprint, place
from darnel.features.known.reference import Known
from darnel.features.names import popular
from darnel.features.package import Ecosystem, MemoryPackage
from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, vectorise_files, vectorise_package
from darnel.training.corpus.known import Release, build

REQUESTS = ["__init__.py", "api.py", "auth.py", "models.py", "sessions.py", "utils.py"]


def code(name: str, lines: int = 40) -> bytes:
    return "".join(f"{name.replace('.', '_').replace('/', '_')}_{i} = {i}\n" for i in range(lines)).encode()


def files(top: str, names: list[str] = REQUESTS) -> dict[str, bytes]:
    return {f"{top}/{name}": code(name) for name in names}


def prints(content: dict[str, bytes], ecosystem: str = "pypi") -> dict[str, known.Print]:
    found = {path: fingerprint(path, data, ecosystem) for path, data in content.items()}
    return {path: seen for path, seen in found.items() if seen}


def release(name: str, content: dict[str, bytes], ecosystem: str = "pypi") -> Release:
    return Release(name, tuple(prints(content, ecosystem).values()))


@pytest.fixture(scope="module")
def shelf() -> Known:
    django = files("django", [f"part{i}.py" for i in range(60)])
    return build(
        [
            release("requests", files("requests")),
            release("django", django),
            release("opencv-python", files("cv2", ["a.py", "b.py", "c.py"])),
        ],
        Ecosystem.PYPI,
    )


def compare(name: str, content: dict[str, bytes], shelf: Known) -> comparison.Comparison:
    return comparison.compare(name, prints(content), shelf, popular.load("pypi"))


def test_a_copy_with_one_changed_file_points_at_it(shelf: Known) -> None:
    content = files("requests") | {"requests/auth.py": code("auth.py") + b"steal = 1\n"}
    found = compare("requestts", content, shelf)
    assert found.owner == "requests"
    assert found.package["copy.near"] == found.package["copy.confusable"] == found.package["copy.import_name"] == 1
    assert found.package["copy.changed"] == pytest.approx(np.log(2))
    assert found.files["requests/auth.py"] == {"known.changed_in_copy": pytest.approx(5 / 6)}
    assert found.files["requests/api.py"] == {"known.identical": 1.0}


def test_a_copy_under_another_import_folder_with_a_new_file(shelf: Known) -> None:
    found = compare("fastnet", files("fastnet") | {"fastnet/helper.py": code("helper.py")}, shelf)
    assert found.owner == "requests"
    assert "copy.import_name" not in found.package
    assert "copy.confusable" not in found.package
    assert found.files["fastnet/helper.py"] == {"known.new_in_copy": 1.0}


def test_another_version_of_the_same_files_is_told_by_its_places(shelf: Known) -> None:
    newer = {path: data + b"newer = 1\n" for path, data in files("requests").items()}
    found = compare("reqests", newer, shelf)
    assert found.package["copy.near"] == 1
    assert "copy.intact" not in found.package
    assert compare("fastnet", {p.replace("requests", "fastnet"): d for p, d in newer.items()}, shelf).package == {}


@pytest.mark.parametrize("name", ["requests", "Requests", "opencv-python-headless"])
def test_a_package_is_never_compared_with_itself_or_its_family(shelf: Known, name: str) -> None:
    content = files("cv2", ["a.py", "b.py", "c.py"]) if "cv" in name else files("requests")
    found = compare(popular.normalise("pypi", name), content, shelf)
    assert (found.package, found.files, found.owner) == ({}, {}, "")


def test_what_is_vendored_is_no_copy(shelf: Known) -> None:
    own = files("biglib", [f"own{i}.py" for i in range(30)])
    found = compare("biglib", own | files("biglib/_vendor/requests"), shelf)
    assert found.package["copy.known_share"] == pytest.approx(6 / 36)
    assert found.package["copy.vendored"] == pytest.approx(np.log(7))
    assert "copy.near" not in found.package
    beside = compare("biglib", own | files("requests"), shelf)
    assert "copy.near" not in beside.package  # a quarter of the package at least has to lie there


def test_few_files_of_a_large_package_are_no_copy(shelf: Known) -> None:
    assert "copy.near" not in compare("tinytool", files("tinytool", ["part1.py", "part2.py"]), shelf).package


def test_large_owners_are_sampled_and_shares_still_come_out_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("darnel.training.corpus.known.FILES", 50)
    names = [f"m{i}.py" for i in range(400)]
    shelf = build([release("django", files("django", names))], Ecosystem.PYPI)
    assert abs(len(shelf.contents) - 50) <= 1
    found = compare("djangoo", files("django", names), shelf)
    assert found.package["copy.owner_share"] > 0.8
    assert found.package["copy.intact"] == 1


def test_files_that_many_packages_have_tell_nothing() -> None:
    shared = [release(name, {f"{name}/x.py": code("x")}) for name in ("requests", "django", "numpy", "flask")]
    alone = release("boto3", {"boto3/y.py": code("y")})
    shelf = build([*shared, alone], Ecosystem.PYPI)
    # The four are one file each, so they are one family; unrelated larger ones are not.
    assert len({owner.group for owner in shelf.owners if owner.name != "boto3"}) == 1
    larger = [
        release(name, files(name, [f"{name}{i}.py" for i in range(9)]) | {f"{name}/x.py": code("x")})
        for name in ("requests", "django", "numpy", "flask")
    ]
    shelf = build(larger, Ecosystem.PYPI)
    assert len(shelf.contents) == 36
    assert compare("other", {"other/x.py": code("x")}, shelf).package == {}


def test_unpopular_packages_are_not_in_the_reference() -> None:
    assert not build([release("no-such-package-anywhere", files("x"))], Ecosystem.PYPI).owners


def test_building_does_not_depend_on_the_order() -> None:
    releases = [release("requests", files("requests")), release("django", files("django")), release("six", files("s"))]
    first, second = build(releases, Ecosystem.PYPI), build(releases[::-1], Ecosystem.PYPI)
    assert first.owners == second.owners
    assert np.array_equal(first.contents, second.contents)


def test_npm_places_are_whole_paths() -> None:
    content = {f"lib/{i}.js": code(str(i)) for i in range(4)}
    shelf = build([release("express", content, "npm")], Ecosystem.NPM)
    copied = prints(content | {"lib/2.js": code("other")}, "npm")
    found = comparison.compare("expres", copied, shelf, popular.load("npm"))
    assert set(found.files["lib/2.js"]) == {"known.changed_in_copy"}
    assert comparison.compare("@express/core", copied, shelf, popular.load("npm")).package["copy.near"] == 1


def test_families() -> None:
    listed = {"tensorflow": 0, "tensorflow-cpu": 1, "requests": 2}
    assert related("tensorflow-cpu", "tensorflow", {}, listed)
    assert not related("tensorflow-gpuu", "tensorflow", {}, listed)
    assert not related("requests", "tensorflow", {}, listed)
    assert related("attr", "attrs", {"attr": 3, "attrs": 3}, {})
    assert not related("", "requests", {}, listed)


def test_fingerprints_ignore_line_ends_trailing_blanks_and_the_mark() -> None:
    data = b"x = 1\ny = 2\n" * 40
    variants = (data.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + data, data.replace(b"\n", b" \t\n"), data + b"\n\n")
    hashes = {seen.content for text in (data, *variants) if (seen := fingerprint("a.py", text, "pypi"))}
    assert len(hashes) == 1
    assert fingerprint("a.py", b"x" * (LEAST_BYTES - 1), "pypi") is None
    assert fingerprint("a.py", b"x" + b" " * LEAST_BYTES, "pypi") is None


def test_places() -> None:
    assert place("src/six.py", "pypi") == place("six.py", "pypi")
    assert place("a-1.data/purelib/pkg/x.py", "pypi") == ("pkg", "x.py")


def test_reference_survives_writing_and_damage_is_told(tmp_path: Path, shelf: Known) -> None:
    reference.write("pypi", shelf, "2026-11-25", ["here"], tmp_path)
    back = reference.load("pypi", tmp_path)
    assert back.owners == shelf.owners
    assert np.array_equal(back.contents, shelf.contents)
    assert np.array_equal(back.places, shelf.places)
    assert not reference.load("npm", tmp_path).owners
    data = (tmp_path / "pypi.bin").read_bytes()
    (tmp_path / "pypi.bin").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    reference.load.cache_clear()
    with pytest.raises(DarnelError, match=r"does not fit pypi\.json"):
        reference.load("pypi", tmp_path)


@pytest.mark.parametrize("ecosystem", ["pypi", "npm"])
def test_shipped_reference(ecosystem: str) -> None:
    shelf = reference.load(ecosystem)
    listed = popular.load(ecosystem).rank
    assert len(shelf.owners) > 500
    assert all(owner.name in listed and owner.files > 0 and 0 < owner.kept <= 1 for owner in shelf.owners)
    assert np.all(shelf.contents[1:] >= shelf.contents[:-1])
    assert int(shelf.owners_of.max()) == len(shelf.owners) - 1
    facts = reference.about(ecosystem)
    assert facts["date"] == reference.EDITION  # set it when the reference is rebuilt: the schema depends on it
    assert facts["sources"]
    assert sum(path.stat().st_size for path in reference.FOLDER.glob("*.*")) < 3_000_000


def test_the_whole_way(monkeypatch: pytest.MonkeyPatch, shelf: Known) -> None:
    monkeypatch.setattr(reference, "load", lambda _ecosystem: shelf)
    changed = files("requests") | {"requests/api.py": code("api.py") + b"more = 1\n"}

    def rows(name: str) -> tuple[float, set[float]]:
        raw = extract(MemoryPackage(changed, ecosystem=Ecosystem.PYPI, name=name))
        column = FILE_COLUMNS.index["known.changed_in_copy"]
        near = vectorise_package(raw)[PACKAGE_COLUMNS.index["copy.near"]]
        return float(near), {round(float(x), 2) for x in vectorise_files(raw)[:, column]}

    assert rows("requestss") == (1.0, {0.0, 0.83})
    assert rows("requests") == (0.0, {0.0})
