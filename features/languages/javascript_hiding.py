"""Known obfuscators of JavaScript: recognising their frames, and reading their string arrays without running them.

``javascript-obfuscator`` moves every string into one array, rotates it until a sum of ``parseInt`` of its elements
meets a constant, and reaches the elements through an accessor that subtracts an offset and may decode (a base64 with
lower case first, RC4 with a key at each call). Frames of Dean Edwards' packer, JSFuck, jjencode, aaencode and jsjiami
are recognised; packed code is unpacked. Samples and layout: webcrack, de4js, JsDeObsBench (read, not copied).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import xor
from typing import TYPE_CHECKING

from darnel.features.languages.folding import MAX_BYTES, Folded, decode_base64
from darnel.features.languages.javascript_text import number, unescape
from darnel.features.remember import remembered

if TYPE_CHECKING:
    from darnel.features.languages.javascript_piece import Piece

_ROTATION = re.compile(
    rb"push(?:['\"]\s*\])?\s*\(\s*([\w$\x80-\xff]+)\s*(?:\.shift|\[\s*['\"]shift['\"]\s*\])\s*\(\s*\)\s*\)"
)
_PUSHED = re.compile(rb"([\w$\x80-\xff]+)\s*(?:\?\.\s*|\.\s*|\[\s*['\"])$")


class _Rotation:
    """``a.push(a.shift())``: a queue that feeds another one (``a.push(b.shift())``) is no rotation."""

    @staticmethod
    def search(data: bytes) -> re.Match[bytes] | None:
        """First call that moves an array's head to the end of the same array."""
        for match in _ROTATION.finditer(data):
            before = _PUSHED.search(data, max(0, match.start() - 80), match.start())
            if before and before[1] == match[1]:
                return match
        return None


ROTATION = _Rotation()
FRAMES: tuple[tuple[str, bytes, re.Pattern[bytes] | _Rotation], ...] = (
    ("packer", b"eval", re.compile(rb"eval\s*\(\s*function\s*\(\s*p\s*,\s*a\s*,\s*c\s*,\s*k\s*,\s*e\s*,")),
    ("jsjiami", b"jsjiami", re.compile(rb"jsjiami\.com")),
    ("jsfuck", b"[]+", re.compile(rb"[\[\]()!+]{400}")),
    ("escaped", b"\\x", re.compile(rb"\[\s*[\"'](?:\\x[0-9a-fA-F]{2}){4,}[\"']\s*,\s*[\"']\\x[0-9a-fA-F]{2}")),
    ("jjencode", b"~[];", re.compile(rb"[\w$\x80-\xff]{1,40}\s?=\s?~\[\]\s?;\s?[\w$\x80-\xff]{1,40}\s?=\s?\{___")),
    ("aaencode", "ﾟωﾟ".encode(), re.compile("ﾟωﾟ".encode())),
    ("rotation", b"shift", ROTATION),
    ("jscrambler", b"!== 9;", re.compile(rb"\w{4}\[\d{1,9}\] = \(function\s?\(\) \{\s{0,9}var \w{1,9} = 2;")),
)
"""Name of the obfuscator, a needle to look for first, and what its output always has."""
_HEX_NAME = re.compile(rb"_0x[0-9a-f]{3,}\b")
MACHINE_NAMES = 30
"""So many mentions of ``_0x…`` names make a file machine-named."""

