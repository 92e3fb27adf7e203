from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from darnel.errors import CorpusError
from darnel.features.package import Ecosystem, Form
from darnel.training.corpus.git import open_repository
from darnel.training.corpus.listing import list_source
from darnel.training.corpus.local_listing import blob_id
from darnel.training.corpus.manifest import Manifest, Source, default_manifest
from darnel.training.corpus.places import Listing, Roots
from darnel.training.corpus.samples import Sample, name_and_version
from tests.training.corpus.repositories import Builder, archive


def manifest_of(folder: Path, *sources: Source) -> Manifest:
    return Manifest(folder, 3, 40, frozenset(), ("aws-",), sources)


def source_of(kind: str, revision: str = "", **more: object) -> Source:
    values: dict[str, object] = {
        "id": "s",
        "kind": kind,
        "ecosystem": Ecosystem.PYPI,
        "label": "benign",
        "repository": "owner/name",
        "revisions": (revision,),
        **more,
    }
    return Source(**values)  # type: ignore[arg-type]


def listed(source: Source, tmp_path: Path) -> Listing:
    open_repository.cache_clear()
    return list_source(source, manifest_of(tmp_path, source), Roots((tmp_path,), (tmp_path,)))


def contents(sample: Sample) -> dict[str, bytes]:
    return {member.path: member.data for member in sample.open().members()}


