"""Files as a tree with heat: a folder is as hot as the worst file in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from darnel.phrases import MOMENTS
from darnel.reports.markup import Html, element
from darnel.reports.words import score_words
from darnel.verdict import FileScore

DEPTH = 12
"""Deeper paths are shown in one piece from there on."""


@dataclass(slots=True)
class _Folder:
    heat: float = 0.0
    folders: dict[str, _Folder] = field(default_factory=dict)
    files: list[tuple[str, FileScore]] = field(default_factory=list)


def tree(files: Sequence[FileScore], anchors: Mapping[str, str]) -> Html:
    """Nested lists, worst first.

    Parameters
    ----------
    files : sequence of FileScore
        Any order.
    anchors : mapping of str to str
        Where the finding of a file is, by path.
    """
    root = _Folder()
    for file in sorted(files, key=lambda f: -f.score):
        *folders, name = file.path.split("/", DEPTH)
        at = root
        at.heat = max(at.heat, file.score)
        for folder in folders:
            at = at.folders.setdefault(folder, _Folder())
            at.heat = max(at.heat, file.score)
        at.files.append((name, file))
    return element("ul", *_items(root, anchors), class_="tree")


def _items(folder: _Folder, anchors: Mapping[str, str]) -> list[Html]:
    items = [(inner.heat, _folder(name, inner, anchors)) for name, inner in folder.folders.items()]
    items += [(file.score, _file(name, file, anchors)) for name, file in folder.files]
    return [item for _, item in sorted(items, key=lambda pair: -pair[0])]


def _folder(name: str, folder: _Folder, anchors: Mapping[str, str]) -> Html:
    head = element("summary", _heat(folder.heat), f" {name}/")
    return element("li", element("details", head, element("ul", *_items(folder, anchors)), open=True))


def _file(name: str, file: FileScore, anchors: Mapping[str, str]) -> Html:
    shown: str = element("a", name, href=anchors[file.path]) if file.path in anchors else name
    when = element("small", f" {MOMENTS.get(file.context, file.context)}") if file.context else ""
    return element("li", _heat(file.score), " ", shown, when)


def _heat(score: float) -> Html:
    return element("span", score_words(score), class_=f"heat h{min(9, int(score * 10))}")
