"""The table that a batch writes: one row a release."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

import darnel
from darnel.batch.item import Item
from darnel.batch.outcome import Outcome
from darnel.defang import printable

PARTITION = "label"
"""Column that the folders of the dataset are named after: what was found is read without reading the rest."""

GROUP = 1_000
"""Rows of a group in a Parquet file; so many are in memory while it is made."""

STAGES = ("open", "extract", "score", "explain", "total")

DOCS: Mapping[str, str] = {
    "path": "path or URL of the release, as it was listed; bytes that are no UTF-8 as `\\xff`",
    "id": "32 hex digits that stand for the row of the input",
    "label": "`malicious`, `suspicious`, `clean` or `unknown`; the name of the folder in a Parquet dataset",
    "score": "calibrated probability of being malicious if `base_rate` of all releases are; null: not judged",
    "raw_score": "output of the package model, 0 to 1; thresholds apply to it",
    "base_rate": "share of malicious releases that `score` assumes",
    "operating_point": "strictest operating point reached, empty if none",
    "ecosystem": "`pypi`, `npm` or `unknown`",
    "name": "of the release, empty if it does not say",
    "version": "likewise",
    "previous": "path or URL of the release before, as the manifest says",
    "sha256": "of the artefact; of the sorted list of paths and content hashes for folders",
    "size": "bytes of the artefact; 0 for folders",
    "evidence": "reasons, strongest first: the fields of `evidence` in [json.md](json.md)",
    "delta": "what changed since `previous`: the fields of `delta` in [json.md](json.md); null if there is none",
    "anomalies": "oddities of the container",
    "notices": "what the verdict had to do without: a previous release that could not be read, one line each",
    "error": "why it could not be judged or not be called clean, one line, empty if it could",
    "error_class": "empty, `input`, `limit`, `partial`, `time`, `memory`, `crash` or `internal`",
    "files": "regular files in it",
    "files_cut": "files of which a limit left out a part",
    "files_skipped": "files that were not analysed at all",
    "source_bytes": "bytes of source code in it",
    "analysed_bytes": "of which analysed",
    **{f"seconds_{stage}": f"seconds of the stage `{stage}` when it was analysed" for stage in STAGES},
    "cached": "whether the verdict comes from the cache",
    "model": "name and version of the model",
    "model_sha256": "of the model's manifest, which holds the hashes of its files",
    "schema_version": "hash over the feature columns and the parser versions",
    "darnel_version": "of the program",
}
"""Every column with its meaning, in order."""


def row(item: Item, outcome: Outcome, model_sha256: str) -> dict[str, Any]:
    """JSON-able row of an outcome, keys as in :data:`DOCS`; all text is printable, ``path`` apart."""
    verdict = outcome.verdict
    plain = verdict.to_dict()
    coverage = verdict.coverage
    return {
        "path": _unicode(item.path),
        "id": item.id.hex(),
        "label": str(verdict.label),
        **{name: plain[name] for name in ("score", "raw_score", "base_rate")},
        "operating_point": printable(verdict.operating_point),
        "ecosystem": printable(verdict.ecosystem),
        "name": printable(verdict.name or item.name),
        "version": printable(verdict.version or item.version),
        "previous": _unicode(item.previous),
        "sha256": verdict.sha256,
        "size": outcome.size,
        "evidence": _clean(plain["evidence"]),
        "delta": _clean(plain["delta"]) if plain["delta"] else None,
        "anomalies": _clean(verdict.anomalies),
        "notices": _clean(verdict.notices),
        "error": printable(verdict.error),
        "error_class": str(outcome.trouble),
        "files": coverage.files,
        "files_cut": coverage.cut,
        "files_skipped": coverage.skipped,
        "source_bytes": coverage.source_bytes,
        "analysed_bytes": coverage.analysed_bytes,
        **{f"seconds_{stage}": plain["timings"].get(stage) for stage in STAGES},
        "cached": outcome.cached,
        "model": printable(verdict.model),
        "model_sha256": model_sha256,
        "schema_version": printable(verdict.schema_version),
        "darnel_version": darnel.__version__,
    }


def _unicode(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _clean(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _clean(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(entry) for entry in value]
    return printable(value) if isinstance(value, str) else value


def schema() -> Any:
    """Arrow schema of the files, which are without :data:`PARTITION`."""
    import pyarrow as pa

    text, real, whole = pa.string(), pa.float64(), pa.int64()
    evidence = pa.struct(
        [
            ("behaviour", text),
            ("description", text),
            ("file", text),
            ("line", whole),
            ("context", text),
            ("weight", real),
            ("excerpt", text),
            ("hidden", pa.bool_()),
        ]
    )
    changed = pa.struct([("path", text), ("score", real), ("score_before", real)])
    delta = pa.struct(
        [
            ("previous", text),
            ("sha256", text),
            ("score_alone", real),
            ("changed", whole),
            ("removed", whole),
            ("files", pa.list_(changed)),
            ("used", pa.bool_()),
        ]
    )
    kinds = {
        "evidence": pa.list_(evidence),
        "delta": delta,
        "anomalies": pa.list_(text),
        "notices": pa.list_(text),
        "cached": pa.bool_(),
        **dict.fromkeys(("score", "raw_score", "base_rate", *(f"seconds_{stage}" for stage in STAGES)), real),
        **dict.fromkeys(("size", "files", "files_cut", "files_skipped", "source_bytes", "analysed_bytes"), whole),
    }
    return pa.schema([(name, kinds.get(name, text)) for name in DOCS if name != PARTITION])


def without(stream: BinaryIO, ids: Collection[str]) -> bytes | None:
    """A Parquet file without the rows of some ids; empty: no row is left; ``None``: it holds none of them."""
    from pyarrow import BufferOutputStream
    from pyarrow import parquet as pq

    rows = pq.ParquetFile(stream).read()
    kept = [identity not in ids for identity in rows["id"].to_pylist()]
    if all(kept):
        return None
    if not any(kept):
        return b""
    sink = BufferOutputStream()
    pq.write_table(rows.filter(kept), sink, row_group_size=GROUP, compression="zstd")
    return bytes(sink.getvalue().to_pybytes())


class ParquetFile:
    """A Parquet file in the making: compressed in memory, a group of rows at a time."""

    def __init__(self) -> None:
        import pyarrow as pa
        from pyarrow import parquet as pq

        self._schema = schema()
        self._sink = pa.BufferOutputStream()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")
        self._rows: list[Mapping[str, Any]] = []

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row."""
        self._rows.append(row)
        if len(self._rows) >= GROUP:
            self._flush()

    def close(self) -> bytes:
        """End it: the bytes of the file."""
        self._flush()
        self._writer.close()
        return bytes(self._sink.getvalue().to_pybytes())

    def _flush(self) -> None:
        import pyarrow as pa

        if self._rows:
            self._writer.write_table(pa.Table.from_pylist(self._rows, self._schema))
            self._rows.clear()
