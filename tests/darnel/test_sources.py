from __future__ import annotations

from pathlib import Path

import pytest

from darnel.errors import InputError
from darnel.features.limits import DEFAULT_LIMITS
from darnel.sources import open_source
from tests.builders import sdist


@pytest.mark.parametrize(
    ("names", "advice"),
    [
        (("a-1.0.dist-info/METADATA", "b-1.0.dist-info/METADATA"), "darnel audit"),
        (("pyvenv.cfg", "lib/x.py"), "darnel audit"),
        (("a-1.0.tar.gz", "b-1.0-py3-none-any.whl"), "holds 2 package archives; name each, or use darnel batch"),
    ],
)
def test_many_packages_are_not_judged_as_one(tmp_path: Path, names: tuple[str, ...], advice: str) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(sdist())
    with pytest.raises(InputError, match=advice):
        open_source(tmp_path, DEFAULT_LIMITS)


def test_a_node_modules_is_not_one_package(tmp_path: Path) -> None:
    (tmp_path / "node_modules" / "a").mkdir(parents=True)
    with pytest.raises(InputError, match="darnel audit"):
        open_source(str(tmp_path / "node_modules"), DEFAULT_LIMITS)
    open_source(str(tmp_path / "node_modules" / "a"), DEFAULT_LIMITS)


def test_a_project_may_hold_archives_and_one_distribution(tmp_path: Path) -> None:
    for name in ("a-1.0.tar.gz", "b-1.0.tar.gz", "setup.py"):
        (tmp_path / name).write_bytes(b"")
    open_source(tmp_path, DEFAULT_LIMITS)
    (tmp_path / "setup.py").rename(tmp_path / "one-1.0.dist-info")
    (tmp_path / "b-1.0.tar.gz").unlink()
    open_source(tmp_path, DEFAULT_LIMITS)
