"""The result of an evaluation as JSON, as a page to read, and as pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from darnel.training import inflation, plots
from darnel.training.calibrate import fit_calibration
from darnel.training.evaluate import populations
from darnel.training.protocols import Scored
from darnel.training.table import FeatureTable
from darnel.training.weights import campaigns

NOTE = (
    "*folds*: threshold fixed on out-of-fold scores of the training part; *here*: on the benign packages of this very "
    "split (out-of-fold scores for `campaign`). An FPR below 3 / n is not quoted. Unreadable packages count as errors. "
    "*Families weigh 1*: the FPR if the packages of one benign family (a project, a generator) count as one."
)

RESULT, REPORT, ERRORS = "result.json", "report.md", "errors.json"
INFLATION = "naive-versus-honest.md"
"""A section for the model card, written if random folds are among the splits."""


def write_report(
    folder: Path, result: Mapping[str, Any], scored: Mapping[str, Scored], table: FeatureTable
) -> list[Path]:
    """Write ``result.json``, ``errors.json``, ``scores.parquet``, ``report.md``, ``plots/*.png`` and perhaps a section.

    Returns
    -------
    list of Path
        What was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pictures = _draw(folder / "plots", scored, table)
    protocols = {name: {k: v for k, v in e.items() if k != "errors"} for name, e in result["protocols"].items()}
    errors = {name: entry.get("errors", []) for name, entry in result["protocols"].items()}
    (folder / RESULT).write_text(to_json({**result, "protocols": protocols}), encoding="utf-8")
    (folder / ERRORS).write_text(to_json(errors), encoding="utf-8")
    _scores(scored, table).to_parquet(folder / "scores.parquet", index=False)
    (folder / REPORT).write_text(render(result, [path.name for path in pictures]), encoding="utf-8")
    written = [folder / name for name in (RESULT, ERRORS, "scores.parquet", REPORT)]
    if compared := inflation.lines(result):
        (folder / INFLATION).write_text("\n".join([f"## {inflation.TITLE}", "", *compared]) + "\n", encoding="utf-8")
        written.append(folder / INFLATION)
    return written + pictures


def to_json(data: object) -> str:
    """Indented JSON with a final newline."""
    return json.dumps(data, indent=1, sort_keys=True) + "\n"


def render(result: Mapping[str, Any], pictures: Iterable[str] = ()) -> str:
    """The report as Markdown."""
    lines = ["# Evaluation", "", *_data(result["data"]), "", NOTE]
    for protocol, entry in result["protocols"].items():
        lines += ["", f"## Split `{protocol}`", "", *recall_table(entry["model"], "two-stage model")]
        lines += details(entry)
    if compared := inflation.lines(result):
        lines += ["", f"## {inflation.TITLE}", "", *compared]
    lines += ["", "## Plots", "", *(f"![{name.removesuffix('.png')}](plots/{name})" for name in pictures)]
    return "\n".join(lines) + "\n"


def details(entry: Mapping[str, Any]) -> list[str]:
    """Baselines, shortcut audit, strata and behaviours of one protocol, as far as they were measured."""
    lines: list[str] = []
    for name, other in entry.get("baselines", {}).items():
        lines += ["", f"### Baseline: {name}", "", *recall_table(other, name)]
    if "shortcut_audit" in entry:
        lines += audit(entry)
    for population, values in entry["model"].items():
        for key, title, first in (
            ("strata", "False alarms by stratum", "stratum"),
            ("behaviours", "Recall by behaviour", "behaviour"),
        ):
            if values.get(key):
                lines += ["", f"### {title}: {population}", "", *_breakdown(values[key], first)]
    return lines


def recall_table(entry: Mapping[str, Any], name: str) -> list[str]:
    """Rows by population and FPR: recall with its interval, measured FPR, n, AUC, average precision."""
    lines = [
        f"| {name} | threshold | recall (95 %), campaigns weigh 1 | by package | measured FPR (95 %) "
        "| families weigh 1 | malicious (campaigns) | benign | AUC | AP at base rate | ECE |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for population, values in entry.items():
        counts = f"{values['malicious']} ({values['campaigns']}) | {values['benign']}"
        rest = f"{counts} | {_number(values.get('auc'))} | {_number(values.get('average_precision'))} | {_ece(values)}"
        shown = False
        for key, where in (("fold_threshold", "folds"), ("own_threshold", "here")):
            for rate, point in values.get(key, {}).items():
                low, high = point["recall_interval"]
                lines.append(
                    f"| {population} | FPR {_percent(float(rate))} ({where}) | {_percent(point['recall'])} "
                    f"({_percent(low)} to {_percent(high)}) | {_percent(point['recall_packages'])} | "
                    f"{_percent(point['fpr'])} ({_percent(point['fpr_interval'][0])} to "
                    f"{_percent(point['fpr_interval'][1])}) | {_percent(point.get('fpr_families'))} | {rest} |"
                )
                shown = True
        if not shown:
            lines.append(f"| {population} | none quotable | - | - | - | - | {rest} |")
    return lines


def _data(data: Mapping[str, Any]) -> list[str]:
    lines = [
        f"{data['packages']} packages, {data['distinct_files']} distinct files, schema `{data['schema']}`, "
        f"{data['unreadable']} unreadable (counted as errors).",
        "",
        "| | malicious | campaigns | benign |",
        "| --- | --- | --- | --- |",
    ]
    for name, counts in data.items():
        if isinstance(counts, Mapping):
            lines.append(f"| {name} | {counts['malicious']} | {counts['campaigns']} | {counts['benign']} |")
    return lines


def audit(entry: Mapping[str, Any]) -> list[str]:
    """Shortcut audit: AUC in three weightings, what the third is made of; see :mod:`darnel.training.shortcut_audit`."""
    hows = ("plain", "matched", "overlap")
    names = [*(f"model {how}" for how in hows), *(f"shortcut {how}" for how in hows), "shortcut refitted"]
    found: Mapping[str, Mapping[str, float]] = entry["shortcut_audit"]
    lines = ["", "### Shortcut audit", "", "| AUC | " + " | ".join(names) + " |", "| --- " * (len(names) + 1) + "|"]
    lines += [f"| {who} | " + " | ".join(_number(of.get(name)) for name in names) + " |" for who, of in found.items()]
    lines += [
        "",
        "*matched*: benign packages weighted over form, size, setup.py and file count. *overlap*: both classes "
        "weighted to the same distribution of the shortcut's score; *refitted*: another shortcut model learned there.",
        "",
        "| overlap | share of both classes | campaigns | benign projects | recall at 1 % FPR | FPR there |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for who, of in found.items():
        if of.get("overlap"):
            size = f"{_percent(of['overlap'])} | {of['overlap campaigns']:.0f} | {of['overlap projects']:.0f}"
            lines.append(f"| {who} | {size} | {_percent(of['recall overlap'])} | {_percent(of['fpr overlap'])} |")
    return lines


def _breakdown(rows: Mapping[str, Mapping[str, Any]], first: str) -> list[str]:
    benign = first == "stratum"
    what = "benign | false alarms | FPR (95 %)" if benign else "packages | campaigns | recall (95 %)"
    lines = [f"| {first} | {what} |", "| --- | --- | --- | --- |"]
    for name, row in rows.items():
        keys = ("benign", "false_alarms", "fpr") if benign else ("packages", "campaigns", "recall")
        low, high = row[f"{keys[2]}_interval"]
        interval = f"{_percent(row[keys[2]])} ({_percent(low)} to {_percent(high)})"
        lines.append(f"| {name} | {row[keys[0]]} | {row[keys[1]]} | {interval} |")
    return lines


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.3g} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _ece(values: Mapping[str, Any]) -> str:
    if "calibration_error" not in values:
        return "-"
    return f"{values['calibration_error']:.4f} ({values['calibration_error_equal_classes']:.3f} at equal classes)"


def _scores(scored: Mapping[str, Scored], table: FeatureTable) -> Any:
    import pandas as pd

    frame = table.packages[["id", "ecosystem", "label", "campaign"]].copy()
    for name, run in scored.items():
        values = np.full(len(table), np.nan)
        values[run.rows] = run.scores
        frame[f"score {name}"] = pd.Series(values, index=frame.index)  # a split is called like a column
    return frame


def _draw(folder: Path, scored: Mapping[str, Scored], table: FeatureTable) -> list[Path]:
    written = []
    for protocol in [name for name in scored if "/" not in name]:
        runs = {
            name.partition("/")[2] or "two-stage": run for name, run in scored.items() if name.split("/")[0] == protocol
        }
        part = table.subset(scored[protocol].rows)
        groups = campaigns(part)
        for population, mask in populations(part).items():
            slug = f"{protocol}-{population.replace(' ', '-')}"
            labels, own = part.labels[mask], groups[mask]
            if len(np.unique(labels)) < 2:
                continue
            written.append(folder / f"roc-{slug}.png")
            plots.roc(
                {name: (run.scores[mask], labels, own) for name, run in runs.items()},
                f"{protocol}, {population}",
                written[-1],
            )
            scores = scored[protocol].scores[mask]
            written.append(folder / f"scores-{slug}.png")
            plots.histogram(scores, labels, f"{protocol}, {population}", written[-1])
            run = scored[protocol]
            if len(run.train_rows):
                earlier = table.subset(run.train_rows)
                fit = populations(earlier).get(population)
                if fit is None or len(np.unique(earlier.labels[fit])) < 2:
                    continue
                fitted = fit_calibration(run.train_scores[fit], earlier.labels[fit], campaigns(earlier)[fit])
                written.append(folder / f"calibration-{slug}.png")
                curve = {population: (fitted.probability(scores, 0.5), labels, own)}
                plots.reliability(curve, f"{protocol}, {population}", written[-1])
    return written
