"""Verdicts as SARIF 2.1.0, for code scanning services and editors.

Every behaviour is a rule; every finding of a package that is not clean is a result, at its gravest line.
What could not be judged is a notification, and so is an early end of the run: the log is valid whatever happened.
What a baseline accepts is a result with a suppression, which services show as dismissed. What a lock file asks for is
placed there, as services show what lies in a checkout; the lines of the package are related locations.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import darnel
from darnel.features.taxonomy import BEHAVIOURS, CATEGORY, Behaviour
from darnel.phrases import NEXT, PHRASE, gravity
from darnel.reports.base import Entry, Report
from darnel.reports.words import strength
from darnel.verdict import Finding, Label, Verdict

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT = "darnelFinding/v1"
"""Name of the partial fingerprint: the same for the same finding in another version of a package, at another line."""
WHOLE = "package"
"""Rule of results that point at no line."""

_LEVEL = {Label.MALICIOUS: "error", Label.SUSPICIOUS: "warning"}
_URI = re.compile(r"[a-z][a-z0-9+.-]+:")


class SarifReport(Report):
    """One run. Written at the end, as rules are referred to by number."""

    def begin(self) -> None:
        """Start empty."""
        self.results: list[dict[str, Any]] = []
        self.notifications: list[dict[str, Any]] = []
        self.artifacts: list[dict[str, Any]] = []
        self.rules = {rule["id"]: i for i, rule in enumerate(_RULES)}

    def write(self, entry: Entry) -> None:
        """Turn findings into results, and what could not be judged into a notification."""
        verdict = entry.verdict
        if verdict.label is Label.CLEAN and not verdict.notices:
            return
        index = self._artifact(verdict)
        where = _asked_for(entry) or {"physicalLocation": _whole_of(verdict, index)}
        if verdict.error:
            text = "; ".join([_named(verdict, verdict.error), *(entry.notes if entry.accepted else ())])
            self._notify(text, [where], "note" if entry.accepted else "error")
        for notice in verdict.notices:
            self._notify(_named(verdict, notice), [where], "warning")
        if verdict.label not in _LEVEL:
            return
        seen: dict[str, int] = {}
        for finding in verdict.findings:
            self.results.append(self._result(entry, finding, seen))
        if not verdict.findings:
            self.results.append(self._whole(entry, index))

    def end(self, problem: str) -> None:
        """Write the log."""
        if problem:
            self._notify(problem, [])
        invocation = {
            "executionSuccessful": not problem,
            "toolExecutionNotifications": self.notifications,
        }
        driver = {
            "name": "darnel",
            "semanticVersion": darnel.__version__,
            "shortDescription": {"text": "How likely a package release is malicious, and why, from its files alone"},
            "rules": list(_RULES),
        }
        if any("suppressions" in result for result in self.results):  # all of them or none, says the standard
            for result in self.results:
                result.setdefault("suppressions", [])
        run = {
            "tool": {"driver": driver},
            "invocations": [invocation],
            "automationDetails": {"id": f"{self.options.title.replace(' ', '/')}/"},
            "columnKind": "unicodeCodePoints",
            "artifacts": self.artifacts,
            "results": self.results,
            "properties": {"summary": self.summary},
        }
        json.dump({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, self.stream, indent=1)
        self.stream.write("\n")

    def _artifact(self, verdict: Verdict) -> int:
        artifact: dict[str, Any] = {"location": {"uri": uri_of(verdict)}, "roles": ["analysisTarget"]}
        if verdict.sha256:
            artifact["hashes"] = {"sha-256": verdict.sha256}
        if artifact not in self.artifacts:  # what is judged twice is one artifact
            self.artifacts.append(artifact)
        return self.artifacts.index(artifact)

    def _notify(self, text: str, locations: list[dict[str, Any]], level: str = "error") -> None:
        self.notifications.append({"level": level, "message": {"text": text}, "locations": locations})

    def _result(self, entry: Entry, finding: Finding, seen: dict[str, int]) -> dict[str, Any]:
        verdict = entry.verdict
        parts = verdict.evidence_of(finding)
        rule, excerpt = WHOLE, ""
        if parts:
            gravest = min(parts, key=lambda e: (gravity(e.behaviour), -e.weight))
            rule, excerpt = gravest.behaviour if gravest.behaviour in self.rules else WHOLE, gravest.excerpt
        identity = "\0".join((verdict.ecosystem, verdict.name, finding.file, finding.context, rule))
        seen[identity] = seen.get(identity, 0) + 1
        asked, line = _asked_for(entry), _location(verdict, finding.file, finding.line, excerpt)
        related = [{**line, "message": {"text": finding.text}}] if asked else []
        others = {e.line: e for e in parts if e.line not in (None, finding.line)}
        related += [
            {**_location(verdict, e.file, at or 1, e.excerpt), "message": {"text": e.description}}
            for at, e in sorted(others.items(), key=lambda item: item[0] or 0)
        ]
        return {
            **self._common(entry, rule, f"{finding.text}.\nNext: {finding.next}."),
            "locations": [asked or line],
            "relatedLocations": [{**location, "id": i} for i, location in enumerate(related, 1)],
            "partialFingerprints": {FINGERPRINT: _digest(f"{identity}\0{seen[identity]}")},
            "rank": round(100 * min(finding.weight, 1.0), 2),
        }

    def _whole(self, entry: Entry, index: int) -> dict[str, Any]:
        verdict = entry.verdict
        why = "; ".join(e.description for e in verdict.evidence[:3]) or "no single reason stands out"
        return {
            **self._common(entry, WHOLE, f"{verdict.title} looks {verdict.label}: {why}."),
            "locations": [_asked_for(entry) or {"physicalLocation": _whole_of(verdict, index)}],
            "partialFingerprints": {FINGERPRINT: _digest(f"{verdict.ecosystem}\0{verdict.name}")},
        }

    def _common(self, entry: Entry, rule: str, text: str) -> dict[str, Any]:
        verdict = entry.verdict
        said = [f"{verdict.title} is {verdict.label} ({strength(verdict) or 'not judged'}): {text}", *entry.notes]
        result: dict[str, Any] = {
            "ruleId": rule,
            "ruleIndex": self.rules[rule],
            "level": _LEVEL[verdict.label],
            "message": {"text": "\n".join(said)},
        }
        if entry.accepted:
            reason, until = entry.accepted
            how = {"kind": "external", "status": "accepted", "justification": reason}
            result["suppressions"] = [{**how, "properties": {"expires": until}}]
        return result


def _named(verdict: Verdict, text: str) -> str:
    """``text`` with what it is about before it, unless it says so itself."""
    names = (verdict.title, verdict.source)
    return text if any(name and text.startswith(f"{name}:") for name in names) else f"{verdict.title}: {text}"


def uri_of(verdict: Verdict, member: str = "") -> str:
    """URI of what was judged, or of a file in it: relative for relative paths, as services map them onto a checkout."""
    source = verdict.source
    if source.startswith("<"):
        source = source.strip("<>").replace(" ", "/")
    elif _URI.match(source):  # pypi:NAME
        source = source.replace(":", "/", 1)
    return _uri(posixpath.join(source.replace("\\", "/"), *([member] if member else [])))


def _uri(path: str) -> str:
    prefix = "file://" if path.startswith("/") else ""
    return prefix + quote(path.removeprefix("./"), safe="/!~")


def _whole_of(verdict: Verdict, index: int) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri_of(verdict), "index": index}}


def _asked_for(entry: Entry) -> dict[str, Any] | None:
    """Where a lock file asks for it; ``None`` if none does."""
    if not entry.place:
        return None
    file, _, line = entry.place.rpartition(":")
    if not (file and line.isdecimal()):
        file, line = entry.place, "1"
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(file.replace("\\", "/"))},
            "region": {"startLine": max(int(line), 1)},
        },
        "logicalLocations": [{"fullyQualifiedName": entry.verdict.title, "kind": "package"}],
    }


def _location(verdict: Verdict, file: str, line: int, excerpt: str) -> dict[str, Any]:
    region: dict[str, Any] = {"startLine": max(line, 1)}
    if excerpt:
        region["snippet"] = {"text": excerpt}
    member = file.partition("#")[0] or file
    return {
        "physicalLocation": {"artifactLocation": {"uri": uri_of(verdict, member)}, "region": region},
        "logicalLocations": [{"fullyQualifiedName": f"{verdict.title}/{file}", "kind": "member"}],
    }


def _digest(identity: str) -> str:
    return sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _rules() -> Iterator[dict[str, Any]]:
    for behaviour in BEHAVIOURS:
        yield _rule(behaviour)
    yield {
        "id": WHOLE,
        "name": "WholePackage",
        "shortDescription": {"text": "the package as a whole looks like malware"},
        "fullDescription": {"text": "The model finds the package as a whole suspicious, but points at no line."},
        "help": {"text": "Read what runs at install and at import; compare the release with the project's repository."},
    }


def _rule(behaviour: Behaviour) -> dict[str, Any]:
    verb, rest = PHRASE[behaviour.id]
    name = "".join(part.capitalize() for part in behaviour.id.split("."))
    text = (
        f"{behaviour.doc[:1].upper()}{behaviour.doc[1:]}. By itself this is ordinary in many packages; here the model "
        f"counted it towards a verdict on the package as a whole. Next: {NEXT[CATEGORY[behaviour.id]]}."
    )
    return {
        "id": behaviour.id,
        "name": name,
        "shortDescription": {"text": f"{verb} {rest}"},
        "fullDescription": {"text": behaviour.doc},
        "help": {"text": text},
        "properties": {"tags": ["security", "supply-chain", CATEGORY[behaviour.id]]},
    }


_RULES: tuple[dict[str, Any], ...] = tuple(_rules())

FORMAT = SarifReport
