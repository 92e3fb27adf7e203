"""What was already found out about a file of the same content: releases share files with their clones and versions.

The two copies of ``PKG-INFO`` in every sdist, vendored code, licences and whole packages under another name are looked
at once. What is remembered depends on the content and on how it is read alone, never on the package around it.
"""

from __future__ import annotations

import threading
from hashlib import sha256
from typing import TYPE_CHECKING

from darnel.features.analyse import analyse_file
from darnel.features.survey import Survey, survey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from darnel.features.content import Content
    from darnel.features.languages.registry import Language
    from darnel.features.limits import Limits
    from darnel.features.raw import RawFile

ENTRIES = 2_048
"""Analyses that are kept, about 5 kB each."""
OBSERVATIONS = 200
"""Analyses with more observations are not kept: they take more memory, and are rarely seen twice."""

_Key = tuple[str, "Content", "Language | None"]


class Memo:
    """Like :func:`darnel.features.analyse.analyse_file`, but the same content is analysed once.

    What a budget cut is not remembered, as it may depend on how busy the machine was. Safe to call from several
    threads.

    Parameters
    ----------
    entries : int
        Most analyses that are kept; what was not asked for the longest goes first.
    """

    def __init__(self, entries: int = ENTRIES) -> None:
        self._entries = entries
        self._known: dict[_Key, RawFile] = {}
        self._limits: Limits | None = None
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Drop everything: for whoever measures what an analysis costs."""
        with self._lock:
            self._known.clear()

    def surveys(
        self, files: Sequence[tuple[bytes, Content, Language | None, str]], limits: Limits
    ) -> list[Survey | None]:
        """Survey a few files (with their sha256) at once, for :meth:`__call__`: text that nothing is known of."""
        made: dict[_Key, Survey] = {}
        found: list[Survey | None] = []
        for data, sniffed, language, digest in files:
            new = None
            if sniffed.is_text and data:
                key = digest, sniffed, language
                if key not in made and key not in self._known:
                    new = made[key] = Survey(data, sniffed, language)
            found.append(new)
        survey(list(made.values()), limits)
        return found

    def __call__(
        self,
        path: str,
        data: bytes,
        sniffed: Content,
        language: Language | None,
        limits: Limits,
        surveyed: Survey | None = None,
        digest: str = "",
    ) -> RawFile:
        """Analyse a file; the caller owns the result."""
        digest = digest or sha256(data).hexdigest()
        key = digest, sniffed, language
        with self._lock:
            if limits is not self._limits:
                if limits != self._limits:  # what was found within others may have been cut, or not
                    self._known.clear()
                self._limits = limits
            found = self._known.pop(key, None)
            if found is not None:
                self._known[key] = found
        if found is None:
            found = analyse_file(path, data, sniffed, language, limits, surveyed, digest)
            if found["cut"] or len(found["observations"]) > OBSERVATIONS:
                return found
            with self._lock:
                if limits is not self._limits:
                    return found
                self._known[key] = found
                if len(self._known) > self._entries:
                    del self._known[next(iter(self._known))]
        copy = found.copy()
        copy["path"] = path
        copy["values"] = dict(found["values"])
        copy["observations"] = list(found["observations"])
        copy["cut"] = []
        return copy
