"""Compiled twins of inner loops over the bytes of files.

A function that is worth it stands twice: in Python where it belongs, which every installation can run, and compiled
from a ``.pyx`` file of this folder, if a C compiler was at hand when darnel was installed. Both give the same results:
``tests/features/kernels`` holds them to it. ``DARNEL_PURE=1`` in the environment chooses Python.

The compiled ones read hostile bytes: every index is checked (``boundscheck``, ``wraparound=False``), and nothing is
written but what they allocate.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

EDITION = 1
"""Of what is in this folder: compiled modules of another one, left by an older installation, are not used."""

TWINS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {}
"""The function in Python and the compiled one, by name, of all that have a twin and were imported."""

_F = TypeVar("_F", bound=Callable[..., Any])


def twin(module: str) -> Callable[[_F], _F]:
    """Replace a function by the one of the same name in a compiled module, if there is one.

    Parameters
    ----------
    module : str
        Name of the ``.pyx`` file, without its underscore and suffix.
    """

    def choose(function: _F) -> _F:
        try:
            compiled = import_module(f"{__name__}._{module}")
        except ImportError:
            return function
        if compiled.EDITION != EDITION:
            return function
        other: _F = getattr(compiled, function.__name__)
        TWINS[function.__name__] = function, other
        return function if os.environ.get("DARNEL_PURE") else other

    return choose


def state() -> str:
    """``compiled``, or ``Python``: what inner loops run as."""
    from darnel.features.languages import python_words

    pure, _ = TWINS.get("Plain", (python_words.Plain, None))
    return "Python" if python_words.Plain is pure else "compiled"
