"""One worker process as its supervisor sees it: asked over a pipe, bounded in time, and trusted with nothing."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from threading import Lock, Timer
from typing import Any, BinaryIO, cast

from darnel.batch import wire
from darnel.batch.codec import CodecError, decode
from darnel.batch.outcome import Trouble
from darnel.batch.task import INSTALLED, Scope, Task
from darnel.defang import printable
from darnel.errors import DarnelError
from darnel.features.limits import DEFAULT_LIMITS, Limits
from darnel.verdict import Verdict

START_SECONDS = 300.0
MAX_SECONDS = 10 * 24 * 3600
MAX_MEMORY = 1 << 62
NOT_STARTED = "no process that analyses could be started"
REMEDY = "check this machine's memory and installation, then run it again"
_OUT_OF_MEMORY = (b"MemoryError", b"bad_alloc", b"failed to allocate", b"Cannot allocate memory", b"out of memory")
_ENDED_BY_OTHERS = (-9, -15)
"""Exit codes of a process that was killed: by a system out of memory, as often as not."""
_KEPT = (
    *("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"),
    "DARNEL_PURE",
)
"""Environment variables that a worker gets to see; not among them: credentials."""
_BOOT = """
import json, sys
sys.path[:] = json.loads(sys.argv[2])
from darnel.batch.worker import main
main(sys.argv[1])
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How workers analyse; JSON-able."""

    model: str
    """Folder of the model."""
    limits: Limits = DEFAULT_LIMITS
    seconds: float = 300.0
    """Wall-clock time that a release may take to be opened and analysed; explaining it has as much again."""
    memory: int = 0
    """Bytes that a worker may use for a release, beyond what it needs for itself; 0: no limit."""
    isolation: str = "auto"
    """One of :data:`darnel.batch.jail.MODES`: as far as possible, all layers or nothing, none."""

    def __post_init__(self) -> None:
        """Refuse what the system's clocks and limits cannot express.

        Raises
        ------
        DarnelError
            Time or memory is out of range.
        """
        if not 0 < self.seconds <= MAX_SECONDS:
            raise DarnelError(
                f"a limit on time is more than 0 and at most {MAX_SECONDS:,} s (10 days): {self.seconds:g}"
            )
        if not 0 <= self.memory <= MAX_MEMORY:
            raise DarnelError(
                f"no machine has so much more memory: {self.memory}; at most {MAX_MEMORY} bytes, or 0: no limit"
            )


class StartError(DarnelError):
    """A process that analyses died before it was ready, or could not even be started: not the fault of a release."""


class LostError(Exception):
    """A release could not be analysed to the end."""

    def __init__(self, trouble: Trouble, error: str, outside: bool = False) -> None:
        super().__init__(error)
        self.trouble = trouble
        self.outside = outside
        """Whether it may well have been no fault of the release: it was not handed over yet, or somebody else ended the
        process."""


class Worker:
    """A started process. Once :attr:`dead` it stays so.

    Raises
    ------
    StartError
        It did not come up; another one might.
    DarnelError
        It refused, as every other one would: its model cannot be used, or isolation is required and not to be had.
    """

    def __init__(self, settings: Settings, scope: Scope) -> None:
        self.scope = scope
        self.dead = False
        self._settings = settings
        self._lock = Lock()
        self._armed = self._overdue = False
        self._last = b""
        own = {"confined": scope.confined, "roots": sorted(scope.roots), "supervisor": os.getpid()}
        text = json.dumps(asdict(settings) | own)
        path = json.dumps([os.path.abspath(entry) for entry in sys.path])
        try:
            self._process = subprocess.Popen(
                # -I: nothing of the environment or the current folder is imported.
                [sys.executable, "-I", "-c", _BOOT, text, path],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"OMP_NUM_THREADS": "1"},
                start_new_session=os.name == "posix",
            )
        except OSError as error:  # no memory, or no more processes allowed
            raise StartError(f"{NOT_STARTED} ({error.strerror}); {REMEDY}") from None
        try:
            with self._watched(START_SECONDS):
                (answer,) = self._answers(1)
        except LostError as error:
            raise StartError(f"{NOT_STARTED} ({self._said() or error}); {REMEDY}") from None
        if "ready" not in answer:
            self.kill()
            raise DarnelError(printable(str(answer.get("refused", NOT_STARTED))))
        self.jail = tuple(str(layer) for layer in answer["jail"])
        """What it has given up, see :mod:`darnel.batch.jail`."""

    def take(self, task: Task) -> int:
        """Have it extract the features of a release.

        Returns
        -------
        int
            Files that it has rows for.

        Raises
        ------
        LostError
            It cannot be read, or the worker is dead now.
        """
        with self._watched(self._settings.seconds):
            try:
                wire.send(self._requests, task.header, [payload.data for payload in task.payloads])
            except OSError:  # it died before it had all of the release
                raise self._died(self._settings.seconds, untaken=True) from None
            (answer,) = self._answers(1)
            rows = answer.get("rows")
            if type(rows) is not int or not 0 <= rows <= 1 << 32:
                raise self._nonsense("no count of rows")
        return rows

    def conclude(self, tasks: Sequence[Task]) -> list[Verdict]:
        """Verdicts on everything that it took.

        Raises
        ------
        LostError
            None of it is to be had; the worker may be dead.
        """
        with self._watched(self._settings.seconds):
            wire.send(self._requests, {"op": "conclude"})
            return [self._verdict(task, answer) for task, answer in zip(tasks, self._answers(len(tasks)), strict=True)]

    def kill(self) -> None:
        """End it."""
        self.dead = True
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            with contextlib.suppress(OSError):  # what was not sent does not matter any more
                cast(BinaryIO, stream).close()

    def interrupt(self) -> None:
        """Stop it from another thread; whoever waits for it gets a :class:`LostError`."""
        self._process.kill()

    @property
    def ended(self) -> bool:
        """Whether the process is no more."""
        return self._process.poll() is not None

    @property
    def pid(self) -> int:
        """Process number."""
        return self._process.pid

    @property
    def _requests(self) -> BinaryIO:
        return cast(BinaryIO, self._process.stdin)

    def _answers(self, count: int) -> Iterator[dict[str, Any]]:
        for _ in range(count):
            answer, blobs = wire.receive(cast(BinaryIO, self._process.stdout))
            if "failed" in answer:
                raise self._failed(answer)
            if blobs:
                raise self._nonsense("blobs")
            yield answer

    def _failed(self, answer: dict[str, Any]) -> LostError:
        error, trouble = answer["failed"], answer.get("trouble")
        if not isinstance(error, str) or trouble not in set(Trouble) - {Trouble.NONE}:
            return self._nonsense("a failure without a reason")
        if trouble == Trouble.MEMORY:
            self.kill()  # what is left of it is in fragments
            return LostError(Trouble.MEMORY, self._too_large())
        text = printable(error)[:1000]
        if trouble == Trouble.INTERNAL:
            text = f"internal error, please report it: {text}"
        return LostError(Trouble(trouble), text)

    def _verdict(self, task: Task, answer: dict[str, Any]) -> Verdict:
        release = task.release
        try:
            # What is installed is called by its normalised name, which only its reader knows.
            return decode(answer.get("verdict"), None if release.kind == INSTALLED else release.label)
        except CodecError as error:
            raise self._nonsense(str(error)) from None

    def _nonsense(self, what: str) -> LostError:
        self.kill()
        return LostError(Trouble.CRASH, f"the process that analysed it answered nonsense ({printable(what)[:200]})")

    @contextlib.contextmanager
    def _watched(self, seconds: float) -> Iterator[None]:
        """Kill the process if the block takes longer, and say what it died of if it did."""
        timer = Timer(seconds, self._expire)
        timer.daemon = True
        self._armed = True
        timer.start()
        try:
            yield
        except wire.WireError as error:
            raise self._nonsense(str(error)) from None
        except (EOFError, OSError):
            raise self._died(seconds) from None
        finally:
            timer.cancel()
            with self._lock:
                self._armed = False
                self.dead = self.dead or self._overdue

    def _expire(self) -> None:
        with self._lock:
            if self._armed:
                self._overdue = True
                self._process.kill()

    def _died(self, seconds: float, untaken: bool = False) -> LostError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(2)
        overdue, code = self._overdue, self._process.poll()
        last = self._last = self._last_words()
        self.kill()
        if overdue:
            return LostError(Trouble.TIME, f"stopped after {seconds:g} s; look at it by hand or give it more time")
        if any(text in last for text in _OUT_OF_MEMORY):
            return LostError(Trouble.MEMORY, self._too_large())
        how = f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        error = f"the process that analysed it died ({how}); please report the package's name"
        return LostError(Trouble.CRASH, error, outside=untaken or code in _ENDED_BY_OTHERS)

    def _last_words(self) -> bytes:
        """What stands in the pipe of stderr, for recognising messages; shown to nobody once it has seen a release."""
        handle = cast(BinaryIO, self._process.stderr).fileno()
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.set_blocking(handle, False)
            return os.read(handle, 1 << 16)
        return b""

    def _said(self) -> str:
        """The last line of that."""
        lines = self._last.decode("utf-8", "replace").split("\n")
        return printable(next((line.strip() for line in reversed(lines) if line.strip()), ""))[:200]

    def _too_large(self) -> str:
        bound = f" than {self._settings.memory / 1e6:,.0f} MB" if self._settings.memory else " than there is"
        return f"stopped: it needed more memory{bound}; look at it by hand or give it more memory"
