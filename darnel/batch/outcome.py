"""What became of one release: a verdict, and if there is none to speak of, which kind of trouble there was."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from darnel.errors import DarnelError, LimitError
from darnel.verdict import Label, Verdict, failure


class Trouble(StrEnum):
    """Why a row is ``unknown``."""

    NONE = ""
    INPUT = "input"
    """Missing, unreadable, or no package."""
    LIMIT = "limit"
    """Larger than the limits allow, so that nothing was judged."""
    PARTIAL = "partial"
    """Judged, but too little of it could be read to call it clean."""
    TIME = "time"
    """Stopped: it took longer than a package may."""
    MEMORY = "memory"
    """Stopped: it needed more memory than a package may."""
    CRASH = "crash"
    """The process that analysed it died, or answered what no sound one answers."""
    INTERNAL = "internal"
    """A bug."""


LASTING = frozenset((Trouble.NONE, Trouble.LIMIT, Trouble.PARTIAL))
"""What another run on the same bytes would find again; the rest is not cached."""


class Outcome(NamedTuple):
    """One result."""

    verdict: Verdict
    trouble: Trouble = Trouble.NONE
    cached: bool = False
    size: int = 0
    """Bytes of the artefact; 0 for folders."""

    def noting(self, notice: str) -> Outcome:
        """The same with a notice in the verdict, unless it is empty."""
        return self._replace(verdict=self.verdict.noting(notice))

    @classmethod
    def of(cls, verdict: Verdict, size: int = 0) -> Outcome:
        """Outcome of an analysis that came to its end."""
        partial = verdict.label is Label.UNKNOWN
        return cls(verdict, Trouble.PARTIAL if partial else Trouble.NONE, size=size)

    @classmethod
    def refused(cls, source: str, error: DarnelError) -> Outcome:
        """Outcome of one that could not even be handed to a worker."""
        return cls.failed(source, Trouble.LIMIT if isinstance(error, LimitError) else Trouble.INPUT, str(error))

    @classmethod
    def failed(cls, source: str, trouble: Trouble, error: str, size: int = 0, sha256: str = "") -> Outcome:
        """Outcome of one that did not."""
        return cls(failure(source, error, sha256=sha256), trouble, size=size)
