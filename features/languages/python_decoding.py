"""Calls that folding can compute: decoders, decompressors, ``join``, ``chr``, ``map``, string methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from darnel.features.languages import folding
from darnel.features.languages.python_constants import Constant, Environment, cuts_words, items_of, joined
from darnel.features.languages.python_strings import fixed, formatted

if TYPE_CHECKING:
    from tree_sitter import Node

    from darnel.features.languages.python_folding import Folder

_CODECS = {"hex": "16", "hex_codec": "16", "base64": "64", "base64_codec": "64"}
_SQUEEZED = {"zlib", "zlib_codec", "zip", "bz2", "bz2_codec"}
MAX_ARGUMENTS = 16


def call(folder: Folder, node: Node, env: Environment, depth: int) -> Constant | None:
    """Value of a call with constant arguments, None when unknown."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if function is None or arguments is None:
        return None
    nodes: list[Node] = []
    named: dict[str, Node] = {}
    if arguments.type == "generator_expression":
        nodes = [arguments]
    else:
        if arguments.named_child_count > MAX_ARGUMENTS:
            return None
        for child in arguments.named_children:
            if child.type == "keyword_argument":
                name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                if name is not None and value is not None:
                    named[folder.source.text(name)] = value
            elif child.type != "comment":
                nodes.append(child)
    while function.type == "parenthesized_expression" and function.named_child_count:
        function = function.named_child(0)
    target = _callable(folder, function)
    if target is not None:
        values = folder.all(nodes, env, depth)
        return folder.apply(target, values, depth) if values is not None else None
    function = _method_behind(folder, function)
    if function.type == "attribute":
        field = function.child_by_field_name("attribute")
        method = folder.source.text(field) if field is not None else ""
        if method in _METHODS:
            owner = function.child_by_field_name("object")
            if (owner is not None and owner.type != "identifier") or (
                owner is not None
                and not folder.names.imports.get(folder.source.data[owner.start_byte : owner.end_byte])
            ):
                base = folder.fold(owner, env, depth)
                if base is not None:
                    values = folder.all(nodes, env, depth)
                    options = {key: folder.fold(value, env, depth) for key, value in named.items()}
                    if values is None or None in options.values():
                        return None
                    return _method(method, base, values, {k: c.value for k, c in options.items() if c is not None})
    words, _ = folder.words.get(folder.names.value(function).dotted)
    if not words:
        return None
    word = words[0]
    if word == "map" and len(nodes) == 2:
        return _map(folder, nodes, env, depth)
    if word == "compile":
        nodes = nodes[:1]
    values = folder.all(nodes, env, depth)
    return _function(word, values) if values else None


def _callable(folder: Folder, function: Node) -> Node | None:
    if function.type == "lambda":
        return function
    if function.type != "identifier":
        return None
    key = folder.source.data[function.start_byte : function.end_byte]
    bound = folder.names.bound(key, function.start_byte)
    if bound is not None:
        return bound if bound.type == "lambda" else None
    found = folder.source.functions.get(key.decode("utf-8", "replace"))
    return found[0] if found is not None and len(found) == 1 else None


def _method_behind(folder: Folder, function: Node) -> Node:
    """The bound method of a string that a name stands for (``glue = "".join``), else ``function`` itself."""
    if function.type != "identifier":
        return function
    bound = folder.names.bound(folder.source.data[function.start_byte : function.end_byte], function.start_byte)
    owner = bound.child_by_field_name("object") if bound is not None and bound.type == "attribute" else None
    return bound if bound is not None and owner is not None and owner.type == "string" else function


def _function(word: str, values: list[Constant]) -> Constant | None:
    first, how = values[0].value, values[0].how
    if word == "compile":
        return values[0]
    if word in {"base64", "base32", "base16", "a85", "b85"}:
        if not isinstance(first, str | bytes):
            return None
        raw = folding.decode_base(first, word.removeprefix("base"))
        return Constant(raw, joined(how, "hex" if word == "base16" else "base64")) if raw is not None else None
    if word in {"zlib", "gzip", "bz2", "lzma"}:
        if not isinstance(first, bytes):
            return None
        raw = folding.decompress(first, word if word != "zlib" else "")
        if raw is None and word == "zlib":
            raw = folding.decompress(first, "deflate")
        return Constant(raw, joined(how, "compress")) if raw is not None else None
    if word == "codec":
        return _codec(first, how, values[1].value if len(values) > 1 else "utf-8")
    if word == "chr" and isinstance(first, int):
        return Constant(chr(first), joined(how, "chr"))
    if word == "ord" and isinstance(first, str | bytes) and len(first) == 1:
        return Constant(ord(first), how)
    if word == "len" and not isinstance(first, int):
        return Constant(len(first), how)
    if word == "str":
        return Constant(folding.to_text(first) if isinstance(first, bytes) else str(first), how)
    if word == "int" and isinstance(first, str | int):
        base = values[1].value if len(values) > 1 else 10
        if isinstance(first, str) and "." in first:
            return Constant(int(float(first)), how)
        return Constant(int(first, base) if isinstance(first, str) and isinstance(base, int) else int(first), how)
    if word == "bytes":
        if isinstance(first, list):
            return Constant(bytes(x for x in first if isinstance(x, int)), joined(how, "bytes"))
        return (
            Constant(first.encode() if isinstance(first, str) else first, how) if not isinstance(first, int) else None
        )
    if word == "list":
        return Constant(items_of(values[0]), how)
    if word == "reversed":
        return Constant(items_of(values[0])[::-1], joined(how, "reverse"))
    if word == "range":
        numbers = [constant.value for constant in values if isinstance(constant.value, int)]
        return Constant(list(range(*numbers)[:20_000]), how)
    if word == "unquote" and isinstance(first, str):
        from urllib.parse import unquote

        return Constant(unquote(first), joined(how, "hex") if first.count("%") > 3 else how)
    return None


