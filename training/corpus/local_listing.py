"""Samples that lie in folders of this machine: archives, and the cache of npm."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from hashlib import sha1

from darnel.training.corpus.manifest import Manifest, Source
from darnel.training.corpus.places import Listing, Roots, make_sample
from darnel.training.corpus.samples import ARCHIVE_SUFFIXES, Sample


def blob_id(data: bytes) -> str:
    """The id git gives to a blob with this content (hex)."""
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def archives(source: Source, manifest: Manifest, roots: Roots, listing: Listing) -> Iterator[Sample]:
    """Every archive below a folder."""
    folder = roots.folder(source.folder)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if not path.is_file() or not inside.lower().endswith(ARCHIVE_SUFFIXES):
            continue
        data = path.read_bytes()
        if not data:
            listing.drop("empty")
            continue
        yield make_sample(source, manifest, path=inside, content=blob_id(data), kind="local", location=str(path))


def npm_cache(source: Source, manifest: Manifest, roots: Roots, listing: Listing) -> Iterator[Sample]:
    """Every tarball that ``npm`` keeps in its cache."""
    cache = roots.folder(source.folder) / "_cacache"
    integrity: dict[str, str] = {}
    for path in sorted((cache / "index-v5").rglob("*")):
        for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
            try:
                entry = json.loads(line.partition("\t")[2])
                url = entry["key"].rpartition("request-cache:")[2]
                if url.endswith(".tgz"):
                    integrity[url] = entry["integrity"]
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
    for url, digest in sorted(integrity.items()):
        algorithm, _, encoded = digest.partition("-")
        name = _hex(encoded)
        file = cache / "content-v2" / algorithm / name[:2] / name[2:4] / name[4:]
        if not name or not file.is_file():
            listing.drop("absent")
            continue
        inside = url.partition("//")[2].partition("/")[2]
        yield make_sample(
            source, manifest, path=inside, content=blob_id(file.read_bytes()), kind="local", location=str(file)
        )


def _hex(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).hex()
    except (ValueError, binascii.Error):
        return ""
