"""What is installed is what is in the tree: darnel and nothing else, from the sdist as from the tree, judged clean."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from darnel.classifier import Classifier
from darnel.sources import Installed

ROOT = Path(__file__).parent.parent
FOLDERS = ("features", "training", "models")
COMPILED = ("*.c", "*.so", "*.pyd")
"""What building leaves in the tree."""
NOT_SHIPPED = {"darnel/models/CHANGELOG.md", "darnel/training/ERRORS.md"}


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the sdist, and the wheel built from it (not from the tree)."""
    tree = tmp_path_factory.mktemp("tree")
    for name in ("darnel", *FOLDERS):
        shutil.copytree(
            ROOT / name, tree / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__", *COMPILED)
        )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return out


@pytest.fixture(scope="session")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def wheel_files(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_only_darnel(wheel_files: set[str]) -> None:
    tops = {name.partition("/")[0] for name in wheel_files}
    assert {re.sub(r"-[\d.]+\.dist-info", ".dist-info", top) for top in tops} == {"darnel", "darnel.dist-info"}


def test_the_wheel_holds_every_file_of_the_packages(wheel_files: set[str]) -> None:
    expected = {f"darnel/{p.relative_to(ROOT / 'darnel').as_posix()}" for p in files(ROOT / "darnel")}
    for folder in FOLDERS:
        expected |= {f"darnel/{p.relative_to(ROOT).as_posix()}" for p in files(ROOT / folder)}
    expected = {name for name in expected if not any(fnmatch(name, f"*/_{built}") for built in COMPILED)}
    kernels = {name for name in expected if name.endswith((".pyx", ".pxi"))}
    modules = {name for name in wheel_files if any(fnmatch(name, built) for built in COMPILED)}
    # Only with a compiler at hand.
    assert {name.partition(".")[0] for name in modules} <= {"darnel/features/kernels/_compiled"}
    found = {name for name in wheel_files if name.startswith("darnel/")}
    assert found - modules == expected - kernels - NOT_SHIPPED


def files(folder: Path) -> list[Path]:
    """Regular files below a folder, links not followed."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or path.name == "__pycache__":
            continue
        found += files(path) if path.is_dir() else [path]
    return found


def test_the_sdist_has_no_links_and_no_second_copies(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        members = archive.getmembers()
    assert all(member.isfile() or member.isdir() for member in members)
    names = {member.name.partition("/")[2] for member in members}
    assert "features/taxonomy.py" in names
    assert "darnel/features/taxonomy.py" not in names


def dependencies() -> list[str]:
    """Names of everything that ``pip install darnel`` brings along here, by walking the metadata."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    todo = [Requirement(line) for line in tomllib.loads(text)["project"]["dependencies"]]
    found: set[str] = set()
    while todo:
        requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        todo += [Requirement(line) for line in metadata.requires(name) or ()]
    return sorted(found)


def test_the_dependencies_are_few() -> None:
    assert len(dependencies()) <= 20
    assert not {"pandas", "scikit-learn", "pyarrow", "joblib", "matplotlib"} & set(dependencies())


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    return Classifier.load()


def test_our_own_wheel_is_clean(classifier: Classifier, wheel: Path) -> None:
    verdict = classifier.predict(wheel, excerpts=True)
    assert verdict.label == "clean", verdict.to_json(indent=1)


def test_our_own_sdist_is_not_called_malicious(classifier: Classifier, built: Path) -> None:
    # Its tables name everything that malware does. darnel 0.2 finds it a little above the balanced point.
    (path,) = built.glob("*.tar.gz")
    verdict = classifier.predict(path, excerpts=True)
    assert verdict.label in ("clean", "suspicious"), verdict.to_json(indent=1)


@pytest.mark.parametrize("name", dependencies())
def test_every_dependency_is_clean(classifier: Classifier, name: str) -> None:
    verdict = classifier.predict(Installed(name), excerpts=True)
    assert verdict.label == "clean", verdict.to_json(indent=1)
