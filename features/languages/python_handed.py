"""Known functions that are not called but handed on: ``Thread(target=os.system, …)``, ``[exec]``, ``map(eval, x)``.

Whoever is given such a function calls it, now or later. What is done is observed at the call that hands it on, with the
arguments that the function will get where they stand there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING

from darnel.features.kernels import twin
from darnel.features.languages import lexicon
from darnel.features.languages.python_call import Call
from darnel.features.languages.python_calls import HOOKS
from darnel.features.languages.python_known_words import HANDED_ON

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_findings import Findings
    from darnel.features.languages.python_names import Name

MAX_PLACES = 400
"""Places at which functions are handed on, per file."""
MAX_ITEMS = 8
"""Items of a mapped list of which each is the argument of one call."""
_FOLLOWED = ("command", "evaluate", "request", "addressed")
"""Hooks that look at what a function is given."""
_LOOP = re.compile(rb"\.(?:(?:infinity_|run_|start_)?polling|run(?:_until_disconnected)?|start)[ \t]*[(,)]")
"""What starts a bot, a client or a server: called, or handed on to a thread."""
_REGISTERED = re.compile(
    rb"(?m)^[ \t]*@([A-Za-z_]\w*)\.\w[^\n]*\n(?:[ \t]*@[^\n]*\n){0,9}[ \t]*(?:async[ \t]+)?def[ \t]+(\w+)"
)
_NEXT = rb"(?=\s{0,200}(?:#[^\n]{0,200}\n\s{0,200})?[,)\]}])"
_HANDED = re.compile(_NEXT)
_ATTRIBUTE = re.compile(rb"\.[ \t]*(\w++)" + _NEXT)
_INSIDE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_ASKING = re.compile(
    r"(?:is(?:instance|subclass)|hasattr|[gs]etattr|delattr|callable|print|type|repr|str|id|signature|getsource|wraps"
    r"|update_wrapper|patch|object|spec|cast|super|[A-Za-z]*Mock|create_autospec|assert\w*|add_argument|Argument|Option)\Z"
)
"""Functions that ask about what they are given, or put something else in its place."""
_ABOUT = frozenset(
    ["type", "spec", "spec_set", "new", "wraps", "return_value", "side_effect", "autospec", "preexec_fn"]
)
"""Keywords of the kind."""
_MAPPING = frozenset(["map", "imap", "starmap", "filter", "imap_unordered", "map_async"])
_PACKING = frozenset(["Thread", "Process", "Timer", "start_new_thread", "apply", "apply_async", "starmap"])
"""Functions that take the arguments as one tuple."""
_RUNNERS = frozenset(["target", "func", "function", "fn", "args", "kwargs", "callback"])
"""Keywords that are for the function that runs the other one."""
_HELD = frozenset({"list", "tuple", "set"})


def collect(findings: Findings) -> None:
    """Observe what is handed on: under any name to what is known to call it, by its own name anywhere.

    That is as an argument, as an item, or as the default of a parameter.
    """
    names = findings.names
    left = MAX_PLACES
    done: set[int] = set()
    for call, node in findings.handed[:MAX_PLACES]:
        name = names.value(node)
        if name.dotted and _function(node, name, findings):
            done.add(node.end_byte)
            observe(findings, call, node, name)
    for start, end in _places(findings):
        if end in done:
            continue
        if left <= 0:
            break
        left -= 1
        found = findings.source.root.descendant_for_byte_range(start, end)
        if found is None or found.type != "identifier":
            continue
        whole = found.parent
        node = whole if whole is not None and whole.type == "attribute" and whole.end_byte == end else found
        place = _place(node.parent, node, findings.source.data)
        if place is not None:
            observe(findings, place, node, names.value(node))


def _function(node: Node, name: Name, findings: Findings) -> bool:
    """Whether a name means the function itself and not what it returned; of classes only the class."""
    if node.type == "call" or not name.dotted.rpartition(".")[2][:1].isupper():
        return node.type != "call" or name.reflected
    return node.type == "attribute" or findings.raw(node) in findings.names.imports


def registered(findings: Findings) -> None:
    """Let what starts a bot or server lead to the functions that are registered with it by decorators."""
    data = findings.source.data
    if b"@" not in data:
        return
    loops: dict[bytes, list[int]] = {}
    for start, end in islice(_loops(data), MAX_PLACES):
        loops.setdefault(data[start:end], []).append(start)
    for found in islice(_REGISTERED.finditer(data), MAX_PLACES) if loops else ():
        name = found[2].decode("utf-8", "replace")
        findings.edges += [(name, start) for start in loops.get(found[1], ())[:MAX_ITEMS]]


def observe(findings: Findings, place: Node, node: Node, name: Name) -> None:
    """Observe a function that is handed on.

    Parameters
    ----------
    findings : Findings
    place : Node
        The call that hands it on, or the function itself where it is an item or a default.
    node : Node
        The function.
    name : Name
        What it resolves to; nothing is observed unless it is one that acts (:data:`HANDED_ON`).
    """
    ids, api = findings.lexicon["calls"].get(name.dotted)
    hooks, _ = findings.lexicon["to_hook"].get(name.dotted)
    acts = [behaviour for behaviour in ids if behaviour in HANDED_ON]
    if not acts and "request" not in hooks:
        return
    for behaviour in acts:
        findings.observe(behaviour, place, api, name.hidden)
    if place.type != "call":
        return
    for positional, keywords in _given(Call(findings, place, name), node):
        call = Call(findings, place, name)
        call.positional, call.keywords = positional, keywords
        for hook in hooks:
            if hook in _FOLLOWED:
                HOOKS[hook](call)


def _loops(data: bytes) -> Iterator[tuple[int, int]]:
    """Where names stand whose methods start something."""
    for found in _LOOP.finditer(data):
        start = end = found.start()
        while start and data[start - 1] in _INSIDE:
            start -= 1
        if start < end and not data[start : start + 1].isdigit() and data[start - 1 : start] != b".":
            yield start, end


def _places(findings: Findings) -> Iterator[tuple[int, int]]:
    """Where the name of such a function stands before a comma or a closing bracket."""
    data = findings.source.data
    # Those of at most MAX_PLACES are known by now.
    methods, builtins = handed(data, _attributes(), 2 * MAX_PLACES + 1)
    yield from methods
    yield from builtins
    table = findings.lexicon["calls"]
    for key, dotted in findings.names.imports.items():
        if _acting(dotted) and not HANDED_ON.isdisjoint(table.get(dotted)[0]):
            yield from _names(data, key)


@twin
def handed(data: bytes, attributes: frozenset[bytes], most: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Where known attributes, and ``exec`` and ``eval`` that are none, stand before a comma or a closing bracket.

    Parameters
    ----------
    data : bytes
        Python source.
    attributes : frozenset of bytes
    most : int
        Places of either kind.

    Returns
    -------
    list of (int, int), list of (int, int)
        Start and end of the names, in order.
    """
    spans = (found.span(1) for found in _ATTRIBUTE.finditer(data) if found[1] in attributes)
    return list(islice(spans, most)), list(islice(merge(_names(data, b"exec"), _names(data, b"eval")), most))


