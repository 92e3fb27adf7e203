"""Two releases, read once each: the verdict on the newer one, and what it does that the older one did not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any, NamedTuple

from darnel.diff.difference import Difference, changed_paths, counterparts, difference
from darnel.previous import unfit
from darnel.sources import open_source
from darnel.verdict import Verdict

if TYPE_CHECKING:
    from darnel.classifier import Classifier
    from darnel.features.raw import RawPackage


class Compared(NamedTuple):
    """What came out."""

    verdict: Verdict
    difference: Difference
    kinds: tuple[str, str]
    """Shapes of old and new: a wheel beside an sdist differs in more than behaviour."""
    ecosystems: tuple[str, str]
    names: tuple[str, str]
    """Of old and new, normalised as their registry does; ``""`` where a release does not say."""


def compare(classifier: Classifier, old: Any, new: Any, *, excerpts: bool = True) -> Compared:
    """Compare two releases.

    Parameters
    ----------
    classifier : Classifier
        Judges ``new`` with ``old`` before it, within its limits.
    old, new : path, bytes, …
        As for :meth:`darnel.classifier.Classifier.predict`.
    excerpts : bool
        As for :meth:`darnel.classifier.Classifier.predict`.

    Raises
    ------
    InputError
        One of them cannot be read as a package.
    """
    from darnel.diff.contents import contents
    from darnel.features.extract import extract

    started = perf_counter()
    before, now = open_source(old, classifier.limits), open_source(new, classifier.limits)
    opened = perf_counter()
    raw_old, raw_new = extract(before, classifier.limits), extract(now, classifier.limits)
    timings = {"open": opened - started, "extract": perf_counter() - opened}
    notice = unfit(raw_old)  # what is missing in it would look new to the model; the difference shows it all the same
    verdict = classifier.judge_features(now, raw_new, None if notice else raw_old, timings, excerpts=excerpts)
    changed = changed_paths(raw_new, raw_old)
    twins = counterparts(changed, raw_old)
    found = difference(
        raw_new,
        raw_old,
        contents(now, {file["path"] for file in raw_new["files"]}, changed),
        contents(before, {file["path"] for file in raw_old["files"]}, set(twins.values())),
    )
    return Compared(
        verdict.noting(notice),
        found,
        (raw_old["form"], raw_new["form"]),
        (raw_old["ecosystem"], raw_new["ecosystem"]),
        (_name(raw_old), _name(raw_new)),
    )


def _name(raw: RawPackage) -> str:
    return re.sub(r"[-_.]+", "-", raw["name"]).lower() if raw["ecosystem"] == "pypi" else raw["name"]


def unlike(found: Compared, named: bool) -> Iterator[str]:
    """Say in which way the two are hardly releases of one package, and what to do about it.

    Parameters
    ----------
    found : Compared
    named : bool
        Both were asked for by name, so that an index may have them in the same form.
    """
    (old, new), (old_name, new_name) = found.ecosystems, found.names
    if old != new and "unknown" not in (old, new):
        yield f"not alike: a release for {old} and one for {new}; give two releases of one package"
    elif old_name != new_name and old_name and new_name:
        yield f"not alike: releases of {old_name} and of {new_name}; give two releases of one package"
    elif len(set(found.kinds)) > 1:
        advice = (
            "--artifact sdist compares the sources of both" if named else "files that only one form has differ anyway"
        )
        yield f"not alike: {' and '.join(found.kinds)}; {advice}"
