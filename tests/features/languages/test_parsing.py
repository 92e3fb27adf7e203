from __future__ import annotations

from time import perf_counter

import pytest
import tree_sitter_javascript
from tree_sitter import Language, Query

from darnel.features.languages.parsing import captures, parse

JAVASCRIPT = Language(tree_sitter_javascript.language())
CALLS = Query(JAVASCRIPT, "(call_expression function: (_) @callee) (identifier) @name")


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


def test_a_deadline_in_the_past_gives_no_tree() -> None:
    assert parse(JAVASCRIPT, b"f(g(x));\n" * 50_000, perf_counter() - 1) is None
