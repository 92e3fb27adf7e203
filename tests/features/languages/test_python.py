"""Fixtures here are hand-written and inert: hosts under example.invalid, no working payload."""

import pytest

from darnel.features import syntax
from darnel.features.languages.registry import grammar_versions, language_for
from darnel.features.limits import DEFAULT_LIMITS
from tests.features.languages.observed import facts, seen


def test_arguments_decide() -> None:
    def behaviours(source: str) -> set[str]:
        return set(seen(source))

    assert "file.write" in behaviours("open('a', 'wb')") - behaviours("open('a')")
    assert behaviours("import os\nos.environ['HOME']") == {"env.one"}
    assert behaviours("import os\nos.getenv('AWS_SECRET_ACCESS_KEY')") == {"env.secret"}
    assert behaviours("import os\nx = dict(os.environ)") == {"env.all"}
    assert behaviours("import os\nos.environ['A'] = 'b'") == set()
    assert behaviours("import os\nif 'GITHUB_ACTIONS' in os.environ: pass") == {"env.one", "guard.ci"}
    assert "spawn.shell" in behaviours("import subprocess\nsubprocess.run(x, shell=True)")
    assert "spawn.hidden" in behaviours("import subprocess\nsubprocess.Popen(x, creationflags=0x08000000)")
    assert "hide.silence" in behaviours("import subprocess\nsubprocess.Popen(x, stdout=subprocess.DEVNULL)")
    assert "spawn.packager" in behaviours(
        "import subprocess, sys\nsubprocess.call([sys.executable, '-m', 'pip', 'install', 'x'])"
    )
    assert "net.insecure" in behaviours("import requests\nrequests.get(u, verify=False)")
    assert behaviours("import urllib.request as r\nr.urlopen(u)") == {"net.fetch"}
    assert behaviours("import urllib.request as r\nr.urlopen(u, data=d)") == {"net.send"}
    assert behaviours("import requests\nrequests.request('POST', u)") == {"net.send"}
    assert behaviours("import time\ntime.sleep(1)") == set()
    assert behaviours("import time\ntime.sleep(600)") == {"guard.delay"}
    assert behaviours("import yaml\nyaml.load(x, Loader=yaml.SafeLoader)") == set()
    assert "code.deserialise" in behaviours("import yaml\nyaml.load(x)")
    assert "file.executable" in behaviours("import os\nos.chmod(p, 0o755)") - behaviours(
        "import os\nos.chmod(p, 0o644)"
    )


def test_receivers_have_the_class_they_were_made_from() -> None:
    source = "import requests, socket\ns = requests.Session()\ns.post(u)\n"
    source += "def f():\n    s = socket.socket()\n    s.connect(a)\n    s.send(b)\n"
    apis = {o.api for o in facts(source).observations}
    assert {"requests.Session.post", "socket.socket.connect", "socket.socket.send"} <= apis
    assert "smtplib.SMTP.sendmail" in facts("import smtplib\nwith smtplib.SMTP(h) as s:\n    s.sendmail(a, b, c)").calls


def test_what_runs_with_the_file() -> None:
    source = """
import os
def called():
    os.system("a")
def idle():
    os.popen("b")
class C:
    os.getlogin()
    def __init__(self):
        os.startfile("c")
@decorate(os.uname())
def other(): pass
called()
C()
if __name__ == "__main__":
    exec(x)
"""
    found = {o.api: o.top for o in facts(source).observations}
    assert found["os.system"] is True
    assert found["os.popen"] is False
    assert found["os.getlogin"] is True
    assert found["os.startfile"] is True
    assert found["os.uname"] is True
    assert found["exec"] is False


def test_threads_and_exit_handlers_run_their_targets() -> None:
    source = "import threading, atexit, os\ndef f():\n    os.system('x')\nthreading.Thread(target=f).start()\n"
    assert seen(source)["spawn.shell"].top
    assert seen(source.replace("threading.Thread(target=f).start()", "atexit.register(f)"))["spawn.shell"].top


def test_install_commands_run_their_methods() -> None:
    source = """
from setuptools import setup
from setuptools.command.install import install as base
class Hook(base):
    def run(self):
        base.run(self)
        self.go()
    def go(self):
        import os
        os.system("x")
setup(cmdclass={"install": Hook})
"""
    found = seen(source)
    assert found["install.hook"].top
    assert found["spawn.shell"].top
    assert "install.hook" not in seen("from setuptools import setup\nsetup(name='x')")


