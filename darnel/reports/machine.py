"""Verdicts for machines: one JSON document, written as the verdicts come. Documented in ``docs/json.md``."""

from __future__ import annotations

import json

import darnel
from darnel.reports.base import Entry, Report

VERSION = 1
"""Raised when a key changes its meaning or goes away; new keys do not raise it."""


class JsonReport(Report):
    """``{"format": 1, …, "results": […], "summary": {…}, "complete": true, "problem": ""}``."""

    def begin(self) -> None:
        """Write the head."""
        head = json.dumps({"format": VERSION, "darnel": darnel.__version__})[:-1]
        self.stream.write(f'{head}, "results": [')

    def write(self, entry: Entry) -> None:
        """Write one result."""
        comma = "," if self.counts.total() + self.accepted > 1 else ""
        data = {**entry.verdict.to_dict(), "notes": list(entry.notes)}
        if entry.accepted:
            data["accepted"] = entry.accepted._asdict()
        if entry.difference is not None:
            data["difference"] = entry.difference
        self.stream.write(f"{comma}\n{json.dumps(data)}")

    def end(self, problem: str) -> None:
        """Write the summary."""
        tail = json.dumps({"summary": self.summary, "complete": not problem, "problem": problem})[1:]
        self.stream.write(f"\n], {tail}\n")


FORMAT = JsonReport