def _names(data: bytes, name: bytes) -> Iterator[tuple[int, int]]:
    """Where a name stands that is no attribute and is handed on."""
    at = data.find(name)
    while at >= 0:
        end = at + len(name)
        if (not at or (data[at - 1] not in _INSIDE and data[at - 1] != 46)) and _HANDED.match(data, end) is not None:
            yield at, end
        at = data.find(name, end)


@cache
def _attributes() -> frozenset[bytes]:
    """Last parts of their names."""
    table = lexicon.load("python")
    names = [name for name, ids in table["calls"].exact.items() if not HANDED_ON.isdisjoint(ids)]
    names += [name for name, ids in table["to_hook"].exact.items() if "request" in ids]
    return frozenset(name.rpartition(".")[2].encode() for name in names if _acting(name))


def _acting(dotted: str) -> bool:
    """Whether a name is that of a function of a module. Classes stand in checks and annotations."""
    _, dot, last = dotted.rpartition(".")
    return bool(dot) and not last[:1].isupper()


def _place(parent: Node | None, node: Node, data: bytes) -> Node | None:
    """Where something is handed on, None if it is not: in a check, a class, an import, an annotation."""
    if parent is None:
        return None
    kind, outer = parent.type, parent.parent
    if kind == "default_parameter":
        return node
    if kind == "keyword_argument":
        key = parent.child_by_field_name("name")
        if key is None or data[key.start_byte : key.end_byte].decode("utf-8", "replace") in _ABOUT or outer is None:
            return None
        kind, outer = outer.type, outer.parent
    if kind == "argument_list":
        return outer if outer is not None and outer.type == "call" and not _asks(outer, data) else None
    if kind == "pair":
        return node if parent.child_by_field_name("value") == node else None
    if kind in _HELD and outer is not None and outer.type != "comparison_operator":
        around = outer.parent if outer.type == "argument_list" else None
        return None if around is not None and _asks(around, data) else node
    return None


def _asks(call: Node, data: bytes) -> bool:
    return _ASKING.match(_called(call, data)) is not None


def _called(call: Node, data: bytes) -> str:
    """Last part of the name of what is called."""
    function = call.child_by_field_name("function")
    if function is None:
        return ""
    text = data[max(function.start_byte, function.end_byte - 40) : function.end_byte]
    return text.rpartition(b".")[2].decode("utf-8", "replace")


def _given(call: Call, function: Node) -> Iterator[tuple[list[Node], dict[str, Node]]]:
    """Arguments that a function gets from the call that hands it on."""
    at = next((i for i, node in enumerate(call.positional) if node.start_byte == function.start_byte), -1)
    after = call.positional[at + 1 :]
    called = _called(call.node, call.findings.source.data)
    keywords = {key: value for key, value in call.keywords.items() if key not in _RUNNERS}
    more = call.keywords.get("kwargs")
    for pair in more.named_children if more is not None and more.type == "dictionary" else ():
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None and key.type == "string":
            keywords[call.findings.literal_text(key)] = value
    packed = call.keywords.get("args") or (after[0] if after and called in _PACKING | _MAPPING else None)
    if packed is not None and packed.type not in _HELD:
        yield [], keywords
    elif packed is None:
        yield after, keywords
    elif called in _MAPPING:
        for item in packed.named_children[:MAX_ITEMS]:
            yield (item.named_children if called == "starmap" and item.type in _HELD else [item]), keywords
    else:
        yield packed.named_children, keywords
