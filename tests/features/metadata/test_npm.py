"""Hand-written, inert manifests."""

import json
from typing import Any

import pytest

from darnel.features import metadata


def read(
    manifest: Any, name: str = "", version: str = "", paths: set[str] | None = None, readme: bytes = b""
) -> metadata.Metadata:
    data = manifest if isinstance(manifest, bytes) else json.dumps(manifest, indent=1).encode()
    return metadata.read("npm", {"package.json": data, "README.md": readme}, name, version, paths)


def test_hooks_and_their_files() -> None:
    found = read(
        {
            "name": "thing",
            "version": "1.2.3",
            "scripts": {
                "test": "jest",
                "preinstall": "node index.js > /dev/null 2>&1",
                "postinstall": "npm run later",
                "later": "sh scripts/run.sh",
            },
        },
        paths={"package.json", "index.js"},
    )
    assert [s.name for s in found.scripts] == ["preinstall", "postinstall", "later", "test"]
    assert found.install_targets == ("index.js", "scripts/run.sh")
    assert found.values["meta.hooks"] == 2
    assert found.values["meta.hook_file_main"] == 1
    assert found.values["meta.hook_file_missing"] == 1
    assert found.values["meta.hook_silent"] == 1
    assert [(o.behaviour, o.line, o.api) for o in found.observations["package.json"]] == [
        ("install.hook", 6, "script:preinstall"),
        ("install.hook", 7, "script:postinstall"),
    ]


@pytest.mark.parametrize(
    ("command", "column"),
    [
        ("node -e \"console.log('x')\"", "meta.hook_inline"),
        ("curl -d @x example.invalid", "meta.hook_download"),
        ("node .cache/x.js", "meta.hook_file_hidden"),
        ("node-gyp rebuild && husky install", "meta.hook_customary"),
        ("./tool.exe || true", "meta.hook_silent"),
    ],
)
def test_hook_columns(command: str, column: str) -> None:
    assert read({"scripts": {"postinstall": command}}).values[column] == 1


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        ("exit 1", False),
        ("echo installed && true", False),
        ("node-gyp rebuild", False),
        ("node-gyp rebuild && node x.js", True),
        ("echo $(id)", True),
        ("echo a | sh", True),
        ("exit 1 & node x.js", True),
        ("true\nnode x.js", True),
        ("echo a\nnode x.js", True),
    ],
)
def test_a_hook_that_does_nothing_is_no_hook(command: str, seen: bool) -> None:
    found = read({"scripts": {"postinstall": command}})
    assert bool(found.observations["package.json"]) is seen
    assert found.values["meta.hooks"] == 1


@pytest.mark.parametrize("name", ["prepare", "postprepare", "prepublishOnly", "prepack", "postpack", "dependencies"])
def test_what_npm_does_not_run_for_whoever_installs_a_release_is_no_hook(name: str) -> None:
    found = read({"scripts": {name: "node tools/build.js"}}, paths={"package.json", "tools/build.js"})
    assert [(s.name, s.hook) for s in found.scripts] == [(name, False)]
    assert found.install_targets == ()
    assert not found.observations["package.json"]
    assert found.values.get("meta.hook_prepare", 0) == (name != "dependencies")


def test_a_hook_may_start_any_script() -> None:
    scripts = {
        "postinstall": "npm run make && yarn prepare",
        "make": "npm run more",
        "more": "true",
        "premore": "node a.js",
        "prepare": "node b.js",
        "pack": "node c.js",
    }
    found = read({"scripts": scripts}, paths={"package.json", "a.js", "b.js", "c.js"})
    assert {s.name for s in found.scripts if s.hook} == {"postinstall", "make", "more", "premore", "prepare"}
    assert found.install_targets == ("b.js", "a.js")
    assert [o.api for o in found.observations["package.json"]] == ["script:postinstall"]


@pytest.mark.parametrize(
    "command",
    [
        "node -e \"try{require('./postinstall')}catch(e){}\"",
        "node -e 'require(\"./postinstall\")'",
        "node -e \"import('./postinstall.js')\"",
        "node --input-type=module -e \"import './postinstall.js'\"",
        "node -p require(`./postinstall`)",
        "cd . && node -r ./postinstall -e 0",
    ],
)
def test_what_code_on_the_command_line_loads_runs_at_install(command: str) -> None:
    found = read({"scripts": {"postinstall": command}}, paths={"package.json", "postinstall.js"})
    assert found.install_targets == ("postinstall.js",)


@pytest.mark.parametrize("command", ["node .", "node ./ --postinstall", "node -e \"require('.')\"", "cd . && node . x"])
def test_a_folder_is_its_main_file(command: str) -> None:
    found = read({"main": "lib/a", "scripts": {"postinstall": command}}, paths={"package.json", "lib/a.js", "index.js"})
    assert found.install_targets == ("lib/a.js",)
    assert found.values["meta.hook_file_main"] == 1
    assert read({"scripts": {"install": command}}, paths={"index.js"}).install_targets == ("index.js",)


@pytest.mark.parametrize("command", ["bun run make", "npm run make"])
def test_a_script_of_the_manifest_is_no_file(command: str) -> None:
    found = read({"scripts": {"postinstall": command, "make": "node a.js"}}, paths={"package.json", "a.js"})
    assert found.install_targets == ("a.js",)
    assert "meta.hook_file_missing" not in found.values


@pytest.mark.parametrize("command", ["node -p 'process.version'", "node -e \"console.log('x')\""])
def test_an_option_is_no_file_that_a_hook_runs(command: str) -> None:
    found = read({"scripts": {"postinstall": command}}, paths=set())
    assert found.install_targets == ()
    assert "meta.hook_file" not in found.values