def test_a_command_that_builds_is_no_hook_though_its_methods_run() -> None:
    source = """
import os
from setuptools import setup
from setuptools.command.build_ext import build_ext
class Optional(build_ext):
    def run(self):
        os.system("x")
setup(cmdclass={"build_ext": Optional})
"""
    found = seen(source)
    assert "install.hook" not in found
    assert found["spawn.shell"].top
    assert "install.hook" in seen(source.replace('"build_ext":', '"develop":'))


def test_order_is_evaluation_order() -> None:
    source = "import requests, base64, os\nrequests.post(u, data=base64.b64encode(open('a').read()))"
    observations = sorted(facts(source).observations, key=lambda o: o.order)
    assert [o.behaviour for o in observations] == ["file.read", "encode.text", "net.send"]
    assert len({o.statement for o in observations}) == 1


def test_guards_swallowing_padding_and_shells() -> None:
    assert seen("import platform\nif platform.system() == 'Windows': pass")["guard.host"].api == "compare:platform"
    assert "guard.sandbox" in seen("import sys\nif sys.gettrace() is not None: pass")
    assert "hide.swallow" in seen("import os\ntry:\n    os.system('x')\nexcept Exception:\n    pass\n")
    assert "hide.swallow" not in seen("try:\n    import json\nexcept ImportError:\n    json = None\n")
    assert "hide.padding" in seen("import os" + " " * 200 + ";exec(x)")
    assert "hide.padding" not in seen("x = 'a" + " " * 200 + "b'")
    shell = "import socket, os\ns = socket.socket()\ns.connect(a)\nos.dup2(s.fileno(), 0)\n"
    assert "spawn.reverse" in seen(shell)
    assert "spawn.reverse" not in seen("import os\nos.dup2(a, 0)")
    assert "hide.names" in seen("\n".join(f"_0x{i:04x} = {i}" for i in range(20)))


def test_ordinary_code_is_quiet() -> None:
    source = '''
"""Docs mention https://example.invalid and exec(x)."""
import argparse, json, logging, re
from pathlib import Path

log = logging.getLogger(__name__)
PATTERN = re.compile(r"a+")

class Tool:
    """A tool."""

    def __init__(self, path: str, *, size: int = 3) -> None:
        self.path = Path(path)
        self.items = [x for x in range(size) if getattr(self, "flag", None)]

    def run(self, parser: argparse.ArgumentParser) -> str:
        value = "{} and %s".format(self.path) % ", ".join(map(str, self.items))
        return value.replace("a", "b") + f"{value!r}"
'''
    result = facts(source)
    assert result.observations == []
    assert not any("exec" in literal.value for literal in result.literals)
    assert "argparse" in result.imports
    assert {"Tool", "run", "path", "value", "PATTERN"} <= set(result.identifiers)


def test_values_are_declared_columns() -> None:
    values = facts("import os\nx = lambda y: os.getcwd(y)\nx(1); x(2)\n").values
    syntax.check(values)
    assert values["syntax.calls"] == 3
    assert values["syntax.lambdas"] == 1
    assert values["syntax.statements_per_line"] == 2
    assert values["syntax.top_share"] == 1
    with pytest.raises(KeyError, match=r"syntax\.unheard"):
        syntax.check({"syntax.unheard": 1.0})
    assert facts("").values["syntax.bytes"] == 0


def test_registry_knows_python() -> None:
    def language(path: str, data: bytes = b"") -> str:
        found = language_for(path, data)
        return found.name if found else ""

    assert language("a/b.py") == language("b.pyw") == language("x.pth") == language("n.ipynb") == "python"
    assert language("bin/tool", b"#!/usr/bin/env python3\nimport os\n") == "python"
    assert language("tool.txt", b"#!/usr/bin/python2.7 -u\n") == "python"
    assert grammar_versions()["tree-sitter-python"]
    pth = language_for("x.pth", b"")
    assert pth is not None
    result = pth.analyse(b"./folder\nimport os;os.system('x')\nexec('no')\n", DEFAULT_LIMITS)
    assert [(o.behaviour, o.line) for o in result.observations] == [("spawn.shell", 2)]
    book = language_for("x.ipynb", b"")
    assert book is not None
    cells = b'{"cells": [{"cell_type": "code", "source": ["%pip install x\\n", "import os\\n", "os.system(\'x\')"]}]}'
    assert [o.behaviour for o in book.analyse(cells, DEFAULT_LIMITS).observations] == ["spawn.shell"]
    for broken in (
        b"",
        b"[",
        b"[]",
        b'{"cells": 3}',
        b"[" * 100_000,
        b'{"cells": [{"cell_type": "code", "source": [1]}]}',
    ):
        assert book.analyse(broken, DEFAULT_LIMITS).observations == []
