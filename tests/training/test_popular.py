import gzip
import json
from pathlib import Path

import pytest

from darnel.errors import CorpusError
from darnel.training import popular


def test_order_normalisation_and_placeholders() -> None:
    rows = [
        {"name": "B_b", "n": "5", "version": "1"},
        {"name": "a.a", "n": "9", "version": "1"},
        {"name": "b-b", "n": "4", "version": "1"},
        {"name": "gone", "n": "99", "version": "0.0.1-security"},
        {"name": "none", "n": "", "version": "1"},
    ]
    assert popular.ordered_names(rows, "name", "n", descending=True, normalise=True, size=9) == ["a-a", "b-b"]
    assert popular.ordered_names(rows, "name", "n", descending=False, normalise=False, size=2) == ["b-b", "b_b"]


def test_written_list_is_reproducible(tmp_path: Path) -> None:
    first = popular.write("npm", ["b", "a"], "2026-11", tmp_path).read_bytes()
    assert popular.write("npm", ["b", "a"], "2026-11", tmp_path).read_bytes() == first
    assert gzip.decompress(first) == b"b\na"
    assert json.loads((tmp_path / "popular.json").read_text())["npm"] == {"date": "2026-11", "names": 2}


def test_missing_column_is_one_line(tmp_path: Path) -> None:
    table = tmp_path / "names.tsv"
    table.write_text("name\trank\nx\t1\n")
    with pytest.raises(CorpusError, match="no column"):
        popular.main(["pypi", str(table), "--rank", "position", "--date", "2026-11"])
