"""Import LightGBM without the data-frame libraries that it picks up when they happen to be installed.

It only asks whether they are there, for inputs that darnel never gives it; pandas, scikit-learn and pyarrow cost 140 MB
and most of a cold start. For darnel's own processes only: whoever shares a process with `darnel.predict` gets the
LightGBM that they expect.
"""

from __future__ import annotations

import importlib
import sys

OPTIONAL = ("pandas", "sklearn", "pyarrow", "dask", "matplotlib", "polars")


def import_lightgbm() -> None:
    """Import LightGBM with :data:`OPTIONAL` out of sight; those that are loaded already stay as they are."""
    hidden = [name for name in OPTIONAL if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None: an import of it fails
    try:
        importlib.import_module("lightgbm")
    finally:
        for name in hidden:
            del sys.modules[name]
