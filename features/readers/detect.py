"""What a container is, from its bytes; and what its name claims."""

from __future__ import annotations

import tarfile
from enum import StrEnum

from darnel.features.readers.tar_header import decode

BLOCK = 512
END_OF_ZIP = b"PK\5\6"


class Container(StrEnum):
    """Format of the outermost layer."""

    ZIP = "zip"
    TAR = "tar"
    GZIP = "gzip"
    BZIP2 = "bzip2"
    XZ = "xz"


COMPRESSED = frozenset({Container.GZIP, Container.BZIP2, Container.XZ})

_SUFFIXES: tuple[tuple[Container, tuple[str, ...]], ...] = (
    (Container.ZIP, (".whl", ".zip", ".egg", ".jar", ".nupkg", ".vsix", ".pyz", ".pex", ".docx", ".xlsx", ".npz")),
    (Container.GZIP, (".tgz", ".gz", ".crate")),
    (Container.BZIP2, (".tbz", ".tbz2", ".bz2")),
    (Container.XZ, (".txz", ".xz")),
    (Container.TAR, (".tar",)),
)
_CLAIMS = {suffix: container for container, suffixes in _SUFFIXES for suffix in suffixes}

_NOT_ARCHIVES = frozenset(
    """
    .png .jpg .jpeg .gif .bmp .ico .svg .webp .wav .mp3 .mp4 .ogg .ttf .woff .woff2 .otf .pdf .txt .md .rst .csv .log
    .py .pyi .js .mjs .cjs .ts .tsx .jsx .css .html .htm .xml .json .toml .yaml .yml .cfg .ini .sh .bat .ps1 .c .h .lock
    """.split()  # noqa: SIM905
)

SOURCE_SUFFIXES = frozenset(
    """
    .py .pyw .pyi .pth .js .mjs .cjs .jsx .ts .tsx .mts .cts .sh .ps1 .bat .cmd .json .toml .cfg .ipynb
    """.split()  # noqa: SIM905
)
"""A single file with one of these is scored as a tree of one file."""


def is_tar_header(block: bytes) -> bool:
    """Whether 512 bytes are a tar header with a valid checksum."""
    try:
        decode(block[:BLOCK])
    except (tarfile.TarError, ValueError, IndexError, OverflowError):
        return False
    return True


def sniff(head: bytes, tail: bytes = b"") -> Container | None:
    """Format of a file from its first 512 bytes and its last 22; None when it is not an archive.

    ``tail`` finds zips that start with something else (zipapps, self-extracting files, polyglots).
    """
    if head.startswith((b"PK\3\4", END_OF_ZIP, b"PK\7\x08PK")):
        return Container.ZIP
    if head.startswith(b"\x1f\x8b"):
        return Container.GZIP
    if head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return Container.BZIP2
    if head.startswith(b"\xfd7zXZ\0"):
        return Container.XZ
    if head[257:262] == b"ustar" and is_tar_header(head):
        return Container.TAR
    if tail[-22:-18] == END_OF_ZIP:
        return Container.ZIP
    return None


def suffix(name: str) -> str:
    """Lower-case suffix with its dot, ``""`` if there is none."""
    base = name.rpartition("/")[2]
    dot = base.rfind(".")
    return base[dot:].lower() if dot >= 0 else ""


def claimed(name: str) -> Container | None:
    """Format that a file name claims."""
    return _CLAIMS.get(suffix(name))


def lies(name: str, container: Container) -> bool:
    """Whether a name claims something else than its content is."""
    claim = claimed(name)
    return claim is not container if claim is not None else suffix(name) in _NOT_ARCHIVES
