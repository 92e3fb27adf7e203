"""The options of every command that reports verdicts, and the report that they ask for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TextIO

from darnel.errors import DarnelError
from darnel.reports import FORMATS, Options, Report, open_report


def add_report_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--format``, ``--output`` and ``--verbose``."""
    parser.add_argument("--format", choices=tuple(FORMATS), default="text", help="default: text")
    parser.add_argument("--output", metavar="FILE", help="write the report there instead of to stdout")
    parser.add_argument("--verbose", action="store_true", help="evidence for clean packages too, coverage, timings")


@contextmanager
def report_of(args: argparse.Namespace, title: str) -> Iterator[Report]:
    """The report that the options ask for, as a context manager.

    Parameters
    ----------
    args : argparse.Namespace
        With what :func:`add_report_options` added.
    title : str
        What is done: ``darnel scan``.

    Raises
    ------
    DarnelError
        ``--output`` cannot be written.
    """
    options = Options(verbose=args.verbose, title=title)
    with _destination(args.output) as stream, open_report(args.format, stream, options) as report:
        yield report


@contextmanager
def _destination(path: str | None) -> Iterator[TextIO]:
    """Standard output, or a file that takes its name when it is closed: one that was cut short says so itself.

    What is no regular file (a device, a named pipe) is written to as it is, and a link stays one.
    """
    if path is None or path in ("-", "/dev/stdout"):
        yield sys.stdout
        return
    if not path or os.path.isdir(path):
        raise DarnelError(f"{path or repr(path)}: no name of a file; give --output a file in a folder")
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        with _opened(path) as existing:
            yield existing
        return
    try:
        stream = NamedTemporaryFile(  # noqa: SIM115
            "w", encoding="utf-8", errors="backslashreplace", newline="\n", dir=target.parent, prefix=".", delete=False
        )
    except OSError as error:
        raise DarnelError(f"{path}: cannot be written ({error.strerror}); give --output a file in a folder") from None
    try:
        with stream:
            yield stream  # type: ignore[misc]
    finally:
        try:
            Path(stream.name).chmod(0o666 & ~_umask())
            os.replace(stream.name, target)
        except OSError as error:
            with suppress(OSError):
                os.unlink(stream.name)
            raise DarnelError(f"{path}: cannot be written ({error.strerror}); give --output a file") from None


def _opened(path: str) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        raise DarnelError(f"{path}: cannot be written ({error.strerror}); give --output a file in a folder") from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
