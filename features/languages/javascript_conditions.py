"""Calls of a JavaScript file that say something only because of their arguments, tested without a syntax tree."""

from __future__ import annotations

import re

from darnel.features.languages.javascript_rules import LISTENERS

CONDITIONAL = frozenset({"buffer", "timer", "decode", "environment", "listen", "import", "text", "proxy"})
"""Rules that report only under conditions, which are tested below."""
_LISTENED = frozenset(LISTENERS)
_NUMBER = re.compile(
    rb"(?<![\w$.])(?:[5-9]\d{3}|\d{5,}|0[xXoObB]\w+|\d+_\w+)n?(?![\w$])|\d\s*[-+*^]\s*[\d(]|[\w$)](?<!export)(?<!import)(?<!function)(?<!yield)\s*[*^]\s*[\w$(]"
)
_TIMERS = frozenset(b"setTimeout setInterval setImmediate".split())
_TIMER = re.compile(
    rb"(?:setTimeout|setInterval|setImmediate)(?![\w$])"
    rb"(?!\s*\(\s*(?:(?:async\s*)?function\b|(?:async\s*)?\([^()]*\)\s*(?::[^=]{0,200})?=>|(?:async\s+)?[\w$]+\s*=>"
    rb"|[\w$.]+\s*[,)]|[\w$.]+\.bind\([^()]*\)\s*[,)]))"
)


def conditional(code: bytes, words: set[bytes], texts: list[str]) -> str:
    """Rules of the lexicon that report only what certain arguments mean."""
    if not words.isdisjoint(_TIMERS) and (_NUMBER.search(code) or _TIMER.search(code)):
        return "timer"
    literals = set(texts)
    if not literals.isdisjoint(_LISTENED) and not words.isdisjoint(_LISTENING):
        return "event"
    if b"toString" in words and not literals.isdisjoint({"base64", "hex"}):
        return "text"
    if b"Buffer" in words and (
        any(text.lower() in _CODINGS for text in literals if len(text) < 12) or _bytes_of_constant(code)
    ):
        return "buffer"
    if b"defineProperty" in words and any(word.startswith(_REPLACED) for word in words):
        return "proxy"
    if b"open" in words and any(text.upper() in {"POST", "PUT", "PATCH"} for text in literals):
        return "open"
    return ""


_REPLACED = (b"ethereum", b"XMLHttpRequest", b"navigator")
_CODINGS = frozenset({"base64", "base64url", "hex"})
_MADE = re.compile(
    rb"(?<![\w$])(?:from|Buffer)[\s\x04]*(?:\?\.)?\([\s(\x04]*(?:([\x01\x02]|\[[\s\x04]*[\d(])|([A-Za-z_$\x80-\xff][\w$\x80-\xff]*))"
)


def _bytes_of_constant(code: bytes) -> bool:
    """Whether a buffer may be made of a constant."""
    return any(
        match[1] is not None
        or re.search(rb"(?<![\w$])" + re.escape(match[2]) + rb"\s*(?::[^=;]*)?=[\s(\x04]*[\x01\x02\[]", code)
        for match in _MADE.finditer(code)
    )


_LISTENING = frozenset(b"addEventListener register process document".split())
