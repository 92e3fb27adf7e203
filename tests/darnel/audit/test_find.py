from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from darnel.audit import lockfiles
from darnel.audit.find import Finder, Row
from darnel.audit.pin import Local
from darnel.audit.stores import NpmCache
from darnel.index.indexes import Indexes
from darnel.sources import Downloaded, Missing
from tests.builders import npm, sdist, wheel
from tests.loopback import Answer, Site


def found(path: Path, offline: bool = False, choice: str = "default", **stores: Any) -> list[str]:
    """Every row: what was found or why not, and the notes."""
    finder = Finder(lambda: Indexes(offline), choice, **stores)
    out = []
    for row in finder.rows(lockfiles.read(path)):
        source = row.source
        assert isinstance(source, Downloaded | Missing)
        text = source.label if isinstance(source, Downloaded) else f"{source.label} MISSING {source.error}"
        if isinstance(source, Downloaded):
            assert Path(source.path).is_file()
        out.append(" | ".join((text, *row.notes)).replace(str(path.parent), "."))
    return out


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


SDIST, WHEEL, TARBALL = sdist(), wheel(), npm()


@pytest.fixture
def sample(site: Site) -> Site:
    site.python("sample", ("sample-1.0-py3-none-any.whl", WHEEL), ("sample-1.0.tar.gz", SDIST))
    site.npm("sample", {"1.0.0": TARBALL})
    return site


def test_only_what_is_pinned_by_hash(sample: Site, tmp_path: Path) -> None:
    both = f"sample==1.0 --hash=sha256:{sha256(SDIST)} --hash=sha256:{sha256(WHEEL)}\n"
    lock = write(tmp_path, "requirements.txt", both)
    needed = " | listed in ./requirements.txt:1"
    assert found(lock) == [f"pypi:sample-1.0-py3-none-any.whl{needed}", f"pypi:sample-1.0.tar.gz{needed}"]
    lock = write(tmp_path, "requirements.txt", f"sample==1.0 --hash=sha256:{sha256(SDIST)}\n")
    assert found(lock) == [f"pypi:sample-1.0.tar.gz{needed}"]
    lock = write(tmp_path, "requirements.txt", f"sample==1.0 --hash=sha256:{'0' * 64}\n")
    (row,) = found(lock)
    assert "none of the 2 files that the index has is one of the 1 that are pinned" in row


def test_without_hashes_it_says_so(sample: Site, tmp_path: Path) -> None:
    rows = found(write(tmp_path, "requirements.txt", "sample==1.0\n"), choice="wheel")
    assert rows == [
        "pypi:sample-1.0-py3-none-any.whl | listed in ./requirements.txt:1"
        " | pinned without a hash: another file may get installed"
    ]


def test_what_is_asked_for_twice_is_judged_once(sample: Site, tmp_path: Path) -> None:
    line = f"sample==1.0 --hash=sha256:{sha256(SDIST)}\n"
    (row,) = found(write(tmp_path, "requirements.txt", line + line))
    assert row.endswith("| listed in ./requirements.txt:1 | listed in ./requirements.txt:2")


def test_offline_uses_the_cache_and_says_what_it_lacks(sample: Site, tmp_path: Path) -> None:
    line = f"sample==1.0 --hash=sha256:{sha256(SDIST)}\n"
    lock = write(tmp_path, "requirements.txt", line)
    assert "MISSING" in found(lock, offline=True)[0]
    found(lock)
    asked = len(sample.requests)
    assert found(lock, offline=True) == ["pypi:sample-1.0.tar.gz | listed in ./requirements.txt:1"]
    assert len(sample.requests) == asked


def test_a_wheelhouse_comes_first_and_its_hashes_count(sample: Site, tmp_path: Path) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "sample-1.0.tar.gz").write_bytes(SDIST)
    (house / "notes.txt").write_text("")
    lock = write(tmp_path, "requirements.txt", f"sample==1.0 --hash=sha256:{sha256(SDIST)}\n")
    assert found(lock, wheelhouses=[house]) == ["pypi:sample-1.0.tar.gz | listed in ./requirements.txt:1"]
    assert sample.requests == []
    (house / "sample-1.0.tar.gz").write_bytes(sdist(files={"sample/other.py": ""}))
    found(lock, wheelhouses=[house])
    assert sample.requests, "another content is not what is pinned"


def test_npms_cache_by_integrity(sample: Site, tmp_path: Path) -> None:
    document = sample.answers["/npm/sample"]
    assert isinstance(document, Answer)
    integrity = document.body.decode().partition('"integrity": "')[2].partition('"')[0]
    entry = {"version": "1.0.0", "resolved": f"{sample.address}/gone.tgz", "integrity": integrity}
    packages = {"": {"name": "app", "dependencies": {"sample": "*"}}, "node_modules/sample": entry}
    lock = write(tmp_path, "package-lock.json", json.dumps({"lockfileVersion": 3, "packages": packages}))
    assert "does not have it (HTTP 404)" in found(lock)[0]
    digest = hashlib.sha512(TARBALL).hexdigest()
    place = tmp_path / "npm" / "_cacache" / "content-v2" / "sha512" / digest[:2] / digest[2:4] / digest[4:]
    place.parent.mkdir(parents=True)
    place.write_bytes(TARBALL)
    row = "npm:sample-1.0.0.tgz | needed by ./package-lock.json: app → sample"
    assert found(lock, npm=NpmCache(tmp_path / "npm")) == [row]
    place.write_bytes(b"damaged")
    assert "MISSING" in found(lock, npm=NpmCache(tmp_path / "npm"))[0]


def test_files_beside_a_lock(site: Site, tmp_path: Path) -> None:
    text = """\
[[package]]
name = "sample"
version = "1.0"
source = {{ registry = "wheels" }}
wheels = [{{ path = "sample-1.0-py3-none-any.whl", hash = "sha256:{}" }}]
"""
    lock = write(tmp_path, "uv.lock", text.format(sha256(WHEEL)))
    assert "No such file" in found(lock)[0]
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "sample-1.0-py3-none-any.whl").write_bytes(WHEEL)
    assert found(lock)[0].startswith("pypi:sample-1.0-py3-none-any.whl | listed in ./uv.lock")
    assert "hash mismatch" in found(write(tmp_path, "uv.lock", text.format("0" * 64)))[0]


def test_problems_are_rows(site: Site, tmp_path: Path) -> None:
    rows = found(write(tmp_path, "requirements.txt", "a>=1\n-e .\n"))
    assert [row.split(" MISSING ")[0].rpartition("/")[2] for row in rows] == ["pypi:a", "requirements.txt:2"]
    assert site.requests == []


def test_local_packages_pass_through() -> None:
    def none() -> Indexes:
        raise AssertionError("no index is needed")

    (row,) = Finder(none, "default").rows([Local("folder", "node_modules", ("a", "b"))])
    assert row == Row("folder", ("needed by node_modules: a → b",))
