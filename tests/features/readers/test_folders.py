import os
import sys
from pathlib import Path

import pytest

from darnel.errors import InputError
from darnel.features.limits import Limits
from darnel.features.package import Form, tree_digest
from darnel.features.readers import open_installed, open_package
from tests import builders


def write(root: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(content)


def test_source_tree_is_sorted_and_links_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path, {"setup.py": "", "a/b.py": "1", "a.b/c.py": "2", "a0.py": "3", ".hidden/x.sh": "4"})
    write(tmp_path, {".git/objects/aa/bb": "blob", ".git/hooks/post-checkout": "h", "objects/kept.txt": "k"})
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "evil.py").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "pipe")
    package = open_package(tmp_path)
    assert (package.ecosystem, package.form) == ("pypi", Form.TREE)
    members = list(package.members())
    paths = [member.path for member in members]
    assert paths == sorted(paths)
    assert set(paths) == {
        ".git/hooks/post-checkout", ".hidden/x.sh", "a.b/c.py", "a/b.py", "a0.py", "objects/kept.txt", "setup.py",
    }  # fmt: skip
    assert sorted((a.kind, a.path) for a in package.anomalies) == [
        ("device", "pipe"),
        ("linked-code", "evil.py"),
        ("skipped", ".git/objects"),
        ("symlink", "evil.py"),
        ("symlink", "loop"),
    ]
    assert package.compressed_size == sum(len(member.data) for member in members)
    assert package.digest() == open_package(str(tmp_path)).digest()


def test_node_module(tmp_path: Path) -> None:
    folder = tmp_path / "node_modules" / "@scope" / "name"
    write(folder, {"package.json": '{"name": "@scope/name", "version": "1.2.3"}', "setup.py": "", "index.js": ""})
    package = open_package(folder)
    assert (package.ecosystem, package.name, package.version) == ("npm", "@scope/name", "1.2.3")


def test_folder_that_holds_only_the_unpacked_top(tmp_path: Path) -> None:
    write(tmp_path / "sample-1.0", {"setup.py": "", "sample/__init__.py": ""})
    package = open_package(tmp_path)
    assert [member.path for member in package.members()] == ["sample/__init__.py", "setup.py"]
    assert (package.name, package.version) == ("sample", "1.0")


def test_unreadable_file_is_an_anomaly(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "1", "b.py": "2"})
    package = open_package(tmp_path)
    passing = package.members()
    assert next(passing).path == "a.py"
    (tmp_path / "b.py").unlink()
    assert list(passing) == []
    assert [(a.kind, a.path) for a in package.anomalies] == [("unreadable", "b.py")]


def test_folder_limits(tmp_path: Path) -> None:
    write(tmp_path, {"/".join("abcdef") + "/x.py": "1", "y.py": "y" * 100, "z.py": "z" * 100})
    package = open_package(tmp_path, limits=Limits(path_depth=4, member_bytes=60, uncompressed_bytes=90))
    assert [(m.path, len(m.data), m.size) for m in package.members()] == [("y.py", 60, 100), ("z.py", 30, 100)]
    assert [a.kind for a in package.anomalies] == ["path-depth", "member-cut", "member-cut"]


def test_single_source_file(tmp_path: Path) -> None:
    write(tmp_path, {"index.js": "let a", "notes.xyz": "text"})
    package = open_package(tmp_path / "index.js")
    assert [(m.path, m.data) for m in package.members()] == [("index.js", b"let a")]
    assert package.ecosystem == "npm"
    with pytest.raises(InputError, match="not a zip"):
        open_package(tmp_path / "notes.xyz")


def test_installed_in_this_environment() -> None:
    package = open_package("packaging")
    found = {member.path: member for member in package.members()}
    assert (package.ecosystem, package.form, package.name) == ("pypi", "installed", "packaging")
    assert "packaging/version.py" in found
    assert not any(path.endswith(".pyc") for path in found)
    assert package.anomalies == []
    assert package.source == "<installed packaging>"


def test_installed_against_its_record(tmp_path: Path) -> None:
    site = tmp_path / "env" / "lib" / "python" / "site-packages"
    info = "sample-1.0.dist-info"
    write(tmp_path / "env", {"pyvenv.cfg": "", "bin/tool": "#!python\n"})
    write(tmp_path, {"outside.txt": "secret"})
    files = {
        "sample/__init__.py": "ok",
        "sample/changed.py": "new",
        "sample/__pycache__/__init__.cpython-311.pyc": "b",
        "sample/__pycache__/only.cpython-311.pyc": "b",
    }
    record = builders.record_line("sample/__init__.py", b"ok") + builders.record_line("sample/changed.py", b"old")
    record += "sample/__pycache__/__init__.cpython-311.pyc,,\nsample/__pycache__/only.cpython-311.pyc,,\n"
    record += f"sample/gone.py,,\n../../../bin/tool,,\n../../../../outside.txt,,\n/etc/hostname,,\n{info}/RECORD,,\n"
    record += f"{info}/METADATA,,\n"
    write(site, {**files, f"{info}/RECORD": record, f"{info}/METADATA": "Name: Sample\nVersion: 1.0\n\n"})
    package = open_installed("sample", [str(site)])
    assert (package.name, package.version) == ("sample", "1.0")
    assert [member.path for member in package.members()] == [
        "bin/tool",
        "sample-1.0.dist-info/METADATA",
        "sample-1.0.dist-info/RECORD",
        "sample/__init__.py",
        "sample/__pycache__/only.cpython-311.pyc",
        "sample/changed.py",
    ]
    assert sorted((a.kind, a.path) for a in package.anomalies) == [
        ("record-absent", "sample/gone.py"),
        ("record-mismatch", "sample/changed.py"),
        ("traversal", "etc/hostname"),
        ("traversal", "outside.txt"),
    ]


def test_nothing_is_imported() -> None:
    before = set(sys.modules)
    list(open_installed("pytest-cov").members())
    assert not {name for name in set(sys.modules) - before if name.startswith("pytest_cov")}
    with pytest.raises(InputError, match="not a distribution name"):
        open_installed("../x")


def test_the_digest_is_that_of_what_the_last_pass_read(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "1", "b/c.txt": "2", "odd!/d.txt": "left out"})
    (tmp_path / "n.zip").write_bytes(builders.zipped({"inner.py": "x"}))
    fresh, package = open_package(tmp_path), open_package(tmp_path)
    members = [member for member in package.members() if "!/" not in member.path]
    expected = tree_digest((member.path, member.data) for member in members)
    (tmp_path / "a.py").write_text("changed")
    assert package.digest() == expected != fresh.digest()
    assert len(list(package.members())) == 5
    assert package.digest() == fresh.digest()
