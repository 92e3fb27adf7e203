"""What is left of literals that stand side by side."""

import pytest

from darnel.features.squeezed import beside_joints


@pytest.mark.parametrize(
    ("text", "beside"),
    [
        (b"f('a' 'b')", b'f"ab")'),
        (b'"a" +\n  "b"', b'"ab"'),
        (b"\"a\" / + 'b'", b'"ab"'),
        (b'"a" + / "b"', b'"ab"'),
        (b'"a" + + "b"', b""),
        (b'"a", "b"', b""),
        (b"'" + b"x" * 9 + b"' '" + b"y" * 4 + b"'", b'"xx\nxxxyyyy"'),
    ],
)
def test_what_stands_beside(text: bytes, beside: bytes) -> None:
    assert beside_joints(text, 3)[0] == beside


@pytest.mark.parametrize("text", [b"x[::-1]", b"x[ : : -1]", b"reversed(x)"])
def test_what_turns_a_text_around(text: bytes) -> None:
    assert beside_joints(text, 9) == (b"", True)
    assert beside_joints(text.replace(b"[", b"{").replace(b"d", b""), 9) == (b"", False)
