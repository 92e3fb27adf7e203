"""From the model's additive contributions to reasons: which behaviour, in which file and line, and how much it counted.

A package column's contribution belongs to the package or, if it pools file scores, to the worst files; a file column's
contribution belongs to the observations that it counts. Columns that count nothing with a place (text statistics,
hashed names) are summed by group, so that they are named but do not crowd out what can be looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from darnel.defang import printable
from darnel.features.behaviours import CHAINS, WINDOW_LINES
from darnel.features.facts import Observation
from darnel.features.raw import RawFile, RawPackage
from darnel.features.roles import context
from darnel.features.taxonomy import BEHAVIOURS, CATEGORY
from darnel.verdict import Evidence

MAX_EVIDENCE = 12
"""Reasons kept in a verdict."""
PLACED = 8
"""Of these, so many are kept for reasons that point at a line, if there are as many."""
WORST_FILES = 5
"""Files that share the contribution of pooled columns."""
TELLING = 0.1
"""Files that score less than this share of the worst one's are not asked why: it takes longer than to score them."""
SEVERAL = 3
"""Of the worst files, the ones that ``pool.three.*`` columns look at."""

GRAVE = frozenset(["secret", "send", "code", "spawn", "decode", "persist", "hide", "spread", "native", "mark"])
"""Categories that make a neighbourhood worth looking at."""

_DOC = {behaviour.id: behaviour.doc for behaviour in BEHAVIOURS}

