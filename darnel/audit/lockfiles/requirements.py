"""requirements.txt, with hashes or without.

Source: https://pip.pypa.io/en/stable/reference/requirements-file-format/
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from darnel.audit.graph import paths
from darnel.audit.pin import Pin, pypi, read_text, text, unreadable
from darnel.index import pip_config
from darnel.index.artefact import ALGORITHMS, Artefact, file_name, kind_of
from darnel.index.http import host

if TYPE_CHECKING:
    from pip_requirements_parser import InstallRequirement, RequirementsFile

TOOL = "pip-compile or uv pip compile"
_NAME = re.compile(r"(?:.*[-_.])?requirements(?:[-_.].*)?\.(?:txt|lock)|requirements[^/]*/.*\.txt")
_VERSION = re.compile(r"={2,3}\s*([A-Za-z0-9.!+_-]+)")
_VCS = re.compile(r"(?:git|hg|svn|bzr)\+")
_COMMENT = re.compile(r"\s+#")


def matches(name: str) -> bool:
    """Whether a file of that name is one."""
    return bool(_NAME.fullmatch(name.lower()))


def read(path: Path) -> list[Pin]:
    """The requirements of a file and of those that it includes; a file that cannot be included is a row.

    Raises
    ------
    InputError
        It cannot be read.
    """
    files: list[RequirementsFile] = []
    pins: list[Pin] = []
    todo, seen = [path], {path.resolve()}
    while todo:
        file = _parsed(todo.pop())
        files.append(file)
        for option in file.options:
            for name in option.options.get("requirements", ()):
                place = _place(path, option.requirement_line.filename, option.requirement_line.line_number)
                target = Path(option.requirement_line.filename or path).parent / name
                if not target.is_file():
                    pins.append(Pin(pypi("", ""), place, problem=f"{text(name)} is not there; none of it was judged"))
                elif target.resolve() not in seen:
                    seen.add(target.resolve())
                    todo.append(target)
    wanted = [requirement for file in files for requirement in file.requirements if not requirement.is_constraint]
    ways = _ways(wanted)
    pins += [_pin(requirement, path, ways.get(pypi(requirement.name, "").name, ())) for requirement in wanted]
    for file in files:
        pins += _foreign_indexes(file, path)
        for line in file.invalid_lines:
            place = _place(path, line.requirement_line.filename, line.requirement_line.line_number)
            reason = text(line.error_message, 120)
            pins.append(Pin(pypi("", ""), place, problem=f"not a requirement ({reason}); correct the line"))
    return pins


def _parsed(path: Path) -> RequirementsFile:
    """One file, without those that it includes: the parser would fail with all of them where one is missing."""
    from pip_requirements_parser import RequirementsFile

    read_text(path)
    try:
        return RequirementsFile.from_file(str(path), include_nested=False)
    except Exception as error:  # the parser lets through whatever pip's code raises
        raise unreadable(path, error, TOOL) from error


def _foreign_indexes(file: RequirementsFile, path: Path) -> list[Pin]:
    """Indexes of the file that pip is not configured for: what they have of the same name may be another thing."""
    configured = {_bare(url) for url in pip_config.read().index_urls}
    found = []
    for option in file.options:
        named = option.options.get("index_url"), *option.options.get("extra_index_urls", ())
        for url in filter(None, named):
            if _bare(url) not in configured:
                place = _place(path, option.requirement_line.filename, option.requirement_line.line_number)
                why = f"names an index of its own ({host(url)}) that pip is not configured for; set PIP_INDEX_URL to it"
                found.append(Pin(pypi("", ""), place, problem=why))
    return found


def _bare(url: str) -> str:
    """An address without credentials and the slash at its end."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}".rstrip("/")


def _ways(requirements: list[InstallRequirement]) -> dict[str, tuple[str, ...]]:
    """Path to every requirement whose comment says by whom it is needed."""
    comments = _Comments()
    listed = {pypi(requirement.name, "").name for requirement in requirements}
    edges: dict[str, list[str]] = {}
    for requirement in requirements:
        for who in comments.needed_by(requirement):
            name = pypi(who, "").name
            edges.setdefault(name if name in listed else who, []).append(pypi(requirement.name, "").name)
    return paths(edges, [who for who in edges if who not in listed]) if edges else {}


def _pin(requirement: InstallRequirement, path: Path, needed: tuple[str, ...]) -> Pin:
    line = requirement.requirement_line
    place = _place(path, line.filename, line.line_number)
    name = requirement.name or ""
    hashes = _hashes(requirement.hash_options)
    version = _VERSION.fullmatch(str(requirement.specifier or ""))
    if requirement.link is not None:
        return _direct(requirement, place, needed)
    if version is None:
        asked = text(str(requirement.specifier or "")) or "any version"
        why = f"{text(name)} ({asked}) is not pinned to one version; pin it, for example with {TOOL}"
        return Pin(pypi(name, ""), place, path=needed, problem=why)
    return Pin(pypi(name, version[1]), place, hashes=hashes, path=needed)


def _direct(requirement: InstallRequirement, place: str, path: tuple[str, ...]) -> Pin:
    """A requirement that is an address or a folder."""
    reference = pypi(requirement.name or "", "")
    url = requirement.link.url_without_fragment
    if not url.startswith(("https://", "http://")):
        kind = "from version control" if _VCS.match(url) else "a folder or file"
        what = text(requirement.name) or text(requirement.link.url, 100)
        why = f"{what} is {kind}, not a release; look at it with darnel scan PATH"
        return Pin(reference, place, path=path, problem=why)
    hashes = dict(sorted(_hashes(requirement.hash_options)))
    if requirement.link.hash_name in ALGORITHMS and requirement.link.hash:
        hashes[requirement.link.hash_name] = requirement.link.hash.lower()
    name = file_name(url, "artefact")
    artefact = Artefact("pypi", reference.name or name, "", name, url, hashes, kind_of(name))
    return Pin(reference, place, (artefact,), path=path)


def _hashes(options: list[str]) -> frozenset[tuple[str, str]]:
    pairs = (option.partition(":") for option in options)
    return frozenset((algorithm, digest.lower()) for algorithm, _, digest in pairs if algorithm in ALGORITHMS)


def _place(path: Path, file: str | None, line: int) -> str:
    return f"{text(str(file or path), 300)}:{line}"


class _Comments:
    """The comments in which pip-compile and uv say by whom a requirement is needed."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {}

    def needed_by(self, requirement: InstallRequirement) -> list[str]:
        """Names; empty when nobody says."""
        file, at = str(requirement.requirement_line.filename), requirement.requirement_line.line_number - 1
        if file not in self._lines:
            self._lines[file] = read_text(Path(file)).splitlines()
        lines = self._lines[file]
        while at < len(lines) and lines[at].rstrip().endswith("\\"):
            at += 1
        first, *more = (lines[at].partition("#")[2].strip(), *lines[at + 1 :]) if at < len(lines) else ("",)
        said = [first] if first else []
        for comment in () if said else more:
            if not _COMMENT.match(comment):
                break
            said.append(comment.partition("#")[2].strip())
        if not said or not said[0].startswith("via"):
            return []
        said[0] = said[0].removeprefix("via").strip()
        return [text(name.strip()) for line in said for name in line.split(",") if name.strip()]
