"""The house keeps its shape: every package folder is declared, and only ``darnel`` is a top-level import name."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_package_folder_is_declared() -> None:
    declared = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])
    own = {".".join(init.parent.relative_to(ROOT).parts) for init in (ROOT / "darnel").rglob("__init__.py")}
    found = {name for name in own if name.split(".")[1:2] not in (["features"], ["training"], ["models"])}
    for top in ("features", "training", "models"):
        for init in (ROOT / top).rglob("__init__.py"):
            found.add(".".join(("darnel", *init.parent.relative_to(ROOT).parts)))
    assert found == declared


def test_links_are_relative() -> None:
    for name in ("features", "training", "models"):
        link = ROOT / "darnel" / name
        if link.is_symlink():
            assert link.readlink() == Path("..") / name


def test_modules_stay_small() -> None:
    for top in ("darnel", "features", "training", "models"):
        for path in (ROOT / top).rglob("*.py"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            assert lines <= 400, f"{path.relative_to(ROOT)} has {lines} lines: one concept each"


def test_every_kernel_is_declared_and_included() -> None:
    folder = ROOT / "features" / "kernels"
    (module,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["ext-modules"]
    names = [path.name for path in sorted(folder.glob("*.pxi"))]
    assert module["depends"] == [f"features/kernels/{name}" for name in names]
    assert [f'include "{name}"' for name in names] == (folder / "_compiled.pyx").read_text().splitlines()[-len(names) :]
