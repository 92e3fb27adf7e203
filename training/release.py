"""Write a bundle together with what the release checks say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from darnel.errors import BundleError
from darnel.models.bundle import Bundle, default_bundle_path, write_bundle
from darnel.models.manifest import CARD, Manifest, read_manifest
from darnel.training.card import render_card
from darnel.training.config import Config
from darnel.training.gate import Gate, check_results
from darnel.training.golden import GoldenSet, check_golden
from darnel.training.table import FeatureTable


def write_judged(
    folder: Path,
    manifest: Manifest,
    texts: Mapping[str, str],
    result: Mapping[str, Any],
    table: FeatureTable,
    config: Config,
    *,
    injection: Mapping[str, Any] | None,
    golden: GoldenSet,
    force: bool,
) -> Gate:
    """Write the models, judge the golden samples with what was written, and add the gate and the model card.

    Parameters
    ----------
    folder : Path
    manifest : Manifest
    texts : mapping of str to str
        Model files.
    result : mapping
        What :func:`darnel.training.evaluate.evaluate` returned.
    table : FeatureTable
    config : Config
    injection : mapping, optional
        What :func:`darnel.training.benchmarks.score.benchmark` returned.
    golden : GoldenSet
    force : bool
        Mark it releasable even if checks fail.
    """
    checks, recall = check_results(result, injection, _shipped(), config.gate)
    write_bundle(folder, manifest, texts)
    checks.append(check_golden(Bundle.load(folder, manifest.schema), table, golden))
    gate = Gate(tuple(checks), force and not all(check.passed for check in checks), recall)
    manifest = replace(manifest, training={**manifest.training, "gate": gate.plain()})
    write_bundle(folder, manifest, {**texts, CARD: render_card(manifest, result)})
    return gate


def _shipped() -> Mapping[str, Any]:
    """``training`` of the shipped model's manifest; empty if there is none that can be read."""
    try:
        return read_manifest(default_bundle_path()).training
    except BundleError:
        return {}
