"""The injection benchmark as a section of the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STRATA = ("all", "pypi", "npm", "not a ping")
MARKS = "of the bytes", "files"


def section(result: Mapping[str, Any]) -> str:
    """Markdown of what :func:`darnel.training.benchmarks.score.benchmark` returned, headings from ``##`` down."""
    lines = ["## Compromised releases (injection benchmark)", ""]
    lines += [
        "Payloads of unseen campaigns spliced in memory into unseen benign releases; thresholds from other benign"
    ]
    lines += ["packages. *With the previous release*: the clean original is given too."]
    for protocol, entry in result.items():
        rates = [rate for rate in entry["recall"] if float(rate) >= 0.003]
        lines += ["", f"### Split `{protocol}`, {entry['injected']} releases", ""]
        lines += ["| | releases (campaigns) |" + "".join(f" alone, FPR {_rate(r)} | with previous |" for r in rates)]
        lines += ["| --- | --- |" + " --- | --- |" * len(rates)]
        known = entry["recall"][rates[0]]
        for name in known:
            if name in STRATA or name.endswith(MARKS) or name.startswith(("pypi ", "npm ", "style ")):
                row = known[name]
                cells = [_cell(entry[how][rate].get(name, {})) for rate in rates for how in ("recall", "with_previous")]
                lines.append(f"| {name} | {row['packages']} ({row['campaigns']}) | {' | '.join(cells)} |")
        lines += ["", "| false alarms | releases |" + "".join(f" FPR {_rate(r)} |" for r in rates)]
        lines += ["| --- | --- |" + " --- |" * len(rates)]
        for key, words in (
            ("clean_hosts", "clean originals"),
            ("clean_updates", "benign releases with their previous"),
        ):
            total = entry[key][rates[0]]["all"]["releases"]
            lines.append(
                f"| {words} | {total} |" + "".join(f" {entry[key][r]['all']['false_alarms']} |" for r in rates)
            )
        said = [
            f"{_cell(entry['compared_when_doubtful'][rate]['all'])} at FPR {_rate(rate)}"
            for rate in rates
            if "compared_when_doubtful" in entry
        ]
        if said:
            words = "Given the previous release only where the score alone reaches the triage point (`darnel audit`)"
            lines += ["", f"{words}: {', '.join(said)}."]
        first = (
            entry["localisation"]["all"]["top 1"] if "all" in entry["localisation"] else entry["localisation"]["top 1"]
        )
        lines += ["", f"The changed file is ranked first in {_cell(first)}."]
    return "\n".join(lines) + "\n"


def _rate(rate: str) -> str:
    return f"{100 * float(rate):g} %"


def _cell(entry: Mapping[str, Any]) -> str:
    if "recall" not in entry:
        return "-"
    low, high = entry["recall_interval"]
    return f"{100 * entry['recall']:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"
