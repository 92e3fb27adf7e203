from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest

from darnel.errors import DarnelError, FetchError, LimitError
from darnel.features.limits import Limits
from darnel.index.indexes import Indexes
from darnel.index.reference import parse
from tests.builders import sdist, wheel
from tests.loopback import Answer, Site


def release(name: str, choice: str = "default", offline: bool = False) -> list[str]:
    """Fetch a release and say what it consists of, each file with the one before."""
    indexes = Indexes(offline)
    found = indexes.release(parse(name), choice)
    out = []
    for pair in found.pairs:
        assert indexes.fetch(pair.new).is_file()
        out.append(f"{pair.new.file_name} < {pair.previous.file_name if pair.previous else None}")
    return out


@pytest.fixture
def sample(site: Site) -> Site:
    site.python(
        "sample",
        ("sample-1.0.tar.gz", sdist("sample", "1.0")),
        ("sample-1.1rc1.tar.gz", sdist("sample", "1.1rc1")),
        ("sample-1.1-py3-none-any.whl", wheel("sample", "1.1")),
        ("sample-1.1.tar.gz", sdist("sample", "1.1")),
        ("sample-1.2-py3-none-any.whl", wheel("sample", "1.2")),
        ("sample-1.2-py3-none-win32.whl", wheel("sample", "1.2")),
        ("sample-1.2.tar.gz", sdist("sample", "1.2")),
    )
    return site


def test_the_newest_is_compared_with_the_release_before(sample: Site) -> None:
    assert release("pypi:Sample") == [
        "sample-1.2-py3-none-any.whl < sample-1.1-py3-none-any.whl",
        "sample-1.2.tar.gz < sample-1.1.tar.gz",
    ]


@pytest.mark.parametrize(
    ("name", "choice", "expected"),
    [
        ("pypi:sample==1.1", "sdist", ["sample-1.1.tar.gz < sample-1.0.tar.gz"]),
        ("pypi:sample==1.1", "wheel", ["sample-1.1-py3-none-any.whl < sample-1.0.tar.gz"]),
        ("pypi:sample==1.1rc1", "default", ["sample-1.1rc1.tar.gz < sample-1.0.tar.gz"]),
        ("pypi:sample==1.0.0", "default", ["sample-1.0.tar.gz < None"]),
    ],
)
def test_versions_and_choices(sample: Site, name: str, choice: str, expected: list[str]) -> None:
    assert release(name, choice) == expected


def test_all_files_are_every_platform(sample: Site) -> None:
    assert len(release("pypi:sample", "all")) == 3
    assert Indexes().release(parse("pypi:sample")).left_out == 1


def test_a_second_time_needs_no_network(sample: Site) -> None:
    first = release("pypi:sample==1.2")
    sample.answers.clear()
    asked = len(sample.requests)
    assert sorted(line.partition(" ")[0] for line in release("pypi:sample==1.2", offline=True)) == sorted(
        line.partition(" ")[0] for line in first
    )
    assert len(sample.requests) == asked


def test_offline_never_guesses_the_newest(sample: Site) -> None:
    release("pypi:sample==1.1")
    with pytest.raises(FetchError, match=r"needs a version; of this name the cache has 1\.1"):
        release("pypi:sample", offline=True)
    with pytest.raises(FetchError, match="not in the cache"):
        release("pypi:sample==1.2", offline=True)


def test_html_pages_do_as_well(site: Site) -> None:
    site.python("sample", ("sample-1.0.tar.gz", sdist()), page="html")
    assert release("pypi:sample") == ["sample-1.0.tar.gz < None"]


def test_yanked_only_when_named(site: Site) -> None:
    site.python("sample", ("sample-1.0.tar.gz", sdist()), yanked="leaks\x1b memory")
    with pytest.raises(FetchError, match=r"every release was yanked; name one with ==1\.0"):
        release("pypi:sample")
    found = Indexes().release(parse("pypi:sample==1.0"))
    assert found.notes == ("pypi:sample==1.0 was yanked: leaks\\x1b memory",)


def test_no_such_name(site: Site) -> None:
    indexes = Indexes()
    for _ in range(2):
        with pytest.raises(FetchError, match=r"no release of that name \(127\.0\.0\.1:\d+\); check the spelling"):
            indexes.release(parse("pypi:nothing"))


@pytest.mark.parametrize("version", ["3.0", "one"])
def test_no_such_version(sample: Site, version: str) -> None:
    with pytest.raises(FetchError, match=r"no such version; the newest are 1\.2, 1\.1, |not a version"):
        release(f"pypi:sample=={version}")


@pytest.mark.parametrize("page", ["json", "html"])
def test_another_content_than_announced_is_discarded(site: Site, tmp_path: Path, page: str) -> None:
    site.python("sample", ("sample-1.0.tar.gz", sdist()), page=page)
    site.answers["/files/sample-1.0.tar.gz"] = Answer(sdist(files={"sample/more.py": "x = 1\n"}))
    with pytest.raises(FetchError, match=r"hash mismatch: sha256 is .*do not install it"):
        release("pypi:sample")
    assert not [path for path in (tmp_path / "cache").rglob("*") if path.is_file()]


