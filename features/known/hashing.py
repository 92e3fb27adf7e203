"""What a source file is compared by: a hash of its normalised content, and its place below the top folder."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import NamedTuple

from darnel.features.kernels import twin
from darnel.features.remember import remembered

LEAST_BYTES = 300
"""Shorter files (after normalisation) are equal by chance: licence heads, empty ``__init__.py``, re-exports."""

_VENDORED = re.compile(
    r"(?:^|/)(?:_?vendor(?:ed|s)?|_?ext(?:ern(?:al)?s?|libs?)|third[-_]?party|3rd[-_]?party|bundled|node_modules|"
    r"bower_components|site-packages|dist-packages|deps|[\w.-]+\.libs)/|!/",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|docs?|examples?|samples?|demos?|benchmarks?|coverage|documentation|build)/|(?:^|/)(?:conftest|setup|"
    r"versioneer|test_[^/]*|[^/]*_test)\.py$|[.-](?:test|spec)\.[cm]?[jt]sx?$",
    re.IGNORECASE,
)
_SOURCE_ROOT = re.compile(r"^(?:src/|[^/]+\.data/(?:pure|plat)lib/|(?:lib|python)/(?=[^/]+/))")


class Print(NamedTuple):
    """What is compared of one source file."""

    content: int
    """Unsigned 64-bit hash of the normalised content."""
    tail: int
    """Unsigned 32-bit hash of the path below the import package's (PyPI) or the package's (npm) folder."""
    top: str
    """PyPI: first folder, ``""`` for a module that lies at the top, and for npm."""
    aside: bool
    """Vendored code, tests, documentation, set-up: says nothing of whose copy the package is."""


def fingerprint(path: str, data: bytes, ecosystem: str) -> Print | None:
    r"""Compute what a source file is compared by.

    Parameters
    ----------
    path : str
        Member path.
    data : bytes
        The whole content.
    ecosystem : str
        ``pypi`` or ``npm``.

    Returns
    -------
    Print or None
        None for files shorter than :data:`LEAST_BYTES`.

    Examples
    --------
    >>> code = b"x = 1\n" * 60
    >>> unix, dos = (fingerprint("a/b.py", text, "pypi") for text in (code, code.replace(b"\n", b" \r\n")))
    >>> unix == dos, unix.top, fingerprint("other/b.py", code, "pypi").tail == unix.tail
    (True, 'a', True)
    """
    if len(data) < LEAST_BYTES:
        return None
    normal = normalised(data)
    if len(normal) < LEAST_BYTES:
        return None
    content = int.from_bytes(blake2b(normal, digest_size=8).digest(), "little")
    folder, slash, base = path.rpartition("/")
    aside = _folder_aside(folder + slash) or _ASIDE.search(base) is not None
    top, tail = place(path, ecosystem)
    return Print(
        content, int.from_bytes(blake2b(tail.encode("utf-8", "replace"), digest_size=4).digest(), "little"), top, aside
    )


@remembered(2_048)
def _folder_aside(folder: str) -> bool:
    """Whether a folder, with its slash, says so: the expressions match up to a slash, or a base name."""
    return _VENDORED.search(folder) is not None or _ASIDE.search(folder) is not None


@twin
def normalised(data: bytes) -> bytes:
    """Content without byte order mark, carriage returns, and blanks at the ends of lines and of the file."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b" \n" in data or (b"\t" in data and b"\t\n" in data):
        # A regular expression for trailing blanks takes quadratic time on a long run of them.
        data = b"\n".join(line.rstrip(b" \t") for line in data.split(b"\n"))
    return data.strip()


def place(path: str, ecosystem: str) -> tuple[str, str]:
    """Top folder and the path below it; npm packages have no top folder of their own.

    Examples
    --------
    >>> place("src/aiohttp/client.py", "pypi"), place("six.py", "pypi"), place("lib/index.js", "npm")
    (('aiohttp', 'client.py'), ('', '/six.py'), ('', 'lib/index.js'))
    """
    if ecosystem != "pypi":
        return "", path
    top, slash, rest = _SOURCE_ROOT.sub("", path).partition("/")
    return (top, rest) if slash else ("", f"/{top}")
