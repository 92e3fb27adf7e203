"""Inert code only: nothing in this file works or is run."""

from __future__ import annotations

import json
import random
from itertools import takewhile

import pytest

from darnel.features.extract import extract
from darnel.features.package import Ecosystem, Form, Member, MemoryPackage, Package
from darnel.features.vectorise import vectorise_files, vectorise_package
from darnel.training.benchmarks import splice_npm, splice_python
from darnel.training.benchmarks.hosts import Host, open_host
from darnel.training.benchmarks.package import InjectedPackage, apply, delta, extract_injected
from darnel.training.benchmarks.source import errors, indent
from darnel.training.benchmarks.splice import Change, Splice, new_errors
from darnel.training.corpus.store import pack, unpack
from tests.training.benchmarks.material import library, module, payload

ALL = [(splice, True) for splice in splice_python.SPLICES] + [(splice, False) for splice in splice_npm.SPLICES]
NAMES = [f"{'pypi' if python else 'npm'}-{splice.name}" for splice, python in ALL]


def made(splice: Splice, python: bool, seed: int = 0) -> tuple[Host, Change]:
    host = library() if python else module()
    language = sorted(splice.languages)[-1]
    change = splice.make(host, payload(language), random.Random(seed))
    assert change is not None
    return host, change


def shared(first: bytes, second: bytes) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))


@pytest.mark.parametrize(("splice", "python"), ALL, ids=NAMES)
def test_splices_parse_and_keep_the_host(splice: Splice, python: bool) -> None:
    styles = set()
    for seed in range(12):
        host, change = made(splice, python, seed)
        styles.add(change.style)
        assert new_errors(host, change, payload(sorted(splice.languages)[-1])) == 0
        for path, data in change.files.items():
            before = host.members[path].data if path in host.members else b""
            if path.endswith((".py", ".js")):
                # One piece was put in; what was there is still there, before and after it.
                start, end = shared(before, data), shared(before[::-1], data[::-1])
                assert start + end >= len(before)
                assert len(data) > len(before)
                if b"\r\n" in before:
                    assert data.count(b"\n") == data.count(b"\r\n")
        block = b"\n".join(change.files[change.path].split(b"\n")[change.first - 1 : change.last])
        shown = (b"collector.example.invalid", b"b64decode", b"base64", b"fromhex", b"exec(", b"eval(", b"new Function")
        assert any(word in block for word in shown)
        rest = change.files[change.path].split(b"\n")
        outside = b"\n".join(rest[: change.first - 1] + rest[change.last :])
        assert b"collector.example.invalid" not in outside
    assert styles


@pytest.mark.parametrize(("splice", "python"), ALL, ids=NAMES)
def test_known_files_are_not_read_again_and_nothing_changes(splice: Splice, python: bool) -> None:
    host, change = made(splice, python)
    quick, slow = extract_injected(host, change), extract(InjectedPackage(host, change))
    assert [file["path"] for file in quick["files"]] == [file["path"] for file in slow["files"]]
    assert (vectorise_files(quick) == vectorise_files(slow)).mean() == (
        vectorise_files(slow) == vectorise_files(slow)
    ).mean()
    assert vectorise_package(quick).tolist() == vectorise_package(slow).tolist()
    for key in ("sha256", "compressed_size", "seen_bytes", "source_bytes", "analysed_bytes"):
        assert quick[key] == slow[key]
    again = apply(host.raw, json.loads(json.dumps(delta(host.raw, quick))))
    assert [file["path"] for file in again["files"]] == [file["path"] for file in quick["files"]]
    again = unpack(pack(again))
    assert (vectorise_files(again) == vectorise_files(quick)).mean() == (
        vectorise_files(quick) == vectorise_files(quick)
    ).mean()


def test_in_function_has_the_indentation_of_its_place() -> None:
    host = library()
    for seed in range(20):
        change = splice_python.in_function(host, payload("python"), random.Random(seed))
        assert change is not None
        lines = change.files[change.path].split(b"\n")[change.first - 1 : change.last]
        prefix = b"\t\t" if change.path.endswith("io.py") else b"    "
        assert all(
            line.startswith(prefix)
            for line in lines
            if line.strip() and b"a line of text" not in line and b"'''" not in line.strip()[:3]
        )
        assert any(line.rstrip(b"\r") == b"a line of text" for line in lines)


def test_indent_leaves_the_inside_of_literals() -> None:
    assert indent(b"x = '''\na\n'''\ny = 1\n", b"  ", "python") == b"  x = '''\na\n'''\n  y = 1\n"
    assert indent(b"x = `\na\n`;\ny();\n", b"  ", "javascript") == b"  x = `\na\n`;\n  y();\n"


def test_errors_are_counted() -> None:
    assert errors(b"def f():\n    return 1\n", "python") == 0
    assert errors(b"def f(:\n    return )\n", "python") > 0


def test_lists_of_files_match() -> None:
    host = library()
    change = splice_python.new_module(host, payload("python"), random.Random(1))
    assert change is not None
    files = {member.path: member.data for member in InjectedPackage(host, change).members()}
    record = files["lib-1.0.dist-info/RECORD"].decode().splitlines()
    assert record[-1] == "lib-1.0.dist-info/RECORD,,"
    assert sum(line.startswith("lib/__init__.py,") for line in record) == 1
    assert "sha256=x" not in record[0]
    assert sum(line.startswith(change.path + ",sha256=") for line in record) == 1


def test_pth_only_in_wheels() -> None:
    assert splice_python.pth(library(Form.SDIST), payload("python"), random.Random(0)) is None


def test_scripts_are_kept_and_formatted() -> None:
    host = module(scripts={"preinstall": "echo 1", "install": "echo 2", "postinstall": "echo 3"})
    change = splice_npm.script(host, payload("javascript"), random.Random(0))
    assert change is not None
    scripts = json.loads(change.files["package.json"])["scripts"]
    assert sum("&& node " in command for command in scripts.values()) == 1
    assert splice_npm.gyp(host, payload("javascript"), random.Random(0)) is None


def test_es_modules_get_a_require() -> None:
    host = module(type="module")
    change = splice_npm.append_main(host, payload("javascript"), random.Random(0))
    assert change is not None
    assert b"createRequire(import.meta.url)" in change.files[change.path]


def test_hosts_that_do_not_fit() -> None:
    small: Package = MemoryPackage({"a.py": b"x = 1\n"}, Ecosystem.PYPI, Form.SDIST, "a", "1")
    assert open_host("a", small, extract(small)) is None
    host = library()

    class Doubled(MemoryPackage):
        def members(self):  # type: ignore[no-untyped-def]
            yield from host.members.values()
            yield Member("README.md", b"again", 5)

    assert open_host("a", Doubled({}, Ecosystem.PYPI), host.raw) is None
    assert library().text("nowhere.py") is None
