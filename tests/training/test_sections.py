from pathlib import Path

import pytest

from darnel.cli import main
from darnel.errors import BundleError, CorpusError
from darnel.models.bundle import Bundle, default_bundle_path
from darnel.models.manifest import CARD, MANIFEST
from darnel.training.sections import MARK, add_sections


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    for path in default_bundle_path().iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    add_sections(folder, [])
    return folder


def test_sections_are_replaced_and_the_model_still_loads(model: Path, tmp_path: Path) -> None:
    before, manifest = (model / CARD).read_text(), (model / MANIFEST).read_bytes()
    (tmp_path / "a.md").write_text("## Drift\n\nfirst\n")
    (tmp_path / "b.md").write_text("## Ablation\n\nsecond\n")
    assert main(["model", "card", "--model", str(model), "--section", str(tmp_path / "a.md")]) == 0
    add_sections(model, [tmp_path / "b.md", tmp_path / "a.md"])
    card = (model / CARD).read_text()
    assert card.startswith(before.rstrip())
    assert card.endswith(f"{MARK}\n\n## Ablation\n\nsecond\n\n## Drift\n\nfirst\n")
    assert card.count(MARK) == 1
    Bundle.load(model)
    add_sections(model, [])
    assert (model / CARD).read_text() == before
    assert (model / MANIFEST).read_bytes() == manifest


def test_a_card_is_not_emptied_by_mistake(model: Path) -> None:
    before = (model / CARD).read_text()
    assert main(["model", "card", "--model", str(model)]) == 2
    assert (model / CARD).read_text() == before


def test_what_is_no_section_or_no_card_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("text without a heading")
    for path in (tmp_path / "a.md", tmp_path / "none.md"):
        with pytest.raises(CorpusError, match="not a section"):
            add_sections(model, [path])
    (model / CARD).write_text("edited")
    with pytest.raises(BundleError, match="does not match its sha256"):
        add_sections(model, [])
    (model / CARD).unlink()
    with pytest.raises(BundleError, match="cannot be read"):
        add_sections(model, [])
