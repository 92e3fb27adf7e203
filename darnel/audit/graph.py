"""By which path a dependency came in."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

Node = TypeVar("Node", bound=Hashable)


def paths(edges: Mapping[Node, Iterable[Node]], roots: Iterable[Node]) -> dict[Node, tuple[Node, ...]]:
    """Shortest path from a root to every node that can be reached.

    Parameters
    ----------
    edges : mapping of node to nodes
        Who needs whom.
    roots : iterable of node
        What the project itself asks for. Empty: every node that nobody needs.

    Returns
    -------
    dict of node to tuple of nodes
        Root first, the node itself last.

    Examples
    --------
    >>> paths({"app": ["a", "b"], "a": ["c"]}, ["app"])["c"]
    ('app', 'a', 'c')
    """
    starts = list(dict.fromkeys(roots))
    if not starts:
        needed = {node for targets in edges.values() for node in targets}
        starts = [node for node in edges if node not in needed] or list(edges)[:1]
    found: dict[Node, tuple[Node, ...]] = {}
    queue: deque[tuple[Node, ...]] = deque((start,) for start in starts)
    while queue:
        path = queue.popleft()
        if path[-1] in found:
            continue
        found[path[-1]] = path
        queue.extend((*path, target) for target in edges.get(path[-1], ()) if target not in found)
    return found
