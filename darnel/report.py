"""Verdicts for machines: one JSON document, written as the verdicts come. Documented in ``docs/json.md``."""

from __future__ import annotations

import json
from collections import Counter
from types import TracebackType
from typing import TextIO

import darnel
from darnel.verdict import Label, Verdict

FORMAT = 1
"""Raised when a key changes its meaning or goes away; new keys do not raise it."""


class JsonReport:
    """Context manager that writes ``{"format": 1, …, "results": […], "summary": {…}}``.

    An interrupted scan still ends as valid JSON, with ``"complete": false``.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.counts: Counter[Label] = Counter()

    def __enter__(self) -> JsonReport:
        head = json.dumps({"format": FORMAT, "darnel": darnel.__version__})[:-1]
        self.stream.write(f'{head}, "results": [')
        return self

    def add(self, verdict: Verdict) -> None:
        """Write one result."""
        self.stream.write((",\n" if self.counts.total() else "\n") + verdict.to_json())
        self.counts[verdict.label] += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and issubclass(kind, BrokenPipeError):
            return
        summary = json.dumps({label.value: self.counts[label] for label in Label})
        self.stream.write(f'\n], "summary": {summary}, "complete": {json.dumps(kind is None)}}}\n')
