from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from darnel.errors import DarnelError
from darnel.index.artefact import Artefact, Kind, file_name
from darnel.index.cache import Cache

DATA = b"inert"
DIGESTS = {name: hashlib.new(name, DATA).hexdigest() for name in ("sha1", "sha256", "sha512")}


def fill(cache: Cache) -> Path:
    with cache.writing() as partial:
        partial.file.write(DATA)
        partial.file.flush()
        return cache.add(partial.path, "a-1.0.tar.gz", DIGESTS)


@pytest.mark.parametrize("algorithm", list(DIGESTS))
def test_found_by_any_hash(tmp_path: Path, algorithm: str) -> None:
    cache = Cache(tmp_path)
    assert cache.find({algorithm: DIGESTS[algorithm]}) is None
    place = fill(cache)
    assert cache.find({algorithm: DIGESTS[algorithm]}) == place
    assert place.read_bytes() == DATA
    assert not list((tmp_path / "v1" / "partial").iterdir())


def test_all_hashes_must_fit(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    fill(cache)
    assert cache.find({**DIGESTS, "sha1": "0" * 40}) is None
    assert cache.find({}) is None
    assert cache.find({"sha256": "../../etc"}) is None


def test_a_damaged_file_is_not_used_and_can_be_replaced(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    fill(cache).write_bytes(b"damaged")
    assert cache.find(DIGESTS) is None
    fill(cache)
    assert cache.find(DIGESTS) is not None


def test_records_hold_no_address(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    url = "https://alice:s3cret@h.invalid/a"
    artefact = Artefact("npm", "@a/b", "1.0.0", "b-1.0.0.tgz", url, DIGESTS, Kind.TARBALL)
    cache.remember(artefact)
    cache.remember(artefact)
    (found,) = cache.releases("npm", "@a/b")
    assert (found.reference, found.hashes, found.url) == (artefact.reference, DIGESTS, "")
    assert cache.releases("npm", "@a/c") == []
    for record in tmp_path.rglob("*.json"):
        assert "s3cret" not in record.read_text()
        record.write_text("[{}]")
    assert cache.releases("npm", "@a/b") == []


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DarnelError, match="DARNEL_CACHE"), Cache(tmp_path / "file").writing():
        pass


@pytest.mark.parametrize(
    "url", ["https://h.invalid/..%2f..%2fa.whl", "https://h.invalid/a%00.whl", "https://h.invalid/"]
)
def test_unsafe_file_names(url: str) -> None:
    assert file_name(url, "fallback") in ("a.whl", "fallback")
