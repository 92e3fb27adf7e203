"""Verdicts by content: what was judged once is not judged again by the same code and model under the same limits."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

from darnel.batch.codec import CodecError, decode, encode
from darnel.batch.fingerprint import code_sha256
from darnel.batch.outcome import LASTING, Outcome, Trouble
from darnel.batch.process import Settings
from darnel.batch.storage import Folder
from darnel.batch.task import BYTES, Task
from darnel.errors import DarnelError
from darnel.models.manifest import MANIFEST

MAX_ENTRY = 4 << 20


def model_sha256(folder: Path) -> str:
    """sha256 (hex) of a model's manifest, which holds the hashes of everything else in it."""
    return sha256((folder / MANIFEST).read_bytes()).hexdigest()


class Cache:
    """One small file a verdict in a local folder or below a URL; several machines may use it at a time.

    Parameters
    ----------
    location : str
        Path or URL.
    settings : Settings
        Verdicts are found again only under the same limits, apart from those on time and memory: what these stop is
        not kept,
    model_sha256 : str
        by the same model, and by the same code of darnel.
    """

    def __init__(self, location: str, settings: Settings, model_sha256: str) -> None:
        self._folder = Folder(location)
        self._seconds = settings.limits.package_seconds
        stem = [code_sha256(), model_sha256, asdict(replace(settings.limits, package_seconds=0.0))]
        self._stem = json.dumps(stem).encode()

    def key(self, task: Task) -> str | None:
        """Name of a task's verdict, ``None`` for what is read from files.

        It stands for the bytes, for what they are called (a file name can tell what a package is) and what was asked.
        """
        if any(payload.kind != BYTES for payload in task.payloads):
            return None
        parts = [[p.name.rpartition("/")[2], sha256(p.data).hexdigest()] for p in task.payloads]
        asked = [parts, task.ecosystem, task.name, task.version, task.excerpts, task.explain_clean]
        return sha256(self._stem + json.dumps(asked).encode()).hexdigest()

    def get(self, key: str, task: Task) -> Outcome | None:
        """The outcome that is kept for a task, if there is one and it is sound."""
        data = self._folder.get(_place(key), MAX_ENTRY)
        if data is None:
            return None
        try:
            entry = json.loads(data)
            verdict = decode(entry["verdict"], task.release.label)
            # The clock may have cut it: counted in what was skipped, and of a previous release it is not known.
            if (verdict.coverage.skipped or verdict.delta) and entry["package_seconds"] != self._seconds:
                return None
            return Outcome(verdict, Trouble(entry["trouble"]), cached=True, size=task.size)
        except (CodecError, KeyError, TypeError, ValueError, RecursionError):
            return None

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome, if another run would come to the same; a cache that takes nothing costs a line, once."""
        if outcome.trouble not in LASTING or outcome.verdict.notices:  # the previous release may be there then
            return
        entry = {"verdict": encode(outcome.verdict), "trouble": outcome.trouble, "package_seconds": self._seconds}
        try:
            self._folder.put(_place(key), json.dumps(entry).encode())
        except DarnelError as error:
            if self._folder.location not in _full:
                _full.add(self._folder.location)
                print(f"darnel: the cache cannot be used, the run goes on without: {error}", file=sys.stderr)


_full: set[str] = set()
"""Caches that this process has complained of."""


def _place(key: str) -> str:
    return f"{key[:2]}/{key}.json"
