import random
from math import log1p

import numpy as np
import pytest

from darnel.features.text import COLUMNS, WHOLE, sample, values

CODE = b"def add(left, right):\n    # the sum\n    return left + right\n\n\n"
rng = random.Random(5)
BASE64 = bytes(rng.choice(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") for _ in range(3000))


def test_plain_code() -> None:
    out = values(CODE * 30)
    assert set(out) <= {column.name for column in COLUMNS}
    assert out["text.log_lines"] == pytest.approx(log1p(151))
    assert out["text.line_max"] == pytest.approx(log1p(23))
    assert out["text.comments"] == pytest.approx(0.2)
    for name in ("base64_run", "hex_run", "number_share", "padding", "escapes", "giant_line", "long_share", "nul"):
        assert out.get(f"text.{name}", 0.0) == 0.0, name


def test_giant_line_in_a_normal_file() -> None:
    out = values(CODE * 30 + b"x = '" + BASE64 + b"'\n" + CODE * 30)
    assert out["text.giant_line"] == 1.0
    assert out["text.long_share"] == pytest.approx(3006 / 6786, abs=0.01)
    assert out["text.base64_run"] == pytest.approx(log1p(3000), abs=0.01)
    assert out["text.base64_runs"] == pytest.approx(log1p(1))
    assert out["text.entropy_max"] > 5.8 > values(CODE * 60)["text.entropy_max"] + 1
    assert out["text.entropy_gap"] > 1


def test_a_file_of_long_lines_has_no_giant() -> None:
    assert values((b"a = " + b"1 + " * 400 + b"1\n") * 20)["text.giant_line"] == 0.0


def test_rules_are_no_base64() -> None:
    assert values(CODE + b"/" * 200 + b"\n" + b"A" * 200 + b"\n")["text.base64_run"] == 0.0


def test_hex_numbers_and_escapes() -> None:
    assert values(b"x = '" + b"0123456789abcdef" * 20 + b"'\n")["text.hex_run"] == pytest.approx(log1p(320), abs=0.05)
    assert values(b"x = [" + b"112, 97, 55, " * 50 + b"]\n" + CODE)["text.number_share"] > 0.8
    out = values(b'x = "' + b"\\x41\\u0042" * 10 + b'"\n')
    assert out["text.escapes"] == pytest.approx(log1p(20))
    assert out["text.escape_share"] == pytest.approx(100 / 107, abs=0.01)


@pytest.mark.parametrize("blanks", [b" " * 120, b"\t" * 30])
def test_padding(blanks: bytes) -> None:
    assert values(CODE + b"x = 1;" + blanks + b"y = 2\n")["text.padding"] == pytest.approx(log1p(120))
    assert values(CODE + b"x = 1" + blanks + b"\n" + CODE).get("text.padding", 0.0) == 0.0


def test_shares() -> None:
    out = values(b"aB1 \t\n\0\x01\xc3\xa9")
    assert out["text.letters"] == pytest.approx(0.2)
    assert out["text.capitals"] == pytest.approx(0.5)
    assert out["text.digits"] == pytest.approx(0.1)
    assert out["text.high"] == pytest.approx(0.2)
    assert out["text.controls"] == pytest.approx(0.2)
    assert out["text.nul"] == pytest.approx(log1p(1))


def test_entropy_equals_its_definition() -> None:
    data = BASE64[:1024]
    counts = np.bincount(np.frombuffer(data, np.uint8))
    shares = counts[counts > 0] / 1024
    expected = float(-(shares * np.log2(shares)).sum())
    out = values(data)
    assert out["text.entropy"] == pytest.approx(expected)
    assert out["text.entropy_max"] == pytest.approx(expected)


@pytest.mark.parametrize("data", [b"", b"\n", b"\0", b"x", b"\n" * 5000, b"\xff" * 7, b" " * 90])
def test_edges(data: bytes) -> None:
    out = values(data)
    assert np.isfinite(list(out.values())).all() if out else data == b""


def test_large_files_are_sampled() -> None:
    data = b"a" * (WHOLE + 5) + b"\n" + BASE64 + b"\n"
    assert len(sample(data)) == WHOLE
    out = values(data)
    assert out["text.line_max"] == pytest.approx(log1p(WHOLE + 5))
    assert out["text.base64_run"] > 0
