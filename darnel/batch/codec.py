"""Verdicts as plain JSON and back, checked against the types that they are declared with.

The JSON may come from a process that a hostile package has taken over, from a cache or from a journal. What does not
fit the declared types and bounds is refused as a whole.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass, replace
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from darnel.defang import printable
from darnel.verdict import Verdict

MAX_TEXT = 8_192
"""Characters of one text."""
MAX_ITEMS = 8_192
"""Entries of one list."""
MAX_KEYS = 64
MAX_INTEGER = 1 << 53


class CodecError(ValueError):
    """JSON that is no verdict."""


def encode(verdict: Verdict) -> dict[str, Any]:
    """Plain dict of a verdict; floats keep every digit."""
    data = asdict(verdict)
    data["label"] = str(verdict.label)
    return data


def decode(data: object, source: str | None) -> Verdict:
    """Verdict of a plain dict.

    Parameters
    ----------
    data : object
        Anything that JSON can hold.
    source : str
        What was judged, as the caller calls it: whatever ``data`` says about that is ignored. ``None``: it is not.

    Raises
    ------
    CodecError
        A value is missing, surplus, of another type, or out of bounds.
    """
    if not isinstance(data, dict):
        raise CodecError("no object")
    verdict = _typed(Verdict, data if source is None else {**data, "source": ""}, "verdict")
    assert isinstance(verdict, Verdict)
    for name in ("score", "raw_score", "base_rate"):
        value = getattr(verdict, name)
        if value is not None and not 0.0 <= value <= 1.0:
            raise CodecError(f"{name}: {value} is not between 0 and 1")
    if verdict.sha256 and not (len(verdict.sha256) == 64 and set(verdict.sha256) <= set("0123456789abcdef")):
        raise CodecError("sha256: no hash")
    source = printable(verdict.source) if source is None else source
    return replace(verdict, source=source, error=printable(verdict.error))


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _typed(kind: Any, value: object, where: str) -> Any:
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        hints = _hints(kind)
        if not isinstance(value, dict) or value.keys() != {field.name for field in fields(kind)}:
            raise CodecError(f"{where}: other fields than {kind.__name__} has")
        return kind(**{name: _typed(hints[name], value[name], f"{where}.{name}") for name in hints})
    if origin in (Union, UnionType):
        if value is None and NoneType in arguments:
            return None
        (inner,) = (argument for argument in arguments if argument is not NoneType)
        return _typed(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list | tuple) or len(value) > MAX_ITEMS:
            raise CodecError(f"{where}: no list of at most {MAX_ITEMS}")
        return tuple(_typed(arguments[0], entry, where) for entry in value)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict) or len(value) > MAX_KEYS:
            raise CodecError(f"{where}: no object of at most {MAX_KEYS} keys")
        return {_typed(str, key, where): _typed(arguments[1], entry, where) for key, entry in value.items()}
    return _scalar(kind, value, where)


def _scalar(kind: type, value: object, where: str) -> Any:
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and type(value) is int and abs(value) <= MAX_INTEGER:
        return value
    if kind is float and type(value) in (int, float) and math.isfinite(float(value)):  # type: ignore[arg-type]
        return float(value)  # type: ignore[arg-type]
    if isinstance(value, str) and len(value) <= MAX_TEXT:
        if kind is str:
            return value
        if issubclass(kind, StrEnum) and value in set(kind):
            return kind(value)
    raise CodecError(f"{where}: no {kind.__name__} within bounds")
