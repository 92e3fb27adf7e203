"""The ``darnel`` command: picks a subcommand and turns errors into one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from textwrap import fill
from types import ModuleType
from typing import NoReturn

import darnel
from darnel.commands import (
    audit,
    batch,
    benchmark,
    corpus,
    diff,
    evaluate,
    explain,
    features,
    model,
    scan,
    selftest,
    train,
)
from darnel.errors import DarnelError

COMMANDS: tuple[ModuleType, ...] = (
    scan,
    audit,
    diff,
    batch,
    selftest,
    features,
    explain,
    model,
    corpus,
    train,
    evaluate,
    benchmark,
)
"""Each has ``NAME``, ``HELP``, ``configure(parser)`` and ``run(args) -> exit code``."""

EXIT_OK = 0
EXIT_FOUND = 1
EXIT_UNSURE = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the whole usage."""

    def error(self, message: str) -> NoReturn:
        """Print one line to stderr and exit with 2."""
        self.exit(EXIT_UNSURE, f"{self.prog}: {message}; see {self.prog} --help\n")


class Version(argparse.Action):
    """Says which darnel this is."""

    def __call__(self, *_: object) -> NoReturn:
        """Print one line to stdout and exit with 0."""
        from darnel.features import kernels

        print(f"darnel {darnel.__version__} (inner loops: {kernels.state()})")
        raise SystemExit(EXIT_OK)


def parser(command: str = "") -> argparse.ArgumentParser:
    """Parser of all commands; only ``command`` gets its options, as others may need packages that are not there."""
    top = Parser(prog="darnel", description=(darnel.__doc__ or "").partition("\n")[0].removeprefix("darnel: "))
    top.add_argument(
        "--version", action=Version, nargs=0, help="show the version, and what inner loops run as, and exit"
    )
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND", parser_class=Parser)
    for module in COMMANDS:
        sub = commands.add_parser(
            module.NAME,
            help=module.HELP,
            description=described(module.__doc__ or ""),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sub.set_defaults(run=module.run)
        if command == module.NAME:
            module.configure(sub)
    return top


def described(text: str) -> str:
    """A docstring for 80 columns; examples, which are indented, and what follows ``example:`` stay as they are."""
    parts = text.strip().split("\n\n")
    return "\n\n".join(part if "\n  " in part or part.startswith("example") else fill(part, 80) for part in parts)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Returns
    -------
    int
        Exit code: 0 nothing found, 1 something at or above ``--fail-on``, 2 not everything could be judged or the
        command could not be carried out, 130 interrupted, 141 the reader of stdout went away.
    """
    argv = list(sys.argv[1:] if arguments is None else arguments)
    _fill_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        top = parser(next((a for a in argv if not a.startswith("-")), ""))
        args = top.parse_args(argv)
        if not args.command:
            top.print_help(sys.stderr)
            return EXIT_UNSURE
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except DarnelError as error:
        _say(str(error))
        return EXIT_UNSURE
    except BrokenPipeError:
        _drop_output()
        return EXIT_BROKEN_PIPE
    except OSError as error:
        _drop_output()
        _say(f"{error.filename or 'output'}: {error.strerror or error}; give another place, or make room in this one")
        return EXIT_UNSURE
    except KeyboardInterrupt:
        _say("interrupted")
        return EXIT_INTERRUPTED
    except Exception:  # a crash must not look like exit code 1, "found something"
        with suppress(OSError):
            traceback.print_exc()
        _say("internal error, nothing was concluded; please report it")
        return EXIT_UNSURE


def _say(text: str) -> None:
    """One line on stderr; where that cannot be written, the exit code alone says it."""
    with suppress(OSError):
        print(f"darnel: {' '.join(text.split())}", file=sys.stderr, flush=True)


def _drop_output() -> None:
    """Python flushes stdout once more at exit: let that go nowhere."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fill_closed_streams() -> None:
    """Let streams that the caller has closed (``2>&-``) lead nowhere.

    Otherwise what is printed to stderr goes to stdout, and the next file that is opened takes the place of the stream.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:
                os.dup2(null, number)
                os.close(null)
            setattr(sys, name, open(number, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
