"""Small verdicts and raw features for the tests of the product around the model."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from darnel.features.facts import Observation
from darnel.features.raw import RawFile, RawPackage
from darnel.findings import findings
from darnel.verdict import ChangedFile, Comparison, Coverage, Evidence, FileScore, Label, Verdict


def evidence(**changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "behaviour": "net.send",
        "description": "HTTP POST/PUT, upload, mail, WebSocket send",
        "file": "setup.py",
        "line": 12,
        "context": "install",
        "weight": 0.4,
    }
    return Evidence(**{**values, **changes})


def verdict(**changes: Any) -> Verdict:
    values: dict[str, Any] = {
        "label": Label.MALICIOUS,
        "score": 0.97,
        "raw_score": 0.99,
        "base_rate": 0.001,
        "operating_point": "balanced",
        "ecosystem": "pypi",
        "name": "evil",
        "version": "1.0",
        "source": "evil-1.0.tar.gz",
        "sha256": "0" * 64,
        "evidence": (evidence(),),
        "files": (FileScore("setup.py", 0.98, "install"), FileScore("pkg/util.py", 0.02, "import")),
        "model": "darnel 0.1",
        "schema_version": "abc",
        "timings": {"open": 0.1, "total": 0.1},
        "coverage": Coverage(2, 0, 0, 100, 100),
    }
    values |= changes
    if "findings" not in values:
        values["findings"] = findings(values["evidence"], range(len(values["evidence"])))
    return Verdict(**values)


def comparison(**changes: Any) -> Comparison:
    values: dict[str, Any] = {
        "previous": "evil 0.9",
        "sha256": "1" * 64,
        "score_alone": 0.01,
        "changed": 3,
        "removed": 1,
        "files": (ChangedFile("a.py", 0.9, None), ChangedFile("b.py", 0.2, 0.1)),
    }
    return Comparison(**{**values, **changes})


def observation(behaviour: str, line: int, **changes: Any) -> Observation:
    values: dict[str, Any] = {"order": line * 100, "statement": line * 100 - 50, "function": -1, "top": True}
    return Observation(behaviour, line, **{**values, **changes})


def raw_file(path: str, observations: list[Observation], role: str = "entry") -> RawFile:
    return RawFile(
        path=path,
        sha256=sha256(path.encode()).hexdigest(),
        size=1000,
        kind="text",
        language="python",
        role=role,
        values={},
        observations=observations,
        cut=[],
    )


def raw_package(*files: RawFile, **changes: Any) -> RawPackage:
    values: dict[str, Any] = {
        "schema": "abc",
        "ecosystem": "pypi",
        "form": "tree",
        "name": "p",
        "version": "1",
        "sha256": "0" * 64,
        "source": "<memory>",
        "compressed_size": 1000,
        "files": list(files),
        "values": {},
        "anomalies": [],
        "seen_bytes": 1000,
        "analysed_bytes": 1000,
        "source_bytes": 1000,
    }
    package: RawPackage = {**values, **changes}  # type: ignore[typeddict-item]
    return package
