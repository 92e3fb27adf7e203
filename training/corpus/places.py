"""Where the sources of the manifest are on this machine, and what was found in one of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from darnel.errors import CorpusError
from darnel.training.corpus.git import find_repository
from darnel.training.corpus.manifest import Manifest, Source
from darnel.training.corpus.samples import Sample, family_of, name_and_version, normalise


@dataclass(slots=True)
class Listing:
    """What was found in one source.

    Parameters
    ----------
    source : str
    samples : list of Sample
        Before any selection, sorted by path.
    dropped : dict of str to int
        Reason → count: ``absent`` (the snapshot lacks the blob), ``empty``, ``lfs`` (a pointer), ``no-repository``.
    """

    source: str
    samples: list[Sample] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str) -> None:
        """Count one more dropped sample."""
        self.dropped[reason] = self.dropped.get(reason, 0) + 1


@dataclass(frozen=True, slots=True)
class Roots:
    """Folders on this machine in which sources are looked for."""

    repositories: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()

    def repository(self, name: str) -> Path:
        """Git directory of ``owner/name``."""
        found = find_repository(self.repositories, name)
        if found is None:
            raise CorpusError(
                f"{name}: not found below --repositories; run `git clone --bare https://github.com/{name}`"
            )
        return found

    def folder(self, name: str) -> Path:
        """A local folder of archives."""
        for root in self.folders:
            if (root / name).is_dir():
                return root / name
        raise CorpusError(f"{name}: no such folder below --folders; `darnel corpus sources` shows how it is filled")


def make_sample(
    source: Source,
    manifest: Manifest,
    *,
    path: str,
    content: str,
    kind: str,
    location: str,
    revision: str = "",
    date: str = "",
    match: re.Match[str] | None = None,
    name: str = "",
    version: str = "",
    named_by: str = "",
    ping: bool = False,
    cluster: str = "",
) -> Sample:
    """A sample of a source; its name and version come from the match, else from the path."""
    groups = match.groupdict() if match else {}
    guessed, guessed_version = name_and_version(named_by or path, source.ecosystem)
    name = normalise(name or groups.get("name") or guessed, source.ecosystem)
    return Sample(
        id=f"{source.id}:{path}#{content[:12]}",
        ecosystem=source.ecosystem,
        label=int(source.malicious),
        name=name,
        version=version or groups.get("version") or guessed_version,
        source=source.id,
        path=path,
        revision=revision,
        date=date,
        family=groups.get("family") or source.family or family_of(name, source.ecosystem, manifest.families),
        ping=ping,
        cluster=cluster,
        content=content,
        kind=kind,
        location=location,
        form=source.form,
    )
