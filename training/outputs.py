"""Whether what a long run will write can be written: asked before it starts, so that no model is fitted for nothing."""

from __future__ import annotations

import os
from pathlib import Path

from darnel.errors import DarnelError
from darnel.models.manifest import MANIFEST


def check_folder(folder: Path, option: str) -> None:
    """Refuse a folder that ``option`` names if it cannot be made or written to; nothing is made yet.

    Raises
    ------
    DarnelError
        It cannot.
    """
    nearest = next(path for path in (folder, *folder.absolute().parents) if os.path.lexists(path))
    if not nearest.is_dir():
        raise DarnelError(f"{option} {folder}: {nearest} is no folder; give another folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise DarnelError(f"{option} {folder}: {nearest} cannot be written to; give another folder")


def check_model_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder for a model unless it is new, empty or, to ``overwrite`` it, holds a model.

    Raises
    ------
    DarnelError
        It holds something, or cannot be written.
    """
    check_folder(folder, "--out")
    if (folder / MANIFEST).exists():
        if not overwrite:
            raise DarnelError(f"--out {folder}: holds a model; give another folder, or --overwrite to replace it")
    elif folder.exists() and any(folder.iterdir()):
        raise DarnelError(f"--out {folder}: holds files that are no model; give a new or empty folder")
