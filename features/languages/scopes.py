"""Which code of a file runs when the file itself runs: module level, and functions reached from there by name."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


class Scopes:
    """Functions of one file as byte ranges.

    Parameters
    ----------
    functions : iterable of (int, int, str)
        ``(start byte, end byte, name)`` of each function body's owner; ``name`` is ``""`` for anonymous ones. They
        nest properly, as in a syntax tree.
    """

    def __init__(self, functions: Iterable[tuple[int, int, str]]) -> None:
        self.functions = sorted(functions, key=lambda f: (f[0], -f[1]))
        # Flatten the nesting into a step function: at each boundary byte, the innermost function from there on.
        self._bounds: list[int] = []
        self._owner: list[int] = []
        self._parent: dict[int, int] = {}
        open_: list[tuple[int, int]] = []
        for start, end, _ in self.functions:
            while open_ and open_[-1][1] <= start:
                self._close(open_)
            self._parent[start] = open_[-1][0] if open_ else -1
            open_.append((start, end))
            self._bounds.append(start)
            self._owner.append(start)
        while open_:
            self._close(open_)
        self.reached = {-1}
        """Start bytes of the functions that run when the file runs, with -1 for the module; see :meth:`reach`."""
        self._bounds_array = np.array(self._bounds, dtype=np.int64)
        self._owner_array = np.array([-1, *self._owner], dtype=np.int64)

    def _close(self, open_: list[tuple[int, int]]) -> None:
        _, end = open_.pop()
        self._bounds.append(end)
        self._owner.append(open_[-1][0] if open_ else -1)

    def function(self, offset: int) -> int:
        """Start byte of the innermost function around ``offset``, -1 at module level."""
        i = bisect_right(self._bounds, offset) - 1
        return self._owner[i] if i >= 0 else -1

    def parent(self, function: int) -> int:
        """Start byte of the function around the one that starts at ``function``, -1 at module level."""
        return self._parent.get(function, -1)

    def owners(self, offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        """:meth:`function` of many offsets at once."""
        return self._owner_array[self._bounds_array.searchsorted(offsets, "right")]

    def reach(self, calls: Iterable[tuple[str, int]], immediate: Iterable[int] = (), visible: bool = False) -> None:
        """Mark the functions that run with the file.

        Parameters
        ----------
        calls : iterable of (str, int)
            Last part of the called name, and the byte offset of the call.
        immediate : iterable of int
            Start bytes of functions known to run where they stand (an immediately invoked function expression, a
            decorator-registered hook, a command class named in ``cmdclass``).
        visible : bool
            Names of up to two characters, which minifiers give out again and again, are only looked for where they
            can be seen: in the functions around the call.
        """
        by_name: dict[str, list[int]] = {}
        for start, _, name in self.functions:
            if name:
                by_name.setdefault(name, []).append(start)
        callees: dict[int, set[int]] = {}
        for name, here in {(name, self.function(offset)) for name, offset in calls}:
            targets = by_name.get(name)
            if targets and visible and len(name) < 3 and len(targets) > 1:
                targets = self._visible(here, set(targets))
            if targets:
                callees.setdefault(here, set()).update(targets)
        inline: dict[int, list[int]] = {}
        for start in immediate:
            inline.setdefault(self._parent.get(start, -1), []).append(start)
        todo, seen = [-1], {-1}
        while todo:
            here = todo.pop()
            for target in (*callees.get(here, ()), *inline.get(here, ())):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        self.reached = seen

    def _visible(self, here: int, targets: set[int]) -> list[int]:
        around = here
        while True:
            found = [target for target in targets if self._parent[target] == around]
            if found or around == -1:
                return found
            around = self._parent[around]

    def top(self, function: int) -> bool:
        """Whether code in ``function`` (-1: module level) runs when the file runs. Call :meth:`reach` first."""
        return function in self.reached
