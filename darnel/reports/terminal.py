"""Verdicts for people at a terminal, as they come; in colour if it is one and ``NO_COLOR`` is not set."""

from __future__ import annotations

from typing import TextIO

from darnel.reports.base import Entry, Options, Report
from darnel.reports.layout import lines


class TextReport(Report):
    """Lines of 60 to 120 columns on a terminal, of 80 elsewhere."""

    def __init__(self, stream: TextIO, options: Options) -> None:
        super().__init__(stream, options)
        from rich.console import Console

        class Terminal(Console):
            def on_broken_pipe(self) -> None:
                raise

        self.console = Terminal(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True)
        self.width = min(max(self.console.width, 60), 120) if stream.isatty() else 80

    def write(self, entry: Entry) -> None:
        """Print one verdict."""
        for line in lines(entry.verdict, self.width, self.options.verbose, entry.notes):
            self.console.print(line)


FORMAT = TextReport
