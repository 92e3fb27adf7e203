"""Sections of a model card that are measured after training: protocols and benchmarks, each a Markdown file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from darnel.errors import BundleError, CorpusError
from darnel.models.manifest import CARD, MANIFEST, read_manifest

MARK = "<!-- measured after training -->"
"""Everything below it is replaced."""


def add_sections(folder: Path, sections: Sequence[Path]) -> None:
    """Put Markdown files at the end of the card of a model folder, in the order given, instead of those there before.

    The models stay as they are; only the card and its hash in the manifest change.

    Raises
    ------
    BundleError
        The folder is no model, or its card is not the one that the manifest names.
    CorpusError
        A section cannot be read or does not start with a heading.
    """
    manifest = read_manifest(folder)
    path = folder / CARD
    try:
        card = path.read_bytes()
    except OSError:
        raise BundleError(f"{path}: cannot be read; train the model again") from None
    if sha256(card).hexdigest() != manifest.files.get(CARD):
        raise BundleError(f"{path}: does not match its sha256 in the manifest; train the model again")
    base = card.decode("utf-8").partition(MARK)[0].rstrip()
    texts = [_section(section) for section in sections]
    whole = "\n\n".join([base, *([MARK, *texts] if texts else [])]) + "\n"
    files = {**manifest.files, CARD: sha256(whole.encode()).hexdigest()}
    path.write_bytes(whole.encode())
    (folder / MANIFEST).write_bytes(replace(manifest, files=files).to_json().encode())


def _section(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        text = ""
    if not text.startswith("## "):
        raise CorpusError(f"{path}: not a section of a model card; give Markdown that starts with `## `")
    return text