def test_archives_with_dates_names_and_what_is_absent(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    builder.commit({"foo/1.0/Foo_Bar-1.0.tar.gz": archive({"a": b"1"}), "foo/readme": b""}, date="2023-08-01T00:00:00Z")
    head = builder.commit(
        {
            "foo/1.1/Foo_Bar-1.1.tar.gz": b"lost" * 300,
            "foo/1.2/Foo_Bar-1.2.tar.gz": b"",
            "foo/1.3/Foo_Bar-1.3.tar.gz": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        },
        date="2025-02-03T00:00:00Z",
    )
    builder.lose(blob_id(b"lost" * 300))
    source = source_of(
        "archives", head, paths=r"(?P<name>[^/]+)/(?P<version>[^/]+)/.*\.gz", date="added", label="malicious"
    )
    listing = listed(source, tmp_path)
    assert listing.dropped == {"absent": 1, "empty": 1, "lfs": 1}
    (sample,) = listing.samples
    assert (sample.name, sample.version, sample.date, sample.label) == ("foo", "1.0", "2023-08-01", 1)
    assert sample.content == blob_id(archive({"a": b"1"}))
    assert sample.id == f"s:foo/1.0/Foo_Bar-1.0.tar.gz#{sample.content[:12]}"


def test_trees_come_from_every_commit_that_added_one(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    first = builder.commit({"ext/foo-1.0/setup.py": b"#1\n", "ext/foo-1.0/foo/__init__.py": b"", "other/setup.py": b""})
    builder.commit({"ext/foo-1.0/setup.py": None, "ext/foo-1.0/foo/__init__.py": None, "ext/foo-2.0/setup.py": b"#2\n"})
    head = builder.commit({"ext/foo-2.0/setup.py": b"#changed\n"})
    listing = listed(source_of("trees", head, paths=r"ext/[^/]+/setup\.py", history=True, form=Form.SDIST), tmp_path)
    assert [(s.path, s.version, s.revision == first) for s in listing.samples] == [
        ("ext/foo-1.0", "1.0", True),
        ("ext/foo-2.0", "2.0", False),
    ]
    package = listing.samples[0].open()
    assert (package.name, package.form, package.compressed_size) == ("foo", Form.SDIST, 3)
    assert contents(listing.samples[0]) == {"foo/__init__.py": b"", "setup.py": b"#1\n"}
    assert contents(listing.samples[1]) == {"setup.py": b"#2\n"}


def test_trees_of_every_revision_are_listed_without_history(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    first = builder.commit({"a-1/setup.py": b"#1\n", "b-1/setup.py": b"#b\n"})
    second = builder.commit({"a-1/setup.py": None, "a-2/setup.py": b"#2\n"})
    listing = listed(source_of("trees", first, paths=r"[^/]+/setup\.py", revisions=(first, second)), tmp_path)
    assert [(sample.name, sample.version) for sample in listing.samples] == [("a", "1"), ("a", "2"), ("b", "1")]
    assert listing.dropped == {"same-content": 1}


def test_npm_trees_follow_changes_and_lose_bundles_and_installer_keys(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    manifest = json.dumps({"_id": "x@1", "name": "x", "version": "1"}).encode()
    builder.commit({"node_modules/@o/x/package.json": manifest, "node_modules/@o/x/node_modules/y/package.json": b"{}"})
    head = builder.commit({"node_modules/@o/x/package.json": b'{"name": "x", "version": "2"}'})
    paths = r"node_modules/(?P<name>(?:@[^/]+/)?[^/@]+)/package\.json"
    listing = listed(source_of("trees", head, paths=paths, history=True, ecosystem=Ecosystem.NPM), tmp_path)
    assert [(s.name, s.family) for s in listing.samples] == [("@o/x", "@o")] * 2
    found = [json.loads(contents(sample)["package.json"]) for sample in listing.samples]
    assert sorted(item["version"] for item in found) == ["1", "2"]
    assert all(
        set(contents(s)) == {"package.json"} and "_id" not in f for s, f in zip(listing.samples, found, strict=True)
    )


def test_links_inside_the_repository_are_followed_and_no_others(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    head = builder.commit(
        {"setup/mod/setup.py": b"s", "mod/__init__.py": b"i", "mod/models/m.py": b"m"},
        links={"setup/mod/addons/mod": "../../../mod", "setup/mod/evil": "../../../../../etc", "setup/mod/up": "../.."},
    )
    listing = listed(source_of("trees", head, paths=r"setup/[^/]+/setup\.py", follow_links=True), tmp_path)
    assert contents(listing.samples[0]) == {
        "setup.py": b"s",
        "addons/mod/__init__.py": b"i",
        "addons/mod/models/m.py": b"m",
    }


def test_installed_distributions_are_what_their_record_names(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    site = "venv/lib/python3.8/site-packages"
    record = "foo/__init__.py,,\nfoo/__pycache__/a.pyc,,\n../../../bin/foo,,\nFoo-1.2.dist-info/INSTALLER,,\n"
    record += "Foo-1.2.dist-info/METADATA,,\nFoo-1.2.dist-info/RECORD,,\n"
    head = builder.commit(
        {
            f"{site}/foo/__init__.py": b"x = 1\n",
            f"{site}/foo/__pycache__/a.pyc": b"0",
            f"{site}/bar.py": b"",
            "venv/bin/foo": b"",
            f"{site}/Foo-1.2.dist-info/INSTALLER": b"pip",
            f"{site}/Foo-1.2.dist-info/METADATA": b"Name: Foo",
            f"{site}/Foo-1.2.dist-info/RECORD": record.encode(),
        }
    )
    listing = listed(source_of("installed", head, paths=r".*\.dist-info/RECORD"), tmp_path)
    (sample,) = listing.samples
    assert (sample.name, sample.version) == ("foo", "1.2")
    assert sample.open().form is Form.INSTALLED
    assert set(contents(sample)) == {"foo/__init__.py", "Foo-1.2.dist-info/METADATA", "Foo-1.2.dist-info/RECORD"}


def test_lists_name_paths_patterns_and_folders(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    head = builder.commit({"d/a-1.0.tgz": b"1", "p/x/b-2.0/package.json": b"{}", "p/x/b-2.0/i.js": b"0"})
    (tmp_path / "l.csv").write_text(
        "repository,revision,path,label,template_cluster,ping_or_research\n"
        "owner/name,HEAD,**/a-1.0.tgz,malicious,7,1\nowner/name,HEAD,p/*/b-2.0,malicious,-1,0\n"
        "owner/name,HEAD,p/none,malicious,1,0\nowner/name,HEAD,d/a-1.0.tgz,benign,1,0\nowner/x,HEAD,d,malicious,1,0\n",
        encoding="utf-8",
    )
    source = source_of("list", head, list="l.csv", label="malicious", ecosystem=Ecosystem.NPM)
    listing = listed(source, tmp_path)
    assert listing.dropped == {"absent": 1}
    assert [(s.name, s.version, s.cluster, s.ping, s.kind) for s in listing.samples] == [
        ("a", "1.0", "7", True, "blob"),
        ("b", "2.0", "", False, "tree"),
    ]
    assert set(contents(listing.samples[1])) == {"package.json", "i.js"}


def test_projects_look_like_releases(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner+name" / "repo")
    files = [
        "setup.py",
        "x/__init__.py",
        "x/tests.py",
        "tests/t.py",
        ".github/w.yml",
        "Dockerfile",
        "x/.hidden",
        "README",
    ]
    head = builder.commit({name: name.encode() for name in files} | {"sub/setup.py": b"sub"})
    (tmp_path / "l.csv").write_text(
        "repository,revision,folder,ecosystem,name,version\n"
        f"owner/name,{head},,pypi,Proj,1\nowner/name,{head},sub,pypi,,\nowner/none,{head},,pypi,,\n"
        f"owner/name,{'0' * 40},,pypi,,\nowner/name,{head},,npm,,\n",
        encoding="utf-8",
    )
    listing = listed(source_of("repositories", list="l.csv", repository="", revisions=()), tmp_path)
    assert listing.dropped == {"no-repository": 1, "absent": 1}
    whole, sub = listing.samples
    assert (whole.name, whole.path, sub.name, sub.path) == ("proj", "owner/name", "name", "owner/name//sub")
    assert set(contents(whole)) == {"setup.py", "x/__init__.py", "x/tests.py", "README", "sub/setup.py"}
    assert contents(sub) == {"setup.py": b"sub"}


def test_a_project_may_be_a_release_kept_in_its_repository(tmp_path: Path) -> None:
    builder = Builder(tmp_path / "owner" / "name")
    sdist = archive({"foo-1.0/PKG-INFO": b"Metadata-Version: 1.0\nName: foo\nVersion: 1.0\n", "foo-1.0/setup.py": b"s"})
    old = builder.commit({"dist/foo-1.0.tar.gz": sdist, "setup.py": b"s"})
    head = builder.commit({"dist/foo-1.0.tar.gz": None})
    (tmp_path / "l.csv").write_text(
        "repository,revision,folder,ecosystem,name,version\n"
        f"owner/name,{old},dist/foo-1.0.tar.gz,pypi,,\nowner/name,{head},dist/foo-1.0.tar.gz,pypi,,\n",
        encoding="utf-8",
    )
    listing = listed(source_of("repositories", list="l.csv", repository="", revisions=()), tmp_path)
    assert listing.dropped == {"absent": 1}
    (sample,) = listing.samples
    assert (sample.name, sample.version, sample.kind, sample.content) == ("foo", "1.0", "blob", blob_id(sdist))
    assert sample.open().form is Form.SDIST
    assert set(contents(sample)) == {"PKG-INFO", "setup.py"}


def test_shipped_projects_are_pinned_distinct_and_from_many_owners() -> None:
    rows: list[dict[str, str]] = []
    for name in ("small_projects.csv", "hooked_projects.csv"):
        with (default_manifest().parent / name).open(newline="", encoding="utf-8") as file:
            rows += csv.DictReader(file)
    assert len({(row["repository"], row["revision"], row["folder"]) for row in rows}) == len(rows)
    assert all(re.fullmatch(r"[0-9a-f]{40}", row["revision"]) for row in rows)
    owners = Counter(repository.partition("/")[0] for repository in {row["repository"] for row in rows})
    assert max(owners.values()) <= 5
    # Copies of the projects of others beside archives of malware: read, and taken out.
    assert not {"ASDfghjkL0-poll/christ-cli", "Abdulhakimmm/cloze-sdk"} & {row["repository"] for row in rows}


def test_folders_and_the_npm_cache(tmp_path: Path) -> None:
    data = archive({"package/package.json": b"{}"})
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "Foo_B-1.0-py3-none-any.whl").write_bytes(data)
    (tmp_path / "wheels" / "notes.txt").write_bytes(b"")
    folder = listed(source_of("folder", folder="wheels"), tmp_path)
    assert [(s.name, s.version, s.content) for s in folder.samples] == [("foo-b", "1.0", blob_id(data))]

    cache = tmp_path / "npm" / "_cacache"
    digest = hashlib.sha512(data)
    name = digest.hexdigest()
    (cache / "content-v2" / "sha512" / name[:2] / name[2:4]).mkdir(parents=True)
    (cache / "content-v2" / "sha512" / name[:2] / name[2:4] / name[4:]).write_bytes(data)
    (cache / "index-v5" / "aa").mkdir(parents=True)
    entries = [
        {"key": "make-fetch-happen:request-cache:https://r.invalid/@o/x/-/x-1.2.3.tgz", "integrity": "sha512-"
         + base64.b64encode(digest.digest()).decode()},
        {"key": "make-fetch-happen:request-cache:https://r.invalid/y/-/y-1.tgz", "integrity": "sha512-AAAA"},
        {"key": "make-fetch-happen:request-cache:https://r.invalid/@o%2fx", "integrity": "sha512-AAAA"},
    ]  # fmt: skip
    lines = "".join(f"0000\t{json.dumps(entry)}\n" for entry in entries) + "0000\tbroken\n"
    (cache / "index-v5" / "aa" / "bb").write_text(lines, encoding="utf-8")
    npm = listed(source_of("npm-cache", folder="npm", ecosystem=Ecosystem.NPM), tmp_path)
    assert [(s.name, s.version, s.content) for s in npm.samples] == [("@o/x", "1.2.3", blob_id(data))]
    assert npm.dropped == {"absent": 1}


@pytest.mark.parametrize(
    ("path", "ecosystem", "expected"),
    [
        ("x/requests-2.31.0-py3-none-any.whl", Ecosystem.PYPI, ("requests", "2.31.0")),
        ("x/a_b.c-1.0-1-cp312-cp312-linux_x86_64.whl", Ecosystem.PYPI, ("a-b-c", "1.0")),
        ("python-sasl-0.3.1", Ecosystem.PYPI, ("python-sasl", "0.3.1")),
        ("aliyun-python-sdk-ecs-2.0.0rc4.tar.gz", Ecosystem.PYPI, ("aliyun-python-sdk-ecs", "2.0.0rc4")),
        ("storage/@babel/code-frame/code-frame-7.0.0-b.51.tgz", Ecosystem.NPM, ("@babel/code-frame", "7.0.0-b.51")),
        (".yarn/cache/@babel-runtime-corejs3-npm-7.18.0-95b3b8d25b-9890cd5945.zip", Ecosystem.NPM,
         ("@babel/runtime-corejs3", "7.18.0")),
        (".yarn/cache/typedarray-npm-0.0.6-37638b2241-33b39f3d0e.zip", Ecosystem.NPM, ("typedarray", "0.0.6")),
        ("cache/@types-node-1.2.3.tgz", Ecosystem.NPM, ("@types/node", "1.2.3")),
        ("django-babel", Ecosystem.PYPI, ("django-babel", "")),
    ],
)  # fmt: skip
def test_names_are_read_from_paths(path: str, ecosystem: Ecosystem, expected: tuple[str, str]) -> None:
    assert name_and_version(path, ecosystem) == expected


def test_what_is_not_there_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"run `git clone --bare https://github.com/owner/name`"):
        listed(source_of("archives", "a" * 40, paths=".*"), tmp_path)
    Builder(tmp_path / "owner" / "name").commit({"a": b""})
    with pytest.raises(CorpusError, match=f"lacks revision {'a' * 40}"):
        listed(source_of("archives", "a" * 40, paths=".*"), tmp_path)
    with pytest.raises(CorpusError, match="no such folder below --folders"):
        listed(source_of("folder", folder="wheels"), tmp_path)
