"""Runs of letters and digits, which encoded text is made of."""

from __future__ import annotations

from darnel.features.kernels import twin

_ALPHABET = bytes(49 if (chr(c).isalnum() and c < 128) or c in b"+/" else 48 for c in range(256))
"""Makes letters and digits ones."""


@twin
def runs(data: bytes, shortest: int, most: int) -> list[tuple[int, int]]:
    """Where the first runs of the letters of base64 stand, in order.

    Parameters
    ----------
    data : bytes
    shortest : int
        Letters of one, at least 1.
    most : int
        Runs.

    Returns
    -------
    list of (int, int)
        Start and end of whole runs.
    """
    found: list[tuple[int, int]] = []
    alike = data.translate(_ALPHABET)
    run = b"1" * shortest
    at = alike.find(run)
    while at >= 0 and len(found) < most:
        end = alike.find(b"0", at)
        end = end if end >= 0 else len(data)
        found.append((at, end))
        at = alike.find(run, end)
    return found
