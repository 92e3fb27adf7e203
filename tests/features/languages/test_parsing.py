from __future__ import annotations

import tracemalloc
from time import perf_counter

import pytest
import tree_sitter_javascript
from tree_sitter import Language

from darnel.features.languages import parsing
from darnel.features.languages.parsing import Patterns, captures, parse

JAVASCRIPT = Language(tree_sitter_javascript.language())
CALLS = Patterns(JAVASCRIPT, "(call_expression function: (_) @callee) (identifier) @name")


@pytest.mark.parametrize("unit", [b"[", b"{a:", b"a(", b"a+", b"!", b"()", b"if(a)", b"`${", b"class a{b(){", b"}"])
def test_a_hundred_thousand_levels_neither_crash_nor_hang(unit: bytes) -> None:
    begin = perf_counter()
    tree = parse(JAVASCRIPT, b"a" + unit * 100_000, begin + 20)
    if tree is not None:
        captures(CALLS, tree.root_node)
    assert perf_counter() - begin < 20


def test_captures_of_an_ordinary_source_are_complete() -> None:
    tree = parse(JAVASCRIPT, b"f(g(x));\n" * 5_000, perf_counter() + 20)
    assert tree is not None
    found = captures(CALLS, tree.root_node)
    assert found is not None
    assert len(found["callee"]) == 10_000
    assert len(found["name"]) == 15_000


def test_captures_keep_their_names() -> None:
    tree = parse(JAVASCRIPT, b"f(x);\n", perf_counter() + 20)
    assert tree is not None
    query = "(call_expression function: (_) @b.c arguments: (_) @a) @b (this) @never"
    found = captures(Patterns(JAVASCRIPT, query), tree.root_node)
    assert found is not None
    assert {name: [(node.start_byte, node.end_byte) for node in nodes] for name, nodes in found.items()} == {
        "a": [(1, 4)],
        "b": [(0, 4)],
        "b.c": [(0, 1)],
    }


def test_a_deadline_in_the_past_gives_no_tree() -> None:
    assert parse(JAVASCRIPT, b"f(g(x));\n" * 50_000, perf_counter() - 1) is None
    assert parse(JAVASCRIPT, b"!*" * 600, perf_counter() - 1) is None, "so little can take seconds"


@pytest.mark.parametrize(("pattern", "share"), [(b"a;", 0.5), (b"abcdefgh + ", 1.0)])
def test_dense_source_is_parsed_in_part(pattern: bytes, share: float) -> None:
    data = pattern * ((1 << 20) // len(pattern))
    held = parsing.affordable(data, 2 << 20)
    assert held == 2 << 20 if share == 1 else 0 < held <= share * len(data)


def test_density_is_that_of_the_densest_part() -> None:
    dense, sparse = b"a;" * (1 << 19), b"# nothing here, for a long while: no sign and few words" * 20_000
    assert parsing.affordable(dense + sparse, 4 << 20) == parsing.affordable(sparse + dense, 4 << 20)
    assert parsing.affordable(dense, 4 << 20) <= parsing.MAX_TOKENS
    assert parsing.affordable(dense, 4 << 20, level=2) * 15 < parsing.affordable(dense, 4 << 20)
    assert parsing.affordable(b"x", 7) == 7


def test_counting_takes_little_memory() -> None:
    data = b"a;b " * (4 << 20)
    tracemalloc.start()
    parsing.affordable(data, 2 << 20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(data)


@pytest.mark.parametrize("deadline", [20.0, -1.0], ids=["to the end", "cancelled"])
def test_nothing_of_a_source_stays_in_memory(deadline: float) -> None:
    source = b"f(g(x)); // " + b"a" * 1_000_000
    parse(JAVASCRIPT, source, perf_counter() + 20)
    tracemalloc.start()
    try:
        for _ in range(5):
            parse(JAVASCRIPT, source + b"\n", perf_counter() + deadline)
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 100_000


def test_read_in_parts_it_is_the_same_tree() -> None:
    from tree_sitter import Parser

    source = b"".join(b"var a%d = {b: [`${c%d}`, /x/.test(d)]}; if (\n" % (i, i) for i in range(2_000))
    tree = parse(JAVASCRIPT, source, perf_counter() + 20)
    assert tree is not None
    assert str(tree.root_node) == str(Parser(JAVASCRIPT).parse(source).root_node)
