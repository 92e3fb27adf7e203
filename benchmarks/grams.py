"""Rank the four-byte strings that indicators can be looked for by: which of them stand in ordinary packages anyway.

    python -m benchmarks.grams FOLDER [FOLDER ...] [--packages N] [--least N]

FOLDER holds wheels, sdists or npm tarballs. Writes ``features/indicators/common.json``, commonest first; whatever
seldom or never occurs is left out and counts as rare. What is found does not depend on it, only how fast.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np

from darnel.errors import DarnelError
from darnel.features import content
from darnel.features.indicators import matcher
from darnel.features.indicators.scan import TABLES
from darnel.features.indicators.tables import entries
from darnel.features.readers import open_package
from darnel.features.squeezed import entries_squeezed

LARGEST = 3_000_000
LONGEST = 500_000
"""Bytes; larger packages and files would decide alone."""
OUTPUT = Path(matcher.__file__).with_name("common.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--packages", type=int, default=250, metavar="N", help="of each folder, drawn with a seed")
    parser.add_argument("--least", type=int, default=20, metavar="N", help="rarer ones are left out")
    args = parser.parse_args()
    table = entries("prose.toml", *TABLES)
    needles = {entry.needle for entry in (*table, *entries_squeezed(table))}
    grams = sorted({needle[i : i + 4] for needle in needles for i in range(len(needle) - 3)})
    words = np.array(sorted(int.from_bytes(gram, "little") for gram in grams), np.uint32)
    counts = np.zeros(len(words), np.int64)
    packages = size = 0
    for folder in args.folders:
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size <= LARGEST)
        for path in random.Random(0).sample(paths, min(args.packages, len(paths))):
            try:
                members = list(open_package(str(path)).members())
            except DarnelError:
                continue
            packages += 1
            for member in members:
                data = member.data
                if 4 <= len(data) <= LONGEST and content.sniff(member.path, data).is_text:
                    text = matcher.normalise(data)
                    read = np.ndarray((len(text) - 3,), "<u4", text, strides=(1,))
                    slot = np.minimum(np.searchsorted(words, read), len(words) - 1)
                    counts += np.bincount(slot[words[slot] == read], minlength=len(words))
                    size += len(data)
    order = np.lexsort((words, -counts))
    kept = [int(words[i]).to_bytes(4, "little") for i in order.tolist() if counts[i] >= args.least]
    whole = b"".join(gram for gram in kept if gram.isascii()).decode()
    lines = [whole[i : i + 100] for i in range(0, len(whole), 100)]
    OUTPUT.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    print(f"{len(kept):,} of {len(grams):,} ranked, from {packages} packages, {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
