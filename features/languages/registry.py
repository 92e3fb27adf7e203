"""Which language a file is written in, and its analyser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

from darnel.features.facts import SourceFacts
from darnel.features.limits import Limits


@dataclass(frozen=True, slots=True, eq=False)
class Language:
    """One way to read a file as source code."""

    name: str
    suffixes: tuple[str, ...]
    """Lower case, with the dot."""
    interpreters: tuple[str, ...]
    """Base names in a ``#!`` line, without version digits."""
    analyse: Callable[[bytes, Limits], SourceFacts]
    """``(content, limits) -> facts``; never raises on hostile content."""
    grammars: tuple[str, ...]
    """Distributions whose version is part of the feature schema."""
    names: tuple[str, ...] = ()
    """Whole base names, lower case."""
    relevant: Callable[[bytes], bool] | None = None
    """Whether a file, given as UTF-8, could hold anything that ``analyse`` reports; None: always analysed."""
    bare: Callable[[bytes], bytes] = bytes
    """A file, given as UTF-8, without what says nothing to ``analyse``: comments, docstrings."""
    abridge: Callable[[bytes, Sequence[Callable[[bytes], bool]]], bytes] | None = None
    """A file, given as UTF-8, without the functions in which neither ``analyse`` nor any of some tests finds something;
    ``b""`` if there is nothing at all."""
    large: int = 4_096
    """From so many bytes on a file is abridged."""
    links: Callable[[bytes], list[str]] | None = None
    """Modules that a file imports, from its bytes; None: ``analyse`` knows them."""


_SHEBANG = re.compile(rb"#!\s*(?:\S*/)?(?:env\s+(?:-S\s*)?(?:\w+=\S*\s+)*)?(?:\S*/)?([A-Za-z]+)")
_PROSE = (".md", ".markdown", ".rst", ".txt", ".log", ".dat")
_MACHINE_NAMES = 12
"""So many names such as ``_0x3fa36e`` at the start of a document make it code."""


def language_for(path: str, data: bytes) -> Language | None:
    """Language of a file by its suffix or base name, else by its ``#!`` line, else by what an obfuscator leaves.

    Parameters
    ----------
    path : str
        POSIX path inside the package.
    data : bytes
        Content; only the first 4,096 bytes are looked at.

    Returns
    -------
    Language or None
        None: not source code that is analysed.
    """
    by_suffix, by_name, by_interpreter = _index()
    base = path.rpartition("/")[2].lower()
    found = by_name.get(base)
    if found is None:
        dot = base.rfind(".")
        found = by_suffix.get(base[dot:]) if dot >= 0 else None
    if found is None and data.startswith((b"#!", b"\xef\xbb\xbf#!")):
        line = data[:256].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
        match = _SHEBANG.match(line)
        found = by_interpreter.get(match[1].decode("ascii").lower()) if match else None
    if found is None and base.endswith(_PROSE) and _obfuscated(data):
        return language_by_name("javascript")
    return found


def _obfuscated(data: bytes) -> bool:
    """Whether a document is JavaScript that went through an obfuscator, for a script or a module to run."""
    return data.count(b"_0x", 0, 4_096) >= _MACHINE_NAMES and b"function" in data[:4_096]


def language_by_name(name: str) -> Language | None:
    """Language called ``name`` (``python``, ``shell``…), None if it has no analyser."""
    return next((language for language in LANGUAGES if language.name == name), None)


@cache
def _index() -> tuple[dict[str, Language], dict[str, Language], dict[str, Language]]:
    return (
        {suffix: language for language in LANGUAGES for suffix in language.suffixes},
        {name: language for language in LANGUAGES for name in language.names},
        {interpreter: language for language in LANGUAGES for interpreter in language.interpreters},
    )


@cache
def grammar_versions() -> dict[str, str]:
    """Installed version of tree-sitter and of every grammar, by distribution name, sorted."""
    names = {"tree-sitter"}.union(*(language.grammars for language in LANGUAGES))
    return {name: version(name) for name in sorted(names)}


