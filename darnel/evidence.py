"""From the model's additive contributions to reasons: which behaviour, in which file and line, and how much it counted.

A package column's contribution belongs to the package or, if it pools file scores, to the worst files; a file column's
contribution belongs to the observations that it counts. Columns that count nothing with a place (text statistics,
hashed names) end up in one line of statistics: they are named, and crowd out nothing that can be looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from darnel.attribution import Attribution, Reason, Shares
from darnel.defang import printable
from darnel.features.raw import RawPackage
from darnel.features.taxonomy import CATEGORY, GRAVE
from darnel.package_reasons import LEAST, facts, statistics
from darnel.phrases import moment
from darnel.verdict import FileScore

MAX_EVIDENCE = 12
"""Reasons kept in a verdict."""
WORST_FILES = 5
"""Files that share the contribution of pooled columns."""
LISTED_FILES = 50
"""Files whose scores a verdict lists."""
TELLING = 0.1
"""Files that score less than this share of the worst one's are not asked why: it takes longer than to score them."""
SEVERAL = 3
"""Of the worst files, the ones that ``pool.three.*`` columns look at."""
UNSAID = 0.005
"""A share that would be shown as 0 % is no line by itself."""
TRIVIAL = 0.01
"""Beside graver evidence, behaviours that are nothing by themselves are dropped below this share."""


def reasons(
    raw: RawPackage,
    file_scores: Sequence[float],
    package: Mapping[str, float],
    file_contributions: Callable[[int], Mapping[str, float]],
    docs: Mapping[str, str],
) -> list[Reason]:
    """Reasons for a score, strongest first.

    Parameters
    ----------
    raw : RawPackage
        What was scored.
    file_scores : sequence of float
        Probability by file, 0 to 1, in the order of ``raw["files"]``.
    package : mapping of str to float
        Contribution of each package and pooled column to the package's score (log-odds).
    file_contributions : callable
        The same for the score of the file with the given number, by file column.
    docs : mapping of str to str
        Doc line by name of package columns.

    Returns
    -------
    list of Reason
        At most :data:`MAX_EVIDENCE`. Weights are shares of all positive contributions and add up to 1, but for
        :data:`UNSAID`: what is not shown is in the line of statistics.
    """
    positive = {name: value for name, value in package.items() if value > 0}
    total = sum(positive.values())
    worst = _worst(file_scores)[:WORST_FILES]
    by_content: dict[str, Attribution] = {}  # two copies of a file are one finding
    for file in (raw["files"][i] for i in worst):
        if file["sha256"] not in by_content:
            by_content[file["sha256"]] = Attribution(file)
    of_file = [by_content[raw["files"][i]["sha256"]] for i in worst]
    files = list(by_content.values())
    own: dict[str, float] = {}
    pooled = 0.0
    given: defaultdict[Attribution, list[tuple[str, float]]] = defaultdict(list)
    for name, value in positive.items():
        part = value / total
        group, how, column = _parts(name)
        if group != "pool":
            own[name] = part
        elif files and how in ("first", "three"):
            holder = files[0]
            if how == "three":
                holder = next((file for file in files[:SEVERAL] if column in file.counted), holder)
            given[holder].append((column, part))
        else:
            pooled += part
    for holder, columns in given.items():
        holder.credit(columns)
    share = sum(file_scores[i] for i in worst)
    least = TELLING * file_scores[worst[0]] if worst else 0.0
    left: Shares = defaultdict(float)
    unasked = pooled
    for i, credited in zip(worst, of_file, strict=True):
        if pooled and share and file_scores[i] >= least:
            told = {name: value for name, value in file_contributions(i).items() if value > 0}
            counted = sum(told.values())
            scale = pooled * file_scores[i] / share / (counted or 1.0)
            credited.credit(told.items(), scale)
            unasked -= scale * counted
    if unasked > UNSAID:
        left["pool.top1"] = unasked
    general, unnamed = facts(raw, own, docs)
    _add(left, unnamed)
    return _select(files, [Reason(e) for e in general], left)


def worst_files(raw: RawPackage, file_scores: Sequence[float]) -> tuple[FileScore, ...]:
    """The worst files of a package with their scores, worst first."""
    return tuple(
        FileScore(
            printable(raw["files"][i]["path"]),
            file_scores[i],
            moment(raw["files"][i], True) if raw["files"][i]["language"] else "",
        )
        for i in _worst(file_scores)[:LISTED_FILES]
    )


@cache
def _parts(name: str) -> tuple[str, str, str]:
    """Group, how a pooled column pools, and which file column; of the columns of a model, some hundreds."""
    group, _, rest = name.partition(".")
    how, _, column = rest.partition(".")
    return group, how, column


def _worst(file_scores: Sequence[float]) -> list[int]:
    return sorted(range(len(file_scores)), key=lambda i: -file_scores[i])


def _select(files: Iterable[Attribution], general: list[Reason], left: Shares) -> list[Reason]:
    """Keep what an analyst can act on; the rest is summed up in ``left``."""
    placed: list[Reason] = []
    for file in files:
        found = list(file.reasons())
        if not found and sum(file.elsewhere.values()) >= LEAST:
            whole = statistics(file.elsewhere)
            general.append(Reason(replace(whole, file=file.path)))
        else:
            _add(left, file.elsewhere)
        placed += found
    kept = _telling(placed)
    ranked = sorted([*kept, *general], key=_rank)[: MAX_EVIDENCE - 1]
    chosen = set(map(id, ranked))
    for reason in (*placed, *general):
        if id(reason) not in chosen:
            _add(left, {reason.evidence.columns[0]: reason.evidence.weight})
    if left:
        ranked.append(Reason(statistics(left)))
    return sorted(ranked, key=_rank)


def _add(shares: Shares, more: Mapping[str, float]) -> None:
    if not shares:
        shares.update(more)
        return
    for name, part in more.items():
        shares[name] += part


def _telling(placed: list[Reason]) -> list[Reason]:
    """Without what only a README mentions, and beside grave behaviours without those that everybody's code has."""
    done = [r for r in placed if not r.mention] or placed
    if not any(_grave(r) for r in done):
        return done
    return [r for r in done if _grave(r) or r.evidence.weight >= TRIVIAL]


def _grave(reason: Reason) -> bool:
    return CATEGORY[reason.evidence.behaviour] in GRAVE


def _rank(reason: Reason) -> tuple[float, str, int]:
    e = reason.evidence
    return (-e.weight, e.file, e.line or 0)
