"""Tables kept as data: which behaviour a resolved name stands for, in one TOML file per language."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from darnel.features.taxonomy import CATEGORY

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Table:
    """Names to ids, with two kinds of wildcard.

    ``requests.post`` matches exactly; ``win32crypt.*`` matches every name below it; ``.setsid`` matches that last
    part whatever stands before it, when nothing more exact did.
    """

    exact: dict[str, tuple[str, ...]] = field(default_factory=dict)
    below: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tails: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, name: str) -> tuple[tuple[str, ...], str]:
        """Look one name up.

        Parameters
        ----------
        name : str
            Dotted and alias-resolved; starts with ``.`` when the receiver is unknown.

        Returns
        -------
        (tuple of str, str)
            The ids (empty: unknown) and the entry that matched, fit for
            :attr:`darnel.features.facts.Observation.api`.
        """
        ids = self.exact.get(name)
        if ids is not None:
            return ids, name
        if self.below:
            prefix = name
            for _ in range(8):
                prefix, dot, _ = prefix.rpartition(".")
                if not dot:
                    break
                ids = self.below.get(prefix)
                if ids is not None:
                    return ids, prefix + ".*"
        tail = name.rpartition(".")[2]
        ids = self.tails.get(tail)
        return (ids, "." + tail) if ids is not None and tail != name else ((), "")

    def words(self) -> frozenset[str]:
        """Every last part that could match exactly or as a tail: a cheap test before resolving a name."""
        return frozenset({name.rpartition(".")[2] for name in self.exact} | set(self.tails))


def _table(section: dict[str, list[str]], where: str, check: bool) -> Table:
    table = Table()
    for identifier, names in section.items():
        if check and identifier not in CATEGORY:
            raise ValueError(f"{where}: {identifier!r} is not in the taxonomy")
        for name in names:
            target, key = table.exact, name
            if name.startswith("."):
                target, key = table.tails, name[1:]
            elif name.endswith(".*"):
                target, key = table.below, name[:-2]
            if identifier not in target.get(key, ()):
                target[key] = (*target.get(key, ()), identifier)
    return table


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The tables of one language.

    In the file, every top-level section maps an id to the list of names that stand for it. Sections whose name
    starts with ``to_`` map to words of the language module (hooks, classes); all others to taxonomy ids, which is
    checked on loading.
    """

    tables: dict[str, Table]

    def __getitem__(self, section: str) -> Table:
        """Return one section; an absent one is empty."""
        return self.tables.get(section, _EMPTY)


_EMPTY = Table()


@cache
def load(name: str) -> Lexicon:
    """Load ``<name>.toml`` beside this module.

    Raises
    ------
    ValueError
        An id is not in the taxonomy.
    """
    sections = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    return Lexicon(
        {
            section: _table(entries, f"{name}.toml [{section}]", not section.startswith("to_"))
            for section, entries in sections.items()
        }
    )


@cache
def query(name: str) -> str:
    """Text of the query file ``<name>.scm`` beside this module."""
    return (FOLDER / f"{name}.scm").read_text("utf-8")
