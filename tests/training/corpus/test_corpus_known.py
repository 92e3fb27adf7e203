"""The command that rebuilds the known files, on archives with harmless code under popular names."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from darnel.features.known import reference
from darnel.features.package import Ecosystem
from darnel.training.corpus import known
from darnel.training.corpus.build import list_samples
from darnel.training.corpus.commands import configure_corpus, run_corpus
from darnel.training.corpus.manifest import load_manifest
from darnel.training.corpus.places import Roots
from tests.training.corpus.repositories import archive

MANIFEST = """
format = 1
[[source]]
id = "good"
kind = "folder"
ecosystem = "pypi"
label = "benign"
folder = "good"
rebuild = "true"
[[source]]
id = "bad"
kind = "folder"
ecosystem = "pypi"
label = "malicious"
folder = "bad"
rebuild = "true"
"""


def sdist(name: str, version: str, module: str, files: dict[str, str]) -> bytes:
    top = f"{name}-{version}"
    members = {f"{top}/{module}/{path}": f"{text} = 1\n".encode() * 60 for path, text in files.items()}
    info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    return archive(
        {f"{top}/PKG-INFO": info, f"{top}/setup.py": b"from setuptools import setup\nsetup()\n" * 30, **members}
    )


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "manifest.toml").write_text(MANIFEST)
    for folder in ("good", "bad", "repositories"):
        (tmp_path / folder).mkdir()
    good, bad = tmp_path / "good", tmp_path / "bad"
    for version in range(12):
        files = {"api.py": "same", "core.py": f"version{version}", "tests/test_api.py": "test"}
        (good / f"requests-1.{version}.tar.gz").write_bytes(sdist("requests", f"1.{version}", "requests", files))
    (good / "nobody-knows-this-1.0.tar.gz").write_bytes(sdist("nobody-knows-this", "1.0", "x", {"a.py": "a"}))
    (good / "flask-1.0.tar.gz").write_bytes(b"no archive")
    (bad / "django-1.0.tar.gz").write_bytes(sdist("django", "1.0", "django", {"a.py": "evil"}))
    return tmp_path


def run(place: Path, out: str) -> Path:
    parser = argparse.ArgumentParser()
    configure_corpus(parser)
    options = ["--manifest", place / "manifest.toml", "--repositories", place / "repositories", "--folders", place]
    arguments = ["known", *options, "--date", "2026-11-25", "--out", place / out, "--jobs", "1"]
    assert run_corpus(parser.parse_args([str(argument) for argument in arguments])) == 0
    return place / out


def test_only_benign_popular_packages_and_a_bounded_number_of_releases(place: Path) -> None:
    shelf = reference.load("pypi", run(place, "out"))
    (owner,) = shelf.owners
    assert (owner.name, owner.files, owner.kept, owner.tops) == ("requests", 2, 1.0, ("requests",))
    # api.py is the same in all releases, core.py differs; neither tests nor setup.py are kept.
    assert len(shelf.contents) == 1 + known.RELEASES
    facts = reference.about("pypi", place / "out")
    assert (facts["date"], facts["sources"]) == ("2026-11-25", ["good"])


def test_same_sources_same_bytes(place: Path) -> None:
    first, second = run(place, "first"), run(place, "second")
    for name in ("pypi.bin", "pypi.json"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_oldest_and_newest_release_are_among_those_read(place: Path) -> None:
    manifest = load_manifest(place / "manifest.toml")
    listings, _ = list_samples(manifest, Roots((), (place,)))
    chosen = [s.version for s in known.wanted(listings, manifest, Ecosystem.PYPI) if s.name == "requests"]
    assert len(chosen) == known.RELEASES
    assert (chosen[0], chosen[-1]) == ("1.0", "1.11")
