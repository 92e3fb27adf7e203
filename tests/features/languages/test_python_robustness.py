"""Hostile and broken sources become facts, never exceptions or hangs."""

from dataclasses import replace
from time import perf_counter, process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from darnel.features import syntax
from darnel.features.languages.python import analyse
from darnel.features.languages.windows import cut, shortened
from darnel.features.limits import DEFAULT_LIMITS, MIB

SLOW = replace(DEFAULT_LIMITS, parse_seconds=60.0)
FAST = replace(DEFAULT_LIMITS, parse_seconds=2.0)


@pytest.mark.parametrize(
    "data",
    [
        b"\x00" * 1000,
        b"\xff\xfei\x00m\x00p\x00o\x00r\x00t\x00 \x00o\x00s\x00",
        b"import os\x00\nos.system('x')\n",
        "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
        b"(" * 100_000,
        b"(" * 100_000 + b")" * 100_000,
        b"[" * 100_000 + b"1",
        b"x = " + b"-" * 100_000 + b"1",
        b"f" + b"(f" * 50_000 + b")" * 50_000,
        b"a" + b".a" * 100_000 + b"()",
        b"a" + b"()" * 50_000,
        b"x = " + b"'a'+" * 50_000 + b"'b'",
        b"x = " + b"1+" * 50_000 + b"1",
        b"if x:\n" + b"".join(b" " * i + b"if x:\n" for i in range(1, 300)),
        b"lambda: " * 30_000 + b"0",
        b"getattr(o, " * 5_000 + b"'a'" + b")" * 5_000,
        b"getattr(o, 'a')" * 1 + b"('b')" * 5_000,
        b"x = [" + b"1," * 400_000 + b"]\ny = bytes(x)\n",
        b"x = bytes([" + b"1," * 400_000 + b"])\n",
        b"a = 'x' * 100000\n" * 200 + b"b = a * 100000\n",
        b"x0 = 'a'\n" + b"".join(b"x%d = x%d + x%d\n" % (i + 1, i, i) for i in range(400)) + b"exec(x400)\n",
        b"a = b\nb = a\na()\nexec(a)\n",
        b"def f(x):\n    return f(x)\nexec(f('a'))\n",
        b"f = lambda x: f(x) + g(x)\ng = lambda x: f(x) + g(x)\nexec(f('a'))\n",
        b"''.join(chr(i) for i in range(10**12))",
        b"exec(b'a'.encode('utf-8'))\nx = b'a'.format(1)\nb'a'.hex().index('b')\n",
        b"exec('x' * 10**12)",
        b"x = 9**9**9**9\ny = '%1000000000d' % 5\nz = '{:1000000000}'.format(5)\n",
        b"exec('''" + b"exec(" * 1000 + b"''')",
        b"os.environ;" * 20_000,
        b"try:\n x()\nexcept: pass\n" * 5_000,
        b"import os\n" + b"os.system('x')\n" * 20_000,
        b"'" + b"\\x41" * 300_000 + b"'",
        b"f'" + b"{f'" * 5_000,
        b"import os\nx = 'a' + y\nx = x + y\nx = y + x\ny = x + z\nos.system(x)\n",
        b"import os\n" + b"".join(b"x%d = x%d + a + x%d\n" % (i + 1, i, i) for i in range(500)) + b"os.system(x500)\n",
        b"import os\nx = 'a'\n" + b"x += 'abcdefgh'\nos.system(x)\n" * 10_000,
        b"A = 'a' * 5000\no = ''\n" + b"for c in A:\n o += chr(ord(c) ^ 1)\nexec(o)\n" * 500,
        b"import os\nos.system(" + b"[" * 2_000 + b"'a'" + b"]" * 2_000 + b")\n",
    ],
    ids=lambda data: repr(data[:20]),
)
def test_attacks_end_in_time(data: bytes) -> None:
    start = perf_counter()
    facts = analyse(data, FAST)
    assert perf_counter() - start < 8
    syntax.check(facts.values)


def test_one_giant_line_is_cut_and_its_middle_is_seen() -> None:
    filler = b"x = 1; " * (4 * MIB // 7)
    data = filler + b"import os; os.system('id'); " + filler
    facts = analyse(data, SLOW)
    assert "parse-bytes" in facts.cut
    found = [o for o in facts.observations if o.behaviour == "spawn.shell"]
    assert found
    assert data[found[0].order - len("os.system('id')") : found[0].order] == b"os.system('id')"
    assert found[0].line == 1


def test_lines_of_a_cut_file_are_the_files_own() -> None:
    filler = b"x = 1\n" * (2 * MIB // 6)
    data = filler + b"import os\nos.system('id')\n" + filler + b"exec(x)\n"
    lines = {o.behaviour: o.line for o in analyse(data, SLOW).observations}
    assert lines["spawn.shell"] == filler.count(b"\n") + 2
    assert lines["code.evaluate"] == data.count(b"\n")


def test_a_file_within_the_limit_is_not_cut() -> None:
    import re

    assert cut(b"abc", 3, re.compile(b"b")) is None


def test_collections_are_bounded() -> None:
    limits = replace(DEFAULT_LIMITS, observations=5, literals=7)
    facts = analyse(b"import os\n" + b"os.system('abc')\n" * 100, limits)
    assert len(facts.observations) == 5
    assert len(facts.literals) == 7
    assert facts.cut == ["literals", "observations"]


_PIECES = st.sampled_from(
    [
        "import os",
        "exec(",
        "'a'",
        "+",
        "b64decode(",
        ")",
        "getattr(os,",
        "lambda x:",
        "[::-1]",
        "\n",
        "  ",
        "f'{",
        "}'",
        "class A(",
        "def f(",
        ":",
        "\x00",
        "é",
        "except:",
        "try:",
        "chr(1)",
        "%",
        "=",
        "x",
        ".join(",
        "{",
        "*",
    ]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=40).map(lambda parts: "".join(parts).encode())))
def test_anything_goes(data: bytes) -> None:
    facts = analyse(data, FAST)
    syntax.check(facts.values)
    for seen in facts.observations:
        assert 0 <= seen.statement <= seen.order <= len(data) + 1
        assert seen.line >= 1


def test_a_bundle_of_modules_in_literals_leaves_room_for_what_follows() -> None:
    module = "import os\\r\\nx = 'a'\\r\\n" * 12_000
    lines = [f'write({i}, b"""{module[:9]}""", b"{module}")' for i in range(10)]
    source = "\n".join([*lines, "import os", "os.system('x')", ""]).encode()
    assert len(source) > 2 * MIB
    facts = analyse(source, DEFAULT_LIMITS)
    assert [o.line for o in facts.observations if o.behaviour == "spawn.shell"] == [12]
    assert facts.cut == ["literals"]


@pytest.mark.parametrize("data", [b"'" * 3_000_000, b"\\'" * 1_500_000, b"'\\" * 1_500_000, b"'a\"" * 1_000_000])
def test_looking_for_long_literals_takes_linear_time(data: bytes) -> None:
    start = process_time()
    shortened(data, MIB)
    assert process_time() - start < 5
