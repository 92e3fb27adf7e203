"""Inert: text that would be markup, script, or steering characters if a report did not make text of it."""

from __future__ import annotations

from darnel.verdict import ChangedFile, FileScore, Verdict
from tests.darnel.builders import comparison, evidence, verdict

HOSTILE = (
    "</script></style></title><script>document.title='pwned'</script><img src=x onerror=\"document.title='pwned'\">"
    "\" autofocus onfocus='pwned()' x='<svg/onload=pwned()>&lt;b&gt; javascript:pwned() \x1b]8;;http://a.example.invalid"
    "\x07\x1b[2J\u202e\u2066\u200b\x00\x9b31m${pwned}{{pwned}} ]]> <!-- -->"
)


def hostile_verdict() -> Verdict:
    """Hostile in every text that comes from a package."""
    return verdict(
        name=HOSTILE,
        version=HOSTILE,
        source=HOSTILE,
        error=HOSTILE,
        notices=(HOSTILE,),
        anomalies=(HOSTILE,),
        evidence=(
            evidence(file=HOSTILE, excerpt=HOSTILE, decoded=HOSTILE),
            evidence(file=HOSTILE, line=None, behaviour="statistics", description=HOSTILE),
        ),
        delta=comparison(previous=HOSTILE, files=(ChangedFile(HOSTILE, 0.5, None),)),
        files=(FileScore(f"{HOSTILE}/{HOSTILE}", 0.9, "install"), FileScore(HOSTILE, 0.1, "")),
    )