_ITEM = rb"(?:'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
_ARRAY = re.compile(
    rb"(?:function\s+([\w$\x80-\xff]+)\s*\(\s*\)\s*\{\s*(?:var|const|let)\s+[\w$\x80-\xff]+|(?:var|const|let|,)\s*([\w$\x80-\xff]+))\s*=\s*"
    rb"\[(\s*" + _ITEM + rb"(?:\s*,\s*" + _ITEM + rb"){2,20000}\s*,?\s*)\]"
)
_ITEMS = re.compile(_ITEM)
_OFFSET = re.compile(rb"\b([\w$\x80-\xff]+)\s*(?:=\s*\1\s*-|-=)\s*(\([^()]{1,80}\)|-?\s*(?:0x[0-9a-fA-F]+|\d+))")
_HEAD = re.compile(rb"(?:async\s+)?(?:function\s*\*?\s*[\w$\x80-\xff]*\s*)?\(([^()]{0,200})\)")
_WRAPPED = re.compile(
    rb"return\s+([\w$\x80-\xff]+)\s*\(\s*([\w$\x80-\xff]+)\s*(?:([-+])\s*(\([^()]{1,60}\)|-?\s*(?:0x[0-9a-fA-F]+|\d+)))?"
    rb"\s*(?:,\s*([\w$\x80-\xff]+)[^)]{0,60})?\)"
)
_SUM = re.compile(
    rb"(?:var|const|let)\s+([\w$\x80-\xff]+)\s*=\s*([^;{}]{20,6000}?)[;,]?\s*if\s*\(\s*\1\s*===\s*[\w$\x80-\xff]+\s*\)"
)
_PARSE = re.compile(r"parseInt\(\s*([\w$]+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)\s*\)")
_TARGET = re.compile(rb"[,(]\s*(-?(?:0x[0-9a-fA-F]+|\d+)(?:\s*[-+*]+\s*-?(?:0x[0-9a-fA-F]+|\d+)){0,4})\s*\)")
_COUNT = re.compile(rb"while\s*\(\s*--")
_LOWER_FIRST = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/="
_SWAP = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)
MAX_ROTATIONS = 5_000
MAX_ACCESSORS = 200
MAX_EXPRESSION = 6_000


