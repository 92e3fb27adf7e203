"""Transforms keep code parseable and its meaning. Inert snippets of our own; only these are ever run."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from typing import Any

import pytest

from darnel.training.benchmarks.obfuscate.catalogue import TRANSFORMS
from darnel.training.benchmarks.obfuscate.transform import Code, Transform, obfuscate
from darnel.training.benchmarks.source import errors

PYTHON = b'''"""A docstring."""
from __future__ import annotations

import base64 as coding
import json
from collections import OrderedDict, deque

LIMIT = 3  # of tries


class Box:
    """A class."""

    size = 4
    label = "labelled"

    def __init__(self, content, *, name="unnamed box", **more):
        self.content = content
        self.name = name
        self.more = more

    @property
    def title(self):
        """Only a docstring and a return."""
        return "%s of %s" % (self.name, self.label)


def total(values, start=0, *rest):
    result = start
    for number, value in enumerate(values):
        if value < 0:
            continue
        elif value > 100: result += 1
        else:
            result += value
    for one in rest: result += one
    while result > 1000:
        result -= 1000
    else:
        result += 0
    try:
        text = json.dumps({"result": result,
                           "limit": LIMIT})  # in two lines
    except (TypeError, ValueError) as problem:
        raise RuntimeError("no number") from problem
    finally:
        pass
    return text, lambda extra, text=text: text + f"{extra!r:>4}" + f"{'inner text'}"


def kind(value):
    match value:
        case {"type": "circle", "radius": radius}:
            return "circle " + str(radius)
        case [first, *others] if first:
            return ("list "
                    "of things")
        case _:
            return None


made = Box([1, 2], name="the box")
words = deque(word.upper() for word in ["alpha", 'beta"s', "it's", "gr\\u00fcn", "gr\xc3\xbcn"])
if made.size == 4 and \\
        LIMIT: found = total([1, -2, 300, 7], start=5)
with_global = 0


def count():
    global with_global
    with_global += 1
    return [with_global for _ in range(2)]


OUTPUT = [
    made.title, list(words), found[0], found[1]("xtra"), kind({"type": "circle", "radius": 2}), kind([1, 2]), kind(7),
    count(), OrderedDict(one=1), coding.b64encode(b"bytes here").decode(), __name__, total.__name__ is not None,
]
'''
JAVASCRIPT = b"""#!/usr/bin/env node
'use strict'
const path = require('path')
const { inspect, format: formatted } = require("util");
var counter = 0
let words = ["alpha", 'it"s', "it's", `tem${counter}plate`]

// a comment
function total(values, { start = 0, name } = {}, ...rest) {
  let result = start
  for (const value of values) { if (value < 0) continue; result += value }
  for (var i = 0; i < rest.length; i++) result += rest[i]
  do { counter++ } while (counter < 3)
  switch (name) {
    case "first name": result += 1; break
    default: result -= 1
  }
  return { result, 'quoted key': name, again: () => result + 1 }
}
class Box {
  size = 4
  static made = 0
  constructor(content) { this.content = content; Box.made++ }
  get label() { return "label " + this.content }
}
const ratio = 6 / 2 / 1, pattern = /a\\/[/]b/g
label: for (;;) { break label }
const box = new Box("of things")
try { throw new Error("thrown here") } catch (problem) { words.push(problem.message) }
counter
++counter
console.log(JSON.stringify([
  total([1, 2, -3], { start: 5, name: "first name" }, 4, 5).result, total([1]).again(), total([], { name: 'other' }),
  words, box.label, box?.size, Box.made, ratio, "a/b a".replace(pattern, "x"), path.basename("/tmp/file.txt"),
  typeof process === "object", counter, inspect({ some: "value" }), formatted("%s", 1 - -1), 1 .toString(),
  [..."xyz"].map((letter, place) => letter + place), Buffer.from("text").length,
]))
"""
SOURCES = {"python": PYTHON, "javascript": JAVASCRIPT}
EVERY = [(transform, seed) for of in TRANSFORMS.values() for transform in of for seed in range(6)]


def ran(data: bytes) -> Any:
    names: dict[str, Any] = {"__name__": "snippet"}
    exec(data, names)
    values = [value for value in names.values() if isinstance(value, list) and len(value) == 12]
    assert len(values) == 1
    return values[0]


@pytest.mark.parametrize(("transform", "seed"), EVERY, ids=[f"{t.language}-{t.name}-{seed}" for t, seed in EVERY])
def test_what_comes_out_parses_and_is_repeatable(transform: Transform, seed: int) -> None:
    source = SOURCES[transform.language]
    made = obfuscate(transform, Code(source, random.Random(seed)))
    assert made is not None
    assert made != source
    assert errors(made, transform.language) == 0
    assert made == obfuscate(transform, Code(source, random.Random(seed)))
    if transform.language == "python":
        assert ran(made) == ran(source)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_javascript_keeps_its_meaning() -> None:
    node = str(shutil.which("node"))
    parts = {"": JAVASCRIPT}
    for transform in TRANSFORMS["javascript"]:
        for seed in range(6):
            made = obfuscate(transform, Code(JAVASCRIPT, random.Random(seed)))
            assert made is not None
            parts[f"{transform.name} {seed}"] = made
    # Each in a function of its own, as node runs a module.
    lines = ["const out = {}; let name; console.log = (text) => { out[name] = text };"]
    for name, data in parts.items():
        body = data.decode().partition("\n")[2] if data.startswith(b"#!") else data.decode()
        head = f"name = {name!r}; try {{ (function (module, exports, __dirname, __filename) {{\n"
        lines += [head + body, "})({}, {}, '', ''); } catch (error) { out[name] = String(error) };"]
    lines.append("process.stdout.write(JSON.stringify(out));")
    done = subprocess.run([node, "-"], input="\n".join(lines).encode(), capture_output=True, check=True, timeout=60)
    results = json.loads(done.stdout)
    assert "label of things" in results[""]
    assert {name: said for name, said in results.items() if said != results[""]} == {}
    assert len(results) == len(parts)
