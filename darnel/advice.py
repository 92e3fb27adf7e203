"""What to look at next: chosen by where the values go and by what is decoded already, else by the gravest behaviour."""

from __future__ import annotations

from collections.abc import Sequence

from darnel.features.taxonomy import CATEGORY
from darnel.phrases import NEXT, Told

_HOST = "look up who runs the host, do not contact it"
_RUNS = "read the decoded value: it is what runs, or part of it; do not run it"
_CODE = "find out who runs the host that the code comes from; do not contact it, do not run the code"

_FLOWS: dict[tuple[str, str], str] = {
    ("secret", "send"): f"take what it reads as leaked wherever this ran; {_HOST}",
    ("fetched", "execute"): _CODE,
    ("decoded", "execute"): "decode by hand what is executed; do not run it",
    ("file", "send"): f"find out which files it sends; {_HOST}",
    ("host", "send"): f"{_HOST}: it learns who runs this",
    ("decoded", "send"): f"decode by hand what goes out, or where to; {_HOST}",
    ("fetched", "write"): f"find what starts the file that is written; {_HOST}",
    ("decoded", "write"): "decode by hand what is written, and find what starts or reads that file",
    ("secret", "write"): "find what reads the file that is written: another part may send it",
    ("host", "write"): "find what reads the file that is written: another part may send it",
    ("file", "execute"): "find the file whose content is executed and read it; do not run it",
    ("secret", "execute"): "read the command that is made of what it reads: does it leave the machine?",
    ("host", "execute"): "read the command that is made of what it reads: does it leave the machine?",
    ("fetched", "send"): f"find out what is passed on, and to whom; {_HOST}",
}
"""By what reaches what, gravest first."""
_DECODED: dict[tuple[str, str], str] = {
    ("decoded", "execute"): _RUNS,
    ("decoded", "send"): "read the decoded value; if it names a host, look up who runs it, do not contact it",
    ("decoded", "write"): "read the decoded value, and find what starts or reads the file that is written",
}
"""The same where the decoded value stands below the line."""
_BEHAVIOURS = {
    "spawn.piped": _CODE,
    "spawn.reverse": f"take machines that ran it as taken over; {_HOST}",
}
"""Where the words for the category do not fit."""


def next_of(behaviour: str, told: Sequence[Told], decoded: bool) -> str:
    """What to look at next.

    Parameters
    ----------
    behaviour : str
        The gravest one.
    told : sequence of Told
        What the sentence says about where values go.
    decoded : bool
        Whether a decoded value is shown.
    """
    flows = {(flow.source, flow.sink) for flow in told}
    for flow, words in _FLOWS.items():
        if flow in flows:
            return _DECODED.get(flow, words) if decoded else words
    category = CATEGORY[behaviour]
    if decoded and category in ("code", "decode", "spawn") and behaviour not in _BEHAVIOURS:
        return _RUNS
    return _BEHAVIOURS.get(behaviour, NEXT[category])
