"""Malicious releases without what harms in them: a model that saw the harm, and not the wrapping, must let them go."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from darnel.features import content
from darnel.features.extract import extract
from darnel.features.package import Package
from darnel.features.raw import RawFile, RawPackage
from darnel.features.taxonomy import CATEGORY
from darnel.features.vectorise import (
    FILE_COLUMNS,
    PACKAGE_COLUMNS,
    SCHEMA_VERSION,
    vectorise_files,
    vectorise_package,
)
from darnel.training.benchmarks.hosts import Host
from darnel.training.benchmarks.package import extract_injected
from darnel.training.benchmarks.payloads import GRAVE, SEEDS, Payload
from darnel.training.benchmarks.slicing import cut
from darnel.training.benchmarks.splice import Change
from darnel.training.corpus.extraction import key_of
from darnel.training.corpus.samples import Sample
from darnel.training.corpus.store import Store
from darnel.training.table import FeatureTable, TableBuilder

if TYPE_CHECKING:
    import pandas as pd

_HOOKS = ("preinstall", "install", "postinstall", "prepare")


def without_payload(package: Package, raw: RawPackage) -> RawPackage | None:
    """Raw features of the release with everything grave cut out of it.

    Statements that carry grave behaviours go with what they alone depend on; a file that stays grave is emptied, and
    lifecycle scripts are removed.

    Returns
    -------
    RawPackage or None
        None if something grave is left that cannot be cut (binaries, data).
    """
    members = {member.path: member for member in package.members()}
    host = Host(package.source, package, raw, members)
    files: dict[str, bytes] = {}
    for file in raw["files"]:
        path = file["path"].partition("#")[0]
        if not _grave(file) or path not in members:
            continue
        if path == "package.json":
            files[path] = _without_scripts(members[path].data)
        elif "#" not in file["path"] and file["language"] in ("python", "javascript"):
            files[path] = _without_statements(file, members[path].data)
        else:
            files[path] = b""
    if not files:
        return None
    for _ in range(2):
        result = extract_injected(host, Change(files, next(iter(files)), 1, 1))
        left = {file["path"].partition("#")[0] for file in result["files"] if _grave(file)}
        if not left:
            return result
        files.update(dict.fromkeys(left & members.keys() - {"package.json"}, b""))
    return None


def _grave(file: RawFile) -> bool:
    return any(CATEGORY[o.behaviour] in GRAVE and o.behaviour != "install.hook" for o in file["observations"])


def _without_statements(file: RawFile, data: bytes) -> bytes:
    sniffed = content.sniff(file["path"], data)
    text = content.to_utf8(data, sniffed.encoding) if sniffed.is_text else b""
    seeds = {(o.order, o.line) for o in file["observations"] if CATEGORY[o.behaviour] in SEEDS}
    taken = cut(text, file["language"], seeds)
    if taken is None:
        return b""
    pieces, at = [], 0
    for start, end in taken.spans:
        pieces.append(text[at:start])
        at = end
    return b"".join([*pieces, text[at:]])


def _without_scripts(data: bytes) -> bytes:
    try:
        manifest = json.loads(data)
        manifest["scripts"] = {k: v for k, v in manifest["scripts"].items() if k not in _HOOKS}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return data
    return json.dumps(manifest, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")


def placebo_table(
    payloads: Sequence[Payload], samples: Mapping[str, Sample], packages: pd.DataFrame, corpus: Store
) -> FeatureTable:
    """The releases that payloads came from, without them; ids end in ``+placebo`` and column ``original`` names them.

    Labels stay 1: they are the packages of their campaigns, and are only to be compared with the originals.
    """
    rows = {str(row["id"]): {str(key): value for key, value in row.items()} for row in packages.to_dict("records")}
    builder = TableBuilder(PACKAGE_COLUMNS.names, FILE_COLUMNS.names, SCHEMA_VERSION)
    for payload in payloads:
        try:
            package = samples[payload.id].open()
            raw, _ = corpus.raw(key_of(samples[payload.id]), SCHEMA_VERSION)
            left = without_payload(package, raw or extract(package))
        except (Exception, RecursionError, MemoryError):  # like a corpus build: one sample must not end the run
            continue
        if left is None:
            continue
        identity = {
            **rows[payload.id],
            "id": f"{payload.id}+placebo",
            "sha256": left["sha256"],
            "source": "placebo",
            "original": payload.id,
        }
        digests = [file["sha256"] for file in left["files"]]
        builder.add(identity, vectorise_package(left), zip(digests, vectorise_files(left), strict=True))
    return builder.build()


def collapse(originals: np.ndarray[Any, Any], placebos: np.ndarray[Any, Any], threshold: float) -> dict[str, Any]:
    """How scores fall: of the originals that are caught, the share whose placebo is let go, and medians of both."""
    caught = originals >= threshold
    if not caught.any():
        return {"caught": 0}
    return {
        "caught": int(caught.sum()),
        "let_go": float((placebos[caught] < threshold).mean()),
        "median_before": float(np.median(originals[caught])),
        "median_after": float(np.median(placebos[caught])),
    }
