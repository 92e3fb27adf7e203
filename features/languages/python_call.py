"""One Python call with its arguments at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.python_constants import Constant
from darnel.features.languages.python_names import Name

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_findings import Findings

MAX_ARGUMENTS = 40


class Call:
    """One call whose name is known to the lexicon."""

    def __init__(self, findings: Findings, node: Node, name: Name) -> None:
        self.findings = findings
        self.node = node
        self.name = name
        self.positional: list[Node] = []
        self.keywords: dict[str, Node] = {}
        self.spread = False
        arguments = node.child_by_field_name("arguments")
        if arguments is None:
            return
        if arguments.type != "argument_list":
            self.positional = [arguments]
            return
        for child in arguments.named_children[:MAX_ARGUMENTS]:
            kind = child.type
            if kind == "keyword_argument":
                key, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if key is not None and value is not None:
                    self.keywords[findings.source.text(key)] = value
            elif kind in {"dictionary_splat", "list_splat"}:
                self.spread = True
            elif kind != "comment":
                self.positional.append(child)

    def argument(self, index: int, *names: str) -> Node | None:
        """Positional argument, or the keyword of one of these names."""
        for name in names:
            if name in self.keywords:
                return self.keywords[name]
        return self.positional[index] if 0 <= index < len(self.positional) else None

    def constant(self, node: Node | None) -> Constant | None:
        """Fold an argument."""
        return self.findings.folder.fold(node) if node is not None else None

    def text(self, node: Node | None) -> str:
        """Folded text of an argument, ``""`` if unknown."""
        constant = self.constant(node)
        if constant is None or not isinstance(constant.value, str | bytes):
            return ""
        return constant.value if isinstance(constant.value, str) else folding.to_text(constant.value)

    def source(self, node: Node | None, limit: int = 400) -> str:
        """Source text of an argument, cut."""
        return self.findings.source.text(node)[:limit] if node is not None else ""

    def observe(self, behaviour: str, api: str = "", hidden: bool = False) -> None:
        """Record a behaviour at this call."""
        self.findings.observe(behaviour, self.node, api or self.name.dotted, hidden or self.name.hidden)