def _codec(first: Any, how: tuple[str, ...], name: Any) -> Constant | None:
    codec = str(name).lower().replace("-", "_")
    if codec in {"rot13", "rot_13"} and isinstance(first, str):
        return Constant(folding.rot13(first), joined(how, "replace"))
    if not isinstance(first, str | bytes):
        return None
    if codec in _CODECS:
        raw = folding.decode_base(first, _CODECS[codec])
        return Constant(raw, joined(how, "hex" if "hex" in codec else "base64")) if raw is not None else None
    if codec in _SQUEEZED and isinstance(first, bytes):
        raw = folding.decompress(first)
        return Constant(raw, joined(how, "compress")) if raw is not None else None
    if codec in {"unicode_escape", "string_escape"}:
        raw = first if isinstance(first, bytes) else first.encode("latin-1", "replace")
        return Constant(raw.decode("unicode_escape", "replace"), joined(how, "escape"))
    if isinstance(first, bytes):
        return Constant(folding.to_text(first) if "16" not in codec else first.decode("utf-16-le", "replace"), how)
    return Constant(first, how)


def _map(folder: Folder, nodes: list[Node], env: Environment, depth: int) -> Constant | None:
    items = folder.fold(nodes[1], env, depth)
    if items is None:
        return None
    target = _callable(folder, nodes[0])
    found: list[Any] = []
    how = items.how
    words = () if target is not None else folder.words.get(folder.names.value(nodes[0]).dotted)[0]
    for item in items_of(items):
        if target is not None:
            constant = folder.apply(target, [Constant(item)], depth)
        else:
            constant = _function(words[0], [Constant(item)]) if words else None
        if constant is None:
            return None
        found.append(constant.value)
        how = joined(how, *constant.how)
    return Constant(found, how)


_METHODS = frozenset(
    "join replace decode encode format strip lstrip rstrip lower upper swapcase split hex title index find".split()  # noqa: SIM905
)


def _method(name: str, base: Constant, values: list[Constant], named: dict[str, Any]) -> Constant | None:
    text, how = base.value, base.how
    arguments = [constant.value for constant in values]
    for constant in values:
        how = joined(how, *constant.how)
    if name == "join" and isinstance(text, str | bytes) and len(arguments) == 1:
        items = items_of(values[0])
        if isinstance(text, bytes):
            return Constant(text.join(x for x in items if isinstance(x, bytes)), joined(how, "join"))
        if text or not cuts_words([x for x in items if isinstance(x, str)]):
            return Constant(text.join(x for x in items if isinstance(x, str)), how)
        return Constant(
            text.join(x for x in items if isinstance(x, str)), joined(how, "join") if len(items) > 1 else how
        )
    if name == "encode" and isinstance(text, str):
        if arguments and str(arguments[0]).lower().replace("-", "_") in {"rot13", "rot_13"}:
            return Constant(folding.rot13(text), joined(how, "replace"))
        return Constant(text.encode("utf-8", "surrogatepass"), how)
    if name == "decode" and isinstance(text, str | bytes):
        return _codec(text, how, arguments[0] if arguments else named.get("encoding", "utf-8"))
    if name == "format" and isinstance(text, str):
        whole = formatted(text, arguments, named)
        step = () if any(map(str.isalnum, fixed(text))) else ("concat",)
        return Constant(whole, joined(how, *step)) if whole is not None else None
    if name == "hex" and isinstance(text, bytes):
        return Constant(text.hex(), how)
    if not isinstance(text, str | bytes) or name == "hex" or not hasattr(text, name):
        return None
    if name == "replace" and len(arguments) < 2:
        return None
    if name == "replace" and len(str(arguments[1])) * len(text) > folding.MAX_BYTES * 4:
        return None
    result: Any = getattr(text, name)(*arguments)  # a method of str or bytes from the closed list above
    return Constant(result, joined(how, "replace") if name in {"replace", "swapcase"} else how)
