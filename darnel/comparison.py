"""A release beside the one before it: what the model is given, and what the verdict says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from darnel.defang import printable
from darnel.verdict import ChangedFile, Comparison

if TYPE_CHECKING:
    from darnel.features.raw import RawPackage
    from darnel.models.bundle import Bundle, Judgement, Previous

LISTED = 20
"""Changed files that a verdict names, worst first."""
UNCHANGED = 0.01
"""Factor on the score of files that the previous release holds too, when reasons are looked for."""


def keys_of(raw: RawPackage) -> list[str]:
    """What identifies the content of every file."""
    return [file["sha256"] for file in raw["files"]]


def previous_of(raw: RawPackage) -> Previous:
    """Features of a previous release for :meth:`darnel.models.bundle.Bundle.judge`."""
    from darnel.features.vectorise import vectorise_files, vectorise_package
    from darnel.models.bundle import Previous

    return Previous(vectorise_package(raw), vectorise_files(raw), keys_of(raw))


def comparison(new: RawPackage, old: RawPackage, judged: Judgement, before: Judgement, bundle: Bundle) -> Comparison:
    """What a verdict says about the previous release.

    Parameters
    ----------
    new, old : RawPackage
    judged, before : Judgement
        Of ``new`` with, and of ``old`` without a previous release.
    bundle : Bundle
        For the calibration of the score alone.
    """
    known = frozenset(keys_of(old))
    paths = {file["path"]: i for i, file in enumerate(old["files"])}
    fresh = [i for i in judged.order.tolist() if new["files"][i]["sha256"] not in known]
    files = []
    for i in fresh[:LISTED]:
        path = new["files"][i]["path"]
        earlier = float(before.file_scores[paths[path]]) if path in paths else None
        files.append(ChangedFile(printable(path), float(judged.file_scores[i]), earlier))
    variant = bundle.variant(new["ecosystem"])
    left = {file["path"] for file in new["files"]}
    return Comparison(
        previous=(f"{printable(old['name'])} {printable(old['version'])}".strip() or printable(old["source"]))[:200],
        sha256=old["sha256"],
        score_alone=float(variant.calibration.probability(judged.alone, variant.base_rate)),
        changed=len(fresh),
        removed=sum(path not in left for path in paths),
        files=tuple(files),
        used=judged.compared,
    )


def in_changed(scores: Sequence[float], new: RawPackage, old: RawPackage | None) -> list[float]:
    """File scores for finding reasons: what the previous release holds too is hardly one."""
    if old is None:
        return list(scores)
    known = frozenset(keys_of(old))
    pairs = zip(scores, keys_of(new), strict=True)
    return [score * UNCHANGED if key in known else score for score, key in pairs]


def as_pooled(contributions: Mapping[str, float]) -> dict[str, float]:
    """Contributions of delta columns under the names of the columns of the files or the package that they compare.

    Largest first, given and returned.
    """
    result = dict(contributions)
    compared = [name for name in contributions if name.startswith("delta.")]
    if not compared:
        return result
    for name in compared:
        pooled = _compared(name)
        result[pooled] = result.get(pooled, 0.0) + result.pop(name)
    rank = {name: -abs(value) for name, value in result.items()}
    return {name: result[name] for name in sorted(rank, key=rank.__getitem__)}


@cache
def _compared(name: str) -> str:
    """Name of the column that a delta column compares; of the columns of a model."""
    _, how, column = (*name.split(".", 2), "")[:3]
    return column if how == "package" else f"pool.three.{column}" if column else "pool.delta"
