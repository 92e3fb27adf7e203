"""Spread what the file model's columns contributed over the observations that they count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from darnel.defang import printable
from darnel.features.behaviours import CHAINS, COLUMNS, SCOPES, WINDOW_LINES
from darnel.features.content import TEXT_KINDS
from darnel.features.facts import Observation
from darnel.features.flow import SOURCES, Flow, sink_of, source_of
from darnel.features.raw import RawFile
from darnel.features.roles import context
from darnel.features.taxonomy import BEHAVIOURS, CATEGORY, GRAVE
from darnel.package_reasons import strongest
from darnel.phrases import NOTHING, Told, moment, said_of
from darnel.verdict import Evidence

Shares = defaultdict[str, float]
"""Share of the score by column."""

_DOC = {behaviour.id: behaviour.doc for behaviour in BEHAVIOURS}
_OF_MANY = tuple(column.name for column in COLUMNS if column.name.startswith(("local.", "obs.")))
_IN_ANY_TEXT = frozenset(("hide.unicode", "hide.padding", "hide.reviewer", "install.dependency"))
"""What counts in any text. Other behaviours are only mentioned in one (``pip install`` in a README), but for what tells
a tool to run something."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Evidence together with where its expression lies in the file, for cutting the excerpt; -1: no place."""

    evidence: Evidence
    order: int = -1
    """Byte offset at which it ends."""
    statement: int = -1
    """Byte offset at which its statement starts."""
    mention: bool = False
    """Stands in a text that does not run."""
    flow: Told = NOTHING
    """What gets here from elsewhere in the file."""


