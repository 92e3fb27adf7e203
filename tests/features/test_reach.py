"""What runs at install, at start-up and at import through imports between files. Fixtures are inert."""

import json
from time import process_time

import pytest

from darnel.features.extract import extract
from darnel.features.package import Ecosystem, MemoryPackage
from darnel.features.raw import RawFile, RawPackage
from darnel.features.reach import COLUMNS, PACKAGE_COLUMNS, measure
from darnel.features.roles import Role

EVAL = "import base64\nexec(base64.b64decode(b'cHJpbnQoMSk='))\n"


def raw(files: dict[str, str], ecosystem: Ecosystem = Ecosystem.PYPI) -> RawPackage:
    return extract(MemoryPackage({path: text.encode() for path, text in files.items()}, ecosystem=ecosystem))


def reached(package: RawPackage) -> dict[str, set[str]]:
    """Which of install, startup, import, lazy and none are set, by path."""
    wanted = ("install", "startup", "import", "lazy", "none")
    return {file["path"]: {when for when in wanted if file["values"].get(f"reach.{when}")} for file in package["files"]}


def value(package: RawPackage, path: str, column: str) -> float:
    return next(file["values"].get(column, 0.0) for file in package["files"] if file["path"] == path)


def test_deep_modules_run_at_import_and_unreached_ones_do_not() -> None:
    package = raw(
        {
            "pkg/__init__.py": "from . import a\nfrom .sub.b import thing\n",
            "pkg/a.py": "from pkg.c import x\n",
            "pkg/c.py": "import os\n",
            "pkg/sub/__init__.py": "x = 1\n",
            "pkg/sub/b.py": "def f():\n    from . import late\n",
            "pkg/sub/late.py": "x = 1\n",
            "pkg/alone.py": EVAL,
            "pkg/other/__init__.py": "x = 1\n",
        }
    )
    assert reached(package) == {
        "pkg/__init__.py": {"import"},
        "pkg/a.py": {"import"},
        "pkg/c.py": {"import"},
        "pkg/sub/__init__.py": {"import"},
        "pkg/sub/b.py": {"import"},
        "pkg/sub/late.py": {"lazy"},
        "pkg/alone.py": {"none"},
        "pkg/other/__init__.py": {"none"},
    }
    assert value(package, "pkg/c.py", "reach.depth") == 2
    assert value(package, "pkg/c.py", "reach.importers") == 1
    assert package["values"]["reach.grave.none"] == 3  # hides, decodes, executes
    assert "reach.grave.import" not in package["values"]
    assert package["values"]["reach.share.none"] == pytest.approx(2 / 8)
    assert json.loads(json.dumps(package))["files"]


def test_what_setup_py_imports_runs_at_install() -> None:
    package = raw(
        {
            "setup.py": "from setuptools import setup\nfrom pkg import version\nimport helper\nsetup(name='pkg')\n",
            "src/pkg/__init__.py": "from .deep import run\n",
            "src/pkg/version.py": "v = '1'\n",
            "src/pkg/deep.py": EVAL,
            "helper.py": "x = 1\n",
            "src/pkg/unused.py": "x = 1\n",
        }
    )
    found = reached(package)
    assert found["setup.py"] == found["helper.py"] == {"install"}
    assert found["src/pkg/version.py"] == {"install"}
    assert found["src/pkg/deep.py"] == found["src/pkg/__init__.py"] == {"install", "import"}
    assert found["src/pkg/unused.py"] == {"none"}
    assert package["values"]["reach.install_imports"] == 1
    assert package["values"]["reach.grave.install"] == 3
    assert [file["imports"] for file in package["files"] if file["path"] == "setup.py"] == [
        ["pkg", "pkg.version", "helper"]
    ]


def test_a_pth_line_reaches_the_module_that_it_imports() -> None:
    package = raw({"start.pth": "import hook.run\n", "hook/run.py": EVAL, "hook/more.py": "x = 1\n"})
    assert "startup" in reached(package)["hook/run.py"]  # a namespace package
    assert reached(package)["hook/more.py"] == {"none"}


def test_several_packages_native_modules_and_parents() -> None:
    files = [
        _file("one/__init__.py", "python", ["two.x.y"], Role.ENTRY),
        _file("two/__init__.py", "python", role=Role.ENTRY),
        _file("two/x/__init__.py", "python", role=Role.ENTRY),
        _file("two/x/y.py", "python", ["._fast", "...beyond", ".......far"]),
        _file("two/x/_fast.cpython-311-x86_64-linux-gnu.so", "", kind="native"),
    ]
    depths = {path: values["reach.depth"] for path, values in measure(files).files.items()}
    assert [depths[file["path"]] for file in files] == [0, 0, 1, 1, 2]
    assert all(values["reach.import"] for values in measure(files).files.values())


