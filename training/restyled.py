"""The table of restyled packages: every benign source tree as a sdist, one sdist a campaign as a tree."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from darnel.features.extract import extract
from darnel.features.raw import RawPackage
from darnel.features.vectorise import (
    FILE_COLUMNS,
    PACKAGE_COLUMNS,
    SCHEMA_VERSION,
    vectorise_files,
    vectorise_package,
)
from darnel.training.corpus.samples import Sample
from darnel.training.restyle import as_sdist, as_tree, small_enough
from darnel.training.table import FeatureTable, TableBuilder

if TYPE_CHECKING:
    import pandas as pd

Say = Callable[[str], None]


def chosen(packages: pd.DataFrame) -> list[tuple[str, bool]]:
    """Ids of the packages to restyle, and whether as a sdist.

    Benign PyPI trees all; of malicious PyPI sdists the first by id of each campaign.
    """
    pypi = packages[(packages["ecosystem"] == "pypi") & packages["readable"]]
    trees = pypi[(pypi["label"] == 0) & (pypi["form"] == "tree")]
    bad = pypi[(pypi["label"] == 1) & (pypi["form"] == "sdist")].sort_values("id").drop_duplicates("campaign")
    return [*((i, True) for i in sorted(trees["id"])), *((i, False) for i in sorted(bad["id"]))]


def restyled_one(sample: Sample, sdist: bool, seed: int) -> tuple[RawPackage | None, str]:
    """Raw features of a package in its other dress, or why there are none."""
    try:
        package = sample.open()
        files = small_enough(package)
        if files is None:
            return None, "too large"
        raw = extract(package)
        rng = random.Random(f"{seed} {sample.id}")
        other = as_sdist(package, files, raw, rng) if sdist else as_tree(package, files, raw)
        return (extract(other), "") if other is not None else (None, "no setup.py")
    except (Exception, RecursionError, MemoryError) as error:
        return None, type(error).__name__


def restyled_table(
    table: FeatureTable, samples: Mapping[str, Sample], *, seed: int, jobs: int = 1, say: Say = lambda _: None
) -> FeatureTable:
    """Restyled copies of packages of ``table``, with their labels, campaigns and names.

    More columns: ``variant`` (``restyled``) and ``host_id``, the original.
    """
    rows = {
        str(row["id"]): {str(key): value for key, value in row.items()} for row in table.packages.to_dict("records")
    }
    wanted = [(i, sdist) for i, sdist in chosen(table.packages) if i in samples]
    builder = TableBuilder(PACKAGE_COLUMNS.names, FILE_COLUMNS.names, SCHEMA_VERSION)
    failures: dict[str, int] = {}
    for number, ((identity, _), (raw, failure)) in enumerate(_made(wanted, samples, seed, jobs), 1):
        if number % 200 == 0:
            say(f"restyled {number} of {len(wanted)}")
        if raw is None:
            failures[failure] = failures.get(failure, 0) + 1
            continue
        builder.add(
            _identity(rows[identity], raw),
            vectorise_package(raw),
            zip([file["sha256"] for file in raw["files"]], vectorise_files(raw), strict=True),
        )
    result = builder.build()
    say(f"{len(result)} restyled packages; not made: {failures}")
    return result


def _made(
    wanted: Sequence[tuple[str, bool]], samples: Mapping[str, Sample], seed: int, jobs: int
) -> Iterator[tuple[tuple[str, bool], tuple[RawPackage | None, str]]]:
    from joblib import Parallel, delayed

    results = Parallel(n_jobs=jobs, return_as="generator", batch_size=4, max_nbytes=None)(
        delayed(restyled_one)(samples[identity], sdist, seed) for identity, sdist in wanted
    )
    yield from zip(wanted, results, strict=True)


def _identity(original: dict[str, Any], raw: RawPackage) -> dict[str, Any]:
    return {
        **original,
        "id": f"{original['id']}+{raw['form']}",
        "sha256": raw["sha256"],
        "form": raw["form"],
        "source": "restyled",
        "date": "",
        "variant": "restyled",
        "host_id": original["id"],
        "payload_campaigns": "",
        "previous": "",
    }
