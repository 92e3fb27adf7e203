"""A name may be left aside only where nothing can be done with it. Fixtures are inert."""

import pytest

from darnel.features.languages.python_idle import Texts
from darnel.features.languages.python_relevance import places
from darnel.features.languages.python_words import words_of


def found(data: str) -> bool:
    source = data.encode() + b"\n"
    return any(True for _ in places(source, words_of(source)))


IDLE = [
    "def f(s: {n}) -> None: ...",
    "def f(a: str = 'x', s: {n} | None = None, *rest: {n}): ...",
    "def f(\n    a: dict[str, {n}],\n    *,\n    s: Optional[{n}],\n): ...",
    "def f(a) -> {n}:\n    return a",
    "def f(a) -> tuple[str, {n}]:\n    return a",
    "class A:\n    s: {n}\n    t: {n} = None\n",
    "class A:\n    def __init__(self):\n        self.s: {n} | None = None\n",
    "if isinstance(x, {n}): ...",
    "if not issubclass(x, ({n}, int)): ...",
    "help = 'It says {n} of the other one.'",
    'help = """It says {n}\nof the other one."""',
]


@pytest.mark.parametrize("name", ["socket.socket", "subprocess.Popen"])
@pytest.mark.parametrize("form", IDLE)
def test_classes_in_annotations_checks_and_texts_do_nothing(form: str, name: str) -> None:
    module = name.partition(".")[0]
    assert not found(f"import {module}\n{form.format(n=name)}")
    assert found(f"import {module}\nx = {name}()\n{form.format(n=name)}")


ACTING = [
    "def f(s=os.system): s('x')",
    "def f(s: object = os.system): s('x')",
    "def f(s: os.system('x')): ...",
    "def f(s: [os.system][0]('x')): ...",
    "def f(s: (os.system)('x')): ...",
    "def f(s: [os.system, 1][0]('x')): ...",
    "def f(s: os.system): ...\nf.__annotations__['s']('x')",
    "def f(s: os.system): ...\ntyping.get_type_hints(f)['s']('x')",
    "def f(s: os.environ): ...",
    "def f(a) -> os.system('x'): ...",
    "def f(a) -> [os.system][0]('x'): ...",
    "s: object = os.system\ns('x')",
    "s: [os.system][0]('x')",
    "d = {run: os.system}\nd[run]('x')",
    "d = {\n    run: os.system,\n    x: 1,\n}\nd[run]('x')",
    "d = {\n    run: os.system\n}\nd[run]('x')",
    "d = {\n    run: os.system\n    if x else y\n}\nd[run]('x')",
    "d = {\n    x: 1,\n    run: os.system\n    , y: 2\n}\nd[run]('x')",
    "f(lambda x: os.system, 'x')",
    "def f(g=lambda x: os.system): g(1)('x')",
    "f(a)\ng = (lambda\n    x: os.system\n)\ng(1)('x')",
    "def f(a, b={x: os.system}): b[x]('x')",
    "def f(a): return g(a, {\n    x: os.system})",
    "if isinstance(x, os.system('x')): ...",
    "f'{os.system(1)}'",
    'f\'{"a" + os.system("b")}\'',
    'f"{"a" + os.system("b")}"',
    'f"{x:\n"""}"; os.system(1)\n"""b"""',
    'f"{y\n+ x}" if os.system("id") else "b"',
    "x = 'a \\\nb' + os.system('c')",
    "x = 'it' # 's\nos.system('c')",
    "eval('x + os.environ + 1')\nhelp = 'It says os.environ of it.'",
    "run('a; os.system(x)')",
    "run('exec(x)')",
    "getattr(os, 'system')",
    "sys.modules['os']",
    "f = open",
    "f(x, y=open)",
    "class A:\n    open=open",
    "f = file\nf('x')",
    "def g(x): file('x')",
]


@pytest.mark.parametrize("line", ACTING)
def test_what_may_be_called_is_found(line: str) -> None:
    assert found(f"import os, sys, socket\n{line}")


@pytest.mark.parametrize(
    "line",
    [
        "print('a', file=file)",
        "def f(file=None):\n    self.file = file",
        "class A:\n    def compile(self): ...",
        "f(open=open)",
        "x = 'Copies file(s) to another place.'",
    ],
)
def test_builtins_that_are_words_as_well(line: str) -> None:
    assert not found(line)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("x = 'a HERE b'", b"a HERE b"),
        ('x = """a\nHERE\nb"""', b"a\nHERE\nb"),
        ("x = 'a' + HERE + 'b'", None),
        ("x = f'{HERE}'", None),
        ('x = f"""{HERE}"""', None),
        ("x = 'a' # HERE", None),
        ("x = 'a\\'' + HERE + 'b'", None),
    ],
)
def test_texts_around_a_name(line: str, text: bytes | None) -> None:
    data = line.encode()
    assert Texts(data).around(data.index(b"HERE")) == text