def test_a_download_cut_short_is_tried_again_and_told(site: Site) -> None:
    data = sdist()
    site.python("sample", ("sample-1.0.tar.gz", data))
    cut = Answer(data[:100], announce=len(data))
    site.answers["/files/sample-1.0.tar.gz"] = [cut, cut, cut]
    with pytest.raises(FetchError, match=r"the transfer from 127\.0\.0\.1:.* broke off; try again"):
        release("pypi:sample")
    assert site.paths().count("/files/sample-1.0.tar.gz") == 3
    site.answers["/files/sample-1.0.tar.gz"] = [cut, Answer(b"", status=503), Answer(data)]
    assert release("pypi:sample") == ["sample-1.0.tar.gz < None"]


@pytest.mark.parametrize("announce", [None, 5_000_000])
def test_too_large(site: Site, announce: int | None) -> None:
    site.python("sample", ("sample-1.0.tar.gz", sdist()))
    site.answers["/files/sample-1.0.tar.gz"] = Answer(bytes(3000), announce=announce)
    indexes = Indexes(limits=Limits(compressed_bytes=2000))
    (pair,) = indexes.release(parse("pypi:sample")).pairs
    with pytest.raises(LimitError, match="over the limit of 2,000"):
        indexes.fetch(pair.new)


@pytest.mark.parametrize(("status", "text"), [(500, "try again later"), (403, "authentication"), (429, "HTTP 429")])
def test_an_index_that_refuses(site: Site, status: int, text: str) -> None:
    site.answers["/simple/sample/"] = Answer(b"", "text/plain", status)
    with pytest.raises(FetchError, match=text):
        release("pypi:sample")


def test_an_index_that_is_not_there(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple/")
    with pytest.raises(FetchError, match=r"cannot connect to 127\.0\.0\.1:9"):
        release("pypi:sample")


def test_a_failing_extra_index_is_not_passed_over(sample: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.answers["/other/sample/"] = Answer(b"", "text/plain", 403)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"{sample.address}/other/")
    with pytest.raises(FetchError, match="authentication"):
        release("pypi:sample")


def test_a_folder_of_links_that_is_gone_is_passed_over(sample: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", "/no/such/folder")
    assert release("pypi:sample==1.0") == ["sample-1.0.tar.gz < None"]


def test_a_proxy_that_is_none_is_one_line(sample: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_PROXY", "nonsense://x")
    with pytest.raises(DarnelError, match="proxy or trusted host cannot be used"):
        release("pypi:sample")


BASIC = "Basic YWxpY2U6czNjcmV0"


@pytest.mark.parametrize("how", ["url", "netrc", "none"])
def test_authentication(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    site.python("sample", ("sample-1.0.tar.gz", sdist()))
    site.authorization = BASIC
    if how == "url":
        monkeypatch.setenv("PIP_INDEX_URL", f"{site.address.replace('//', '//alice:s3cret@')}/simple/")
    elif how == "netrc":
        netrc = tmp_path / "home" / ".netrc"
        netrc.write_text("machine 127.0.0.1 login alice password s3cret\n")
        netrc.chmod(stat.S_IRUSR | stat.S_IWUSR)
    else:
        with pytest.raises(FetchError, match="wants authentication") as error:
            release("pypi:sample")
        assert "alice" not in str(error.value)
        return
    assert release("pypi:sample") == ["sample-1.0.tar.gz < None"]
    written = "".join(path.read_text("latin-1") for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert "s3cret" not in written


def test_find_links_without_an_index(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = tmp_path / "house"
    house.mkdir()
    (house / "sample-2.0.tar.gz").write_bytes(sdist("sample", "2.0"))
    monkeypatch.setenv("PIP_FIND_LINKS", str(house))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert release("pypi:sample") == ["sample-2.0.tar.gz < None"]
    assert site.requests == []


def test_file_names_of_an_index_cannot_leave_the_cache(site: Site, tmp_path: Path) -> None:
    data = sdist()
    digest = {"sha256": hashlib.sha256(data).hexdigest()}
    name = "sample-1.0.tar.gz"
    url = f"{site.address}/files/..%2f..%2f{name}"
    site.answers[f"/files/../../{name}"] = Answer(data)
    site.page("sample", [{"filename": name, "url": url, "hashes": digest, "yanked": False}])
    with suppress(FetchError):
        release("pypi:sample")
    assert {path.name for path in tmp_path.iterdir()} <= {"home", "cache"}


@pytest.fixture
def pypiserver(tmp_path: Path) -> Iterator[str]:
    """The real thing."""
    import pypiserver

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    house = tmp_path / "served"
    house.mkdir()
    (house / "sample-1.0.tar.gz").write_bytes(sdist("sample", "1.0"))
    (house / "sample-1.1-py3-none-any.whl").write_bytes(wheel("sample", "1.1"))
    (house / "sample-1.1.tar.gz").write_bytes(sdist("sample", "1.1"))
    app = pypiserver.app(roots=[house], disable_fallback=True, hash_algo="sha256")
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple/"
        server.shutdown()


def test_against_a_real_server(site: Site, pypiserver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", pypiserver)
    assert release("pypi:sample") == [
        "sample-1.1-py3-none-any.whl < sample-1.0.tar.gz",
        "sample-1.1.tar.gz < sample-1.0.tar.gz",
    ]
    with pytest.raises(FetchError, match="no release of that name"):
        release("pypi:nothing")
