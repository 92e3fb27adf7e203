"""Files that are known from popular packages: what a package vendors, and whose copy it is."""

from __future__ import annotations

from collections.abc import Mapping

from darnel.features.known.comparison import Comparison
from darnel.features.known.hashing import Print, fingerprint
from darnel.features.known.reference import EDITION
from darnel.features.schema import Column

__all__ = ["COLUMNS", "EDITION", "PACKAGE_COLUMNS", "Comparison", "Print", "compare", "fingerprint"]

COLUMNS: tuple[Column, ...] = (
    Column(
        "known.identical",
        "equals a file of another popular package (the package's own name and family left out)",
        "bool",
    ),
    Column(
        "known.changed_in_copy",
        "in a near-copy of a popular package under another name, a file that differs from its counterpart at the same "
        "place; the value is the share of such places whose file is identical (near 1: the one that was changed)",
        "real",
    ),
    Column(
        "known.new_in_copy",
        "in such a near-copy, a file at a place that the popular package has not; valued likewise",
        "real",
    ),
)
"""File columns. They depend on the package around the file."""

PACKAGE_COLUMNS: tuple[Column, ...] = (
    Column("copy.known_share", "share of source files equal to a file of any other popular package", "real"),
    Column("copy.vendored", "log1p of these in vendoring, test or documentation folders", "real"),
    Column("copy.share", "share of source files equal to one of the popular package that it is most like", "real"),
    Column("copy.identical", "log1p of these files", "real"),
    Column("copy.owner_share", "share of that package's files that are here, identical", "real"),
    Column(
        "copy.place_share", "share of that package's places (path below the top folder) that are taken here", "real"
    ),
    Column("copy.import_name", "in a near-copy, the import folder is that package's, though the name is not", "bool"),
    Column("copy.near", "a near-copy: at least half of that package, and at least a quarter of this one", "bool"),
    Column("copy.intact", "in a near-copy, share of the files at that package's places that are identical", "real"),
    Column("copy.changed", "log1p of files in a near-copy that differ from their counterparts", "real"),
    Column("copy.added", "log1p of files in a near-copy that the other package has not", "real"),
    Column("copy.owner_fame", "in a near-copy, 1 - log(rank) / log(list size) of the other package", "real"),
    Column("copy.confusable", "in a near-copy, the name could be mistaken for that package's name", "bool"),
)


def compare(ecosystem: str, name: str, prints: Mapping[str, Print]) -> Comparison:
    """Hold a package's source files against the shipped reference.

    Parameters
    ----------
    ecosystem : str
        Of ecosystems without a reference nothing is known.
    name : str
        The package's own name.
    prints : mapping of str to Print
        From :func:`fingerprint`, by path.
    """
    if not prints:
        return Comparison()
    from darnel.features.known import comparison, reference
    from darnel.features.names import popular

    return comparison.compare(
        popular.normalise(ecosystem, name), prints, reference.load(ecosystem), popular.load(ecosystem)
    )
