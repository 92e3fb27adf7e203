"""From observations to columns: counts per context, distinct families, chains, and how densely they stand together.

Five injected lines in a file of five thousand change no average. What they change is *local*: a statement that decodes
and executes, a function that reads a secret and sends, thirty lines that touch six families. So chains are looked for
within a statement, a function, thirty lines and the file, and the densest window of the file is a feature of its own.

Ordered chains follow Amalfi and OSCAR (ICSE'22, ASE'24); the window is ours.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from operator import attrgetter

from darnel.features.facts import Observation
from darnel.features.roles import Context, Role, context
from darnel.features.schema import Column
from darnel.features.taxonomy import BEHAVIOURS, CATEGORY, GRAVE

WINDOW_LINES = 30
"""About one screen: what an injected block fills."""

CATEGORIES: tuple[str, ...] = tuple(dict.fromkeys(CATEGORY.values()))

CHAINS: dict[str, tuple[frozenset[str], ...]] = {
    name: tuple(frozenset(step.split("|")) for step in steps.split())
    for name, steps in {
        "secret_send": "secret send",
        "secret_fetch": "secret fetch|send",
        "environment_send": "env send|fetch",
        "identity_send": "identity send|fetch",
        "identity_secret_send": "identity secret send|fetch",
        "read_encode_send": "read|secret|env|identity encode send|fetch",
        "read_send": "read send",
        "spawn_send": "spawn send",
        "decode_code": "decode code",
        "decode_spawn": "decode spawn",
        "decode_load": "decode load",
        "decode_send": "decode send|fetch",
        "decode_decode_code": "decode decode code",
        "fetch_code": "fetch code",
        "fetch_decode_code": "fetch decode code",
        "fetch_write": "fetch write",
        "fetch_write_spawn": "fetch write spawn",
        "fetch_mark_spawn": "fetch mark spawn",
        "fetch_spawn": "fetch spawn",
        "write_spawn": "write spawn",
        "write_mark": "write mark",
        "decode_write_spawn": "decode write spawn|code",
        "guard_spawn": "guard spawn|code",
        "guard_send": "guard send|fetch",
        "guard_destroy": "guard destroy",
        "persist_write": "persist write",
        "write_persist": "write persist",
        "spawn_hide": "spawn hide",
        "secret_write": "secret write",
        "fetch_native": "fetch|decode native",
        "secret_spread": "secret spread",
        "read_send_destroy": "read|secret send|write destroy",
    }.items()
}
"""Ordered chains: each step is satisfied by any of its categories, later in evaluation order than the step before."""

_ALONE = frozenset().union(*(frozenset.intersection(*steps) for steps in CHAINS.values()))
"""Categories that are every step of some chain by themselves."""
SCOPES = ("statement", "function", "window", "file")

COLUMNS: tuple[Column, ...] = (
    *(
        Column(f"beh.{b.id}.{c}", f"{b.doc}; seen {_w}")
        for b in BEHAVIOURS
        for c, _w in (
            (Context.INSTALL, "in code that runs at install"),
            (Context.IMPORT, "in code that runs at import or activation"),
            (Context.CALLED, "in code that runs only when called"),
        )
    ),
    *(Column(f"cat.{k}.{c}", f"distinct behaviours of category {k}, context {c}") for k in CATEGORIES for c in Context),
    *(Column(f"hid.{k}", f"observations of category {k} that only folding or decoding revealed") for k in CATEGORIES),
    *(
        Column(f"chain.{name}.{scope}", f"{scope}s in which the ordered chain {name} occurs")
        for name in CHAINS
        for scope in SCOPES
    ),
    *(Column(f"chain.{name}.top", f"1 if {name} occurs in code that runs with the file", "bool") for name in CHAINS),
    *(
        Column(f"local.{what}{where}", f"most {doc} within {WINDOW_LINES} lines{suffix}")
        for where, suffix in (("", ""), (".top", ", counting only code that runs with the file"))
        for what, doc in (
            ("behaviours", "distinct behaviours"),
            ("categories", "distinct categories"),
            ("grave", "distinct grave categories (secret send code spawn decode persist hide spread native mark)"),
        )
    ),
    Column("obs.total", "observations in the file"),
    Column("obs.hidden", "observations that only folding or decoding revealed"),
    Column("obs.hidden_share", "share of observations that only folding or decoding revealed, 0 to 1", "real"),
    *(Column(f"obs.distinct.{c}", f"distinct behaviours, context {c}") for c in Context),
    Column("obs.secrets", "distinct kinds of secrets named"),
    Column("obs.hosts", "distinct kinds of tell-tale hosts named"),
    Column("obs.persists", "distinct kinds of persistence"),
)

_CALLED = str(Context.CALLED)
_line, _order = attrgetter("line"), attrgetter("order")


def file_values(observations: Sequence[Observation], role: Role | str) -> dict[str, float]:
    """Columns of one file.

    Parameters
    ----------
    observations : sequence of Observation
        In any order.
    role : Role
        The file's role, which says whether its top-level code runs at install or at import.

    Returns
    -------
    dict of str to float
        Only the non-zero columns of :data:`COLUMNS`.
    """
    if not observations:
        return {}
    values: Counter[str] = Counter()
    runs = str(context(role, True))
    for (behaviour, top), count in Counter((o.behaviour, o.top) for o in observations).items():
        when = runs if top else _CALLED
        values[f"beh.{behaviour}.{when}"] += count
        values[f"obs.distinct.{when}"] += 1
        values[f"cat.{CATEGORY[behaviour]}.{when}"] += 1
    hidden = [o for o in observations if o.hidden]
    for o in hidden:
        values[f"hid.{CATEGORY[o.behaviour]}"] += 1
    everything = {o.behaviour for o in observations}
    values["obs.hidden"] = len(hidden)
    values["obs.total"] = len(observations)
    values["obs.secrets"] = sum(CATEGORY[b] == "secret" for b in everything)
    values["obs.hosts"] = sum(b.startswith("host.") and CATEGORY[b] != "identity" for b in everything)
    values["obs.persists"] = sum(CATEGORY[b] == "persist" for b in everything)
    result = {name: float(value) for name, value in values.items() if value}
    if hidden:
        result["obs.hidden_share"] = len(hidden) / len(observations)
    result.update(_chains(sorted(observations, key=_order)))
    result.update(_local(sorted(observations, key=_line)))
    return result


def _chains(ordered: Sequence[Observation]) -> dict[str, float]:
    """Chain columns; ``ordered`` is in evaluation order."""
    present = {CATEGORY[o.behaviour] for o in ordered}
    candidates = [(n, steps) for n, steps in CHAINS.items() if not any(map(present.isdisjoint, steps))]
    if not candidates:
        return {}
    groups: dict[str, list[list[Observation]]] = {"statement": _grouped(ordered, 3), "function": _grouped(ordered, 4)}
    groups["file"] = [list(ordered)]
    groups["window"] = _windows(ordered)
    result: dict[str, float] = {}
    for scope, members in groups.items():
        for group in members:
            if len(group) < 2:
                continue
            here = [CATEGORY[o.behaviour] for o in group]
            held = set(here)
            if len(held) < 2 and held.isdisjoint(_ALONE):
                continue
            for name, steps in candidates:
                if not any(map(held.isdisjoint, steps)) and _follows(here, steps):
                    key = f"chain.{name}.{scope}"
                    result[key] = result.get(key, 0.0) + 1.0
    top = [CATEGORY[o.behaviour] for o in ordered if o.top]
    result.update({f"chain.{name}.top": 1.0 for name, steps in candidates if _follows(top, steps)})
    return result


def _grouped(ordered: Sequence[Observation], field: int) -> list[list[Observation]]:
    groups: defaultdict[int, list[Observation]] = defaultdict(list)
    for o in ordered:
        groups[o[field]].append(o)  # type: ignore[index]  # 3 is the statement, 4 the function
    return list(groups.values())


def _windows(ordered: Sequence[Observation]) -> list[list[Observation]]:
    """Non-overlapping runs, each at most WINDOW_LINES long, greedily from the first observation on."""
    runs: list[list[Observation]] = []
    for o in sorted(ordered, key=lambda o: (o.line, o.order)):
        if not runs or o.line - runs[-1][0].line > WINDOW_LINES:
            runs.append([])
        runs[-1].append(o)
    return [sorted(run, key=lambda o: o.order) for run in runs]


def _follows(categories: Iterable[str], steps: Sequence[frozenset[str]]) -> bool:
    """Whether ``steps`` is an ordered subsequence."""
    wanted = 0
    for category in categories:
        if category in steps[wanted]:
            wanted += 1
            if wanted == len(steps):
                return True
    return False


def _local(by_line: Sequence[Observation]) -> dict[str, float]:
    """The densest window, for all code and for top-level code."""
    result: dict[str, float] = {}
    for where, seen in (("", by_line), (".top", [o for o in by_line if o.top])):
        for what, value in zip(("behaviours", "categories", "grave"), _densest(seen), strict=True):
            if value:
                result[f"local.{what}{where}"] = float(value)
    return result


def _densest(seen: Sequence[Observation]) -> tuple[int, int, int]:
    """Most distinct behaviours, categories and grave categories in any window; ``seen`` is in order of lines."""
    if seen and seen[-1].line - seen[0].line <= WINDOW_LINES:  # one window holds it all
        kinds = {o.behaviour for o in seen}
        categories = {CATEGORY[behaviour] for behaviour in kinds}
        return len(kinds), len(categories), len(GRAVE & categories)
    behaviours: dict[str, int] = {}
    by_category: dict[str, int] = {}
    best = (0, 0, 0)
    first = grave = 0
    for o in seen:
        behaviour, category = o.behaviour, CATEGORY[o.behaviour]
        behaviours[behaviour] = behaviours.get(behaviour, 0) + 1
        by_category[category] = by_category.get(category, 0) + 1
        grave += by_category[category] == 1 and category in GRAVE
        while o.line - seen[first].line > WINDOW_LINES:
            behaviour, category = seen[first].behaviour, CATEGORY[seen[first].behaviour]
            behaviours[behaviour] -= 1
            by_category[category] -= 1
            if not behaviours[behaviour]:
                del behaviours[behaviour]
            if not by_category[category]:
                del by_category[category]
                grave -= category in GRAVE
            first += 1
        best = max(best[0], len(behaviours)), max(best[1], len(by_category)), max(best[2], grave)
    return best
