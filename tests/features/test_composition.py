"""Inert fixtures: headers and filler bytes, no code."""

from math import log1p

import pytest

from darnel.features.composition import COLUMNS, Composition
from darnel.features.content import sniff
from darnel.features.roles import Role

ELF = b"\x7fELF\x02\x01\x01" + bytes(100)
PYC = b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(60)


def values(files: dict[str, bytes], role: Role = Role.MODULE) -> dict[str, float]:
    composition = Composition()
    for path, data in files.items():
        content = sniff(path, data)
        composition.add(path, len(data), content, role, "python" if path.endswith(".py") else "")
    return composition.values()


def test_empty() -> None:
    assert Composition().values() == {}


def test_columns_and_values_agree() -> None:
    assert set(values({"a.py": b"x = 1\n"})) == {column.name for column in COLUMNS}


def test_shares_and_shape() -> None:
    out = values({"a/b/c.py": b"x = 1\n" * 10, "README.md": b"words " * 50, "a/__init__.py": b""})
    assert out["shape.files"] == pytest.approx(log1p(3))
    assert out["shape.bytes"] == pytest.approx(log1p(360))
    assert out["comp.source_share"] == pytest.approx(1 / 3)
    assert out["comp.empty_share"] == pytest.approx(1 / 3)
    assert out["comp.largest_share"] == pytest.approx(300 / 360)
    assert (out["comp.languages"], out["comp.main_language_share"]) == (1, 1)
    assert (out["comp.readme"], out["comp.license"], out["shape.tiny"]) == (1, 0, 1)
    assert out["comp.depth_max"] == 2


def test_binaries_without_source() -> None:
    out = values({"a/x.py": b"y = 1\n", "a/fast.cpython-311-x86_64.so": ELF, "a/gone.pyc": PYC})
    assert out["comp.native_orphans"] == out["comp.bytecode_orphans"] == pytest.approx(log1p(1))


def test_binaries_with_source() -> None:
    out = values(
        {
            "a/fast.pyx": b"y = 1\n",
            "a/fast.cpython-311.so": ELF,
            "a/x.py": b"y\n",
            "a/__pycache__/x.cpython-311.pyc": PYC,
        }
    )
    assert out["comp.native_orphans"] == out["comp.bytecode_orphans"] == 0


@pytest.mark.parametrize(
    ("path", "data", "column"),
    [
        ("notes.txt", ELF, "lies.executable"),
        ("tests/data/x.so", ELF, "odd_places"),
        ("run", ELF, "programs"),
        (".vscode/tasks.json", b"{}\n", "editor"),
        ("x.pth", b"import x\n", "startup"),
        (".secret/x.py", b"x = 1\n", "hidden"),
        ("go.ps1", b"echo\n", "scripts"),
        ("a/ x.py", b"x = 1\n", "odd_names"),
        ("a/\u202ex.py", b"x = 1\n", "odd_names"),
        ("blob.dat", bytes(range(256)), "binary_unknown"),
        ("lib.min.js", b"x=1\n", "minified_orphans"),
        (".DS_Store", bytes(range(256)), "junk"),
        ("inner.zip", b"PK\x03\x04" + bytes(60), "archives"),
    ],
)
def test_marks(path: str, data: bytes, column: str) -> None:
    assert values({path: data})[f"comp.{column}"] == pytest.approx(log1p(1))
    clean = values(
        {"a.py": b"x = 1\n", ".gitignore": b"*.pyc\n", ".github/dependabot.yml": b"a: 1\n", "lib.js": b"x\n"}
    )
    assert clean[f"comp.{column}"] == 0
