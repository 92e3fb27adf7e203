"""Words of a shell command: quotes removed, the words in front of the real command skipped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_WORD = 100_000
"""Bytes of one word that are read."""
MAX_WORDS = 200
_VERSION = re.compile(r"[\d.]+$")
_ASKS = frozenset({"-v", "-V"})
"""``command -v curl`` asks whether there is a curl."""
_OPTION = re.compile(r"-|\w+=")
_DRIVE = re.compile(r"[A-Za-z]:\\")
_ESCAPED = re.compile(r"\\([\"\\$`])")
_NOT_WORDS = frozenset({"variable_assignment", "file_redirect", "heredoc_redirect", "comment"})
_LANGUAGES = {
    "node": "javascript", "nodejs": "javascript", "bun": "javascript", "deno": "javascript", "tsx": "javascript",
    "sh": "shell", "bash": "shell", "zsh": "shell", "dash": "shell", "ksh": "shell", "ash": "shell", "fish": "shell",
    "cmd": "shell", "eval": "shell",
}  # fmt: skip


def split(data: bytes, node: Node, kinds: Mapping[str, tuple[str, ...]]) -> tuple[str, list[str], list[str]]:
    """Base name of what a command runs, its words from there on, and the prefixes (``sudo``, ``env``) before it.

    Parameters
    ----------
    data : bytes
        The script.
    node : Node
        A ``command``.
    kinds : mapping of str to tuple of str
        Kinds of command by base name; ``prefix`` matters here.
    """
    words = [_word(data, child) for child in node.named_children[:MAX_WORDS] if child.type not in _NOT_WORDS]
    prefixes: list[str] = []
    while words:
        name = base(words[0])
        if "prefix" not in kinds.get(name, ()) or len(words) == 1:
            return name, words, prefixes
        if name == "command" and words[1] in _ASKS:
            return "", words, prefixes
        prefixes.append(name)
        words = words[1:]
        while words and _OPTION.match(words[0]):
            words = words[1:]
    return (prefixes[-1] if prefixes else ""), words, prefixes


def _word(data: bytes, node: Node, depth: int = 0) -> str:
    kind = node.type
    text = data[node.start_byte : min(node.end_byte, node.start_byte + MAX_WORD)].decode("utf-8", "replace")
    if kind == "concatenation" and depth < 4:
        return "".join(_word(data, child, depth + 1) for child in node.children[:MAX_WORDS])
    if kind == "string":
        return _ESCAPED.sub(r"\1", text[1:-1])
    if kind == "raw_string":
        return text[1:-1]
    if kind == "ansi_c_string":
        return text[2:-1].encode("ascii", "backslashreplace").decode("unicode_escape", "replace")
    if kind == "command_name" and node.named_child_count and depth < 4:
        return _word(data, node.named_children[0], depth + 1)
    return text.replace("\\", "") if kind == "word" and not _DRIVE.match(text) else text


def base(word: str) -> str:
    """Name of a program without folder, suffix and version."""
    name = word.replace("\\", "/").rpartition("/")[2].lower()
    name = name.removesuffix(".exe").removesuffix(".cmd")
    if "." in name and name.startswith(("python", "pypy", "ruby", "perl", "php")):
        return _VERSION.sub("", name)
    return name


def language_of(program: str) -> str:
    """Language of the code that an interpreter is given, ``""`` if there is no analyser for it."""
    return "python" if program.startswith(("python", "pypy")) else _LANGUAGES.get(program, "")


def qualified(name: str, words: list[str], ids: tuple[str, ...]) -> tuple[str, ...]:
    """Narrow what a command may do by its options: the same one encodes or decodes, shows or changes."""
    options = " ".join(words[1:])[:2_000]
    if name == "base64" and re.search(r"(?:^|\s)(?:-\w*[dD]\w*|--decode)\b", options):
        return ("decode.text",)
    if name == "xxd" and re.search(r"(?:^|\s)-\w*r", options):
        return ("decode.text",)
    if name == "openssl":
        return ("crypt.decrypt",) if re.search(r"\s-d\b", options) else ids if options.startswith("enc") else ()
    if name == "hostname" and len(words) > 1 and not words[1].startswith("-"):
        return ()
    if name in {"install", "dd", "start", "open"}:
        return ids if len(words) > 1 else ()
    return () if name in {"security", "op", "bw", "at", "reg"} else ids
