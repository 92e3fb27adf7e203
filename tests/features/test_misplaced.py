"""What the tags of a wheel say against the native files in it."""

import pytest

from darnel.features.extract import extract
from darnel.features.misplaced import values
from darnel.features.package import Ecosystem, MemoryPackage

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + bytes(200)


def wheel(*tags: str) -> dict[str, bytes]:
    return {"a-1.dist-info/WHEEL": b"Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags).encode()}


@pytest.mark.parametrize(
    ("tags", "formats", "column"),
    [
        (["py3-none-any"], ["elf", "pe"], "comp.native_in_pure_wheel"),
        (["cp311-cp311-manylinux_2_17_x86_64"], ["elf"], ""),
        (["cp311-cp311-manylinux_2_17_x86_64"], ["elf", "pe"], "comp.native_foreign"),
        (["cp311-cp311-win_amd64"], ["pe"], ""),
        (["cp311-cp311-macosx_11_0_arm64"], ["elf"], "comp.native_foreign"),
        (["py3-none-manylinux1_x86_64", "py3-none-win32"], ["elf", "pe"], ""),
        (["py3-none-pyodide_2024_0_wasm32"], ["elf"], ""),
        (["py3-none-any"], ["wasm"], ""),
        ([], ["elf"], ""),
    ],
)
def test_tags(tags: list[str], formats: list[str], column: str) -> None:
    assert set(values(wheel(*tags), formats)) == ({column} if column else set())


def test_the_whole_way() -> None:
    package = MemoryPackage({**wheel("py3-none-any"), "a/x.so": ELF, "a/y.py": b"x = 1\n"}, ecosystem=Ecosystem.PYPI)
    assert extract(package)["values"]["comp.native_in_pure_wheel"] > 0
