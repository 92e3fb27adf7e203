"""What compiled kernels read off Python sources is what their twins in Python do, and takes as long as these are."""

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import kernels
from darnel.features.languages import python_cuts, python_links
from darnel.features.languages.python_bare import continued, long_strings, stripped
from darnel.features.languages.python_cuts import heads
from darnel.features.languages.python_links import imported
from tests.features.kernels.test_twins import anything, same

pytestmark = pytest.mark.skipif(not kernels.TWINS, reason="nothing is compiled here")

TOKENS = [b"'", b'"', b"'''", b'"""', b"#", b"\\", b"\n", b"\r", b"\r\n", b" ", b"\t", b"    ", b"\n    ", b"\n\t"]
TOKENS += [b"a", b"1", b"(", b")", b"]", b"{", b"{{", b"}", b":", b";", b",", b".", b"@", b"*", b"=", b"_", b"\f"]
TOKENS += [b"\x1c", b"\xef\xbb\xbf", b"\xc3\xa9", b"\xff", b"r", b"f", b"rF", b"t", b"u", b"b", b"def f", b"def "]
TOKENS += [b"async def g", b"class A", b"lambda", b"lambda:", b"__doc__", b"return", b"if ", b"TYPE_CHECKING:"]
TOKENS += [b"import", b"import a", b"from ", b"from a import ", b"from .b import (", b"__import__('c')"]
TOKENS += [b"import_module", b"SourceFileLoader", b"load_source", b"run_path", b"spec_from_file_location"]
TOKENS += [b'\n    """x"""\n', b"\n@a\n", b"\ndef f():\n", b"\n\n"]
"""What the regular expressions look for, and what stands around it."""

source = st.lists(st.sampled_from(TOKENS), max_size=40).map(b"".join) | anything


def compare(data: bytes) -> None:
    """All lexers on a source, as they follow each other."""
    same(long_strings.__name__, data)
    same(continued.__name__, data, 0, len(data))
    found = long_strings(data)
    same(stripped.__name__, data, *found)
    same(heads.__name__, data, *found)
    same(imported.__name__, data)
    pure, compiled = kernels.TWINS[imported.__name__]
    assert list(pure(data)[0]) == list(compiled(data)[0])  # in order


@settings(max_examples=1_500, deadline=None)
@given(source)
def test_sources(data: bytes) -> None:
    compare(data)


@settings(max_examples=300, deadline=None)
@given(source, st.integers(0, 99), st.integers(0, 99))
def test_parts(data: bytes, start: int, end: int) -> None:
    same(continued.__name__, data, min(start, len(data)), min(end, len(data)))


@settings(max_examples=300, deadline=None)
@given(source, st.data())
def test_strings_that_end_early(data: bytes, draw: Any) -> None:
    strings, certain = long_strings(data)
    certain = draw.draw(st.integers(0, certain))
    strings = [span for span in strings if span[1] <= certain]
    same(stripped.__name__, data, strings, certain)
    same(heads.__name__, data, strings, certain)


LIMIT = 70
"""More than any count could be off by."""
SMALL = 5_000
"""Bytes of sources that are compared with their ends cut off too."""


