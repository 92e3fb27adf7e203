"""Commands that live in :mod:`darnel.training`, which needs the packages of ``darnel[train]``."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from darnel.errors import DarnelError


def call(command: str, module: str, function: str, *arguments: Any) -> Any:
    """Import ``module`` of :mod:`darnel.training` and call a function of it.

    Raises
    ------
    DarnelError
        If a package that it needs is not installed.
    """
    try:
        called: Callable[..., Any] = getattr(import_module(module), function)
        return called(*arguments)
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "darnel":
            raise
        raise DarnelError(
            f"darnel {command} needs {error.name}, which is not installed: pip install 'darnel[train]'"
        ) from None
