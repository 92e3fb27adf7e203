"""Commands that need packages of an extra: ``darnel[train]`` or ``darnel[index]``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    with needing("train", f"darnel {command}"):
        called: Callable[..., Any] = getattr(import_module(module), function)
        return called(*arguments)


@contextmanager
def needing(extra: str, what: str) -> Iterator[None]:
    """Say what to install when a package of an extra is missing.

    Raises
    ------
    DarnelError
        Such a package is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if not error.name or error.name.partition(".")[0] == "darnel":
            raise
        raise DarnelError(f"{what} needs {error.name}, which is not installed: pip install 'darnel[{extra}]'") from None
