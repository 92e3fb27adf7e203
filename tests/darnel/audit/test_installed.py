from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from darnel.audit import installed
from darnel.audit.collect import collect
from darnel.audit.graph import paths
from darnel.audit.pin import Local, Pin
from darnel.errors import InputError
from darnel.sources import Installed
from tests.builders import sdist


def package(folder: Path, **manifest: object) -> None:
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"name": folder.name, "version": "1.0.0", **manifest}))


def lines(items: list[Pin | Local] | list[Local], root: Path) -> list[str]:
    return [
        f"{Path(str(item.source)).relative_to(root)}: {' > '.join(item.path)}"
        for item in items
        if isinstance(item, Local)
    ]


def test_node_modules(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    package(tmp_path / "node_modules" / "a", dependencies={"b": "*", "none": "*"})
    package(modules / "a" / "node_modules" / "b")
    package(modules / "b")
    package(modules / "@s" / "c", dependencies={"b": "*"})
    (modules / ".bin").mkdir()
    (modules / "empty").mkdir()
    (tmp_path / "package.json").write_text('{"devDependencies": {"a": "*", "@s/c": "*"}}')
    assert lines(collect([str(modules)], environment=False), modules) == [
        "@s/c: c",
        "a: a",
        "a/node_modules/b: a > b",
        "b: c > b",
    ]


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_pnpms_store_is_listed_once(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules"
    store = modules / ".pnpm" / "a@1.0.0" / "node_modules"
    package(store / "a", dependencies={"b": "*"})
    package(modules / ".pnpm" / "b@1.0.0" / "node_modules" / "b")
    (store / "b").symlink_to(modules / ".pnpm" / "b@1.0.0" / "node_modules" / "b")
    (modules / "a").symlink_to(store / "a")
    (modules / "loop").symlink_to(modules)
    (tmp_path / "package.json").write_text('{"dependencies": {"a": "*"}}')
    assert lines(installed.node_modules(modules), modules) == [
        ".pnpm/a@1.0.0/node_modules/a: a",
        ".pnpm/b@1.0.0/node_modules/b: a > b",
    ]


def distribution(site: Path, name: str, *requires: str) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    needs = "".join(f"Requires-Dist: {line}\n" for line in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")


def test_an_environment(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("")
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    distribution(site, "App", "lib_one>=1; python_version > '3'", "never; extra == 'x'", "ghost", "!!")
    distribution(site, "Lib.One")
    distribution(site, "never")
    items = collect([str(tmp_path)], environment=False)
    assert [(item.source, item.path) for item in items if isinstance(item, Local)] == [
        (Installed("app", (str(site),)), ("app",)),
        (Installed("lib-one", (str(site),)), ("app", "lib-one")),
        (Installed("never", (str(site),)), ("never",)),
    ]
    assert collect([str(site)], environment=False)[0].path == ("app",)


def test_our_own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own, project, extra = (tmp_path / name for name in ("own", "project", "extra"))
    distribution(own, "lone")
    distribution(extra, "lone")
    (own / "zz.pth").write_text("import os\n")
    (project / "thing.egg-info").mkdir(parents=True)
    (project / "thing.egg-info" / "PKG-INFO").write_text("Name: thing\nVersion: 1.0\n\n")
    (project / "conf.py").write_text("")
    monkeypatch.setattr(sys, "path", [*map(str, (own, project, extra)), *sys.path, str(own)])
    items = installed.environment()
    found = [item.source for item in items]
    assert {*(Installed("lone", (str(f),)) for f in (own, extra)), Installed("thing", (str(project),))} <= set(found)
    assert len(found) == len(set(found))
    assert str(own / "zz.pth") in found
    assert not [stray for stray in found if str(stray).startswith(str(project))]
    assert any(item.path[-1:] == ("numpy",) for item in items)


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_folder_with_two_names_is_listed_once(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("")
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    distribution(site, "one")
    (site / "sitecustomize.py").write_text("")
    (tmp_path / "lib64").symlink_to("lib")
    items = installed.environment(tmp_path)
    assert [item.source for item in items] == [Installed("one", (str(site),)), str(site / "sitecustomize.py")]


def test_a_wheelhouse(tmp_path: Path) -> None:
    (tmp_path / "sample-1.0.tar.gz").write_bytes(sdist())
    (tmp_path / "notes.md").write_text("")
    assert lines(collect([str(tmp_path)], environment=False), tmp_path) == ["sample-1.0.tar.gz: "]


def test_the_lock_files_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="the current folder: nothing to audit; give requirements"):
        collect([], environment=False)
    (tmp_path / "requirements.txt").write_text("a==1.0\n")
    (tmp_path / "uv.lock").write_text('[[package]]\nname = "b"\nversion = "1.0"\nsource = { git = "x" }\n')
    assert [str(pin.reference) for pin in collect([], environment=False) if isinstance(pin, Pin)] == [
        "pypi:a==1.0",
        "pypi:b==1.0",
    ]


def test_any_text_file_that_is_named_holds_requirements(tmp_path: Path) -> None:
    (tmp_path / "deps.txt").write_text("a==1.0\n")
    assert len(collect([str(tmp_path / "deps.txt")], environment=False)) == 1


@pytest.mark.parametrize(("name", "text"), [("a.json", "not a lock file by its name"), ("nothing", "no such file")])
def test_what_is_nothing_of_that(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "a.json").write_text("{}")
    with pytest.raises(InputError, match=text):
        collect([str(tmp_path / name)], environment=False)


def test_paths_end_in_circles_too() -> None:
    assert paths({"a": ["b"], "b": ["a"]}, []) == {"a": ("a",), "b": ("a", "b")}
    assert paths({}, []) == {}
