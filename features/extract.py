"""From a package to its raw features, in one pass over its members."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from time import monotonic

from darnel.features import (
    anomalies,
    collector,
    composition,
    content,
    known,
    metadata,
    misplaced,
    names,
    reach,
    sayings,
    triggers,
    vectorise,
)
from darnel.features.analyse import analyse_file
from darnel.features.content import Content, Kind
from darnel.features.facts import Observation
from darnel.features.languages.registry import Language, language_by_name, language_for
from darnel.features.limits import DEFAULT_LIMITS, MIB, Limits
from darnel.features.memo import Memo
from darnel.features.package import Member, Package
from darnel.features.raw import RawFile, RawPackage
from darnel.features.roles import Role
from darnel.features.survey import Survey

SKIPPED_LISTED = 100
"""Source files that no budget was left for are listed up to here, and counted."""
MANIFEST_BYTES = 4 * MIB
"""Larger manifests are analysed as files but not read as manifests."""

AT_ONCE = 128 << 10
"""Bytes of members that are surveyed together."""
MOST_AT_ONCE = 64

SCORED_KINDS = frozenset({Kind.NATIVE, Kind.BYTECODE})
"""Kinds that get a row of their own though no analyser reads them; other data is only counted."""

_AROUND = (*known.COLUMNS, *reach.COLUMNS)
"""File columns that depend on the package around the file."""

FileAnalyser = Callable[[str, bytes, Content, Language | None, Limits, Survey | None, str], RawFile]
"""Like :func:`darnel.features.analyse.analyse_file`; the caller owns what it returns."""


MEMO = Memo()
"""What this process remembers of files."""


def extract(package: Package, limits: Limits = DEFAULT_LIMITS, analyse: FileAnalyser = MEMO) -> RawPackage:
    """Read every member once and return what was seen.

    Parameters
    ----------
    package : Package
        From :func:`darnel.features.readers.open_package`.
    limits : Limits
        What exceeds them is recorded as cut or as an anomaly.
    analyse : callable
        What analyses a member; by default one that remembers what it found in the same content.

    Returns
    -------
    RawPackage
        JSON-able; deterministic for the same bytes, apart from ``seconds`` (and from what
        ``limits.package_seconds`` and ``limits.parse_seconds`` cut on a slow machine).

    Raises
    ------
    InputError
        Only if the container turns out to be unreadable as a whole.
    """
    started = monotonic()
    run = _Pass(limits, started + limits.package_seconds, analyse, str(package.ecosystem))
    with collector.paused():
        for members in _few(package.members()):
            run.take(members)
        return run.finish(package, started)


def _few(members: Iterator[Member]) -> Iterator[list[Member]]:
    """Members in order, so many at a time that they fit into a processor's cache."""
    few: list[Member] = []
    size = 0
    for member in members:
        few.append(member)
        size += len(member.data)
        if size >= AT_ONCE or len(few) >= MOST_AT_ONCE:
            yield few
            few, size = [], 0
    if few:
        yield few


