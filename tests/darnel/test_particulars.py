from __future__ import annotations

import numpy as np

from darnel.attribution import Reason
from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS
from darnel.particulars import with_particulars
from tests.darnel.builders import evidence, raw_file, raw_package


def test_statistics_say_what_was_counted() -> None:
    raw = raw_package(raw_file("a.py", []), raw_file("b.py", []))
    package, files = (
        np.zeros(len(PACKAGE_COLUMNS.names), np.float32),
        np.zeros((2, len(FILE_COLUMNS.names)), np.float32),
    )
    package[PACKAGE_COLUMNS.index["comp.license"]] = 0
    files[1, FILE_COLUMNS.index["text.log_lines"]] = np.log1p(1234)
    files[1, FILE_COLUMNS.index["syntax.top_share"]] = np.nan
    columns = ("comp.license", "text.log_lines", "syntax.top_share", "pool.top1")
    statistics = evidence(behaviour="statistics", file="", line=None, columns=columns)
    placed = evidence(columns=("comp.license",))
    whole, other = with_particulars([Reason(statistics), Reason(placed)], raw, package, files, [0.1, 0.9])
    licence, lines, share, score = whole.evidence.details
    assert licence == "has a licence file: no, benign mostly yes (comp.license)"
    assert lines.startswith("in its worst file, the number of lines: 1,234, benign median ")
    assert ": none, benign median " in share
    assert score == "score of its worst file: 0.900 (pool.top1)"
    assert other.evidence.details == ()


def test_a_package_without_files() -> None:
    rows = np.zeros((0, len(FILE_COLUMNS.names)), np.float32)
    statistics = evidence(behaviour="statistics", file="", line=None, columns=("text.log_lines", "pool.top1"))
    package = np.zeros(len(PACKAGE_COLUMNS.names), np.float32)
    (reason,) = with_particulars([Reason(statistics)], raw_package(), package, rows, [])
    assert reason.evidence.details == ("score of its worst file (pool.top1)",)
