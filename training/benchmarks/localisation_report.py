"""The localisation benchmark as a section of the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from darnel.training.benchmarks.localisation import MODES, TOP

_WORDS = {"alone": "artefact alone", "with_previous": "with the previous release"}


def section(result: Mapping[str, Any]) -> str:
    """Markdown of what :func:`darnel.training.benchmarks.localisation.localise` returned, headings from ``##`` down."""
    lines = [
        "## Does the evidence point at the payload? (localisation benchmark)",
        "",
        "Payloads spliced in memory into benign releases, judged by a model fitted on the training side of the",
        f"temporal split, which knows neither payload nor host: {result['made']} of {result['planned']} injected",
        f"releases of the test side could be made again, {result['same']} of them line for line. *File first*: no",
        f"other file scores as high as the spliced one. *Line in the top {TOP}*: a spliced line is among the {TOP}",
        "strongest pieces of evidence, those without a place included. Campaigns weigh 1; 95 % intervals by campaign.",
        "*caught*: only releases called at least suspicious, whose evidence people get to see.",
        "",
        "| | releases (campaigns) |" + "".join(f" file first, {_WORDS[m]} | line in the top {TOP} |" for m in MODES),
        "| --- | --- |" + " --- | --- |" * len(MODES),
    ]
    for name in result[MODES[0]]:
        size = result[MODES[0]][name]["file_first"]
        cells = [
            _cell(result[mode].get(name, {}).get(what)) for mode in MODES for what in ("file_first", "line_in_top")
        ]
        lines.append(f"| {name} | {size['packages']} ({size.get('campaigns', 0)}) | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(entry: Mapping[str, Any] | None) -> str:
    if not entry or "recall" not in entry:
        return "-"
    low, high = entry["recall_interval"]
    return f"{100 * entry['recall']:.1f} % ({100 * low:.1f} to {100 * high:.1f} %)"
