"""What harms in a malicious release, taken out so that it can be moved into another one. Held in memory, never stored.

The gravest file is found in the raw features, its harmful part by :mod:`darnel.training.benchmarks.slicing`. What was
taken is analysed again: a payload that no longer shows the behaviours it was chosen for is thrown away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256

from darnel.features import behaviours, content
from darnel.features.analyse import analyse_file
from darnel.features.extract import extract
from darnel.features.facts import Observation
from darnel.features.languages.registry import language_by_name
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Package
from darnel.features.raw import RawFile, RawPackage
from darnel.features.roles import Role
from darnel.features.taxonomy import CATEGORY
from darnel.training.benchmarks.slicing import cut
from darnel.training.campaigns import campaigns as linked
from darnel.training.corpus.samples import Sample
from darnel.training.sketch import Sketcher

SEEDS = frozenset(
    [
        "secret",
        "identity",
        "fetch",
        "send",
        "code",
        "spawn",
        "decode",
        "mark",
        "persist",
        "spread",
        "destroy",
        "native",
        "hide",
        "load",
        "env",
        "write",
    ]
)
"""Categories whose statements belong to a payload."""
GRAVE = SEEDS - {"hide", "load", "env", "write", "mark"}
SMALLEST, LARGEST = 30, 128 * 1024
"""Bytes of a payload."""
KEPT = 0.7
"""Share of the grave behaviours of the file that must still be seen in the payload."""
_RUNS = frozenset({Role.INSTALL, Role.STARTUP, Role.ENTRY})
_STAYS_BEHIND = frozenset({"install.hook", "install.dependency"})
_SUFFIX = {"python": ".py", "javascript": ".js"}
_RELATIVE = {
    "python": re.compile(rb"^[ \t]*(?:from[ \t]+\.|import[ \t]+\.)", re.M),
    "javascript": re.compile(
        rb"require\(\s*['\"]\.(?!\.?/package(?:\.json)?['\"])|\bfrom\s+['\"]\.|^\s*(?:import|export)\b", re.M
    ),
}
_HOOK = re.compile(r"package\.json#(?:pre|post)?install")
_COMMAND = re.compile(
    rb"\b(?:curl|wget|powershell|nslookup|ping|nc|bash\s+-[ci]|sh\s+-c|certutil|mshta|python\d?\s+-c|base64)\b|https?://"
    rb"|node\s+-e"
)
_NO_ARGUMENTS = re.compile(rb"^(?:async[ \t]+)?(?:def|function)[ \t]+([A-Za-z_$][\w$]*)[ \t]*\([ \t]*\)", re.M)


@dataclass(frozen=True, slots=True)
class Payload:
    """Harmful code of one campaign.

    Parameters
    ----------
    id : str
        Of the sample that it was taken from.
    ecosystem : str
    language : str
        ``python``, ``javascript`` or ``command`` (a shell command of a lifecycle script).
    code : bytes
        UTF-8 with line feeds. Malicious: never printed, stored or run.
    campaign : str
        Of that sample.
    campaigns : frozenset of str
        All campaigns with nearly the same payload, ``campaign`` included: known code for whoever trained on any.
    ping : bool
        Only calls home.
    spans : tuple of (str, int, int)
        Path and byte ranges it came from.
    """

    id: str
    ecosystem: str
    language: str
    code: bytes = field(repr=False)
    campaign: str = ""
    campaigns: frozenset[str] = frozenset()
    ping: bool = False
    spans: tuple[tuple[str, int, int], ...] = ()

    @property
    def digest(self) -> str:
        """First 16 hex digits of the code's sha256."""
        return sha256(self.code).hexdigest()[:16]


def gravity(raw: RawFile) -> float:
    """How much a file looks like the one that harms; 0 if it shows nothing grave."""
    values = behaviours.file_values(raw["observations"], raw["role"])
    chains = sum(1 for name in values if name.startswith("chain.") and name.endswith(".top"))
    dense = values.get("local.grave", 0.0) + 2 * values.get("local.grave.top", 0.0)
    shown = {CATEGORY[o.behaviour] for o in raw["observations"]} & GRAVE
    return (2 * chains + dense + min(values.get("obs.hidden", 0.0), 5.0) + 3 * (raw["role"] in _RUNS)) if shown else 0.0


def payload_of(sample: Sample, raw: RawPackage | None = None, harmless: frozenset[str] = frozenset()) -> Payload | None:
    """The payload of one sample.

    Parameters
    ----------
    sample : Sample
    raw : RawPackage, optional
        Its raw features; extracted if not given.
    harmless : frozenset of str
        First 16 hex digits of the sha256 of files that are no payloads, whatever they show.

    Returns
    -------
    Payload or None
        None if the sample cannot be read, or nothing can be moved that still does what it did.
    """
    try:
        package = sample.open()
        raw = raw or extract(package)
        return payload_in(package, raw, sample.id, ping=sample.ping, harmless=harmless)
    except (Exception, RecursionError, MemoryError):  # like a corpus build: one sample must not end the run
        return None


