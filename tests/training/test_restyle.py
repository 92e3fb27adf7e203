"""The same code in another dress. Everything here is hand-written and inert."""

import random

import pandas as pd

from darnel.features.extract import extract
from darnel.features.package import Form, MemoryPackage
from darnel.training.restyle import as_sdist, as_tree, small_enough
from darnel.training.restyled import chosen

EGG_INFO = ("PKG-INFO", "SOURCES.txt", "dependency_links.txt", "top_level.txt")
SETUP = b"""from setuptools import setup
setup(name="tiny-tool", version="1.2", description="Counts things", author="A. Person", url="https://example.invalid",
      long_description=open("README.md").read(), packages=["tiny_tool"])
"""
TREE = {
    "setup.py": SETUP,
    "README.md": b"# Tiny tool\n\nIt counts things.\n",
    "LICENSE": b"MIT\n",
    "tiny_tool/__init__.py": b"def count(x):\n    return len(x)\n",
    "tests/test_count.py": b"def test_nothing():\n    pass\n",
    ".github/workflows/ci.yml": b"on: push\n",
    "docs/index.md": b"hello\n",
}


def tree(files: dict[str, bytes] = TREE) -> MemoryPackage:
    return MemoryPackage(dict(files))


def sdist(seed: int = 0) -> MemoryPackage:
    made = as_sdist(tree(), TREE, extract(tree()), random.Random(seed))
    assert made is not None
    return made


def test_a_tree_becomes_the_sdist_that_it_builds() -> None:
    made = sdist()
    assert made.form is Form.SDIST
    assert set(made.files) == {
        "setup.py",
        "setup.cfg",
        "README.md",
        "LICENSE",
        "PKG-INFO",
        "tiny_tool/__init__.py",
        *(
            f"tiny_tool.egg-info/{name}"
            for name in ("PKG-INFO", "SOURCES.txt", "dependency_links.txt", "top_level.txt")
        ),
    }
    info = made.files["PKG-INFO"].decode()
    assert "Name: tiny-tool\nVersion: 1.2\nSummary: Counts things\n" in info
    assert info.endswith("It counts things.\n\n")
    raw = extract(made)
    assert (raw["name"], raw["version"], raw["form"]) == ("tiny-tool", "1.2", "sdist")


def test_the_same_draw_gives_the_same_sdist_and_draws_differ() -> None:
    assert sdist(1).files == sdist(1).files
    assert len({sdist(seed).files["PKG-INFO"] for seed in range(8)}) > 1


def test_a_sdist_becomes_the_tree_it_was_built_from() -> None:
    made = sdist()
    back = as_tree(made, made.files, extract(made))
    assert back is not None
    assert back.form is Form.TREE
    assert set(back.files) == {"setup.py", "README.md", "LICENSE", "tiny_tool/__init__.py"}
    assert all(back.files[path] == TREE[path] for path in back.files)


def test_a_sdist_that_was_unpacked_only_changes_its_form() -> None:
    files = {**TREE, "PKG-INFO": b"Metadata-Version: 1.0\nName: tiny-tool\nVersion: 1.2\n"}
    made = as_sdist(tree(files), files, extract(tree(files)), random.Random(0))
    assert made is not None
    assert made.files == files
    assert made.form is Form.SDIST


def test_without_setup_py_nothing_is_made() -> None:
    files = {"a.py": b"A = 1\n"}
    raw = extract(tree(files))
    assert as_sdist(tree(files), files, raw, random.Random(0)) is None
    assert as_tree(tree(files), files, raw) is None


def test_what_is_too_large_is_left_alone() -> None:
    assert small_enough(tree({f"m{i}.py": b"" for i in range(500)})) is None
    assert small_enough(tree()) == TREE


def test_trees_and_one_sdist_a_campaign_are_chosen() -> None:
    rows = [
        ("t", "pypi", 0, "tree", ""),
        ("w", "pypi", 0, "wheel", ""),
        ("n", "npm", 0, "tree", ""),
        ("b", "pypi", 1, "sdist", "c1"),
        ("a", "pypi", 1, "sdist", "c1"),
        ("x", "pypi", 1, "wheel", "c2"),
    ]
    frame = pd.DataFrame(rows, columns=["id", "ecosystem", "label", "form", "campaign"]).assign(readable=True)
    assert chosen(frame) == [("t", True), ("a", False)]
