"""The same code in another dress: source trees as the sdists they build, sdists as the trees they were built from.

Collections of malware hold sdists, benign small projects mostly come as trees of their repositories. A model may learn
that a PKG-INFO beside few files is an attack (darnel 0.1 called nearly half of 140 small benign sdists malicious). So
both classes are trained on in both dresses.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping

from darnel.features.package import Form, MemoryPackage, Package
from darnel.features.raw import RawPackage

MOST_FILES = 400
MOST_BYTES = 1 << 24
_README = re.compile(r"readme(\.(md|rst|txt))?", re.IGNORECASE)
_KEPT = re.compile(r"(license|licence|copying|authors|notice|changelog|changes)(\.(md|rst|txt))?", re.IGNORECASE)
_BUILD_FILES = frozenset({"setup.py", "setup.cfg", "pyproject.toml", "MANIFEST.in", "requirements.txt"})
_LEFT_OUT = re.compile(r"(^|/)(\.|__pycache__/)|^(docs?|examples?|\.github|build|dist)/", re.IGNORECASE)
_METADATA = re.compile(r"^PKG-INFO$|^[^/]+\.egg-info/")
_CONTENT_TYPES = {"md": "text/markdown", "rst": "text/x-rst"}
_GENERATED_CFG = b"[egg_info]\ntag_build = \ntag_date = 0\n\n"


def small_enough(package: Package) -> dict[str, bytes] | None:
    """The files of a package; None if they are too many, too large or not held in full."""
    files: dict[str, bytes] = {}
    size = 0
    for member in package.members():
        size += member.size
        if member.size != len(member.data) or size > MOST_BYTES or len(files) >= MOST_FILES:
            return None
        files[member.path] = member.data
    return files


def as_sdist(package: Package, files: Mapping[str, bytes], raw: RawPackage, rng: random.Random) -> MemoryPackage | None:
    """What ``setup.py sdist`` makes of a source tree, with metadata as setuptools writes it; None without setup.py.

    Parameters
    ----------
    package : Package
        Names the release.
    files : mapping of str to bytes
        Its files.
    raw : RawPackage
        Its raw features, for name and version.
    rng : random.Random
        Draws what differs between projects: which optional fields and files there are.
    """
    if "setup.py" not in files:
        return None
    if "PKG-INFO" in files:  # a sdist that was unpacked
        return _package(package, dict(files), raw)
    modules = [p for p in files if p.endswith(".py") and not p.startswith("test") and not _LEFT_OUT.search(p)]
    tops = {p.partition("/")[0] for p in modules if "/" in p and f"{p.partition('/')[0]}/__init__.py" in files}
    kept = {
        path: data
        for path, data in files.items()
        if path in _BUILD_FILES
        or ("/" not in path and (_README.fullmatch(path) or _KEPT.fullmatch(path) or path in modules))
        or path.partition("/")[0] in tops
    }
    name = raw["name"] or "sample"
    info = _pkg_info(name, raw["version"] or "0.1", files, rng)
    folder = f"{name.replace('-', '_')}.egg-info"
    kept["PKG-INFO"] = kept[f"{folder}/PKG-INFO"] = info
    kept[f"{folder}/top_level.txt"] = "\n".join(sorted(tops) or [name]).encode() + b"\n"
    kept[f"{folder}/dependency_links.txt"] = b"\n"
    sources = sorted([*kept, f"{folder}/SOURCES.txt"])
    kept[f"{folder}/SOURCES.txt"] = "\n".join(sources).encode("utf-8", "surrogateescape") + b"\n"
    kept["setup.cfg"] = (kept.get("setup.cfg", b"").rstrip(b"\n") + b"\n\n").lstrip(b"\n") + _GENERATED_CFG
    return _package(package, kept, raw)


def as_tree(package: Package, files: Mapping[str, bytes], raw: RawPackage) -> MemoryPackage | None:
    """The source tree that a sdist was built from: without the metadata that building wrote; None without setup.py."""
    if "setup.py" not in files:
        return None
    kept = {path: data for path, data in files.items() if not _METADATA.search(path)}
    if kept.get("setup.cfg", b"").replace(b"\r", b"").strip() == _GENERATED_CFG.strip():
        del kept["setup.cfg"]
    return _package(package, kept, raw, Form.TREE)


def _package(package: Package, files: dict[str, bytes], raw: RawPackage, form: Form = Form.SDIST) -> MemoryPackage:
    source = f"{package.source} as {form}"
    return MemoryPackage(files, package.ecosystem, form, raw["name"], raw["version"], source, [])


def _pkg_info(name: str, version: str, files: Mapping[str, bytes], rng: random.Random) -> bytes:
    readme = next((path for path in sorted(files) if "/" not in path and _README.fullmatch(path)), "")
    text = files.get(readme, b"").decode("utf-8", "replace")
    title = next((line.strip("#=*- \t") for line in text.splitlines() if line.strip("#=*- \t")), name)
    lines = [
        f"Metadata-Version: {rng.choice(['1.0', '1.1', '2.1', '2.1', '2.1', '2.4'])}",
        f"Name: {name}",
        f"Version: {version}",
    ]
    setup = files.get("setup.py", b"").decode("utf-8", "replace")
    for field, keyword in (("Summary", "description"), ("Home-page", "url"), ("Author", "author")):
        found = re.search(rf"\b{keyword}\s*=\s*(?:\"([^\"\n]*)\"|'([^'\n]*)')", setup)
        value = (found.group(1) or found.group(2) or "") if found else ""
        if value or rng.random() < 0.3:
            lines.append(f"{field}: {value or (title[:80] if field == 'Summary' else 'UNKNOWN')}")
    found = re.search(r"\bauthor_email\s*=\s*[\"']([^\"'\n]+)", setup)
    if found:
        lines.append(f"Author-email: {found.group(1)}")
    for classifier in re.findall(r"[\"']((?:Programming Language|License|Operating System) :: [^\"'\n]+)[\"']", setup):
        lines.append(f"Classifier: {classifier}")
    uses = re.search(r"long_description\s*=", setup) is not None
    if uses and text:
        kind = _CONTENT_TYPES.get(readme.rpartition(".")[2].lower())
        lines += [f"Description-Content-Type: {kind}"] if kind else []
        lines += ["", text]
    else:
        lines += rng.choice([[], ["Description: UNKNOWN", "Platform: UNKNOWN"], ["", "UNKNOWN"]])
    return ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