# Analysers are imported when first needed: a grammar that no file asks for is never loaded.


def _javascript(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.javascript import analyse

    return analyse(data, limits)


def _typescript(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.javascript import analyse

    return analyse(data, limits, "typescript")


def _tsx(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.javascript import analyse

    return analyse(data, limits, "tsx")


def _python(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.python import analyse

    return analyse(data, limits)


def _python_relevant(data: bytes) -> bool:
    from darnel.features.languages.python_relevance import relevant
    from darnel.features.languages.python_styled import plain_names

    return relevant(plain_names(data)) != ""


def _python_bare(data: bytes) -> bytes:
    from darnel.features.languages.python_bare import bare

    return bare(data)


def _python_abridge(data: bytes, tests: Sequence[Callable[[bytes], bool]]) -> bytes:
    from darnel.features.languages.python_pieces import abridge

    return abridge(data, tests)


def _python_links(data: bytes) -> list[str]:
    from darnel.features.languages.python_links import links

    return links(data)


_PTH_CODE = re.compile(rb"import[ \t]")


def _pth(data: bytes, limits: Limits) -> SourceFacts:
    """``.pth``: the interpreter executes each line that starts with ``import``; the others are folders."""
    lines = (line if _PTH_CODE.match(line) else b"" for line in data.split(b"\n"))
    return _python(b"\n".join(lines), limits)


def _notebook(data: bytes, limits: Limits) -> SourceFacts:
    """Code cells, joined; line numbers count within the joined code. Magics and shell lines are blanked."""
    try:
        book = json.loads(data)
        cells = book["cells"] if isinstance(book, dict) else []
        sources = [cell["source"] for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        sources = []
    texts = [
        part if isinstance(part, str) else "".join(x for x in part if isinstance(x, str)) for part in sources if part
    ]
    code = re.sub(r"(?m)^[ \t]*[%!?].*$", "", "\n".join(texts))
    return _python(code.encode("utf-8", "surrogatepass"), limits)


_PYTHON = ("tree-sitter-python",)


def _shell(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.shell import analyse

    return analyse(data, limits)


def _powershell(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.windows_scripts import analyse

    return analyse(data, limits, "powershell")


def _batch(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.windows_scripts import analyse

    return analyse(data, limits, "batch")


def _vbscript(data: bytes, limits: Limits) -> SourceFacts:
    from darnel.features.languages.windows_scripts import analyse

    return analyse(data, limits, "vbscript")


_JAVASCRIPT = ("tree-sitter-javascript",)
_TYPESCRIPT = ("tree-sitter-typescript",)
_SHELL = ("tree-sitter-bash",)

LANGUAGES: tuple[Language, ...] = (
    Language(
        "python",
        (".py", ".pyw"),
        ("python", "pypy"),
        _python,
        _PYTHON,
        relevant=_python_relevant,
        bare=_python_bare,
        abridge=_python_abridge,
        links=_python_links,
    ),
    Language("python", (".pth",), (), _pth, _PYTHON, links=_python_links),
    Language("python", (".ipynb",), (), _notebook, _PYTHON),
    Language(
        "javascript", (".js", ".mjs", ".cjs", ".jsx", ".es6"), ("node", "nodejs", "bun"), _javascript, _JAVASCRIPT
    ),
    Language("typescript", (".ts", ".mts", ".cts"), ("deno", "tsx"), _typescript, _TYPESCRIPT),
    Language("typescript", (".tsx",), (), _tsx, _TYPESCRIPT),
    Language("powershell", (".ps1", ".psm1"), ("pwsh",), _powershell, ()),
    Language("batch", (".bat", ".cmd"), (), _batch, ()),
    Language("vbscript", (".vbs", ".hta", ".wsf"), (), _vbscript, ()),
    Language("shell", (".sh", ".bash", ".zsh", ".ksh"), ("sh", "bash", "zsh", "dash", "ksh", "ash"), _shell, _SHELL),
)
"""All of them; the first that claims a suffix has it."""
