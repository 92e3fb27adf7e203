from __future__ import annotations

from pathlib import Path

from darnel.commands.features import reference
from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS

PAGE = Path(__file__).parents[2] / "docs" / "features.md"


def test_the_reference_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: make docs"


def test_every_column_is_in_it() -> None:
    text = reference()
    for column in (*FILE_COLUMNS.columns, *PACKAGE_COLUMNS.columns):
        assert f"| `{column.name}` |" in text
        assert column.doc