_GROUPS = {
    "api": "what it calls, taken together",
    "bin": "binary content",
    "content": "kind of content",
    "file": "kind and place of the file",
    "host": "hosts it names",
    "ident": "how its identifiers are spelled",
    "identifiers": "how its identifiers are spelled",
    "ind": "hosts, addresses and wallets it names",
    "local": "many different grave behaviours within one screen of code",
    "obs": "many different grave behaviours in one file",
    "str": "how its string literals look",
    "strings": "how its string literals look",
    "syntax": "shape of its code",
    "text": "how its text looks (line lengths, entropy, padding)",
}
"""Plain words for file columns that have no place; other groups are named by the strongest column's own doc line."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Evidence together with the byte offset at which its expression ends (-1: no place), for cutting the excerpt."""

    evidence: Evidence
    order: int = -1


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
        Doc line by column name, for file and package columns.

    Returns
    -------
    list of Reason
        At most :data:`MAX_EVIDENCE`; weights are shares of all positive contributions.
    """
    positive = {name: value for name, value in package.items() if value > 0}
    total = sum(positive.values())
    worst = sorted(range(len(file_scores)), key=lambda i: -file_scores[i])[:WORST_FILES]
    files = [_File(raw["files"][i]) for i in worst]
    pooled = 0.0
    found: list[Reason] = []
    for name, value in positive.items():
        part = value / total
        group, _, rest = name.partition(".")
        how, _, column = rest.partition(".")
        if group != "pool":
            words = docs.get(name, name).partition(";")[0]
            found.append(Reason(Evidence(name, words, "", None, "", part)))
        elif files and how in ("first", "three"):
            candidates = files[: 1 if how == "first" else SEVERAL]
            next((file for file in candidates if file.counted_by(column)), files[0]).credit({column: part})
        else:
            pooled += part
    share = sum(file_scores[i] for i in worst)
    least = TELLING * file_scores[worst[0]] if worst else 0.0
    for i, file in zip(worst, files, strict=True):
        if pooled and share and file_scores[i] >= least:
            columns = {name: value for name, value in file_contributions(i).items() if value > 0}
            scale = pooled * file_scores[i] / share / (sum(columns.values()) or 1.0)
            file.credit({name: value * scale for name, value in columns.items()})
        found += file.reasons(docs)
    return _select(found)


def _select(found: list[Reason]) -> list[Reason]:
    ranked = sorted(found, key=lambda r: (-r.evidence.weight, r.evidence.file, r.evidence.line or 0))
    placed = [r for r in ranked if r.evidence.line is not None]
    others = [r for r in ranked if r.evidence.line is None]
    keep_others = max(MAX_EVIDENCE - len(placed), MAX_EVIDENCE - PLACED)
    chosen = {id(r) for r in (*others[:keep_others], *placed[: MAX_EVIDENCE - min(len(others), keep_others)])}
    return [r for r in ranked if id(r) in chosen]


class _File:
    """Spreads what file columns contributed over the observations that they count.

    Of several with the same behaviour and context only one stands for all: the one in the worst company.
    """

    def __init__(self, file: RawFile) -> None:
        self.path = printable(file["path"])
        self.role = file["role"]
        self.runs = bool(file["language"])  # what is named in a text does not run at all
        self.ordered = sorted((Observation(*o) for o in file["observations"]), key=lambda o: o.order)
        company = _company(self.ordered)
        self.best: dict[tuple[str, str], Observation] = {}
        for o in sorted(self.ordered, key=lambda o: (-company[o], o.line, o.order)):
            self.best.setdefault((o.behaviour, self._when(o)), o)
        self.centre = max(self.ordered, key=lambda o: company[o], default=None)
        self.at: defaultdict[Observation, float] = defaultdict(float)
        self.elsewhere: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def credit(self, columns: Mapping[str, float]) -> None:
        """Add shares of the score, by file column."""
        for name, part in columns.items():
            counted = self.counted_by(name)
            for observation in counted:
                self.at[observation] += part / len(counted)
            if not counted:
                group = self.elsewhere[name.partition(".")[0]]
                group[name] = group.get(name, 0.0) + part

    def reasons(self, docs: Mapping[str, str]) -> Iterator[Reason]:
        """Everything that was credited."""
        for o, part in self.at.items():
            when = self._when(o) if self.runs else ""
            yield Reason(Evidence(o.behaviour, _DOC[o.behaviour], self.path, o.line, when, part, "", o.hidden), o.order)
        for group, columns in self.elsewhere.items():
            strongest = max(columns, key=lambda name: columns[name])
            words = _GROUPS.get(group) or docs.get(strongest, strongest).partition(";")[0]
            yield Reason(Evidence(strongest, words, self.path, None, "", sum(columns.values())))

    def _when(self, o: Observation) -> str:
        return str(context(self.role, o.top))

    def counted_by(self, column: str) -> list[Observation]:
        """Observations behind a column, empty if it has no place."""
        group, _, rest = column.partition(".")
        if group == "beh":
            behaviour, _, when = rest.rpartition(".")
            return [o for o in (self.best.get((behaviour, when)),) if o]
        if group == "cat":
            category, _, when = rest.partition(".")
            return [o for (b, w), o in self.best.items() if CATEGORY[b] == category and w == when]
        if group == "hid":
            return self._one_each(o for o in self.ordered if o.hidden and CATEGORY[o.behaviour] == rest)
        if group == "chain":
            return self._chain(*rest.split("."))
        if group in ("local", "obs"):
            return self._around_centre()
        return []

    def _one_each(self, observations: Iterable[Observation]) -> list[Observation]:
        return list({o.behaviour: o for o in observations}.values())

    def _around_centre(self) -> list[Observation]:
        if self.centre is None:
            return []
        near = (o for o in self.ordered if abs(o.line - self.centre.line) <= WINDOW_LINES // 2)
        return self._one_each(o for o in near if CATEGORY[o.behaviour] in GRAVE)

    def _chain(self, name: str, scope: str) -> list[Observation]:
        """Find the first occurrence of a chain in a statement, function, window, in top-level code or in the file."""
        if scope == "window":
            runs: list[list[Observation]] = []
            for o in sorted(self.ordered, key=lambda o: (o.line, o.order)):
                if not runs or o.line - runs[-1][0].line > WINDOW_LINES:
                    runs.append([])
                runs[-1].append(o)
            groups = [sorted(run, key=lambda o: o.order) for run in runs]
        elif scope in ("statement", "function"):
            by: defaultdict[int, list[Observation]] = defaultdict(list)
            for o in self.ordered:
                by[o.statement if scope == "statement" else o.function].append(o)
            groups = list(by.values())
        else:
            groups = [[o for o in self.ordered if o.top or scope != "top"]]
        steps = CHAINS[name]
        for group in groups:
            links: list[Observation] = []
            for o in group:
                if len(links) < len(steps) and CATEGORY[o.behaviour] in steps[len(links)]:
                    links.append(o)
            if len(links) == len(steps):
                return links
        return []


def _company(ordered: Sequence[Observation]) -> dict[Observation, float]:
    """Distinct grave behaviours within half a window on either side, plus a little for running unasked or hidden."""
    by_line = sorted(ordered, key=lambda o: o.line)
    near: Counter[str] = Counter()
    result: dict[Observation, float] = {}
    first = last = 0
    for o in by_line:
        while last < len(by_line) and by_line[last].line - o.line <= WINDOW_LINES // 2:
            near[by_line[last].behaviour] += 1
            last += 1
        while o.line - by_line[first].line > WINDOW_LINES // 2:
            near[by_line[first].behaviour] -= 1
            first += 1
        grave = sum(count > 0 and CATEGORY[b] in GRAVE for b, count in near.items())
        result[o] = grave + 0.5 * o.top + 0.5 * o.hidden
    return result
