"""Values that folding works on, and the operators between them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, Union

if TYPE_CHECKING:
    from tree_sitter import Node

Value = Union[str, bytes, int, "list[Value]"]

MAX_ITEMS = 20_000
"""Elements of a list; of a longer one only these are looked at."""


class Constant(NamedTuple):
    """A folded expression."""

    value: Value
    how: tuple[str, ...] = ()
    """Steps that hid it, innermost first; see :attr:`darnel.features.facts.Literal.how`."""


Environment = dict[bytes, Constant]


def joined(first: tuple[str, ...], *more: str) -> tuple[str, ...]:
    """Add steps that are not there yet."""
    for step in more:
        if step not in first:
            first = (*first, step)
    return first


def items_of(constant: Constant) -> list[Value]:
    """Elements of a list, characters of text, numbers of bytes.

    Raises
    ------
    TypeError
        The value cannot be iterated over.
    """
    if isinstance(constant.value, int):
        raise TypeError("an integer has no items")
    return list(constant.value[:MAX_ITEMS])


def concatenate(parts: list[Constant]) -> Constant | None:
    """Join texts, or bytes; ``concat`` is added only where a word was cut in two, as line wrapping hides nothing."""
    how: tuple[str, ...] = ()
    texts: list[str] = []
    raw: list[bytes] = []
    for part in parts:
        how = joined(how, *part.how)
        if isinstance(part.value, str):
            texts.append(part.value)
        elif isinstance(part.value, bytes):
            raw.append(part.value)
        else:
            return None
    if texts and raw:
        return None
    if raw:
        return Constant(b"".join(raw), how)
    whole = [text for text in texts if text]
    return Constant("".join(texts), joined(how, "concat") if cuts_words(whole) else how)


def cuts_words(pieces: list[str]) -> bool:
    """Whether pieces put side by side cut a word in two; that, unlike line wrapping, hides something."""
    return any(a[-1:].isalnum() and b[:1].isalnum() for a, b in pairwise(pieces))


def operation(node: Node) -> tuple[Node | None, str, Node | None]:
    """Left side, operator (``""`` if none) and right side of a binary operator."""
    children = node.children
    if len(children) == 3 and not node.has_error:  # a third of the time that three fields take
        return children[0], children[1].type, children[2]
    operator = node.child_by_field_name("operator")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    return left, operator.type if operator is not None else "", right


def arithmetic(sign: str, a: int, b: int) -> int:
    """Compute ``a sign b``.

    Raises
    ------
    OverflowError
        An operand has more than 64 bits, or a shift or power is too far.
    ArithmeticError, KeyError
        Division by zero; an operator that is not modelled.
    """
    if abs(a) >= 1 << 64 or abs(b) >= 1 << 64:
        raise OverflowError
    if sign in {"<<", "**"} and not 0 <= b <= 64:
        raise OverflowError
    return _OPERATIONS[sign](a, b)


_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "//": lambda a, b: a // b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "^": lambda a, b: a ^ b,
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "<<": lambda a, b: a << b,
    ">>": lambda a, b: a >> max(b, 0),
    "**": lambda a, b: int(a**b),
}
