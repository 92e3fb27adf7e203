"""Make text of a package harmless to look at: no live links, no characters that steer a terminal or mislead an eye."""

from __future__ import annotations

import re
import unicodedata

EXCERPT = 160
"""Longest excerpt, characters."""

_UNSAFE = frozenset(("Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"))
"""Unicode categories that are shown as escapes: controls, bidi and zero-width, private use, surrogates, separators."""
_SCHEME = re.compile(r"\b(h)tt(ps?)(?=:/|%3a)|\b(w)(ss?)(?=://)|\b(f)t(ps?)(?=://)", re.IGNORECASE)
_URL_HOST = re.compile(r"(?<=://)[^/\s\"'`<>\\]+")
_ADDRESS = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)")
_TLDS = (
    "app biz cc club cn co com de dev fun gg ga gq icu info invalid io link live ly me ml net onion online org pro pw "
    "ru sbs sh shop site space store su tech tk to top uk us vip website win work ws xyz"
)
_BARE_HOST = re.compile(
    rf"(?<![\w./\[-])(?:[a-z0-9_-]{{1,63}}\.){{1,8}}(?:{'|'.join(_TLDS.split())})(?![\w(=-]|\.\w)", re.IGNORECASE
)


def printable(text: str) -> str:
    r"""Return one line without characters that could steer a terminal: escapes instead (``\x1b``, ``\u202e``).

    White space, however long or odd, becomes one blank, so that off-screen padding does not hide anything.
    """
    line = " ".join(text.split())
    return line if line.isascii() and line.isprintable() else "".join(map(_shown, line))


def defang(text: str, width: int = EXCERPT) -> str:
    """Make an excerpt safe to print, paste and mail.

    Parameters
    ----------
    text : str
        Anything.
    width : int
        Longest result, characters; a longer one ends in ``…``.

    Returns
    -------
    str
        One printable line: ``http`` is ``hxxp``, dots in host names and addresses are ``[.]``, control, bidi,
        zero-width and private-use characters are escapes.

    Examples
    --------
    >>> defang("requests.post('https://a.example.invalid/x')")
    "requests.post('hxxps://a[.]example[.]invalid/x')"
    """
    text = printable(text)
    text = _SCHEME.sub(_scheme, text)
    for pattern in (_URL_HOST, _ADDRESS, _BARE_HOST):
        text = pattern.sub(lambda m: m[0] if "[.]" in m[0] else m[0].replace(".", "[.]"), text)
    return text if len(text) <= width else text[: width - 1] + "…"


def _scheme(match: re.Match[str]) -> str:
    h, http, w, ws, f, ftp = match.groups()
    if h:
        return f"{h}xx{http}"
    return f"{w}x{ws}" if w else f"{f}x{ftp}"


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return character
    code = ord(character)
    selector = 0xFE00 <= code <= 0xFE0F or 0xE0100 <= code <= 0xE01EF
    if not selector and unicodedata.category(character) not in _UNSAFE:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
