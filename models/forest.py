"""A LightGBM text model through LightGBM's C library, without its Python package.

``import lightgbm`` takes longer than judging a package, and brings SciPy, pandas, scikit-learn and what else it finds
with it: a hundred megabytes and more for conversions that are never made. The C interface is LightGBM's stable one; the
same functions do the work, so that scores are the same to the last bit. What moved them is counted here: see
:mod:`darnel.models.shapley`.
"""

from __future__ import annotations

import ctypes
import json
import sys
from collections.abc import Callable
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from darnel.models.shapley import Shapley

_FLOAT32, _ROW_MAJOR = 0, 1
_RAW = 1
_PARAMETERS = b"num_threads=1"
"""One thread, so that batches run side by side."""
_NAME_BYTES = 256
_FILES = ("lib_lightgbm.so", "lib_lightgbm.dylib", "lib_lightgbm.dll")
_FOLDERS = ("lib", "bin", ".")


class ForestError(ValueError):
    """LightGBM's library is not there, or it refuses a model or rows; the text says why."""


class Forest:
    """A loaded model.

    Parameters
    ----------
    text : str
        What LightGBM's ``model_to_string`` gave. A truncated or edited text can abort the process: compare hashes
        first.

    Attributes
    ----------
    feature_names : tuple of str
        Columns that the model takes, in order.

    Raises
    ------
    ForestError
        The text is no model.
    """

    def __init__(self, text: str) -> None:
        library = _library()
        self._text = text
        self._free: Callable[[Any], Any] = library.LGBM_BoosterFree
        self._handle = ctypes.c_void_p()
        trees = ctypes.c_int()
        _check(
            library.LGBM_BoosterLoadModelFromString(
                ctypes.c_char_p(text.encode()), ctypes.byref(trees), ctypes.byref(self._handle)
            )
        )
        self.feature_names = self._names()

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle:
            self._free(handle)

    def explain(self, row: NDArray[np.float32], *, raising: bool = False) -> dict[str, float]:
        """Additive contributions of columns to the log-odds of a row (columns,), strongest first, without zeros.

        With ``raising`` only those above 0.
        """
        values = self._shapley.values(row)
        used = np.flatnonzero(values > 0 if raising else values)
        ordered = used[np.argsort(-np.abs(values[used]), kind="stable")]
        return dict(zip(self._labels[ordered].tolist(), values[ordered].tolist(), strict=True))

    @cached_property
    def _labels(self) -> NDArray[np.object_]:
        return np.array(self.feature_names, dtype=object)

    @cached_property
    def _shapley(self) -> Shapley:
        return Shapley(self._text, len(self.feature_names))

    def dump(self) -> dict[str, Any]:
        """Trees with their splits and gains, as LightGBM's ``dump_model`` gives them."""
        size, needed = 1 << 20, ctypes.c_int64()
        while True:
            buffer = ctypes.create_string_buffer(size)
            _check(
                _library().LGBM_BoosterDumpModel(
                    self._handle,
                    ctypes.c_int(0),
                    ctypes.c_int(-1),
                    ctypes.c_int(0),
                    ctypes.c_int64(size),
                    ctypes.byref(needed),
                    buffer,
                )
            )
            if needed.value <= size:
                found: dict[str, Any] = json.loads(buffer.value)
                return found
            size = needed.value

    def odds(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log-odds of rows (n, columns): float64 (n,)."""
        if rows.ndim != 2 or rows.shape[1] != len(self.feature_names):
            raise ForestError(f"rows have shape {rows.shape}, the model takes {len(self.feature_names)} columns")
        out = np.empty(len(rows))
        if not len(rows):
            return out
        data = np.ascontiguousarray(rows, dtype=np.float32)
        written = ctypes.c_int64()
        _check(
            _library().LGBM_BoosterPredictForMat(
                self._handle,
                data.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int(_FLOAT32),
                ctypes.c_int32(len(data)),
                ctypes.c_int32(data.shape[1]),
                ctypes.c_int(_ROW_MAJOR),
                ctypes.c_int(_RAW),
                ctypes.c_int(0),
                ctypes.c_int(-1),
                ctypes.c_char_p(_PARAMETERS),
                ctypes.byref(written),
                out.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            )
        )
        if written.value != out.size:
            raise ForestError(f"the model gave {written.value} numbers for {len(rows)} rows")
        return out

    def _names(self) -> tuple[str, ...]:
        count, longest = ctypes.c_int(), ctypes.c_size_t(_NAME_BYTES)
        _check(_library().LGBM_BoosterGetNumFeature(self._handle, ctypes.byref(count)))
        wanted = count.value
        while True:
            size = longest.value
            buffers = [ctypes.create_string_buffer(size) for _ in range(wanted)]
            pointers = (ctypes.c_char_p * wanted)(*map(ctypes.addressof, buffers))  # type: ignore[misc]
            _check(
                _library().LGBM_BoosterGetFeatureNames(
                    self._handle,
                    ctypes.c_int(wanted),
                    ctypes.byref(count),
                    ctypes.c_size_t(size),
                    ctypes.byref(longest),
                    pointers,
                )
            )
            if longest.value <= size:
                return tuple(buffer.value.decode() for buffer in buffers)


@cache
def _library() -> ctypes.CDLL:
    """LightGBM's C library from where its Python package is installed, which is not imported."""
    spec = find_spec("lightgbm")
    folder = Path(spec.origin).parent if spec is not None and spec.origin else None
    places = [folder / place / name for place in _FOLDERS for name in _FILES] if folder is not None else []
    path = next((path for path in places if path.is_file()), None)
    if path is None:
        raise ForestError("LightGBM's library is not installed; install the lightgbm package from PyPI")
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise ForestError(f"LightGBM's library cannot be loaded ({error}); install OpenMP (libgomp, libomp)") from None
    library.LGBM_GetLastError.restype = ctypes.c_char_p
    if "lightgbm" not in sys.modules:  # else its owner decides what becomes of messages
        library.LGBM_RegisterLogCallback(_QUIET)
    return library


_QUIET = ctypes.CFUNCTYPE(None, ctypes.c_char_p)(lambda _message: None)


def _check(status: int) -> None:
    if status:
        message = _library().LGBM_GetLastError().decode("utf-8", "replace")
        raise ForestError(message.partition("\n")[0] or "LightGBM failed without a word")
