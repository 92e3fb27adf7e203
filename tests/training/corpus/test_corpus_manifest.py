from __future__ import annotations

from pathlib import Path

import pytest

from darnel.errors import CorpusError
from darnel.training.corpus.manifest import load_manifest

SOURCE = {
    "id": '"one"',
    "kind": '"archives"',
    "ecosystem": '"pypi"',
    "label": '"benign"',
    "repository": '"owner/name"',
    "revisions": f'["{"a" * 40}"]',
    "paths": "'.*'",
}


def write(folder: Path, changes: dict[str, str | None], head: str = "format = 1\n") -> Path:
    path = folder / "manifest.toml"
    lines = [f"{key} = {value}" for key, value in {**SOURCE, **changes}.items() if value is not None]
    path.write_text(head + "[[source]]\n" + "\n".join(lines), encoding="utf-8")
    return path


def test_the_shipped_manifest_is_sound() -> None:
    manifest = load_manifest()
    labels = {(source.ecosystem.value, source.label) for source in manifest.sources}
    assert labels == {("pypi", "malicious"), ("pypi", "benign"), ("npm", "malicious"), ("npm", "benign")}
    assert all(source.commands or source.kind in ("repositories",) for source in manifest.sources)
    assert manifest.source("pypi-malregistry").date == "added"
    assert manifest.source("npm-cherry").commands[1].endswith("fetch origin refs/pull/490/head")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": '"tarballs"'}, "source 'one': kind 'tarballs' is none of archives, trees"),
        ({"label": '"bad"'}, "label 'bad' is neither 'malicious' nor 'benign'"),
        ({"label": '"malicious"', "probes": "true"}, "'probes' is for benign samples"),
        ({"ecosystem": '"gems"'}, "ecosystem 'gems' is none of pypi, npm"),
        ({"id": '"One!"'}, "the id may hold lower-case letters"),
        ({"label": None}, "'label' is missing or no string"),
        ({"repository": '"https://example.invalid/a/b"'}, "is not 'owner/name'"),
        ({"revisions": '["HEAD"]'}, "full commit ids"),
        ({"revisions": None}, "full commit ids"),
        ({"paths": "'(['"}, "'paths' is no regular expression"),
        ({"paths": None}, "kind 'archives' needs 'paths'"),
        ({"history": '"yes"'}, "'history' must be of type bool"),
        ({"date": '"2020"'}, "date '2020' is neither 'added' nor 'none'"),
        ({"colour": '"red"'}, "unknown key 'colour'"),
        ({"kind": '"list"', "list": '"missing.csv"'}, "needs 'missing.csv' beside the manifest"),
        ({"kind": '"folder"'}, "kind 'folder' needs 'folder'"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, changes: dict[str, str | None], says: str) -> None:
    with pytest.raises(CorpusError) as caught:
        load_manifest(write(tmp_path, changes))
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [("format = 2\n", "format 2, this darnel reads 1"), ("format = 1\n", "no [[source]]"), ("= 1", "no valid TOML")],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "m.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError) as caught:
        load_manifest(path)
    assert says in str(caught.value)


def test_a_double_id_and_a_missing_file_are_named(tmp_path: Path) -> None:
    path = write(tmp_path, {})
    text = path.read_text(encoding="utf-8")
    path.write_text(text + "\n[[source]]" + text.partition("[[source]]")[2], encoding="utf-8")
    with pytest.raises(CorpusError, match="'one' is there twice"):
        load_manifest(path)
    with pytest.raises(CorpusError, match="cannot be read"):
        load_manifest(tmp_path / "nothing.toml")
