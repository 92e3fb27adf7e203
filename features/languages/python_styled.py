"""Names in mathematical, full-width or other look-alike letters: Python reads them as plain ones (PEP 3131, NFKC)."""

from __future__ import annotations

import re
import unicodedata

_LETTER = (
    "\U0001d400-\U0001d7ff\uff10-\uff19\uff21-\uff3a\uff3f\uff41-\uff5a\u2100-\u214f\u2160-\u217f\ufb00-\ufb06\u017f"
)
_REST = f"[{_LETTER}][A-Za-z0-9_{_LETTER}]*+"
_RUN = re.compile(rf"(?<![A-Za-z0-9_])[A-Za-z0-9_]*+{_REST}")
_NAME = re.compile(rf"{_REST}(\s*+[.(=\[,:)])?")
_ASCII = bytes(range(128))
_BYTES = re.compile(rb"\xf0\x9d[\x90-\x9f]|\xef[\xbc\xbd\xac]|\xe2(?:\x84|\x85)|\xc5\xbf")


def plain_names(data: bytes) -> bytes:
    """Source with every word in look-alike letters as the interpreter reads it.

    Parameters
    ----------
    data : bytes
        UTF-8 or something close.

    Returns
    -------
    bytes
        The same lines. Returned as it is if no such word stands where a name may. Words in strings change with the
        others: what they say is the same to a reader.
    """
    if data.isascii() or _BYTES.search(data.translate(None, _ASCII)) is None:
        return data
    text = data.decode("utf-8", "surrogateescape")
    if not any(match[1] for match in _NAME.finditer(text)):
        return data
    return _RUN.sub(_plain, text).encode("utf-8", "surrogateescape")


def _plain(match: re.Match[str]) -> str:
    word = unicodedata.normalize("NFKC", match[0])
    return word if word.isascii() and word.isidentifier() else match[0]
