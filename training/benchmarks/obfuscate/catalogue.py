"""All transforms, each alone and stacked."""

from __future__ import annotations

from darnel.training.benchmarks.obfuscate import (
    javascript_computed,
    javascript_literals,
    javascript_minify,
    javascript_rename,
    javascript_wrap,
    padding,
    python_computed,
    python_literals,
    python_minify,
    python_rename,
    python_wrap,
)
from darnel.training.benchmarks.obfuscate.transform import Transform, stacked

_MODULES = (
    python_wrap, python_literals, python_rename, python_computed, python_minify,
    javascript_wrap, javascript_literals, javascript_rename, javascript_computed, javascript_minify, padding,
)  # fmt: skip

ALONE: dict[tuple[str, str], Transform] = {(t.language, t.name): t for module in _MODULES for t in module.TRANSFORMS}
"""By language and name."""

_STACKS = {
    "python": (
        ("renamed", "split-strings"),
        ("computed-names", "encoded-strings", "minified"),
        ("renamed", "zlib"),
        ("minified", "base64", "padding"),
        ("computed-names", "xor"),
    ),
    "javascript": (
        ("renamed", "string-array"),
        ("computed-names", "string-array", "minified"),
        ("minified", "base64"),
        ("computed-names", "encoded-strings", "renamed"),
        ("string-array", "hex"),
    ),
}

TRANSFORMS: dict[str, tuple[Transform, ...]] = {
    language: (
        *(t for (of, _), t in ALONE.items() if of == language),
        *(stacked(*(ALONE[language, name] for name in names)) for names in stacks),
    )
    for language, stacks in _STACKS.items()
}
"""By language: each alone, then the stacked ones."""

NAMES: tuple[str, ...] = tuple(dict.fromkeys(t.name for found in TRANSFORMS.values() for t in found))
