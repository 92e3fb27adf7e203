from __future__ import annotations

from pathlib import Path

import pytest

from darnel.audit import installed
from darnel.features.readers import open_installed
from darnel.features.readers.site import Site, site
from darnel.sources import Installed
from tests import builders


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def distribution(root: Path, name: str, files: dict[str, str], listed: bool = True) -> None:
    info = f"{name}-1.0.dist-info"
    record = "".join(builders.record_line(path, text.encode()) for path, text in files.items())
    told = {f"{info}/METADATA": f"Name: {name}\nVersion: 1.0\n\n"}
    write(
        root,
        {**files, **told, **({f"{info}/RECORD": f"{record}{info}/METADATA,,\n{info}/RECORD,,\n"} if listed else {})},
    )


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    distribution(tmp_path, "alpha", {"alpha/__init__.py": "", "alpha/data/x.txt": "x", "space/one/__init__.py": ""})
    distribution(tmp_path, "beta", {"space/two/__init__.py": "", "beta.py": "", "alpha/plugins/beta.py": ""})
    return tmp_path


def test_files_that_nobody_lists_belong_to_the_nearest_folder(packages: Path) -> None:
    added = {
        "alpha/extra.py": "1",
        "alpha/deep/er/more.so": "1",
        "alpha/plugins/x.py": "1",
        "space/one/y.py": "1",
        "alpha/__pycache__/__init__.cpython-311.pyc": "compiled",
        "alpha/__pycache__/gone.cpython-311.pyc": "without a source",
        "alpha-1.0.dist-info/INSTALLER": "pip",
        "alpha-1.0.dist-info/more.py": "1",
    }
    write(packages, added)
    alpha, beta = (open_installed(name, [str(packages)]) for name in ("alpha", "beta"))
    found = {member.path for member in alpha.members()}
    assert found & set(added) == {
        "alpha/__pycache__/gone.cpython-311.pyc",
        "alpha/deep/er/more.so",
        "alpha/extra.py",
        "alpha-1.0.dist-info/more.py",
        "space/one/y.py",
    }
    assert {(a.kind, a.path) for a in alpha.anomalies} == {("record-unlisted", path) for path in found & set(added)}
    assert "alpha/plugins/x.py" in {member.path for member in beta.members()}
    assert "alpha/plugins/beta.py" not in found
    assert alpha.digest() != open_installed("beta", [str(packages)]).digest()


def test_what_belongs_to_no_distribution(packages: Path) -> None:
    assert Site(str(packages)).strays() == []
    added = (
        "zz.pth",
        "loose.py",
        "space/three/__init__.py",
        "space/own.py",
        "free/in/side.pyd",
        "texts/readme.txt",
        "notes.txt",
        "__pycache__/beta.cpython-311.pyc",
    )
    write(packages, dict.fromkeys(added, "1"))
    strays = ["free", "loose.py", "space/own.py", "space/three", "zz.pth"]
    assert Site(str(packages)).strays() == strays
    items = installed.environment(packages)
    assert [str(item.source) for item in items[2:]] == [str(packages / path) for path in strays]
    assert items[2].origin == f"listed in {packages}, of no distribution"


def test_without_record_the_names_it_tells_are_its_own(tmp_path: Path) -> None:
    distribution(tmp_path, "old", {"old/__init__.py": "", "old/more/x.py": "", "single.py": ""}, listed=False)
    write(tmp_path, {"old-1.0.dist-info/top_level.txt": "old\nsingle\nspace\n", "other.py": "", "space/x.py": ""})
    assert Site(str(tmp_path)).strays() == ["other.py", "space"]
    old = open_installed("old", [str(tmp_path)])
    assert {member.path for member in old.members()} == {"old/__init__.py", "old/more/x.py", "single.py"}
    assert [anomaly.kind for anomaly in old.anomalies] == ["record-none"]


def test_without_any_list_the_module_of_its_name_is_its_own(tmp_path: Path) -> None:
    distribution(tmp_path, "Some.Thing", {"some_thing/__init__.py": "", "some_thing/x.py": ""}, listed=False)
    assert Site(str(tmp_path)).strays() == []
    thing = open_installed("some-thing", [str(tmp_path)])
    assert {member.path for member in thing.members()} == {"some_thing/__init__.py", "some_thing/x.py"}


def test_a_record_that_cannot_be_read_is_none(packages: Path) -> None:
    (packages / "alpha-1.0.dist-info" / "RECORD").write_bytes(b"\xff")
    assert open_installed("beta", [str(packages)]).digest()
    alpha = open_installed("alpha", [str(packages)])
    alpha.digest()
    assert "record-none" in {anomaly.kind for anomaly in alpha.anomalies}


def test_absent_bytecode_and_folders_are_nothing_to_report(packages: Path) -> None:
    with (packages / "alpha-1.0.dist-info" / "RECORD").open("a") as record:
        record.write("alpha/__pycache__,,\nalpha/x.cpython-311.pyc,,\nalpha/gone.py,,\n")
    write(packages, {"alpha/__pycache__/__init__.cpython-311.pyc": ""})
    alpha = open_installed("alpha", [str(packages)])
    alpha.digest()
    assert [(anomaly.kind, anomaly.path) for anomaly in alpha.anomalies] == [("record-absent", "alpha/gone.py")]


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(b"", id="without a name"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"Name: alpha\nVersion: 1.0\n\n", id="of another's name"),
    ],
)
def test_what_is_never_judged_hides_nothing(packages: Path, told: bytes) -> None:
    pytest.importorskip(
        "importlib_metadata"
    )  # it takes the place of the standard library's, and fails where that does not
    distribution(packages, "hider", {"hidden.pth": "", "hidden/__init__.py": "", "alpha/hidden.py": ""})
    (packages / "hider-1.0.dist-info" / "METADATA").write_bytes(told)
    items = [item.source for item in installed.environment(packages)]
    assert [item.name for item in items if isinstance(item, Installed)] == ["alpha", "beta"]
    assert items[2:] == [str(packages / path) for path in ("hidden", "hidden.pth")]
    assert "alpha/hidden.py" in {member.path for member in open_installed("alpha", [str(packages)]).members()}


def test_what_is_installed_later_is_seen(packages: Path) -> None:
    write(packages, {"gamma/__init__.py": ""})
    assert site(str(packages)).strays() == ["gamma"]
    distribution(packages, "gamma", {"gamma/__init__.py": ""})
    assert site(str(packages)).strays() == []


def test_links_to_folders_are_not_entered(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (packages / "alpha" / "up").symlink_to(packages)
    (packages / "linked").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    (packages / "loop").symlink_to("loop")
    assert Site(str(packages)).strays() == []
    assert not [a for a in open_installed("alpha", [str(packages)]).anomalies if "up/" in a.path]
