"""Code that is executed and cannot be read: the result of decoding, decrypting or unmarshalling that did not fold.

What the folder can compute is analysed as code. What it cannot (a marshalled code object, a cipher whose key comes from
elsewhere, a decoded file) leaves nothing to analyse, which is itself worth telling apart from ``exec`` of plain text.
"""

from __future__ import annotations

import re
from itertools import islice

_MADE = (
    r"marshal\.loads|\bloads\s*\(|decrypt|decompress|b(?:16|32|64|85)decode|a85decode|unhexlify|fromhex|a2b_"
    r"|\.decode\s*\(\s*['\"](?:base64|hex|zlib|rot)|\bfernet\b|\.translate\s*\("
)
_OPAQUE = re.compile(_MADE, re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_REACH = 400_000
"""Bytes of a file in which assignments to a name are looked for."""
_MOST = 20
"""Assignments looked at."""


def opaque(source: str, data: bytes) -> bool:
    """Whether what is executed is the result of decoding, directly or by a name that was given it.

    Parameters
    ----------
    source : str
        The argument as written; it did not fold to a constant.
    data : bytes
        The file.
    """
    if _OPAQUE.search(source) is not None:
        return True
    if _NAME.match(source) is None:
        return False
    assigned = re.compile(rb"(?<![\w.])" + re.escape(source.encode()) + rb"[ \t]*=(?!=)([^\n]{1,300})")
    given = (match[1].decode("utf-8", "replace") for match in islice(assigned.finditer(data, 0, _REACH), _MOST))
    return any(_OPAQUE.search(value) is not None for value in given)