@pytest.mark.parametrize(
    ("written", "target"),
    [
        ("require('./lib/a')", "lib/a.js"),
        ("require('./lib')", "lib/index.js"),
        ("import x from './lib/a.js'", "lib/a.js"),
        ("export * from './m.mjs'", "m.mjs"),
        ("import('./c.cjs')", "c.cjs"),
        ("import {x} from './t.js'", "t.ts"),
        ("require('./data.json')", ""),
        ("require('../outside')", ""),
        ("require('lib/a')", ""),
        ("import type {x} from './t'", ""),
    ],
)
def test_javascript_specifiers(written: str, target: str) -> None:
    files = dict.fromkeys(["lib/a.js", "lib/index.js", "m.mjs", "c.cjs", "t.ts", "data.json"], "x = 1\n")
    package = raw({"package.json": '{"name": "a", "main": "go.js"}', "go.js": written, **files}, Ecosystem.NPM)
    assert {path for path, when in reached(package).items() if "import" in when} == {"go.js"} | {target} - {""}


def test_what_a_lifecycle_script_requires_runs_at_install() -> None:
    package = raw(
        {
            "package.json": '{"name": "a", "main": "i.js", "scripts": {"postinstall": "node tools/setup.js"}}',
            "i.js": "module.exports = () => require('./late');",
            "late.js": "x = 1",
            "tools/setup.js": "const {go} = require('./steps');\ngo();",
            "tools/steps.js": "exports.go = () => require('../lib/deep');",
            "lib/deep.js": "require('child_process').exec('id')",
        },
        Ecosystem.NPM,
    )
    found = reached(package)
    assert found["tools/setup.js"] == found["tools/steps.js"] == {"install"}
    assert found["late.js"] == found["lib/deep.js"] == {"lazy"}


def test_cycles_selves_and_what_stands_in_tests() -> None:
    package = raw(
        {
            "pkg/__init__.py": "from . import a, __init__\n",
            "pkg/a.py": "from . import b, a\n",
            "pkg/b.py": "from . import a\nimport pkg\n",
            "tests/test_a.py": "import pkg.only\n",
            "pkg/only.py": "x = 1\n",
        }
    )
    assert value(package, "pkg/a.py", "reach.importers") == 2
    assert value(package, "pkg/__init__.py", "reach.depth") == 0
    assert value(package, "pkg/b.py", "reach.depth") == 2
    assert reached(package)["pkg/only.py"] == {"none"}
    assert reached(package)["tests/test_a.py"] == set()


def test_hostile_graphs_are_bounded() -> None:
    deep = "/".join(["d"] * 1_000)
    cases = [
        [_file(f"p/m{i}.py", "python", [f".m{j}" for j in range(1_000)]) for i in range(1_000)],
        [
            _file(f"{i}/pkg/__init__.py", "python", [f"pkg.x{j}.{'y.' * 500}z" for j in range(100)])
            for i in range(2_000)
        ],
        [_file(f"{deep}/{i}.py", "python", ["." * 5_000 + "x", "d." * 5_000]) for i in range(1_000)],
        [_file(f"{deep}/{i}.js", "javascript", ["./" * 5_000, "../" * 900 + str(i)]) for i in range(300)],
        [_file(f"m{i}.py", "python", [f"m{i + 1}"], Role.ENTRY) for i in range(30_000)],
    ]
    for files in cases:
        started = process_time()
        result = measure(files)
        assert process_time() - started < 4
        assert len(result.files) == len(files)


def test_only_declared_columns() -> None:
    package = raw({"pkg/__init__.py": "from . import a\n", "pkg/a.py": EVAL, "setup.py": "import pkg\n"})
    declared = {column.name for column in COLUMNS}
    for file in package["files"]:
        assert {name for name in file["values"] if name.startswith("reach.")} <= declared
    assert {n for n in package["values"] if n.startswith("reach.")} <= {column.name for column in PACKAGE_COLUMNS}


def _file(
    path: str, language: str, imports: list[str] | None = None, role: Role = Role.MODULE, kind: str = "source"
) -> RawFile:
    return RawFile(
        path=path, sha256="", size=1, kind=kind, language=language, role=role, values={}, observations=[], cut=[],
        imports=imports or [],
    )  # fmt: skip
