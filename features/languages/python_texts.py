"""String literals of a Python file: as written, put together, and decoded on suspicion."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from darnel.features.languages import folding
from darnel.features.languages.parsing import end_of, start_of
from darnel.features.languages.python_constants import Constant, concatenate
from darnel.features.runs import runs

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_findings import Findings, Text

MAX_DECODED = 400
"""Literals decoded on suspicion, per file."""
_RUN = 48
"""Letters and digits in a row, of something encoded inside a command or a piece of code."""
_ENCODED = re.compile(r"(?i)\s-e[a-z]*\s|base64|b64|fromhex|atob")
# Cheap necessary condition of _ENCODED. Not "base64" whole: ignoring case, "\u017f" counts as an s.
_ENCODED_WORDS = ("64", "-e", "fromhex", "atob")
_PIECE = re.compile(rb"\"([^\"\n]*)\"|'([^'\n]*)'")
_FORMATTED = re.compile(rb"\b[rRbB]?[fF][rR]?[\"']")
_INNER = re.compile(rb"\{\s*(?:[\"']|chr\()")


def collect(findings: Findings) -> None:
    """Collect literals as written, then those that only folding shows."""
    data = findings.source.data
    docs = {node.start_byte for node in findings.source.get("doc")} if b"__doc__" not in data else set()
    texts = findings.texts
    most = findings.limits.literals - len(texts)
    total = longest = count = 0
    nodes = findings.source.get("string")
    for node, start, end in zip(nodes, map(start_of, nodes), map(end_of, nodes), strict=True):
        size = end - start
        total += size
        longest = size if size > longest else longest
        if size < 5 or start in docs:
            continue
        count += 1
        if count > most:
            findings.cut.add("literals")
            break
        raw = data[start:end]
        if b"\\" not in raw:
            first = raw[0]
            if first == 34 or first == 39:
                quotes = 3 if raw[1] == first and raw[2] == first and size > 5 else 1
                texts.append((raw[quotes:-quotes].decode("utf-8", "replace"), start, end, ""))
                continue
            if first in b"rRfFuU" and raw[1] in b"\"'":
                quotes = 3 if raw[2] == raw[1] and raw[3] == raw[1] and size > 6 else 1
                texts.append((raw[1 + quotes : -quotes].decode("utf-8", "replace"), start, end, ""))
                continue
        value, how, _ = findings.source.string(node)
        if isinstance(value, bytes):
            kind = folding.binary(value)
            if kind:
                findings.observe("hide.encoded", node, f"binary:{kind}", True)
            value = folding.to_text(value)
        texts.append((value, start, end, how))
    findings.string_bytes, findings.longest_string = total, longest
    last = -1
    for node in findings.source.get("joined"):
        end = node.end_byte
        if end <= last:
            continue
        if node.type == "concatenated_string":
            start = node.start_byte
            raw = data[start:end]
            if b"\\" not in raw:
                pieces = _PIECE.findall(raw)
                if len(_PIECE.sub(b"", raw).strip()) == 0 and b'""' not in raw and b"''" not in raw:
                    last = end
                    findings.text(
                        b"".join(a or b for a, b in pieces).decode("utf-8", "replace"), start, end, _split(pieces)
                    )
                    continue
                if _FORMATTED.search(raw) is not None and _INNER.search(raw) is None:
                    continue  # an f-string over variables
        constant = findings.folder.fold(node)
        if constant is not None:
            last = end
            if isinstance(constant.value, str | bytes):
                findings.folded(constant, node)
        elif node.type == "binary_operator":
            _runs(findings, node)
            last = end


def _runs(findings: Findings, node: Node) -> None:
    """Constant neighbours inside a sum that is not constant as a whole."""
    run: list[Constant] = []
    for operand in [*findings.folder.operands(node), None]:
        constant = findings.folder.fold(operand) if operand is not None else None
        if constant is not None and isinstance(constant.value, str | bytes):
            run.append(constant)
            continue
        if len(run) > 1 or (run and run[0].how):
            whole = concatenate(run)
            if whole is not None:
                findings.folded(whole, node)
        run = []


def _split(pieces: list[tuple[bytes, bytes]]) -> str:
    """``concat`` when adjacent pieces cut a word in two on purpose: line wrapping cuts at blanks."""
    whole = [a or b for a, b in pieces if a or b]
    return "concat" if any(a[-1:].isalnum() and b[:1].isalnum() for a, b in pairwise(whole)) else ""


def decode(findings: Findings) -> None:
    """Decode long literals that nobody decodes nearby, and queue those that hold code."""
    count = 0
    found: list[Text] = []
    known = {value for value, _, _, how in findings.texts if how}
    for value, start, end, hidden in [
        text for text in findings.texts if text[3] or len(text[0]) >= folding.MIN_SUSPECT
    ]:
        if hidden and len(value) > 15 and hidden != "concat" and folding.code_like(value):
            findings.codes.append((value, start, end))
            _observe_encoded(findings, start, end)
        if len(value) < folding.MIN_SUSPECT:
            continue
        if " " in value[:48] or not folding.suspicious(value):
            # Inside a command or a piece of code: powershell -enc …, exec(b64decode('…')).
            raw = value.encode("utf-8", "replace") if len(value) >= 64 else b""
            run = runs(raw, _RUN, 1)
            if not run or not _decodes(value):
                continue
            at, after = run[0]
            padding = 2 if raw[after : after + 2] == b"==" else raw[after : after + 1].count(b"=")
            value = raw[at : after + padding].decode()
        count += 1
        if count > MAX_DECODED:
            findings.cut.add("literals")
            break
        for layer in folding.suspect(folding.Folded(value)):
            if isinstance(layer.value, bytes):
                kind = folding.binary(layer.value)
                if kind:
                    _observe_encoded(findings, start, end, f"binary:{kind}")
                    break
                continue
            if layer.value in known:
                continue
            found.append((layer.value, start, end, "+".join(filter(None, (hidden, *layer.how)))))
            code = folding.code_like(layer.value)
            if code or "://" in layer.value:
                _observe_encoded(findings, start, end)
            if code:
                findings.codes.append((layer.value, start, end))
    findings.texts += found
    findings.decoded = found


def _decodes(text: str) -> bool:
    """Whether a command or a piece of code decodes something; most hold none of the words."""
    lower = text.lower()
    return any(word in lower for word in _ENCODED_WORDS) and _ENCODED.search(text) is not None


def _observe_encoded(findings: Findings, start: int, end: int, api: str = "literal") -> None:
    node = findings.source.root.descendant_for_byte_range(start, max(start, end - 1))
    if node is not None:
        findings.observe("hide.encoded", node, api, True)
