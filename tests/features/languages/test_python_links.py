"""Which modules a Python file imports, from its bytes. Fixtures are inert."""

from time import process_time

import pytest

from darnel.features.languages.python_links import MAX_LINKS, links


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (b"import os", ["os"]),
        (b"import os, a.b as c  # why", ["os", "a.b"]),
        (b"from . import x, y as z", [".x", ".y"]),
        (b"from .a import (\n    b,  # one\n    c as d,\n)", [".a", ".a.b", ".a.c"]),
        (b"from a.b import *", ["a.b"]),
        (b"from .. a import b", ["..a", "..a.b"]),
        (b"import a; import b", ["a", "b"]),
        (b"from a import b; import c", ["a", "a.b", "c"]),
        (b"from a import b, \\\n    c", ["a", "a.b", "a.c"]),
        (b"try:\n    import a\nexcept ImportError:\n    from .b import c\n", ["a", ".b", ".b.c"]),
        (b"if x: import a", ["a"]),
        (b"def f():\n    if x:\n        import a\n\nimport b\n", ["~a", "b"]),
        (b"class A:\n    import a\n    async def f(self):\n        import b\n", ["a", "~b"]),
        (b"if TYPE_CHECKING:\n    from a import b\nimport c\n", ["c"]),
        (b"x = __import__(\"a.b\")\ny = importlib.import_module('a.c')\n", ["a.b", "a.c"]),
        (b"p = join(here, 'a', 'b.py')\nspec_from_file_location('x', p)\n", ["a.b", "b"]),
        (b"SourceFileLoader('x', 'a/b.py')\nq = here / 'c' / \"d.py\"\n", ["a.b", "c.d", "d"]),
        (b"p = join(here, 'a', 'b.py')\n", []),
        (b"# import a\nimportant = 1\n'an import of note'\nimport_(a)\n", []),
        (b"import", []),
        (b"from", []),
        (b"import 1, ->, a", ["a"]),
    ],
)
def test_modules_as_written(source: bytes, wanted: list[str]) -> None:
    assert links(source) == wanted


@pytest.mark.parametrize(
    "source",
    [
        b"import a%d\n" * 100_000,
        b"import " * 300_000,
        b"    import a\n" * 100_000,
        b"from " * 300_000 + b"import a",
        b"import " + b"a," * 1_000_000,
        b"from a import (" + b"b," * 1_000_000,
        b"x" * 3_000_000 + b"; import a" * 10_000,
        b"".join(b"import a%d\n" % i for i in range(100_000)),
        b"def f():\n" + b" " * 5_000 + b"import a\n" * 50_000,
        b"\x00\xff import \xff\n" * 100_000,
    ],
)
def test_hostile_sources_are_bounded(source: bytes) -> None:
    started = process_time()
    assert len(links(source)) <= MAX_LINKS
    assert process_time() - started < 2