@dataclass(slots=True)
class _Pass:
    limits: Limits
    deadline: float
    analyse: FileAnalyser
    ecosystem: str
    files: list[RawFile] = field(default_factory=list)
    manifests: dict[str, bytes] = field(default_factory=dict)
    listing: list[tuple[str, int, Content, str]] = field(default_factory=list)
    triggers: list[triggers.TriggerFacts] = field(default_factory=list)
    prints: dict[str, known.Print] = field(default_factory=dict)
    seen_bytes: int = 0
    source_bytes: int = 0
    analysed_bytes: int = 0
    skipped: int = 0

    def take(self, members: Sequence[Member]) -> None:
        """Analyse a few members; nothing of their content is kept but small manifests."""
        kinds = [content.sniff(member.path, member.data) for member in members]
        languages = [
            language_for(member.path, member.data) if sniffed.is_text else None
            for member, sniffed in zip(members, kinds, strict=True)
        ]
        digests = [member.sha256 or sha256(member.data).hexdigest() for member in members]
        surveys: list[Survey | None] = [None] * len(members)
        if isinstance(self.analyse, Memo) and not self._over():
            files = zip((member.data for member in members), kinds, languages, digests, strict=True)
            surveys = self.analyse.surveys(list(files), self.limits)
        for one in zip(members, kinds, languages, surveys, digests, strict=True):
            self._take(*one)

    def _over(self) -> str:
        """Name of the budget that is spent, ``""`` if none is."""
        if monotonic() > self.deadline:
            return "package-seconds"
        return "package-files" if len(self.files) >= self.limits.files else ""

    def _take(
        self, member: Member, sniffed: Content, language: Language | None, surveyed: Survey | None, digest: str
    ) -> None:
        path, data = member.path, member.data
        self.seen_bytes += member.size
        self.listing.append((path, member.size, sniffed, language.name if language else ""))
        if metadata.wanted(path) and len(data) <= MANIFEST_BYTES:
            self.manifests[path] = data
        if language:
            self.source_bytes += member.size
            if member.size == len(data) and (seen := known.fingerprint(path, data, self.ecosystem)):
                self.prints[path] = seen
        over = self._over()
        if over:
            if language:
                self._skip(member, sniffed, digest, over)
            return
        raw = self.analyse(path, data, sniffed, language, self.limits, surveyed, digest)
        raw["size"] = member.size
        if language is None:
            raw["observations"] = sayings.done(path, raw["observations"])
        if member.size > len(data):
            raw["cut"].append("member-bytes")
        if language and not raw["cut"]:
            self.analysed_bytes += member.size
        trigger = triggers.inspect(path, data)
        if trigger:
            self.triggers.append(trigger)
            raw["observations"] += trigger.observations
        if language or raw["observations"] or sniffed.kind in SCORED_KINDS or sniffed.mismatch:
            self.files.append(raw)
        for inner in trigger.embedded if trigger else ():
            self._embed(f"{path}#{inner.label}", inner.language, inner.code, inner.role, inner.line)

    def _skip(self, member: Member, sniffed: Content, digest: str, budget: str) -> None:
        """Out of a budget: say so for source files, which could have held anything."""
        self.skipped += 1
        if self.skipped <= SKIPPED_LISTED:
            raw = analyse_file(member.path, b"", sniffed, None, self.limits, digest=digest)
            raw["size"] = member.size
            raw["cut"].append(budget)
            self.files.append(raw)

    def _embed(self, path: str, language: str, code: bytes, role: Role, line: int) -> None:
        """Analyse code that stands inside a manifest or trigger file as a file of its own."""
        sniffed = Content(Kind.SOURCE, language, "utf-8")
        raw = analyse_file(path, code, sniffed, language_by_name(language), self.limits)
        raw["role"] = role
        raw["observations"] = [seen._replace(line=seen.line + line - 1) for seen in raw["observations"]]
        self.files.append(raw)

    def _attach(self, observations: Mapping[str, Sequence[Observation]]) -> None:
        """Give what the readers of the manifests saw to the records of those files."""
        by_path = {raw["path"]: raw for raw in self.files}
        for path, seen in observations.items():
            if seen and path not in by_path:
                data = self.manifests.get(path, b"")
                raw = analyse_file(path, data, content.sniff(path, data), None, self.limits)
                raw["observations"] = sayings.done(path, raw["observations"])
                by_path[path] = raw
                self.files.append(by_path[path])
            if seen:
                by_path[path]["observations"] += seen

    def finish(self, package: Package, started: float) -> RawPackage:
        """Read the manifests, give every file its role and count the package columns."""
        paths = {path for path, *_ in self.listing}
        about = metadata.read(package.ecosystem, self.manifests, package.name, package.version, paths)
        for script in about.scripts:
            role = Role.INSTALL if script.hook else Role.SUPPORT
            self._embed(f"package.json#{script.name}", "shell", script.command.encode(), role, script.line)
        self._attach(about.observations)
        roles = triggers.roles(paths, package.ecosystem, about)
        counted = composition.Composition()
        for path, size, sniffed, language in self.listing:
            counted.add(path, size, sniffed, roles[path], language)
        alike = known.compare(self.ecosystem, about.name or package.name, self.prints)
        for raw in self.files:
            raw["role"] = roles.get(raw["path"], Role(raw["role"]))
            for column in _AROUND:  # whoever analysed the file may have found it in another package
                raw["values"].pop(column.name, None)
            raw["values"].update(alike.files.get(raw["path"], {}))
        reached = reach.measure(self.files)
        for raw in self.files:
            raw["values"].update(reached.files.get(raw["path"], {}))
            if "imports" in raw:
                raw["imports"] = reached.imports.get(raw["path"], [])
        values = {
            **about.values,
            **names.name_values(package.ecosystem, about.name or package.name),
            **triggers.trigger_values(self.triggers, paths),
            **counted.values(),
            **misplaced.values(self.manifests, (seen.format for _, _, seen, _ in self.listing)),
            **alike.package,
            **reached.package,
            **anomalies.values(package.anomalies),
        }
        return RawPackage(
            schema=vectorise.SCHEMA_VERSION,
            ecosystem=str(package.ecosystem),
            form=str(package.form),
            name=about.name or package.name,
            version=about.version or package.version,
            sha256=package.digest(),
            source=package.source,
            compressed_size=package.compressed_size,
            files=self.files,
            values={name: float(value) for name, value in values.items() if value},
            anomalies=list(package.anomalies),
            copy_of=alike.owner,
            seen_bytes=self.seen_bytes,
            analysed_bytes=self.analysed_bytes,
            source_bytes=self.source_bytes,
            skipped_files=self.skipped,
            seconds=monotonic() - started,
        )
