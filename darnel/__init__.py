"""darnel: how likely a package release is malicious, and why, from its files alone, without running it.

>>> from darnel import predict
>>> verdict = predict("some_package-1.0-py3-none-any.whl")  # doctest: +SKIP
>>> verdict.label, verdict.score  # doctest: +SKIP
(<Label.CLEAN: 'clean'>, 0.0001)

Importing :mod:`darnel` is cheap: numpy, LightGBM and the parsers are imported when the first package is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from darnel.classifier import Classifier, predict, predict_many
    from darnel.errors import DarnelError
    from darnel.verdict import Verdict

__all__ = ["Classifier", "DarnelError", "Verdict", "__version__", "predict", "predict_many"]

_HOMES = {
    "Classifier": "darnel.classifier",
    "DarnelError": "darnel.errors",
    "Verdict": "darnel.verdict",
    "predict": "darnel.classifier",
    "predict_many": "darnel.classifier",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its module when it is first asked for (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'darnel' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