@pytest.mark.parametrize(
    "data",
    [
        b"".join(b"import a%d\n" % n for n in range(python_links.MAX_LINKS + LIMIT)),
        b"important\n" * (python_links.MAX_HITS - 1) + b"import a\nimport b\n",
        b"def f():\n" + b"".join(b" import a%d\n" % n for n in range(python_links.MAX_INDENTED + LIMIT)),
        b"import " + b",".join(b"a%d" % n for n in range(python_links.MAX_NAMES + LIMIT)),
        b"import " + b"1," * (python_links.MAX_NAMES - 1) + b"a, b",
        *(b"a" + b" " * n + b"import a\n" for n in range(395, 405)),
        *(b";" + b" " * n + b"import a\n" for n in range(395, 405)),
        *(b";from " + b"a" * n + b" import b\n" for n in range(195, 205)),
        *(b";from" + b" " * n + b"a import b\n" for n in range(195, 205)),
        *(b"from a import" + b" " * n + b"(b,\nc)\n" for n in range(35, 45)),
        *(b"import " + b" " * n + b"a, b\n" for n in range(3_990, 4_000)),
        *(b"import \\\r\n" + b"\\\n" * n + b"a, b\n" for n in range(3_990, 4_000)),
        *(b"from a import (" + b" " * n + b"b, c)\n" for n in range(3_990, 4_000)),
        *(b"def f():\n" + b"  #\n" * 1_996 + b"\n" * n + b" import a\n" for n in range(24)),
        *(b"if a:\n" + b" " * 200 + b"def f():\n" + b" " * n + b"import a\n" for n in range(198, 204)),
        b"if TYPE_CHECKING:\n    import a\nif a:\n    import b\nasync  def f():\n    if a:\n        import c\n",
        b"from a import (  # b, c\n    d as e, # (\n    (f), g(,\n    h.i, *, \\\n    j\x1ck (\n)\n",
        b"from . import a, b\nfrom .. a . b import *\nfrom a.b. import c\nfrom  import d\nfrom import e\nimport *\n",
        b"from a, b import c\nfrom \xc3\xa9 import c\nimport \xc3\xa9, a\nfrom a; b import c\nfrom a;from b import c\n",
        b"x: import a\nx = lambda: from b import c\nx import d\n__import__('e')\nx = y.import_module ( r'f.g')\n",
        *(b"f(lambda" + b" " * n + b"\n:'')\ndef f():\n    '''a'''\n" for n in range(396, 404)),
        *(b"def f(a,\n" + b" " * n + b"):\n  '''a'''\n" for n in range(390, 404)),
        b"alambda\n'''a'''\n",
        b"lambda_\n'''a'''\n",
        *(b"x = a " + word + b"\n'''a'''\n" for word in b"in is not lambda del xin \xc3\xa9in in1 ) ] } : ,".split()),
        b"\xef\xbb\xbf  # a\r\n\r\n#b\n '''a''' \t# c\r\n",
        b"'''a'''\\\n'''b'''\n",
        b"x = 'a\\\r\n",
        *(b"\nx = a " + sign + b" b\n'''a'''\n" for sign in b"' \" # \\ '' + ?".split()),
        *(b" " * n + b"x = 1\n" + b"\n" + b" " * n + b"def f():\n" + b" " * n + b"class A:\n" for n in range(10)),
        b"@a\n@b\nclass A:\n  @c\n  async\tdef f(self):\n    def g(): pass\n  class B: pass\n@ a\n@1\nclass_\n",
        b"def_ f\nasync f\nasync def\nasync def 1\ndef\tf\nasyncdef f\n def",
        b"x = '''\ndef f(): pass\n'''\ndef g(): pass\nx = '",
    ],
)
def test_limits(data: bytes) -> None:
    compare(data)
    for size in range(max(len(data) - LIMIT, 0), len(data) if len(data) < SMALL else 0):
        compare(data[:size])


PATTERNS = [b"'", b'"', b"'\"", b"\\", b"#", b" ", b"\t", b"\n", b"\r", b"\\\n", b"'\\\n", b"#\r", b"@", b"(", b"{"]
PATTERNS += [b"f'", b"'''", b"''' ", b"'''\n", b"'''#", b"'''\\\n", b"'''\\'''", b"'''x'''\n", b"import", b"import("]
PATTERNS += [b"import a", b"import a\n", b" import a\n", b"from a import ", b"from \xff import(\\\n", b"lambda ", b"_"]
PATTERNS += [b"run_path", b"\n def", b"\n  def f"]
MOST = 3.0
"""Seconds of processor that a megabyte may take: quadratic, it takes minutes."""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_time_is_linear(pattern: bytes) -> None:
    text = pattern * (1_000_000 // len(pattern))
    for data in (text, b"def f():\n  '''a'''\n" + text, b"x = '''" + text, b"  x = (\n" + text + b"\n'''a'''\n"):
        began = time.process_time()
        python_cuts.cut(data)
        stripped(data, *long_strings(data))
        continued(data, 0, len(data))
        imported(data)
        assert time.process_time() - began < MOST