class Attribution:
    """Of one file: who gets how much, and through which columns.

    Of several observations with the same behaviour and context only one stands for all: the one in the worst company.
    """

    def __init__(self, file: RawFile) -> None:
        self.file = file
        self.path = printable(file["path"])
        self.role = file["role"]
        self.runs = bool(file["language"])  # what is named in a text does not run at all
        self.text = not self.runs and file["kind"] in TEXT_KINDS
        self.ordered = sorted((Observation(*o) for o in file["observations"]), key=lambda o: o.order)
        company = _company(self.ordered)
        self.best: dict[tuple[str, str], Observation] = {}
        for o in sorted(self.ordered, key=lambda o: (-company[o], o.line, o.order)):
            self.best.setdefault((o.behaviour, self._when(o)), o)
        self.centre = max(self.ordered, key=lambda o: company[o], default=None)
        self.at: defaultdict[Observation, Shares] = defaultdict(lambda: defaultdict(float))
        self.elsewhere: Shares = defaultdict(float)
        """Share by column for columns that count nothing with a place."""
        self._flows = [Flow._make(flow) for flow in file.get("flows", ())]
        self._groups: dict[str, list[list[Observation]]] = {}

    def credit(self, columns: Iterable[tuple[str, float]], scale: float = 1.0) -> None:
        """Add shares of the score: file columns and how much each got, times ``scale``."""
        counted, elsewhere = self.counted, self.elsewhere
        for name, value in columns:
            part = value * scale
            observations = counted.get(name)
            if observations is None:
                elsewhere[name] += part
                continue
            each = part / len(observations)
            for observation in observations:
                self.at[observation][name] += each

    def reasons(self) -> Iterator[Reason]:
        """Everything with a place that was credited; the same behaviour twice in one line is one."""
        same: dict[tuple[str, int, str], tuple[Observation, Shares]] = {}
        for o, columns in self.at.items():
            when = moment(self.file, o.top) if self.runs else ""
            first, shares = same.setdefault((o.behaviour, o.line, when), (o, defaultdict(float)))
            if o.hidden and not first.hidden:
                same[o.behaviour, o.line, when] = (o, shares)
            for name, part in columns.items():
                shares[name] += part
        for (behaviour, line, when), (o, shares) in same.items():
            flow = self._flow_into(o)
            evidence = Evidence(
                behaviour=behaviour,
                description="; ".join(filter(None, (_DOC[behaviour], flow.words))),
                file=self.path,
                line=line,
                context=when,
                weight=sum(shares.values()),
                hidden=o.hidden,
                columns=strongest(shares),
            )
            mention = self.text and behaviour not in _IN_ANY_TEXT and CATEGORY[behaviour] != "persist"
            yield Reason(evidence, o.order, o.statement, mention, flow)

    def _when(self, o: Observation) -> str:
        """When the feature columns say that it runs, which is coarser than :func:`darnel.phrases.moment`."""
        return str(context(self.role, o.top))

    @cached_property
    def counted(self) -> dict[str, list[Observation]]:
        """Observations by the column that counts them; without columns that have no place."""
        found: defaultdict[str, list[Observation]] = defaultdict(list)
        for (behaviour, when), o in self.best.items():
            found[f"beh.{behaviour}.{when}"].append(o)
            found[f"cat.{CATEGORY[behaviour]}.{when}"].append(o)
        for o in self._one_each(o for o in self.ordered if o.hidden):
            found[f"hid.{CATEGORY[o.behaviour]}"].append(o)
        present = {CATEGORY[o.behaviour] for o in self.ordered}
        for name, steps in CHAINS.items():
            if not any(map(present.isdisjoint, steps)):
                for scope in (*SCOPES, "top"):
                    found[f"chain.{name}.{scope}"] = self._chain(steps, scope)
        first: dict[str, Flow] = {}
        for flow in self._flows:
            for end in ("", ".top") if flow.top else ("",):
                first.setdefault(f"flow.{flow.source}.{flow.sink}{end}", flow)
        for name, flow in first.items():
            found[name] = self._ends(flow)
        found.update(dict.fromkeys(_OF_MANY, self._near_centre))
        return {name: observations for name, observations in found.items() if observations}

    def _ends(self, flow: Flow) -> list[Observation]:
        """Source and sink of a flow."""
        return [o for o in self.ordered if _is_source(o, flow)][:1] + [
            o for o in self.ordered if o.order == flow.sink_order and sink_of(o) == flow.sink
        ][:1]

    def _flow_into(self, o: Observation) -> Told:
        """The gravest of what reaches a sink, in words."""
        kind = sink_of(o)
        into = [flow for flow in self._flows if flow.sink_order == o.order and flow.sink == kind]
        for source in SOURCES:
            for flow in into:
                if flow.source == source:
                    behaviour = next((o.behaviour for o in self.ordered if _is_source(o, flow)), "")
                    return said_of(flow, behaviour)
        return NOTHING

    def _one_each(self, observations: Iterable[Observation]) -> list[Observation]:
        return list({o.behaviour: o for o in observations}.values())

    @cached_property
    def _near_centre(self) -> list[Observation]:
        if self.centre is None:
            return []
        near = (o for o in self.ordered if abs(o.line - self.centre.line) <= WINDOW_LINES // 2)
        return self._one_each(o for o in near if CATEGORY[o.behaviour] in GRAVE)

    def _chain(self, steps: Sequence[Collection[str]], scope: str) -> list[Observation]:
        """Find the first occurrence of a chain in a statement, function, window, in top-level code or in the file."""
        if scope not in self._groups:
            self._groups[scope] = self._grouped(scope)
        for group in self._groups[scope]:
            links: list[Observation] = []
            for o in group:
                if CATEGORY[o.behaviour] in steps[len(links)]:
                    links.append(o)
                    if len(links) == len(steps):
                        return links
        return []

    def _grouped(self, scope: str) -> list[list[Observation]]:
        """Observations that stand together, in evaluation order."""
        if scope == "window":
            runs: list[list[Observation]] = []
            for o in sorted(self.ordered, key=lambda o: (o.line, o.order)):
                if not runs or o.line - runs[-1][0].line > WINDOW_LINES:
                    runs.append([])
                runs[-1].append(o)
            return [sorted(run, key=lambda o: o.order) for run in runs]
        if scope in ("statement", "function"):
            by: defaultdict[int, list[Observation]] = defaultdict(list)
            for o in self.ordered:
                by[o.statement if scope == "statement" else o.function].append(o)
            return list(by.values())
        return [[o for o in self.ordered if o.top or scope != "top"]]


def _is_source(o: Observation, flow: Flow) -> bool:
    return o.order == flow.source_order and source_of(o) == flow.source


def _company(ordered: Sequence[Observation]) -> dict[Observation, float]:
    """Distinct grave behaviours within half a window on either side, plus a little for running unasked or hidden."""
    by_line = sorted(ordered, key=lambda o: o.line)
    near: Counter[str] = Counter()
    result: dict[Observation, float] = {}
    first = last = grave = 0
    for o in by_line:
        while last < len(by_line) and by_line[last].line - o.line <= WINDOW_LINES // 2:
            behaviour = by_line[last].behaviour
            grave += not near[behaviour] and CATEGORY[behaviour] in GRAVE
            near[behaviour] += 1
            last += 1
        while o.line - by_line[first].line > WINDOW_LINES // 2:
            behaviour = by_line[first].behaviour
            near[behaviour] -= 1
            grave -= not near[behaviour] and CATEGORY[behaviour] in GRAVE
            first += 1
        result[o] = grave + 0.5 * o.top + 0.5 * o.hidden
    return result
