"""Verdicts written down: one module per format behind one interface.

A command opens a report, adds each verdict as it comes, and leaves; whatever ends the run, what was written is a
complete document that says whether the run was:

>>> import sys
>>> from darnel.reports import open_report
>>> with open_report("json", sys.stdout) as report:  # doctest: +SKIP
...     report.add(verdict, notes=("needed by: app 1.0",))
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, TextIO

from darnel.reports.base import Options, Report

if TYPE_CHECKING:
    from darnel.verdict import Verdict

FORMATS: dict[str, str] = {
    "text": "darnel.reports.terminal",
    "json": "darnel.reports.machine",
    "sarif": "darnel.reports.sarif",
    "markdown": "darnel.reports.markdown",
    "html": "darnel.reports.page",
}
"""Module by format; each has a class ``FORMAT``. Imported when asked for."""

__all__ = ["FORMATS", "Options", "Report", "open_report", "render"]


def open_report(form: str, stream: TextIO, options: Options | None = None) -> Report:
    """Start a report.

    Parameters
    ----------
    form : str
        One of :data:`FORMATS`.
    stream : text file
        Where it goes; not closed.
    options : Options, optional
        What to show.

    Returns
    -------
    Report
        A context manager.
    """
    report: Report = import_module(FORMATS[form]).FORMAT(stream, options or Options())
    return report


def render(form: str, verdicts: Iterable[Verdict], options: Options | None = None) -> str:
    """A whole report as a string."""
    stream = StringIO()
    with open_report(form, stream, options) as report:
        for verdict in verdicts:
            report.add(verdict)
    return stream.getvalue()
