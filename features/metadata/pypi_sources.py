"""What the files of a PyPI release say about it, kind by kind: core metadata, setup.py, setup.cfg, pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from posixpath import basename

from darnel.features.metadata import setup_py
from darnel.features.metadata.core import Core, read_core
from darnel.features.metadata.jsonish import decode
from darnel.features.metadata.model import MAX_ENTRIES, Dependency
from darnel.features.metadata.project_files import Project, read_entry_points, read_pyproject, read_setup_cfg
from darnel.features.metadata.requirements import dependencies

_MAX_CORE = 2 * 1024 * 1024
_FORGE = re.compile(r"(github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com)[/:]([\w.-]+/[\w.-]+)")


@dataclass(slots=True)
class Sources:
    """Everything read, by kind of file."""

    core: Core | None = None
    core_path: str = ""
    core_size: int = 0
    setup: setup_py.SetupCall | None = None
    setup_size: int = 0
    cfg: Project = field(default_factory=Project)
    pyproject: Project = field(default_factory=Project)
    entry_points: list[tuple[str, str, str]] = field(default_factory=list)
    tops: list[str] = field(default_factory=list)
    requires: list[str] = field(default_factory=list)
    generator: str = ""
    readme: str = ""
    egg_info: bool = False
    folders: set[tuple[str, str]] = field(default_factory=set)
    """(name, version) given by dist-info folders."""

    def headers(self, *keys: str) -> list[str]:
        """Values of core metadata fields, empty and unknown ones left out."""
        if self.core is None:
            return []
        found = [value.strip() for key in keys for value in self.core.all(key)]
        return [value for value in found if value and value != "UNKNOWN"][:MAX_ENTRIES]

    def setup_texts(self, key: str) -> list[str]:
        """Constant texts of an argument of ``setup()``."""
        return self.setup.texts(key) if self.setup else []

    def declared(self, name: str, version: str) -> tuple[str, str]:
        """Find the name and version that the release itself gives, the registry's source first."""
        setup = self.setup or setup_py.SetupCall()
        found = [*self.headers("Name"), self.pyproject.name, self.cfg.name, setup.text("name"), name]
        versions = [
            *self.headers("Version"),
            self.pyproject.version,
            self.cfg.version,
            setup.text("version"),
            version,
        ]
        release = next((v for v in versions if v and not v.startswith(("attr:", "file:"))), "")
        return next((n.strip() for n in found if n.strip()), ""), release.strip()

    def setup_points(self) -> Iterable[tuple[str, str, str]]:
        """Entry points (group, name, target) of ``setup()``."""
        table = self.setup.arguments.get("entry_points") if self.setup else None
        for group, lines in table.items() if isinstance(table, dict) else ():
            for line in lines if isinstance(lines, list) else [lines]:
                if isinstance(group, str) and isinstance(line, str) and "=" in line:
                    yield group, line.partition("=")[0].strip(), line.partition("=")[2].strip()

    def top_level(self, paths: Collection[str] | None) -> list[str]:
        """Names that the release puts at the top level, stated or, failing that, seen."""
        stated = [
            *self.tops,
            *self.setup_texts("py_modules"),
            *self.cfg.modules,
            *self.pyproject.modules,
        ]
        stated += [package.partition(".")[0] for package in self.setup_texts("packages")]
        if not stated and paths is not None:
            for path in paths:
                parts = path.removeprefix("src/").split("/")
                if len(parts) == 2 and parts[1] == "__init__.py" and not parts[0].startswith("."):
                    stated.append(parts[0])
                elif len(parts) == 1 and parts[0].endswith(".py") and self.core_path.endswith("METADATA"):
                    stated.append(parts[0][:-3])
        return [name for name in dict.fromkeys(stated) if name][:200]

    def dependencies(self) -> Iterable[Dependency]:
        """What is required, without duplicates; what only extras want counts as for development."""
        lines = [*self.headers("Requires-Dist"), *self.requires, *self.setup_texts("install_requires")]
        lines += [*self.cfg.dependencies, *self.pyproject.dependencies]
        seen: set[str] = set()
        for dependency in [
            *dependencies(lines[:MAX_ENTRIES]),
            *dependencies(self.pyproject.optional[:MAX_ENTRIES], dev=True),
        ]:
            if (dependency.name or dependency.spec) not in seen:
                seen.add(dependency.name or dependency.spec)
                yield dependency

    def links(self) -> tuple[list[str], str]:
        """Links that are given, and the repository among them."""
        urls = [value.partition(",")[2].strip() or value for value in self.headers("Project-URL")]
        found = [*self.headers("Home-page", "Download-URL"), *urls, *self.setup_texts("url"), *self.cfg.links]
        found += [text for text in self.setup_texts("project_urls") if "://" in text] + self.pyproject.links
        links = list(dict.fromkeys(link.strip() for link in found if link.strip()))
        repository = next(
            (f"https://{m.group(1)}/{m.group(2)}" for link in links if (m := _FORGE.search(link[:500]))), ""
        )
        return links[:MAX_ENTRIES], repository

    def people(self) -> list[str]:
        """Authors and maintainers."""
        found = [
            *self.headers("Author", "Maintainer"),
            *self.setup_texts("author"),
            *self.cfg.people,
            *self.pyproject.people,
        ]
        if not found:
            found = [re.sub(r'[<"].*', "", value).strip() for value in self.headers("Author-email")]
        return found

    def long_description(self) -> str:
        """Description in the core metadata."""
        if self.core is None:
            return ""
        return self.core.first("Description") or self.core.body


def gather(files: Mapping[str, bytes]) -> Sources:
    """Read every file that is metadata."""
    found = Sources()
    for path in sorted(files, key=lambda p: (p.count("/"), p)):
        data, base = files[path], basename(path)
        folder = path.rpartition("/")[0].rpartition("/")[2]
        if base in ("METADATA", "PKG-INFO"):
            # An sdist has PKG-INFO twice; the one at the root is what the registry shows.
            if found.core is None:
                found.core, found.core_path, found.core_size = read_core(data[:_MAX_CORE]), path, len(data)
            stem = folder.removesuffix(".dist-info")
            if folder.endswith(".dist-info") and "-" in stem:
                found.folders.add((stem.partition("-")[0], stem.partition("-")[2]))
        elif path == "setup.py":
            found.setup, found.setup_size = setup_py.read(data), len(data)
        elif path == "setup.cfg":
            found.cfg = read_setup_cfg(data)
        elif path == "pyproject.toml":
            found.pyproject = read_pyproject(data)
        elif base == "entry_points.txt":
            found.entry_points += read_entry_points(data)
        elif base == "top_level.txt":
            found.tops += decode(data[:20_000]).split()[:200]
        elif base == "requires.txt":
            # Sections name extras ("[test]") or markers: only the first block is unconditional.
            found.requires += decode(data[:100_000]).partition("\n[")[0].splitlines()
        elif base == "WHEEL":
            found.generator = read_core(data[:20_000]).first("Generator")
        elif base.lower().startswith("readme") and not found.readme:
            found.readme = decode(data[:200_000])
        found.egg_info |= folder.endswith(".egg-info")
    return found
