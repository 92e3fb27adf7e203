"""The part a file plays in its package, which decides when its top-level code runs."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Exactly one per file; the first that fits, in this order."""

    INSTALL = "install"
    """Runs when the package is installed or built: setup.py, in-tree build backend, lifecycle script or its target."""
    STARTUP = "startup"
    """Runs when the interpreter or editor starts: .pth, sitecustomize, folder-open tasks, agent hooks."""
    ENTRY = "entry"
    """Runs when the package is imported or its command called: ``__init__.py``, ``main``, ``exports``, ``bin``."""
    MODULE = "module"
    """Any other source file that the package can import."""
    TEST = "test"
    """Below a tests folder, conftest.py, ``*.test.js``. Scored like any other file: tests are a hiding place."""
    SUPPORT = "support"
    """Documentation, examples, benchmarks, development tooling."""
    CONFIG = "config"
    """Machine-read configuration: package.json, workflows, editor settings."""
    DATA = "data"
    """Everything else."""


class Context(StrEnum):
    """When code runs."""

    INSTALL = "install"
    IMPORT = "import"
    CALLED = "called"


def context(role: Role | str, top: bool) -> Context:
    """When an observation at top level (or not) of a file with this role runs."""
    if not top:
        return Context.CALLED
    return Context.INSTALL if role == Role.INSTALL else Context.IMPORT