def payload_in(
    package: Package, raw: RawPackage, name: str, *, ping: bool = False, harmless: frozenset[str] = frozenset()
) -> Payload | None:
    """Like :func:`payload_of`, for an open package."""
    ranked = sorted(
        ((gravity(file), file["path"], file) for file in raw["files"]), key=lambda item: (-item[0], item[1])
    )
    wanted = [
        file
        for grave, path, file in ranked
        if grave > 0 and file["language"] in _SUFFIX and "!/" not in path and "#" not in path
        if file["sha256"][:16] not in harmless
    ][:3]
    commands = [file for file in raw["files"] if _HOOK.fullmatch(file["path"])]
    paths = {file["path"] for file in wanted} | ({"package.json"} if commands else set())
    data = {member.path: member.data for member in package.members() if member.path in paths}
    ecosystem = str(package.ecosystem)
    for file in wanted:
        found = _code(file, data.get(file["path"], b""))
        if found:
            code, spans = found
            where = tuple((file["path"], start, end) for start, end in spans)
            return Payload(name, ecosystem, file["language"], code, ping=ping, spans=where)
    for file in commands:
        command = _script(data.get("package.json", b""), file["path"].partition("#")[2])
        if command and _COMMAND.search(command) and SMALLEST <= len(command) <= LARGEST:
            return Payload(name, ecosystem, "command", command, ping=ping, spans=((file["path"], 0, len(command)),))
    return None


def _script(manifest: bytes, hook: str) -> bytes:
    import json

    try:
        return str(json.loads(manifest)["scripts"][hook]).encode("utf-8", "replace")
    except (ValueError, KeyError, TypeError, RecursionError):
        return b""


def _code(file: RawFile, data: bytes) -> tuple[bytes, list[tuple[int, int]]] | None:
    language = file["language"]
    sniffed = content.sniff(file["path"], data)
    if not sniffed.is_text or sniffed.mismatch == "encoding":
        return None
    text = content.to_utf8(data, sniffed.encoding)
    before = [o for o in file["observations"] if CATEGORY[o.behaviour] in SEEDS]
    taken = cut(text, language, {(o.order, o.line) for o in before})
    if taken is None or _RELATIVE[language].search(taken.code):
        return None
    for code in (taken.code, _called(taken.code, language)):
        if code and SMALLEST <= len(code) <= LARGEST and _still_harms(code, language, before):
            return code, taken.spans
    return None


def _called(code: bytes, language: str) -> bytes:
    """The code with a call of its last function without parameters, or nothing."""
    names = _NO_ARGUMENTS.findall(code)
    if not names:
        return b""
    return b"".join([code, names[-1], b"()\n" if language == "python" else b"();\n"])


def _still_harms(code: bytes, language: str, before: Iterable[Observation]) -> bool:
    """Most grave behaviours are still there, and they run together, or hidden, when the code runs."""
    path = f"payload{_SUFFIX[language]}"
    after = analyse_file(path, code, content.sniff(path, code), language_by_name(language), DEFAULT_LIMITS)
    wanted = {o.behaviour for o in before if CATEGORY[o.behaviour] in GRAVE} - _STAYS_BEHIND
    seen = {o.behaviour for o in after["observations"]}
    if not wanted or len(wanted & seen) < KEPT * len(wanted):
        return False
    values = behaviours.file_values(after["observations"], Role.MODULE)
    if any(name.startswith("chain.") and name.endswith(".top") for name in values):
        return True
    runs = {CATEGORY[o.behaviour] for o in after["observations"] if o.top} & (GRAVE | {"env"})
    return len(runs) >= 2 or bool(runs and values.get("obs.hidden"))


def distinct(payloads: Sequence[Payload], campaign_of: Mapping[str, str]) -> list[Payload]:
    """One payload a campaign and a group of nearly equal payloads; each knows all campaigns of its group.

    Parameters
    ----------
    payloads : sequence of Payload
        In order of preference.
    campaign_of : mapping of sample id to campaign
    """
    sketches, contents = [], []
    for payload in payloads:
        sketcher = Sketcher()
        sketcher.add(f"payload{_SUFFIX.get(payload.language, '.sh')}", payload.code)
        sketches.append(sketcher.result())
        contents.append(sha256(payload.code).hexdigest())
    groups = linked(sketches, contents)
    members: dict[str, set[str]] = {}
    for payload, group in zip(payloads, groups, strict=True):
        members.setdefault(group, set()).add(campaign_of[payload.id])
    result, seen, used = [], set(), set()
    for payload, group in zip(payloads, groups, strict=True):
        campaign = campaign_of[payload.id]
        if group in seen or campaign in used:
            continue
        seen.add(group)
        used.add(campaign)
        result.append(replace(payload, campaign=campaign, campaigns=frozenset(members[group])))
    return result
