"""What the tags of a wheel say against the native files in it."""

from math import log1p

import pytest

from darnel.features.extract import extract
from darnel.features.misplaced import values
from darnel.features.package import Ecosystem, MemoryPackage

ELF = b"\x7fELF\x02\x01\x01" + bytes(9) + (3).to_bytes(2, "little") + bytes(200)


def wheel(*tags: str) -> dict[str, bytes]:
    return {"a-1.dist-info/WHEEL": b"Wheel-Version: 1.0\n" + "".join(f"Tag: {tag}\n" for tag in tags).encode()}


@pytest.mark.parametrize(
    ("tags", "formats", "count"),
    [
        (["py3-none-any"], ["elf", "pe", "png"], 2),
        (["py2-none-any", "py3-none-any"], ["macho"], 1),
        (["cp311-cp311-manylinux_2_17_x86_64"], ["elf"], 0),
        (["py3-none-any", "py3-none-win32"], ["pe"], 0),
        (["py3-none-any"], ["wasm"], 0),
        ([], ["elf"], 0),
    ],
)
def test_tags(tags: list[str], formats: list[str], count: int) -> None:
    assert values(wheel(*tags), formats).get("comp.native_in_pure_wheel", 0) == pytest.approx(log1p(count))


def test_the_whole_way() -> None:
    package = MemoryPackage({**wheel("py3-none-any"), "a/x.so": ELF, "a/y.py": b"x = 1\n"}, ecosystem=Ecosystem.PYPI)
    assert extract(package)["values"]["comp.native_in_pure_wheel"] > 0
