"""The model card: what the model is for, what it was trained on, how it was measured, where it fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from darnel.models.manifest import Manifest
from darnel.training.gate import lines_of
from darnel.training.report import NOTE, audit, details, recall_table

_INTENDED = """\
## Intended use

Ranks package releases (PyPI, npm) by how likely they are malicious, from their files alone, for triage by people and
for gates in a build. A verdict is a reason to look, not proof. It is not meant to accuse authors automatically, and it
says nothing about vulnerabilities, licences or the quality of code.

## Limits

- Weak labels: which file of a malicious package is the malicious one was inferred, not annotated.
- The malicious samples are what registries removed and researchers kept: mostly small throw-away packages. What nobody
  found is not in them.
- A release whose own files are harmless and that only adds a malicious dependency cannot be seen from its files.
- In the corpus the classes differ in size, form and completeness of metadata. These columns are masked, but the
  shortcut baseline below, which sees nothing else, still finds most of the plain test. What the model is worth where
  these columns say nothing is in the shortcut audit under *overlap*; the injection benchmark has no such help either.
- Payloads in native code are judged by their container and surroundings, not disassembled.
- Ecosystems without a variant of their own are scored by the first one; no recall is claimed there.
- An attacker who can query the model can search for an evasion.
"""


_REPRODUCE = """\
## How to reproduce

Everything but the injection benchmark needs no malware, only the published feature table (`data/`; what it holds and
how it was made stands in its README). Seeds are fixed: the same table, configuration and library versions give the same
bytes.

```console
pip install '.[train]'
darnel evaluate --data data                        # the split `temporal`, with baselines
darnel evaluate --data data --split random --split campaign --split temporal
darnel evaluate --data data --protocol rolling     # or: cross-ecosystem, incident, ablation
darnel train --data data --out my_model            # this model; --injection FILE for the release checks
```
"""
FEW_CAMPAIGNS, FEW_BENIGN, LISTED = 10, 50, 5
"""Blind spots need so many campaigns or benign packages, and only the worst are listed."""


def render_card(manifest: Manifest, result: Mapping[str, Any] | None) -> str:
    """Markdown text of ``MODEL_CARD.md``.

    Parameters
    ----------
    manifest : Manifest
    result : mapping, optional
        What :func:`darnel.training.evaluate.evaluate` returned for the same table and configuration.
    """
    lines = [
        f"# Model card: {manifest.name} {manifest.version}",
        "",
        "Gradient-boosted tree models (LightGBM) for each ecosystem. The file model scores every file. The release",
        "model judges the package, from the pooled scores and features of its worst files, its metadata, names,",
        "triggers, composition and container anomalies: is it made for harm? The intrusion model sees the same and, if",
        "there is one, the difference to the previous release, and learned also from benign releases with a payload",
        "spliced in: was something put into real software? The higher of both scores counts.",
        "",
        _INTENDED,
        *_training(manifest),
    ]
    lines += ["", "## Calibration and operating points", "", *_points(manifest)]
    if "gate" in manifest.training:
        lines += ["", "## Release checks", "", *lines_of(manifest.training["gate"])]
    if result is not None:
        lines += ["", "## Evaluation", "", NOTE]
        for protocol, entry in result["protocols"].items():
            lines += ["", f"### Split `{protocol}`", "", *recall_table(entry["model"], "population")]
            if "baselines" in entry:
                lines += details(entry)
            elif "shortcut_audit" in entry:
                lines += audit(entry)
        lines += blind_spots(result)
    lines += ["", *_REPRODUCE.splitlines()]
    for variant in manifest.variants[: 1 if len({v.package_model for v in manifest.variants}) == 1 else None]:
        lines += ["", f"## What counts most: {variant.package_model}, {variant.file_model}", ""]
        models = {
            "package model": variant.importances,
            "intrusion model": variant.intrusion_importances,
            "file model": variant.file_importances,
        }
        models = {name: gains for name, gains in models.items() if gains}
        lines += ["Share of the total gain.", "", "".join(f"| {name} | " for name in models) + "|"]
        lines.append("| --- | --- " * len(models) + "|")
        pairs = [list(gains.items())[:20] for gains in models.values()]
        for i in range(max(map(len, pairs), default=0)):
            cells = [f"`{pair[i][0]}` | {pair[i][1]:.3f}" if i < len(pair) else " | " for pair in pairs]
            lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "Masked, because they tell how the corpus was collected: " + ", ".join(f"`{m}`" for m in manifest.masked),
    ]
    lines[-1] += "." if manifest.masked else "none."
    return "\n".join(lines) + "\n"


def blind_spots(result: Mapping[str, Any]) -> list[str]:
    """The behaviours found least and the benign strata alarmed about most, on the temporal split."""
    model = result["protocols"].get("temporal", {}).get("model", {})
    lines = []
    for population, values in model.items():
        behaviours = [
            (row["recall"], f"{name} ({100 * row['recall']:.1f} % of {row['campaigns']} campaigns found)")
            for name, row in values.get("behaviours", {}).items()
            if row["campaigns"] >= FEW_CAMPAIGNS and row["recall"] < 1
        ]
        strata = [
            (-row["fpr"], f"{name} ({row['false_alarms']} of {row['benign']})")
            for name, row in values.get("strata", {}).items()
            if row["benign"] >= FEW_BENIGN and row["false_alarms"]
        ]
        for what, found in (("found least", behaviours), ("alarmed about most", strata)):
            if found:
                worst = "; ".join(text for _, text in sorted(found)[:LISTED])
                lines.append(f"- {population}, {what}: {worst}.")
    return (
        ["", "### Known blind spots", "", "Measured on `temporal`, see the tables above.", "", *lines] if lines else []
    )


def _training(manifest: Manifest) -> list[str]:
    training = manifest.training
    lines = ["## Training data", ""]
    data = training.get("data", {})
    lines.append(
        f"{data.get('packages', 0)} packages with {data.get('distinct_files', 0)} distinct files; feature "
        f"schema `{manifest.schema.version}`; seed {training.get('seed')}; "
        f"data sha256 `{str(training.get('data_sha256'))[:16]}`."
    )
    lines += ["", "| | malicious | campaigns | benign |", "| --- | --- | --- | --- |"]
    for name, counts in data.items():
        if isinstance(counts, Mapping):
            lines.append(f"| {name} | {counts['malicious']} | {counts['campaigns']} | {counts['benign']} |")
    lines += ["", "Every campaign (cluster of near-duplicate code) weighs 1, every benign project too."]
    if revision := training.get("revision"):
        lines.append(f"Code revision `{revision['commit']}` of {revision['date']}.")
    versions = {**training.get("libraries", {}), **manifest.grammars}
    lines.append("Made with " + ", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
    return lines


def _points(manifest: Manifest) -> list[str]:
    rate = manifest.variants[0].base_rate
    lines = [
        f"Scores are probabilities if {100 * rate:.3g} % of all releases are malicious (Platt scaling on out-of-fold",
        "log-odds, then a prior correction). Thresholds apply to the raw score and were fixed on the `campaign` folds.",
        "",
        "| ecosystem | operating point | threshold | FPR on the folds | recall on the folds | benign | campaigns |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for variant in manifest.variants:
        for point in variant.operating_points:
            lines.append(
                f"| {variant.name} | {point.name} | {point.threshold:.4f} | {100 * point.fpr:.2f} % | "
                f"{100 * point.recall:.1f} % | {point.benign} | {point.campaigns} |"
            )
    return lines
