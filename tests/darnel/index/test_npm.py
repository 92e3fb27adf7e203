from __future__ import annotations

from pathlib import Path

import pytest

from darnel.errors import FetchError, LimitError
from darnel.features.limits import Limits
from darnel.index import semver
from darnel.index.artefact import from_integrity
from darnel.index.indexes import Indexes
from darnel.index.reference import parse
from tests.builders import npm
from tests.loopback import Answer, Site, serving


def release(name: str, offline: bool = False) -> str:
    indexes = Indexes(offline)
    (pair,) = indexes.release(parse(name)).pairs
    assert indexes.fetch(pair.new).is_file()
    return f"{pair.new.version} < {pair.previous.version if pair.previous else None}"


@pytest.fixture
def sample(site: Site) -> Site:
    site.npm("sample", {version: npm(version=version) for version in ("1.9.0", "1.10.0-beta.1", "1.10.0", "0.1.0")})
    site.npm("@scope/sample", {"1.0.0": npm("@scope/sample")})
    return site


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("npm:sample", "0.1.0 < None"),
        ("npm:sample@latest", "0.1.0 < None"),
        ("npm:sample@1.10.0", "1.10.0 < 1.9.0"),
        ("npm:sample@1.10.0-beta.1", "1.10.0-beta.1 < 1.9.0"),
        ("npm:@scope/sample", "1.0.0 < None"),
    ],
)
def test_versions(sample: Site, name: str, expected: str) -> None:
    assert release(name) == expected


def test_the_registry_sees_what_npm_sends(sample: Site) -> None:
    release("npm:@scope/sample")
    path, headers = sample.requests[0]
    assert path == "/npm/@scope/sample"
    assert headers["accept"].startswith("application/vnd.npm.install-v1+json")


def test_a_second_time_needs_no_network(sample: Site) -> None:
    release("npm:sample@1.10.0")
    asked = len(sample.requests)
    assert release("npm:sample@1.10.0", offline=True) == "1.10.0 < None"
    assert len(sample.requests) == asked
    with pytest.raises(FetchError, match=r"needs a version; of this name the cache has 1\.10\.0"):
        release("npm:sample", offline=True)


@pytest.mark.parametrize("name", ["npm:sample@2.0.0", "npm:sample@next"])
def test_no_such_version(sample: Site, name: str) -> None:
    with pytest.raises(FetchError, match=r"no such version; the newest are 1\.10\.0, 1\.10\.0-beta\.1, 1\.9\.0"):
        release(name)


def test_no_such_name(site: Site) -> None:
    with pytest.raises(FetchError, match="no package of that name"):
        release("npm:nothing")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"[" * 100_000])
def test_what_is_no_registry(site: Site, body: bytes) -> None:
    site.answers["/npm/sample"] = Answer(body, "text/html")
    with pytest.raises(FetchError, match=r"did not answer as an npm registry|no release is tagged latest"):
        release("npm:sample")


def test_another_content_than_announced_is_discarded(sample: Site) -> None:
    sample.answers["/npm/sample/-/sample-1.9.0.tgz"] = Answer(npm(version="6.6.6"))
    with pytest.raises(FetchError, match="hash mismatch: sha512"):
        release("npm:sample@1.9.0")


def test_old_releases_have_only_a_shasum(site: Site) -> None:
    site.npm("sample", {"1.0.0": npm()}, integrity=None)
    assert release("npm:sample") == "1.0.0 < None"
    site.answers["/npm/sample/-/sample-1.0.0.tgz"] = Answer(npm(version="6.6.6"))
    assert release("npm:sample", offline=False) == "1.0.0 < None", "the cache has the right one"


def test_deprecated_is_noted(site: Site) -> None:
    site.npm("sample", {"1.0.0": npm()})
    answer = site.answers["/npm/sample"]
    assert isinstance(answer, Answer)
    answer.body = answer.body.replace(b'"version": "1.0.0"', b'"version": "1.0.0", "deprecated": "use another"')
    assert Indexes().release(parse("npm:sample")).notes == ("npm:sample@1.0.0 is deprecated: use another",)


def test_too_large(sample: Site) -> None:
    indexes = Indexes(limits=Limits(compressed_bytes=10))
    (pair,) = indexes.release(parse("npm:sample")).pairs
    with pytest.raises(LimitError, match="over the limit of 10"):
        indexes.fetch(pair.new)


def test_authentication(sample: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sample.authorization = "Bearer s3cret"
    with pytest.raises(FetchError, match="wants authentication"):
        release("npm:sample")
    place = sample.address.removeprefix("http:")
    (tmp_path / "home" / ".npmrc").write_text(f"{place}/npm/:_authToken=${{NPM_TOKEN}}\n")
    monkeypatch.setenv("NPM_TOKEN", "s3cret")
    assert release("npm:sample") == "0.1.0 < None"


def test_credentials_do_not_follow_a_redirect_to_another_host(sample: Site, tmp_path: Path) -> None:

    with serving(Site()) as other:
        other.answers["/a.tgz"] = Answer(npm(version="1.9.0"))
        moved = {"Location": f"{other.address}/a.tgz"}
        sample.answers["/npm/sample/-/sample-1.9.0.tgz"] = Answer(b"", status=302, headers=moved)
        place = sample.address.removeprefix("http:")
        (tmp_path / "home" / ".npmrc").write_text(f"{place}/npm/:_authToken=s3cret\n")
        assert release("npm:sample@1.9.0") == "1.9.0 < 0.1.0"
        assert "authorization" in sample.requests[-1][1]
        assert "authorization" not in other.requests[-1][1]


def test_a_mirror_serves_what_the_public_registry_lists(site: Site) -> None:
    site.npm("sample", {"1.0.0": npm()}, tarball="https://registry.npmjs.org/npm/sample/-/sample-1.0.0.tgz")
    assert release("npm:sample") == "1.0.0 < None"


@pytest.mark.parametrize(
    ("version", "expected"), [("2.0.0", "1.1.0"), ("2.0.0-rc.1", "2.0.0-beta"), ("0.0.1", None), ("x", None)]
)
def test_previous(version: str, expected: str | None) -> None:
    assert semver.previous(version, ["1.0.0", "1.1.0", "2.0.0-beta", "2.0.0", "junk"]) == expected


def test_integrity() -> None:
    found = from_integrity("sha1-AQI= sha512-AwQ=?x sha512-/// md5-!! sha3-AA==")
    assert found == {"sha1": "0102", "sha512": "0304"}
