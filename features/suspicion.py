"""Whether source code may hold what is reported of its strings: indicators, unknown hosts, addresses, encoded text.

For code that is not parsed: whoever parses it looks at each string as such.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

from darnel.features import squeezed
from darnel.features.glance import Glance, is_prose, matcher
from darnel.features.indicators import urls
from darnel.features.indicators.matcher import normalise
from darnel.features.kernels import twin
from darnel.features.languages import folding, python_escapes
from darnel.features.languages.python_relevance import places
from darnel.features.languages.python_words import words_of
from darnel.features.remember import remembered
from darnel.features.runs import runs

RUNS = 2_000
"""Runs of letters and digits looked at; a text with more of them is suspicious by itself."""
SHORTEST = 24
"""Letters and digits of one."""
_NEAR = 120
"""Bytes on either side of a joint that can be part of an indicator."""
_LITERAL = (
    rb"((?:[0-9A-Fa-f]{2}(?:[\s:,\-]|\\[nt])?){12,}"
    rb"|(?=[A-Za-z0-9]{0,23}+[_-])[A-Za-z0-9_-]{24,}+={0,2}(?=[\"']))"
)
_SPACED = (re.compile(b'"' + _LITERAL), re.compile(b"'" + _LITERAL))
"""Encoded text that is no run of letters and digits: pairs of hex digits with signs between, base64 for URLs. One
pattern for either quote: where every match begins with the same byte, the others are passed over fast."""
_ASSIGNED = re.compile(rb"[=(,\[{+%][ \t]*[rbfu]{0,2}(?:\"{3}|'{3})")
"""A long string that is no docstring."""
_QUOTES, _ENDS = (b'"', b"'"), (b'"', b"'", b"=", b"/")
_ENCODED_HTTP = re.compile(rb"H(?:(?<=aH)R0c|(?<=h0dH)A|(?<=odH)Rw)")
"""Base64 of ``http`` at each of its three alignments: aHR0c, h0dHA, odHRw."""
_PERCENT = re.compile(rb"%([2-7][0-9A-Fa-f])")
_WORDS = re.compile(
    rb"(?:[A-Z]?[a-z]{2,}(?![a-z])|[A-Z]{1,8}(?=[A-Z][a-z])|[A-Z]{2,8}(?![A-Za-z])"
    rb"|(?:A[nst]|B[ey]|Do|I[fnst]|My|No|O[fnr]|To|Up|We)(?![a-z])|(?<![a-z])[a-z](?=[A-Z][a-z])|\d{1,6}(?!\d)|[/+])+"
)
"""``SharedSecretChallengeResponse``, ``api/v2/users``: what people name things."""


def suspicious(glance: Glance) -> bool:
    """Whether a text may hold any of it, put together from neighbouring literals too."""
    return glance.hit or spelled(glance.data, glance.text)


def named(text: bytes) -> bool:
    """Whether an indicator stands as such in a text as a glance at it has it."""
    return any(not is_prose(entry) for _, entry in matcher().find(text))


def spelled(data: bytes, text: bytes) -> bool:
    """The same of source in which no indicator stands as such; ``text`` is ``data`` as a glance at it has it."""
    return _addresses(text) or _encoded(data) or _split(text)


def escaped(data: bytes) -> bool:
    """Whether source may hold any of it, a name, code or a program, where characters are spelled as numeric escapes."""
    read = python_escapes.read(data)
    return python_escapes.program(read) or python_escapes.in_a_row(data) or _read(data, python_escapes.read)


def quoted(data: bytes) -> bool:
    """The same of what is spelled as in URLs: ``%68``."""
    return _read(data, _unquoted)


def _read(data: bytes, read: Callable[[bytes], bytes]) -> bool:
    """Whether source may hold any of it once it is read in some way, character by character."""
    after = read(data)
    if after == data:
        return False
    text = normalise(after)
    if named(text) or spelled(after, text) or any(True for _ in places(after, words_of(after))):
        return True
    pairs = ((part, read(part)) for part in data.replace(b"'", b'"').split(b'"'))
    changed = b"\n".join([after for before, after in pairs if after != before])
    return folding.code_like(changed.decode("utf-8", "replace"))


def _unquoted(data: bytes) -> bytes:
    return _PERCENT.sub(lambda match: bytes((int(match[1], 16),)), data)


def _addresses(text: bytes) -> bool:
    if any(urls.public(bare.address) for bare in urls.addresses(text)):
        return True
    if b"://" not in text:
        return False
    assigned: bool | None = None
    for url in urls.urls(text):
        if urls.is_local(url.host) or (urls.is_known(url.host) and not urls.of_program(text, url.at)):
            continue
        if urls.is_name(url.host) or urls.public(url.host):
            assigned = _assigned(text) if assigned is None else assigned
            if _in_literal(text, url.at, assigned):
                return True
    return False


def _assigned(text: bytes) -> bool:
    """Whether there may be a long string that is no docstring."""
    return (b'"""' in text or b"'''" in text) and _ASSIGNED.search(text) is not None


def _in_literal(text: bytes, at: int, assigned: bool) -> bool:
    """Whether a URL may be part of a string other than a docstring."""
    start = text.rfind(b"\n", 0, at) + 1
    line = text[start:at].lstrip()
    return not line.startswith(b"#") and (assigned or b'"' in line or b"'" in line or b"`" in line)


def _encoded(data: bytes) -> bool:
    if _ENCODED_HTTP.search(data) is not None:
        return True
    found = runs(data, SHORTEST, RUNS + 1)
    for start, end in found[:RUNS]:
        quoted = data[start - 1 : start] in _QUOTES or data[end : end + 1] in _ENDS
        if (quoted or end - start >= 48) and _decodes(data[start:end]):
            return True
    if len(found) > RUNS:
        return True
    literals = spaced(data, RUNS + 1)
    return len(literals) > RUNS or any(_unfolds(data[start:end]) for start, end in literals)


@remembered(4_096)
def _unfolds(literal: bytes) -> bool:
    """Whether what a literal begins with decodes to something."""
    text = literal.decode().replace("\\n", "\n").replace("\\t", "\t")
    return any(True for _ in folding.suspect(folding.Folded(text)))


@twin
def spaced(data: bytes, most: int) -> list[tuple[int, int]]:
    """Where the first encoded texts in literals stand that are no runs of letters and digits, in order."""
    found = (match.span(1) for pattern in _SPACED for match in islice(pattern.finditer(data), most))
    return sorted(found)[:most]


@remembered(4_096)
def _decodes(run: bytes) -> bool:
    """Whether a run of letters and digits could be encoded: alone, or as a piece of a longer one."""
    text = run.decode()
    if not folding.suspicious(text):
        return False
    if _WORDS.fullmatch(run) is None:
        return True
    return any(True for at in range(4) for _ in folding.suspect(folding.Folded(text[at:])))


def _split(text: bytes) -> bool:
    near, turned = squeezed.beside_joints(text, _NEAR)
    if squeezed.named(near):
        return True
    if not turned:
        return False
    backwards = text[::-1]
    return b"://" in backwards or named(backwards)
