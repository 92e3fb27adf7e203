"""Naive against honest: how much of a figure from random folds is the recognition of clones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLE = "Naive against honest"
ON_RANDOM = ("shortcut", "clone")
"""Baselines that are run on random folds too; the others say nothing more there."""


def lines(result: Mapping[str, Any]) -> list[str]:
    """Recall at 1 % FPR and AUC by split, for the model and every baseline, as Markdown without a heading.

    Parameters
    ----------
    result : mapping
        What :func:`darnel.training.evaluate.evaluate` returned; empty unless ``random`` and another split are in it.
    """
    splits = list(result["protocols"])
    if "random" not in splits or len(splits) < 2:
        return []
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for split, entry in result["protocols"].items():
        for name, by_population in {"two-stage model": entry["model"], **entry.get("baselines", {})}.items():
            for population, values in by_population.items():
                rows.setdefault((name, population), {})[split] = _cell(values)
    text = [
        "Random folds put near-duplicates of most malicious packages on both sides, as most published figures do; "
        "`campaign` folds and the `temporal` split do not. Recall at 1 % FPR, threshold from the benign "
        "packages of the split itself, once by package as usual in the field and once with each campaign weighing 1; "
        "AUC, campaigns weigh 1.",
        "",
        f"| scored by | population | {' | '.join(f'`{name}`: by package / by campaign / AUC' for name in splits)} |",
        "| --- " * (len(splits) + 2) + "|",
    ]
    for (name, population), cells in rows.items():
        text.append(f"| {name} | {population} | " + " | ".join(cells.get(split, "-") for split in splits) + " |")
    return text


def _cell(values: Mapping[str, Any]) -> str:
    point = values.get("own_threshold", {}).get("0.01")
    if point is None:
        return "-"
    return f"{100 * point['recall_packages']:.1f} % / {100 * point['recall']:.1f} % / {values['auc']:.3f}"