def frames(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, start and end of each known obfuscator's frame (one per kind)."""
    for name, needle, pattern in FRAMES:
        match = pattern.search(data) if needle in data else None
        if match and (name != "rotation" or b"while" in data or _HEX_NAME.search(data)):
            yield name, match.start(), match.end()


def rotates(data: bytes) -> bool:
    """Whether an array is rotated in a loop."""
    return b"shift" in data and b"while" in data and ROTATION.search(data) is not None


def machine_named(data: bytes) -> int:
    """Offset of the first of many ``_0x…`` names, -1 if there are few."""
    if data.count(b"_0x") < MACHINE_NAMES:
        return -1
    found = _HEX_NAME.search(data)
    return found.start() if found else -1


def unpack(payload: str, radix: int, words: list[str]) -> str | None:
    """Code inside Dean Edwards' packer: numbers in the payload stand for words.

    Parameters
    ----------
    payload : str
        First argument of the packer's function.
    radix : int
        Base of the numbers, 2 to 95.
    words : list of str
        What they stand for; an empty one stands for itself.
    """
    if not 2 <= radix <= 95 or len(payload) > MAX_BYTES or len(words) < 2:
        return None
    table = {_in_base(i, radix): word for i, word in enumerate(words) if word}
    return re.sub(r"\b\w+\b", lambda word: table.get(word[0], word[0]), payload)[:MAX_BYTES]


def _in_base(value: int, radix: int) -> str:
    head = "" if value < radix else _in_base(value // radix, radix)
    digit = value % radix
    return head + (chr(digit + 29) if digit > 35 else "0123456789abcdefghijklmnopqrstuvwxyz"[digit])


@dataclass(slots=True)
class _Accessor:
    """``index - offset`` into an array, decoded."""

    items: list[str]
    offset: int
    coding: str

    def __call__(self, given: list[Folded]) -> str | None:
        place = number(given[0].text.encode()) if given else None
        if place is None:
            return None
        place -= self.offset
        if not 0 <= place < len(self.items):
            return None
        return self.decode(self.items[place], given[1].text if len(given) > 1 else "")

    def decode(self, text: str, key: str) -> str | None:
        """Undo the coding of one element."""
        if not self.coding:
            return text
        raw = decode_base64(text.translate(_SWAP) if "lower" in self.coding else text)
        if raw is None:
            return None
        plain = raw.decode("utf-8", "replace")
        return _rc4(plain, key) if "rc4" in self.coding and key else plain


def _rc4(text: str, key: str) -> str:
    text = text[:100_000]
    size = len(text)
    stream = _stream(key, _STREAM if size <= _STREAM else size)
    return "".join(map(chr, map(xor, map(ord, text), stream)))


_STREAM = 256
"""Obfuscators encode thousands of short strings with a few keys."""


@remembered(512)
def _stream(key: str, size: int) -> bytes:
    """RC4 key stream."""
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + ord(key[i % len(key)])) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    result = bytearray()
    for _ in range(size):
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        result.append(state[(state[i] + state[j]) % 256])
    return bytes(result)


def string_arrays(piece: Piece) -> list[tuple[str, int, int]]:
    """Find string arrays, install their accessors in ``piece.names.values``, and return the decoded strings."""
    data = piece.data
    accessors = piece.names.values.accessors
    decoded: list[tuple[str, int, int]] = []
    bodies = [(s, e, n) for s, e, n in piece.scopes.functions if n and e - s < 6_000]
    shifts = [(s, e, n, m) for s, e, n in bodies if (m := _OFFSET.search(data, s, e)) and n.encode() != m[1]]
    if not shifts:
        return []
    for match in _ARRAY.finditer(data):
        name = match[1] or match[2]
        items = [unescape(item[1:-1].decode("utf-8", "replace")) for item in _ITEMS.findall(match[3])]
        mention = re.compile(rb"(?<![\w$])" + re.escape(name) + rb"(?:\s*\(\s*\)|\s*\[)")
        found: list[_Accessor] = []
        for start, end, accessor, offset in shifts[:MAX_ACCESSORS]:
            body = data[start:end]
            if accessor.encode() == name or not mention.search(body) or b"parseInt" in body:
                continue
            shift = _arithmetic(offset[2].decode())
            if shift is None:
                continue
            coding = "lower" if _LOWER_FIRST in body else "base64" if b"atob" in body or b"+/=" in body else ""
            if coding and b"charCodeAt" in body and re.search(rb"%\s*(?:0x100|256)\b", body):
                coding += "+rc4"
            found.append(_Accessor(items, int(shift), coding))
            accessors[accessor] = found[-1]
        if not found:
            continue
        _wrappers(piece, bodies)
        _rotate(piece, name, items)
        if found[0].coding and "rc4" not in found[0].coding:
            for text in items:
                plain = found[0].decode(text, "")
                if plain:
                    decoded.append((plain, match.start(3), match.end(3)))
    return decoded


def _wrappers(piece: Piece, bodies: list[tuple[int, int, str]]) -> None:
    # function w(a, b) { return accessor(b - 0x1a3, a); }
    accessors, data = piece.names.values.accessors, piece.data
    for start, end, name in bodies * 2:  # wrappers of wrappers
        if name in accessors or end - start > 400:
            continue
        head, call = _HEAD.match(data, start, end), _WRAPPED.search(data, start, end)
        if not head or not call:
            continue
        target = piece.names.values.accessor(call[1].decode("utf-8", "replace"))
        parameters = [word.strip().decode("utf-8", "replace") for word in head[1].split(b",")]
        index, key = call[2].decode("utf-8", "replace"), (call[5] or b"").decode("utf-8", "replace")
        if target is None or index not in parameters:
            continue
        shift = int(_arithmetic((call[4] or b"0").decode()) or 0)
        accessors[name] = _through(
            target, parameters.index(index), shift * (-1 if call[3] == b"-" else 1),
            parameters.index(key) if key in parameters else -1,
        )  # fmt: skip


def _through(
    target: Callable[[list[Folded]], str | None], place: int, shift: int, key: int
) -> Callable[[list[Folded]], str | None]:
    def accessor(given: list[Folded]) -> str | None:
        index = number(given[place].text.encode()) if place < len(given) else None
        if index is None:
            return None
        more = [given[key]] if 0 <= key < len(given) else []
        return target([Folded(str(index + shift)), *more])

    return accessor


def _rotate(piece: Piece, name: bytes, items: list[str]) -> None:
    data = piece.data
    for node in piece.found.get("immediate", ()):
        start, end = node.start_byte, node.end_byte
        if end - start > 12_000 or not re.search(rb"push", data[start:end]):
            continue
        rest = data[end : end + 200]
        passed = re.match(rb"\s*\)?\s*\(\s*" + re.escape(name) + rb"\s*,", rest)
        target_text = _TARGET.search(rest) if passed else None
        target = _arithmetic(target_text[1].decode()) if target_text else None
        if target is None:
            continue
        total = _SUM.search(data, start, end)
        if total is None:
            if _COUNT.search(data, start, end) and items:
                turn = int(target) % len(items)
                items[:] = items[turn:] + items[:turn]
            return
        _turn_until(piece, total[2].decode("utf-8", "replace")[:MAX_EXPRESSION], target, items)
        return


def _turn_until(piece: Piece, text: str, target: float, items: list[str]) -> None:
    values: list[Callable[[], str | None]] = []

    def one(match: re.Match[str]) -> str:
        word = match[1]
        accessor = piece.names.values.accessor(word)
        given = [Folded(part.strip().strip("'\"")) for part in match[2].split(",")]
        numbers = [_arithmetic(part.text) for part in given]
        given = [Folded(str(int(n))) if n is not None else part for n, part in zip(numbers, given, strict=True)]
        values.append(lambda: accessor(given) if accessor else None)
        return f"v[{len(values) - 1}]"

    expression = _PARSE.sub(one, text)
    tree = _expression(expression)
    if tree is None or not values:
        return
    for _ in range(min(len(items), MAX_ROTATIONS)):
        read = [_leading(value()) for value in values]
        if None not in read:
            result = _evaluate(tree, [value for value in read if value is not None])
            if result is not None and abs(result - target) < 1e-6 * max(1.0, abs(target)):
                return
        items.append(items.pop(0))


def _leading(text: str | None) -> float | None:
    match = re.match(r"\s*(-?[0-9]{1,15})", text) if text else None
    return float(match[1]) if match else None


def _expression(text: str) -> ast.expr | None:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _arithmetic(text: str) -> float | None:
    tree = _expression(text[:200])
    return _evaluate(tree, []) if tree is not None else None


def _evaluate(tree: ast.expr, values: list[float], depth: int = 0) -> float | None:
    if depth > 100:
        return None
    if isinstance(tree, ast.Constant) and isinstance(tree.value, int | float):
        return tree.value if abs(tree.value) < 1e18 else None
    if isinstance(tree, ast.Subscript) and isinstance(tree.slice, ast.Constant) and isinstance(tree.slice.value, int):
        return values[tree.slice.value] if 0 <= tree.slice.value < len(values) else None
    if isinstance(tree, ast.UnaryOp):
        inner = _evaluate(tree.operand, values, depth + 1)
        return -inner if inner is not None and isinstance(tree.op, ast.USub) else inner
    if isinstance(tree, ast.BinOp):
        left, right = _evaluate(tree.left, values, depth + 1), _evaluate(tree.right, values, depth + 1)
        if left is None or right is None:
            return None
        if isinstance(tree.op, ast.Add):
            return left + right
        if isinstance(tree.op, ast.Sub):
            return left - right
        if isinstance(tree.op, ast.Mult):
            return left * right if abs(left) < 1e100 and abs(right) < 1e100 else None
        if isinstance(tree.op, ast.Div) and right:
            return left / right
    return None
