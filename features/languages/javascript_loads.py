"""Modules that a JavaScript file loads, from the code that is left of it without strings and comments."""

from __future__ import annotations

import re

from darnel.features.languages.javascript_lexemes import Cut, cut
from darnel.features.languages.javascript_names import module_name, package_of
from darnel.features.languages.javascript_piece import MAX_LINK, MAX_LINKS
from darnel.features.languages.javascript_text import unescape

_TYPEOF = re.compile(rb"\btypeof[\s(]*\Z")
_CONSTANT = re.compile(rb"\s*\(\s*\x01\s*,?\s*\)")
_PARAMETER = re.compile(rb"\s*(?::[^,()]*)?[,)]")
_REQUIRE = re.compile(rb"require(?![\w$\x80-\xff])(?<![\w$\x80-\xff]require)")
_IMPORT = re.compile(rb"import(?<![\w$\x80-\xff.]import)[\s\x04]*\(")
_BARE_IMPORT = re.compile(rb"import(?<![\w$\x80-\xff.]import)[\s\x04]*\x01")
_FROM = re.compile(rb"from(?<![\w$\x80-\xff]from)[\s\x04]*\x01")
_MAY = re.compile(rb"\s*\.\s*(?:resolve|ensure|context|main)\b")
_STATEMENT = re.compile(
    rb"(?<![\w$\x80-\xff])(?:(?<!\.)|(?<=\.\.\.))(?:(import)(?![\w$\x80-\xff])(?![\s\x04]*[(.])([^;\x01]*?)\x01"
    rb"|(export)(?![\w$\x80-\xff])[^;\x01(=]*?\bfrom[\s\x04]*\x01|(?:require|import)\s*\(\s*\x01)"
)


def loaded(parts: Cut, words: set[bytes], packages: set[str], modules: dict[str, list[frozenset[bytes]]]) -> str:
    """Say whether a module of interest is loaded, or one whose name is not plain to read, or a file late.

    Parameters
    ----------
    parts : Cut
        The file.
    words : set of bytes
        All its words.
    packages : set of str
        Of interest by themselves.
    modules : dict of str to list of frozenset of bytes
        Modules of which something is of interest: the words of its name.

    Returns
    -------
    str
        A short reason, or ``""``.
    """
    code, calls, places = parts.code, [], []
    if b"require" in words:
        for found in _REQUIRE.finditer(code):
            end = found.end()
            if _CONSTANT.match(code, end) is not None:
                calls.append(found.start())
                continue
            before = code[max(0, found.start() - 60) : found.start()]
            if _TYPEOF.search(before) is not None or _MAY.match(code, end) is not None:
                continue
            if before.rstrip().endswith((b"(", b",")) and _PARAMETER.match(code, end) is not None:
                continue
            return "require"
    if b"import" in words:
        for found in _IMPORT.finditer(code):
            if _CONSTANT.match(code, found.end() - 1) is None:
                return "import"
            calls.append(found.start())
        places += [found.start() for found in _BARE_IMPORT.finditer(code)]
    if b"from" in words:
        places += [found.start() for found in _FROM.finditer(code)]
    if not calls and not places:
        return ""
    late = set(calls)
    at = depth = number = 0
    for place in sorted(places + calls):
        text = code[at:place]
        depth += text.count(b"{") - text.count(b"}")
        number += text.count(b"\1")
        at = place
        specifier = unescape(parts.strings[number][1:-1].decode("utf-8", "replace"))
        if specifier.startswith("."):
            if place in late and (depth > 0 or b"=>" in code[_statement(code, place) : place]):
                return "late"  # the analyser tells whether the function around it runs
            continue
        if package_of(specifier) in packages or any(rest <= words for rest in modules.get(module_name(specifier), ())):
            return "module " + specifier
    return ""


def _statement(code: bytes, at: int) -> int:
    return max(code.rfind(sign, max(0, at - 2_000), at) for sign in (b";", b"{", b"}")) + 1


def links(data: bytes) -> list[str]:
    """Files of its package that a file imports, as the analyser gives them, if :func:`relevant` says that it is not.

    Parameters
    ----------
    data : bytes
        Source, UTF-8.

    Returns
    -------
    list of str
        Relative specifiers as written, each once: of imports, of exports, of calls.
    """
    parts = cut(data)
    if parts is None:
        return []
    found: tuple[list[str], list[str], list[str]] = [], [], []
    at, number = 0, -1
    for match in _STATEMENT.finditer(parts.code):
        number += parts.code.count(b"\1", at, match.end())
        at = match.end()
        specifier = parts.strings[number][1:-1].decode("utf-8", "replace")
        if specifier.startswith(".") and not (match[2] or b"").lstrip().startswith(b"type "):
            found[0 if match[1] else 1 if match[3] else 2].append(specifier[:MAX_LINK])
    return list(dict.fromkeys((*found[0], *found[1], *found[2])))[:MAX_LINKS]
