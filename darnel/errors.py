"""The one error tree of darnel. Every message says what is wrong, where, and what to do."""

from __future__ import annotations


class DarnelError(Exception):
    """Root of every error that darnel raises on purpose.

    ``str(error)`` is one line, fit to be shown to a user as it is.
    """


class InputError(DarnelError):
    """The thing to be scored cannot be read as a package."""


class LimitError(InputError):
    """The input exceeds a limit of :class:`darnel.features.limits.Limits` so that nothing of it could be judged."""


class FetchError(InputError):
    """An index does not give a release, or gave something else than it announced."""


class BundleError(DarnelError):
    """A model folder is missing, truncated, edited, or made for another feature schema."""


class CorpusError(DarnelError):
    """A corpus manifest, repository or feature table cannot be used."""
