"""What is ordinary: medians of the columns over benign releases and their files, which verdicts show beside a value.

``python -m darnel.training.ordinary data`` writes them for darnel anew, from a feature table.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from darnel.features.vectorise import FILE_COLUMNS, PACKAGE_COLUMNS
from darnel.training.storage import FILES, PACKAGES
from darnel.training.typical import open_table

ORDINARY = Path(__file__).resolve().parent.parent / "darnel" / "ordinary.json"
DIGITS = 4
"""Significant ones."""


def ordinary(folder: str) -> dict[str, dict[str, float]]:
    """Median by column, by ecosystem; medians of 0 are left out.

    Parameters
    ----------
    folder : str
        A feature table. Of package columns every benign release counts once, of file columns every file of one.

    Raises
    ------
    CorpusError
        There is no such table.
    """
    packages, files = open_table(Path(folder) / PACKAGES), open_table(Path(folder) / FILES)
    about = packages.read(["ecosystem", "label", "files"])
    ecosystems = np.array(about.column("ecosystem").to_pylist())
    benign = about.column("label").to_numpy() == 0
    linked = about.column("files").combine_chunks()
    links, counts = linked.values.to_numpy(), np.diff(linked.offsets.to_numpy())
    found: dict[str, dict[str, float]] = {}
    for ecosystem in sorted(set(ecosystems.tolist())):
        chosen = benign & (ecosystems == ecosystem)
        rows = links[np.repeat(chosen, counts)]
        medians = {}
        for table, columns, held in ((packages, PACKAGE_COLUMNS, chosen), (files, FILE_COLUMNS, rows)):
            for column in columns.names:
                values = table.read([column]).column(0).to_numpy()[held]
                values = values[np.isfinite(values)]
                medians[column] = float(f"{np.median(values):.{DIGITS}g}") if len(values) else 0.0
        found[ecosystem] = {column: value for column, value in medians.items() if value}
    return found


if __name__ == "__main__":
    ORDINARY.write_text(json.dumps(ordinary(sys.argv[1]), indent=1) + "\n", encoding="utf-8")
