"""Where values of a Python file go: from the place that reads them through names, calls and returns to sinks.

By name and without regard to order: what is ever put into a name is wherever that name is used in the same function,
for module-level names and attributes in the file. Only names that hold something of a source are looked for, so that
the cost grows with the flow and not with the file; every step is counted and steps are limited.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

from darnel.features.facts import Observation
from darnel.features.flow import PAIRS, Flow, sink_of, source_of
from darnel.features.languages.python_places import PLACES, Key, Places

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_source import Source

MAX_SOURCES = 60
"""Sources of each class that are followed."""
MAX_STEPS = 600
"""Places looked at per class."""
MAX_CLIMB = 60
"""Levels of the syntax tree between a value and its statement."""
MAX_FLOWS = 200

_STORES = frozenset(
    b"append add update extend insert setdefault write writelines writestr appendleft put join put_nowait".split()
)
"""Methods that put their arguments into their receiver."""
_SAYS_LITTLE = frozenset(
    b"len isinstance type id bool hash exists isfile isdir print startswith endswith callable hasattr"
    b" debug info warning makedirs mkdir close sleep remove unlink isdigit".split()
)
"""Functions of whose arguments nothing is in the result."""
_SETTINGS = frozenset(b"env cwd timeout verify encoding mode errors".split())
"""Keyword arguments that say how something is done."""
_STOPS = frozenset(
    [
        "comparison_operator",
        "not_operator",
        "block",
        "module",
        "if_statement",
        "while_statement",
        "assert_statement",
        "raise_statement",
        "delete_statement",
        "import_statement",
        "import_from_statement",
        "decorator",
        "type",
        "function_definition",
        "class_definition",
        "parameters",
        "lambda_parameters",
        "default_parameter",
        "typed_default_parameter",
        "except_clause",
    ]
)

_RANK = {"send": 0, "execute": 1, "write": 2}


def trace(source: Source, observations: Iterable[Observation]) -> list[Flow]:
    """Follow what the sources of a file yield.

    Parameters
    ----------
    source : Source
        The parsed file; observations have its offsets.
    observations : iterable of Observation
        What was seen in it. Sources and sinks whose expression does not end where they say are left out: they stand
        inside of a string.

    Returns
    -------
    list of Flow
        Every sink at most once for each class of sources; at most :data:`MAX_FLOWS`. Never raises on hostile sources.
    """
    seen = sorted(set(observations), key=lambda o: (o.order, o.behaviour, o))
    sinks: dict[int, Observation] = {}
    for o in seen:
        if sink_of(o):
            known = sinks.setdefault(o.order, o)
            if _RANK[sink_of(o)] < _RANK[sink_of(known)]:
                sinks[o.order] = o
    by_class: dict[str, list[Observation]] = {}
    for o in seen:
        name = source_of(o)
        if name and len(by_class.setdefault(name, [])) < MAX_SOURCES:
            by_class[name].append(o)
    if not sinks or not by_class:
        return []
    to = {sink_of(o) for o in sinks.values()}
    shared = Places(source, sinks)
    flows: list[Flow] = []
    for name, origins in by_class.items():
        if not any((name, sink) in PAIRS for sink in to):
            continue
        found = _Trace(shared).run(origins)
        for sink, origin in found.items():
            end = sinks[sink]
            if (name, sink_of(end)) not in PAIRS:
                continue
            flows.append(Flow(name, sink_of(end), origin.order, origin.line, sink, end.line, end.top))
    return flows[:MAX_FLOWS]


class _Trace:
    """Of one class of sources."""

    def __init__(self, shared: Places) -> None:
        self.shared = shared
        self.source = shared.source
        self.found: dict[int, Observation] = {}
        """What reaches a sink first, by the sink's order."""
        self._todo: deque[tuple[Node, Observation]] = deque()
        self._known: set[Key] = set()
        self._returned: set[bytes] = set()
        self._own: set[int] = set()
        """Sinks that are sources by the same behaviour: one download after another sends nothing."""

    def run(self, origins: list[Observation]) -> dict[int, Observation]:
        """Follow all origins; the first to reach a place has it."""
        sinks = self.shared.sinks
        self._own = {o.order for o in origins if o.order in sinks and o.behaviour == sinks[o.order].behaviour}
        for origin in origins:
            if origin.order in sinks and origin.order not in self._own:  # exec("".join(map(chr, …)))
                self.found[origin.order] = origin
            node = self.shared.ending(origin.order)
            if node is not None:
                self._todo.append((node, origin))
        for _ in range(MAX_STEPS):
            if not self._todo:
                break
            self._climb(*self._todo.popleft())
        return self.found

    def _climb(self, value: Node, origin: Observation) -> None:
        """From a value outwards, to where it is kept or used."""
        inner = value  # what stands in the list of arguments around ``node``
        for node, parent in pairwise(self.shared.around(value)[: MAX_CLIMB + 1]):
            kind = parent.type
            if kind in _STOPS:
                return
            if kind in ("assignment", "augmented_assignment", "named_expression"):
                if not _within(node, parent, "value" if kind == "named_expression" else "right"):
                    return
                left = parent.child_by_field_name("name" if kind == "named_expression" else "left")
                self._keep(left, origin)
                if kind == "augmented_assignment":
                    return
            elif kind == "as_pattern":
                self._keep(parent.named_child(1), origin)
                return
            elif kind in ("for_statement", "for_in_clause"):
                if _within(node, parent, "right"):
                    self._keep(parent.child_by_field_name("left"), origin)
                return
            elif kind in ("return_statement", "yield"):
                self._return(parent, origin)
                return
            elif kind == "attribute":
                if not _within(node, parent, "object"):
                    return
            elif kind in ("subscript", "keyword_argument"):
                if not _within(node, parent, "value"):
                    return
            elif kind == "call":
                if node.start_byte == parent.start_byte:
                    if self._last(node) in _SAYS_LITTLE:
                        return
                elif not self._passed(parent, inner if node.type == "argument_list" else node, origin):
                    return
            elif kind == "conditional_expression" and parent.named_child(1) == node:
                return
            inner = node

    def _last(self, function: Node) -> bytes:
        """Last part of a called name."""
        text = self.source.data[max(function.start_byte, function.end_byte - 80) : function.end_byte]
        return text.rpartition(b".")[2]

    def _keep(self, left: Node | None, origin: Observation) -> None:
        for key in self.shared.targets(left):
            self._taint(key, origin)

    def _taint(self, key: Key, origin: Observation) -> None:
        if key in self._known or key[1] in (b"self", b"cls", b"_"):
            return
        self._known.add(key)
        self._todo += [(node, origin) for node in self.shared.uses(key)]

    def _return(self, node: Node, origin: Observation) -> None:
        name = self.shared.named.get(self.source.function(node.start_byte))
        if name is not None and name not in self._returned:
            self._returned.add(name)
            self._todo += [(call, origin) for call in self.shared.calls(name)]

    def _passed(self, call: Node, argument: Node, origin: Observation) -> bool:
        """A call that is given the value: whether its result holds it too."""
        shared, function = self.shared, call.child_by_field_name("function")
        if function is None:
            return False
        last = self._last(function)
        sink = shared.sinks.get(call.end_byte)
        if sink is not None and call.end_byte not in self._own and not self._aside(sink, last, argument):
            self.found.setdefault(call.end_byte, origin)
        if function.type == "attribute":
            receiver = function.child_by_field_name("object")
            self._given(receiver, origin)
            if last in _STORES and receiver is not None and receiver.type in (*PLACES, "subscript"):
                self._keep(receiver, origin)
        for sibling in _arguments(call):
            if sibling.type in PLACES and sibling.start_byte != argument.start_byte:
                self._given(sibling, origin)
        self._parameter(call, argument, last, function.type == "attribute", origin)
        return last not in _SAYS_LITTLE

    def _aside(self, sink: Observation, last: bytes, argument: Node) -> bool:
        """Whether an argument does not say what is sent, executed or written: a path to open, an environment."""
        if last == b"open":
            return sink_of(sink) == "write"
        if argument.type != "keyword_argument":
            return False
        name = argument.child_by_field_name("name")
        return name is not None and self.source.raw(name) in _SETTINGS

    def _given(self, receiver: Node | None, origin: Observation) -> None:
        """A file or connection is given the value: ``f.write(x)``, ``json.dump(x, f)``."""
        if receiver is None:
            return
        order = receiver.end_byte if receiver.type == "call" else None
        if receiver.type in PLACES:
            key = self.shared.key(receiver)
            if key is not None:
                order = self.shared.handles.get(key, self.shared.handles.get((-1, key[1])))
        if order in self.shared.sinks and order not in self._own:
            self.found.setdefault(order, origin)

    def _parameter(self, call: Node, argument: Node, name: bytes, method: bool, origin: Observation) -> None:
        """A function of the file is called: its parameter holds the value."""
        for body in self.source.functions.get(name.decode("utf-8", "replace"), ())[:4]:
            definition = body.parent
            parameters = definition.child_by_field_name("parameters") if definition is not None else None
            if parameters is None:
                continue
            names = [_parameter_name(child) for child in parameters.named_children[:40]]
            if argument.type == "keyword_argument":
                key = argument.child_by_field_name("name")
                wanted = self.source.data[key.start_byte : key.end_byte] if key is not None else b""
                position = next(
                    (i for i, n in enumerate(names) if n is not None and self.source.raw(n) == wanted), None
                )
            else:
                given = [node for node in _arguments(call) if node.type != "keyword_argument"]
                position = next((i for i, node in enumerate(given) if node.start_byte == argument.start_byte), None)
                first = names[0] if names else None
                if (
                    position is not None
                    and method
                    and first is not None
                    and self.source.raw(first) in (b"self", b"cls")
                ):
                    position += 1
            target = names[position] if position is not None and position < len(names) else None
            if target is not None:
                self._taint((body.start_byte, self.source.raw(target)), origin)


def _arguments(call: Node) -> list[Node]:
    found = call.child_by_field_name("arguments")
    if found is None:
        return []
    return [node for node in found.named_children[:40] if node.type != "comment"]


def _within(node: Node, parent: Node, field: str) -> bool:
    child = parent.child_by_field_name(field)
    return child is not None and child.start_byte <= node.start_byte and node.end_byte <= child.end_byte


def _parameter_name(node: Node) -> Node | None:
    if node.type == "identifier":
        return node
    if node.type in ("default_parameter", "typed_default_parameter"):
        return node.child_by_field_name("name")
    found = node.named_child(0) if node.type == "typed_parameter" else None
    return found if found is not None and found.type == "identifier" else None
