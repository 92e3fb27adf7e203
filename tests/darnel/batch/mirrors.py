"""Folders full of small releases."""

from __future__ import annotations

from pathlib import Path

from tests import builders


def fill(folder: Path, count: int) -> list[Path]:
    """Write so many sdists that take a few milliseconds each; their paths, sorted."""
    folder.mkdir(parents=True, exist_ok=True)
    code = "\n".join(f"def f{i}(a):\n    return {{k: v * {i} for k, v in a.items()}}" for i in range(200))
    for number in range(count):
        files = {"m.py": f"x = {number}\n{code}\n"}
        (folder / f"thing{number:03}-1.0.tar.gz").write_bytes(builders.sdist(f"thing{number:03}", "1.0", files))
    return sorted(folder.iterdir())
