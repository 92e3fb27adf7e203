"""Inert samples only: nothing in this file works or is run."""

from __future__ import annotations

import json

import numpy as np

from darnel.features.extract import extract
from darnel.features.package import Ecosystem, Form, MemoryPackage
from darnel.features.raw import RawPackage
from darnel.training.benchmarks.placebo import collapse, without_payload
from tests.training.benchmarks.material import COMMAND, JAVASCRIPT, PYTHON
from tests.training.benchmarks.test_payloads import SETUP


def left_of(files: dict[str, bytes], ecosystem: Ecosystem = Ecosystem.PYPI) -> RawPackage | None:
    package = MemoryPackage(files, ecosystem, Form.SDIST, "bad", "1.0")
    return without_payload(package, extract(package))


def behaviours(raw: RawPackage) -> set[str]:
    return {o.behaviour for file in raw["files"] for o in file["observations"]}


def test_nothing_grave_is_left() -> None:
    left = left_of({"setup.py": SETUP, "bad/__init__.py": PYTHON, "bad/other.py": b"def f():\n    return 1\n"})
    assert left is not None
    assert not behaviours(left) & {"net.send", "env.all"}
    sizes = {file["path"]: file["size"] for file in left["files"]}
    assert sizes["bad/other.py"] > 0
    assert 0 < sizes["setup.py"] < len(SETUP)


def test_scripts_go() -> None:
    scripts = {"preinstall": COMMAND.decode(), "test": "node test.js"}
    manifest = json.dumps({"name": "bad", "version": "1.0.0", "scripts": scripts}).encode()
    left = left_of({"package.json": manifest, "index.js": JAVASCRIPT}, Ecosystem.NPM)
    assert left is not None
    assert not behaviours(left) & {"net.send", "net.fetch", "env.all", "spawn.command", "install.hook"}
    assert "package.json#preinstall" not in {file["path"] for file in left["files"]}


def test_harmless_packages_have_no_placebo() -> None:
    assert left_of({"lib/__init__.py": b"def f():\n    return 1\n"}) is None


def test_collapse() -> None:
    found = collapse(np.array([1.0, 0.5, 0.1]), np.array([0.0, 0.5, 0.9]), 0.5)
    assert found == {"caught": 2, "let_go": 0.5, "median_before": 0.75, "median_after": 0.25}
    assert collapse(np.array([0.1]), np.array([0.1]), 0.5) == {"caught": 0}
