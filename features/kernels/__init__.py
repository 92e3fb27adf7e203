"""Compiled twins of inner loops over the bytes of files.

A function that is worth it stands twice: in Python where it belongs, which every installation can run, and compiled
from a ``.pxi`` file of this folder, if a C compiler was at hand when darnel was installed. Both give the same results:
``tests/features/kernels`` holds them to it. ``DARNEL_PURE=1`` in the environment chooses Python.

The compiled ones read hostile bytes: every index into them is checked (``boundscheck``), tables of fixed size are asked
for bytes or for what was compared with their size, and nothing is written but what they allocate.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

EDITION = 2
"""Of what is in this folder: a compiled module of another one, left by an older installation, is not used."""

TWINS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}
"""The function in Python and the compiled one, by name, of all that have a twin and were imported."""

_F = TypeVar("_F", bound=Callable[..., Any])


def _compiled() -> ModuleType | None:
    try:
        module = import_module(f"{__name__}._compiled")
    except ImportError:
        return None
    return module if module.EDITION == EDITION else None


_COMPILED = _compiled()
_PURE = bool(os.environ.get("DARNEL_PURE"))


def twin(function: _F) -> _F:
    """Replace a function, or a class, by the compiled one of the same name, if there is one."""
    if _COMPILED is None:
        return function
    other: _F = getattr(_COMPILED, function.__name__)
    TWINS[function.__name__] = function, other
    return function if _PURE else other


def state() -> str:
    """``compiled``, or ``Python``: what inner loops run as."""
    return "Python" if _COMPILED is None or _PURE else "compiled"
