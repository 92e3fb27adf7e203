from __future__ import annotations

from pathlib import Path

import pytest

from darnel.errors import InputError
from darnel.index.reference import Reference, is_reference, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pypi:Requests", Reference("pypi", "requests")),
        ("pypi:zope.interface==6.0", Reference("pypi", "zope-interface", "6.0")),
        ("pypi:a==1!2.0+local.1", Reference("pypi", "a", "1!2.0+local.1")),
        ("npm:left-pad@1.3.0", Reference("npm", "left-pad", "1.3.0")),
        ("npm:@types/node", Reference("npm", "@types/node")),
        ("npm:@types/node@next", Reference("npm", "@types/node", "next")),
    ],
)
def test_names(text: str, expected: Reference) -> None:
    assert parse(text) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "pypi:",
        "pypi:a>=1",
        "pypi:a[extra]",
        "pypi:a==",
        "pypi:../a",
        "npm:",
        "npm:a@^1",
        "npm:a/b",
        "npm:@a",
        "npm:a b",
    ],
)
def test_what_is_no_name_says_how_to_write_one(text: str) -> None:
    with pytest.raises(InputError, match=r"write (pypi|npm):NAME"):
        parse(text)


@pytest.mark.parametrize("text", ["cargo:serde", "https://example.invalid/a.whl", "\x1b[31m:x"])
def test_an_unknown_ecosystem_is_one_printable_line(text: str) -> None:
    with pytest.raises(InputError, match="unknown ecosystem") as error:
        parse(text)
    assert str(error.value).isprintable()


def test_paths_are_no_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_reference("requests")
    assert not is_reference("dist/a-1.0.tar.gz")
    assert not is_reference(r"C:\a.whl")
    assert is_reference("pypi:a")
    Path("pypi:a").write_bytes(b"")
    assert not is_reference("pypi:a")
