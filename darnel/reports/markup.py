"""HTML by construction: what is not made here is text, and text is escaped."""

from __future__ import annotations

from html import escape

from darnel.defang import printable

VOID = frozenset(("input", "link", "meta"))
"""Elements without content."""


class Html(str):
    """Markup; only :func:`element` and :func:`join` make it."""

    __slots__ = ()


def element(tag: str, /, *children: str, **attributes: str | int | bool) -> Html:
    """One element.

    Parameters
    ----------
    tag : str
        ``p``
    *children : str
        :class:`Html` stays as it is; any other text is made printable and escaped.
    **attributes
        ``class_`` for ``class``, ``aria_sort`` for ``aria-sort``; true for an attribute without value, false for none.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items() if value is not False)
    if tag in VOID:
        return Html(f"<{tag}{shown}>")
    return Html(f"<{tag}{shown}>{join(*children)}</{tag}>")


def join(*children: str) -> Html:
    """Children one after the other, escaped where they are text."""
    return Html("".join(child if isinstance(child, Html) else _text(child) for child in children))


def _text(text: str) -> str:
    """Escaped and printable; a blank at either end, which keeps words apart, stays."""
    shown = escape(printable(text))
    if not shown:
        return " " if text else ""
    return f"{' ' * text[0].isspace()}{shown}{' ' * text[-1].isspace()}"


def _attribute(key: str, value: str | int | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(printable(str(value)))}"'
