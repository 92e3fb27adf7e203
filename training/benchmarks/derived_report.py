"""The obfuscation and placebo benchmarks as sections of a report or model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def render(result: Mapping[str, Any]) -> str:
    """Markdown of what :mod:`darnel.training.benchmarks.derived_score` returned."""
    lines = _obfuscation(result) if result["benchmark"] == "obfuscation" else _placebo(result)
    return "\n".join(lines) + "\n"


def _obfuscation(result: Mapping[str, Any]) -> list[str]:
    trained = " and ".join(result["trained_on"])
    lines = [
        f"### Obfuscation (`{result['protocol']}`)",
        "",
        "Malicious packages (all source files or the worst one) and benign ones (5 to 60 % of the source files)",
        "rewritten by each transform, scored beside their originals. *Loss* is the relative loss of recall; each",
        "campaign weighs 1; intervals are 95 %. The false-alarm ratio is to that of all originals. "
        + (f"Trained on {trained} packages too." if trained else "Trained on no variants."),
    ]
    for rate, ecosystems in result["rates"].items():
        for ecosystem, entry in ecosystems.items():
            lines += [
                "",
                f"FPR {_percent(float(rate))}, {ecosystem}:",
                "",
                "| transform | packages (campaigns) | recall before | recall | loss | benign | FPR | ratio |",
                "| --- | --- | --- | --- | --- | --- | --- | --- |",
            ]
            lines += [_row(name, found) for name, found in entry["transforms"].items()]
            if "worst" in entry:
                worst = entry["worst"]
                lines += ["", f"Worst single transform: {worst['transform']}, loss {_percent(worst['loss'])}."]
    return lines


def _row(name: str, found: Mapping[str, Any]) -> str:
    bad, good = found.get("malicious"), found.get("benign")
    cells = ["-"] * 7
    if bad:
        cells[:4] = [
            f"{bad['packages']} ({bad['campaigns']})",
            _percent(bad["recall_before"]),
            f"{_percent(bad['recall'])} ({_span(bad['recall_interval'])})",
            f"{_percent(bad['loss'])} ({_span(bad['loss_interval'])})",
        ]
    if good:
        cells[4:] = [
            str(good["packages"]),
            f"{_percent(good['fpr'])} ({_span(good['fpr_interval'])})",
            "-" if good["ratio"] is None else f"{good['ratio']:.1f}",
        ]
    return f"| {name} | " + " | ".join(cells) + " |"


def _placebo(result: Mapping[str, Any]) -> list[str]:
    lines = [
        f"### Placebo (`{result['protocol']}`)",
        "",
        "Malicious packages whose payload was deleted: the statements that carry it and what only they need, or all of",
        "every file that shows something grave. *Turned clean*: share of those caught before that no longer are.",
        "",
        "| ecosystem, FPR | way | packages (campaigns) | caught before | turned clean (95 %) | mean score, after |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rate, ecosystems in result["rates"].items():
        for ecosystem, ways in ecosystems.items():
            for way, found in ways.items():
                share = "-"
                if "turned_clean" in found:
                    share = f"{_percent(found['turned_clean'])} ({_span(found['turned_clean_interval'])})"
                lines.append(
                    f"| {ecosystem}, {_percent(float(rate))} | {way.replace('-', ' ')} | "
                    f"{found['packages']} ({found['campaigns']}) | {found['caught_before']} | {share} | "
                    f"{found['mean_score_before']:.3f}, {found['mean_score_after']:.3f} |"
                )
    return lines


def _percent(value: float) -> str:
    return f"{100 * value:.3g} %"


def _span(interval: list[float]) -> str:
    return f"{100 * interval[0]:.3g} to {_percent(interval[1])}"
