"""Raw features, sketch and counts of one sample in one pass over its members; what goes wrong becomes a result."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from darnel.errors import CorpusError
from darnel.features.package import Anomaly, Ecosystem, Form, Member, Package
from darnel.training import sketch
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.store import Scan, pack

SECONDS = 300
"""Hard limit on one sample, above the budget that the extraction itself keeps."""
SCAN_VERSION = f"{sketch.VERSION}.3"
TRACES = frozenset({".DS_Store", "package-lock.json", "npm-shrinkwrap.json"})
"""Left out of every sample. Who collected the malicious npm packages left these in many of them (82 with .DS_Store, 206
with a lock file), while the benign ones have none: they tell the collection, not the attack."""
COUNTS = ("size_bytes", "file_count", "has_setup_py", "has_manifest", "has_install_hook")
"""What is counted for strata; names that start with ``has_`` are 0 or 1. A setup.py is no install hook here."""
_MANIFESTS = {Ecosystem.PYPI: ("PKG-INFO", "METADATA", "pyproject.toml", "setup.cfg"), Ecosystem.NPM: ("package.json",)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one sample.

    Parameters
    ----------
    key : str
        :func:`key_of` the sample.
    data : bytes
        Packed raw features, empty on failure.
    failure : str
        One line, ``""`` on success.
    scan : Scan or None
        None if the package could not be read to its end.
    """

    key: str
    data: bytes
    failure: str
    scan: Scan | None


def key_of(sample: Sample) -> str:
    """What the result of an extraction depends on, besides the feature schema."""
    return f"{sample.ecosystem}:{sample.form or ''}:{sample.content}"


class Watched:
    """A package that sketches and counts its members while someone else reads them for the first time."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self.source: str = package.source
        self.ecosystem: Ecosystem = package.ecosystem
        self.form: Form = package.form
        self.name: str = package.name
        self.version: str = package.version
        self.scan: Scan | None = None
        """Set once a pass came to its end."""

    @property
    def anomalies(self) -> list[Anomaly]:
        """As the package says: complete after a pass."""
        return self._package.anomalies

    @property
    def compressed_size(self) -> int:
        """As the package says."""
        return self._package.compressed_size

    def digest(self) -> str:
        """As the package says."""
        return self._package.digest()

    def members(self) -> Iterator[Member]:
        """Stream the members but :data:`TRACES`, watching the first complete pass."""
        if self.scan is not None:
            yield from self._relevant()
            return
        sketcher = sketch.Sketcher()
        manifests = _MANIFESTS.get(self.ecosystem, ())
        size = files = setup = manifest = hook = 0
        for member in self._relevant():
            files += 1
            size += member.size
            setup |= member.path == "setup.py"
            folder, _, name = member.path.rpartition("/")
            manifest |= name in manifests and (not folder or folder.endswith((".dist-info", ".egg-info")))
            hook |= member.path == "binding.gyp" or (
                member.path == "package.json" and bool(sketch.install_scripts(member.data))
            )
            sketcher.add(member.path, member.data)
            yield member
        values = (size, files, setup, manifest, hook)
        self.scan = Scan(sketcher.result(), {name: int(value) for name, value in zip(COUNTS, values, strict=True)})

    def _relevant(self) -> Iterator[Member]:
        return (m for m in self._package.members() if m.path.rpartition("/")[2] not in TRACES)


def extract_sample(sample: Sample, seconds: float = SECONDS) -> Outcome:
    """Extract one sample; never raises for what is in it.

    Parameters
    ----------
    sample : Sample
    seconds : float
        Wall-clock limit, kept where the system has interval timers and in the main thread of the process.
    """
    from darnel.features.extract import extract

    watched: Watched | None = None
    try:
        with time_limit(seconds):
            watched = Watched(sample.open())
            raw = extract(watched)
            return Outcome(key_of(sample), pack(raw), "", watched.scan)
    except (Exception, RecursionError, MemoryError) as error:
        said = " ".join(str(error).split())[:300]
        return Outcome(key_of(sample), b"", f"{type(error).__name__}: {said}", watched.scan if watched else None)


class _TimeoutError(CorpusError):
    pass


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise within the body when ``seconds`` have passed, where there are interval timers and in the main thread."""
    import threading

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise _TimeoutError(f"not done after {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
