"""What stands hidden at a place: the analysers fold and decode string literals anyway, here they are asked for them.

In source files, in the code that manifests and trigger files carry, and in commands that stand on a line of any other
text (a task in pyproject.toml).
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from darnel.attribution import Reason
from darnel.defang import defang
from darnel.embedded import carried
from darnel.features import content
from darnel.features.facts import Literal
from darnel.features.languages.registry import Language, language_by_name, language_for
from darnel.features.limits import DEFAULT_LIMITS, Limits

NEAR = 2_000
"""Bytes by which a literal may end before or after the expression that it is attributed to: minified files are one
statement."""
LENGTH = 120
"""Longest decoded value shown, characters."""
LINE = 1 << 16
"""Of a longer line that is no source code, the rest is not looked at."""
COMMANDS = 8
"""Commands looked at on one line."""

_HOST = re.compile(r"://|\b\d{1,3}(?:\.\d{1,3}){3}\b")
# A string that nobody closes goes on to the end, so that no search starts anew at each of its characters.
_STRING = re.compile(r"""\"(?:[^"\\]|\\.)*+(?:"|\\?$)|'[^']*+(?:'|$)""")
_COMMAND = re.compile(r"[\s(;|/\\]")


def decoded(path: str, data: bytes, reasons: Sequence[Reason], limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """What was hidden at each of several places of one file.

    Parameters
    ----------
    path : str
        Of the file, for its language.
    data : bytes
        Its content.
    reasons : sequence of Reason
        Places in it.
    limits : Limits
        Budget of the analyser.

    Returns
    -------
    list of str
        One a reason: ``base64 → hxxps://a[.]example[.]invalid``, defanged, ``""`` where nothing was hidden.
    """
    sniffed = content.sniff(path, data)
    if not sniffed.is_text:
        return [""] * len(reasons)
    text = content.to_utf8(data, sniffed.encoding)
    language = language_for(path, data)
    if language is None:
        return [_on_line(text, reason.evidence.line or 1, limits) for reason in reasons]
    hidden = _hidden(language, text, limits)
    return [_shown(_best(hidden, reason)) for reason in reasons]


def decoded_inside(path: str, label: str, data: bytes, reasons: Sequence[Reason]) -> list[str]:
    """The same for code that a manifest or trigger file carries.

    Parameters
    ----------
    path : str
        Of that file.
    label : str
        What stands after ``#`` in the path of the code: ``postinstall``, ``tasks[0]``.
    data : bytes
        Content of the file.
    reasons : sequence of Reason
        Places in the code.
    """
    for piece in carried(path, data):
        found = language_by_name(piece.language)
        if piece.label == label and found is not None:
            hidden = _hidden(found, piece.code, DEFAULT_LIMITS)
            return [_shown(_best(hidden, reason)) for reason in reasons]
    return [""] * len(reasons)


def _hidden(language: Language, code: bytes, limits: Limits) -> list[Literal]:
    """Literals that were hidden; those of code inside a string are not, for that alone."""
    return [literal for literal in language.analyse(code, limits).literals if literal.how not in ("", "inner")]


def _on_line(text: bytes, number: int, limits: Limits) -> str:
    """What is hidden in a command on a line: its strings, and what follows the first ``=`` or ``:``."""
    lines = text.split(b"\n", number)
    line = lines[number - 1][:LINE].decode("utf-8", "replace") if len(lines) >= number else ""
    quoted = (_unquoted(match[0]) for match in _STRING.finditer(line))
    commands = [*(command for command in quoted if " " in command), re.split("[=:]", line, maxsplit=1)[-1]]
    shell = language_by_name("shell")
    if shell is None:
        return ""
    found = [literal for c in commands[:COMMANDS] for literal in _hidden(shell, c.strip().encode(), limits)]
    return _shown(max(found, key=_interest, default=None))


def _unquoted(text: str) -> str:
    inside = text[1:-1] if len(text) > 1 and text[-1] == text[0] else text[1:]
    try:
        return str(json.loads(f'"{inside}"', strict=False)) if text[0] == '"' else inside
    except ValueError:  # an escape that JSON does not know
        return inside


def _best(hidden: Sequence[Literal], reason: Reason) -> Literal | None:
    near = [
        literal
        for literal in hidden
        if literal.statement == reason.statement and abs(literal.order - reason.order) <= NEAR
    ]
    return max(near, key=_interest, default=None)


def _interest(literal: Literal) -> tuple[bool, bool, bool, int]:
    text = literal.value
    return (_readable(text), bool(_HOST.search(text)), bool(_COMMAND.search(text)), len(text))


def _readable(text: str) -> bool:
    head = text[:500]
    return sum(c.isprintable() or c in "\r\n\t" for c in head) >= 0.9 * len(head)


def _shown(literal: Literal | None) -> str:
    if literal is None or not literal.value.strip():
        return ""
    how = ", ".join(dict.fromkeys(literal.how.replace("?", "").split("+")))
    if not _readable(literal.value):
        return f"{how} → {len(literal.value):,} bytes of binary data"
    return f"{how} → {defang(literal.value, LENGTH)}"