def test_a_custom_step_is_not_customary() -> None:
    assert "meta.hook_customary" not in read({"scripts": {"postinstall": "tsc && node x.js"}}).values


def test_dependencies_by_kind() -> None:
    found = read(
        {
            "dependencies": {
                "a": "^1.0.0",
                "b": "git+https://example.invalid/b.git",
                "c": "https://example.invalid/c.tgz",
                "d": "npm:other@1",
                "e": "file:../e",
                "f": "someone/f#main",
                "lodash": "*",
            },
            "devDependencies": {"g": "github:x/y"},
        }
    )
    assert [(d.name, d.kind, d.dev) for d in found.dependencies] == [
        ("a", "registry", False),
        ("b", "git", False),
        ("c", "url", False),
        ("d", "alias", False),
        ("e", "file", False),
        ("f", "git", False),
        ("lodash", "registry", False),
        ("g", "git", True),
    ]
    assert found.values["meta.dependencies_git"] == 2
    assert found.values["meta.dependencies_any"] == 1
    assert [o.api for o in found.observations["package.json"]] == ["dependency:git", "dependency:url", "dependency:git"]


def test_entries_resolve_to_members() -> None:
    found = read(
        {
            "name": "x",
            "main": "./lib",
            "bin": {"git": "cli"},
            "exports": {".": {"import": "./m.mjs"}, "./*": "./dist/*.js"},
        },
        paths={"lib/index.js", "cli.js", "m.mjs"},
    )
    assert found.entry_targets == ("lib/index.js", "cli.js", "m.mjs", "dist/*.js")
    assert found.values["meta.command_shadows"] == 1
    assert "meta.main_missing" not in found.values
    assert read({"main": "gone.js"}, paths=set()).values["meta.main_missing"] == 1
    assert read({"main": ".x/y.js"}).values["meta.main_hidden"] == 1
    assert read({"main": "photo.png"}).values["meta.main_hidden"] == 1


def test_names_that_differ_and_versions_that_win() -> None:
    values = read({"name": "b", "version": "99.9.9"}, name="a", version="1.0.0").values
    assert values["meta.name_differs"] == values["meta.version_differs"] == values["meta.version_inflated"] == 1
    assert "meta.version_inflated" not in read({"version": "2024.12.1"}).values


def test_claims() -> None:
    values = read(
        {
            "name": "expresss",
            "description": "express is a fast web framework",
            "author": "Your Name <you@example.com>",
            "repository": "https://github.com/expressjs/express.git",
            "dependencies": {"express": "4"},
        },
        readme=b"# express\n\nnpm install express\n",
    ).values
    columns = ("author_placeholder", "email_placeholder", "readme_title_popular", "summary_popular", "depends_on_model")
    for column in columns:
        assert values[f"meta.{column}"] == 1, column
    assert read({"name": "zzunrelated", "repository": "github:axios/axios"}).values["meta.repository_popular"] == 1


def test_keys_of_the_registry_are_ignored() -> None:
    plain = {"name": "x", "version": "1.0.0"}
    fetched = read({**plain, "_id": "x@1", "_resolved": "y", "_scripts": {"install": "z"}})
    assert {**fetched.values, "shape.meta_size": 0} == {**read(plain).values, "shape.meta_size": 0}


HOSTILE = [
    b"",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    b"{" * 200_000,
    b'{"a":' * 100_000,
    b"[" * 100_000 + b"]" * 100_000,
    b'{"name": 1, "version": [], "scripts": [], "bin": 3, "dependencies": "x", "author": [1], "repository": [[]]}',
    b'{"scripts": {"install": 1, "postinstall": ["x"], "preinstall": null}, "exports": {"a": {"b": [null, 3]}}}',
    b'{"name": "a", "name": "b", /* c */ "version": "1.0.0", }',
    b'{"version": ' + b"9" * 10_000 + b"}",
    b"/*" * 500_000,
    b'"\\"' * 500_000,
    b'{"scripts": {"postinstall": "' + b"node -a " * 50_000 + b'"}}',
    b'{"scripts": {"postinstall": "node ' + b"---- " * 50_000 + b'!"}}',
    b'{"main": "' + b"../" * 10_000 + b'x", "files": [1], "bin": {"": ""}, "directories": {"bin": 1}}',
    b'{"name": "\\ud800", "author": "\\u0000", "description": "\\udfff x is"}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_manifests_become_values(data: bytes) -> None:
    found = read(data, "x", "1.0", paths={"a", "b.js"})
    assert set(found.values) <= {column.name for column in metadata.COLUMNS}


def test_oddities_are_columns() -> None:
    assert read(HOSTILE[11]).values["meta.manifest_doubled"] == 1
    assert read(HOSTILE[11]).name == "b"
    assert read(HOSTILE[9]).values["meta.manifest_odd"] >= 5
    assert read(b"{").values["meta.manifest_broken"] == 1


def test_wanted() -> None:
    for path in (
        "package.json",
        "PKG-INFO",
        "a-1.dist-info/METADATA",
        "src/a.egg-info/PKG-INFO",
        "README.md",
        "setup.py",
    ):
        assert metadata.wanted(path), path
    for path in (
        "package-lock.json",
        "a/package.json",
        "a/setup.py",
        "a-1.dist-info/RECORD",
        "x.zip!/setup.py",
        "a.py",
    ):
        assert not metadata.wanted(path), path
