"""Peak memory of judging one package, imports included, each in a process of its own.

    python benchmarks/memory.py [PATH...]

Without paths, hard cases are generated: a 60 MB JavaScript bundle on one line, the same with line breaks, an archive of
99,000 small modules, a 60 MB literal, data that compresses a hundredfold, and sources that are all signs.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import resource
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

BAR = 400
"""MB (10^6 bytes) that no package may need more of."""
MB = 1_000_000

PACKAGE_JSON = json.dumps({"name": "big", "version": "1.0.0", "main": "index.js"}).encode()
Files = Iterator[tuple[str, bytes]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--model", metavar="DIR", help="model folder (default: the shipped model)")
    args = parser.parse_args()
    if args.child:
        return child(args.child, args.model)
    with tempfile.TemporaryDirectory() as folder:
        worst = max((measure(path, args.model) for path in args.paths or generate(Path(folder))), default=0.0)
    print(f"worst {worst:.0f} MB (bar: at most {BAR} MB)")
    return 0 if worst <= BAR else 1


def measure(path: Path, model: str | None) -> float:
    """Judge ``path`` in a process of its own and return its peak resident set, MB."""
    command = [sys.executable, __file__, "--child", str(path), *(["--model", model] if model else [])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{path.name}: {done.stderr.strip()}", file=sys.stderr)
        return float("inf")
    peak, label, seconds = json.loads(done.stdout)
    print(f"{path.name:<28} {path.stat().st_size / MB:7.1f} MB  {label:<10} {seconds:6.1f} s  peak {peak:6.0f} MB")
    return float(peak)


def child(path: str, model: str | None) -> int:
    """Judge one package and print peak memory, label and seconds."""
    from darnel import Classifier

    verdict = Classifier.load(model).predict(path)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / MB
    print(json.dumps([peak, verdict.label, verdict.timings["total"]]))
    return 0


def generate(folder: Path) -> Iterator[Path]:
    """Write the hard cases, one at a time."""
    cases: dict[str, Callable[[], Files]] = {
        "bundle-one-line.tgz": lambda: bundle(b";"),
        "bundle-lines.tgz": lambda: bundle(b";\n"),
        "many-modules.tgz": many,
        "one-literal.tgz": literal,
        "repetitive-data.tgz": repetitive,
        "dense-bundle.tgz": dense_bundle,
    }
    for name, (suffix, unit) in DENSE.items():
        cases[f"{name}.tgz"] = partial(dense, suffix, unit)
    for name, files in cases.items():
        path = folder / name
        write(path, files())
        yield path


def bundle(end: bytes) -> Files:
    """60 MB of JavaScript statements."""
    rng = random.Random(1)
    line = b"function f%d(a,b){var c=a[%d]+'%x';return b?c:g%d(c,{x:%d})}"
    made, size = [], 0
    while size < 60 * MB:
        made.append(line % tuple(rng.getrandbits(24) for _ in range(5)) + end)
        size += len(made[-1])
    yield "package/package.json", PACKAGE_JSON
    yield "package/index.js", b"".join(made)


def many() -> Files:
    """99,000 modules of one line."""
    yield "package/package.json", PACKAGE_JSON
    for i in range(99_000):
        yield f"package/lib/d{i % 100}/m{i}.js", b"const fs=require('fs');exports.f%d=p=>fs.readFileSync(p);\n" % i


def literal() -> Files:
    """A 60 MB string literal of hexadecimal digits."""
    yield "package/package.json", PACKAGE_JSON
    text = random.Random(2).randbytes(30 * MB).hex().encode()
    yield "package/index.js", b'module.exports="' + text + b'";\n'


def repetitive() -> Files:
    """180 MB of data that compress more than a hundredfold."""
    yield "package/package.json", PACKAGE_JSON
    yield "package/index.js", b"module.exports = 1;\n"
    for i in range(3):
        yield f"package/data{i}.bin", (b"%d" % i) * (60 * MB)


DENSE = {
    "js-statements": ("js", b"a;"),
    "js-open-braces": ("js", b"{"),
    "js-open-templates": ("js", b"`${"),
    "ts-open-types": ("ts", b"a<"),
    "py-lines": ("py", b"a\n"),
    "py-names": ("py", b"eval\n"),
    "py-open-brackets": ("py", b"("),
    "sh-pipes": ("sh", b"|a"),
}
"""What makes the largest trees for their bytes: name, suffix of the file, what is repeated."""


def dense(suffix: str, unit: bytes) -> Files:
    """2 MB of source whose tree takes hundreds of bytes for each of its own."""
    yield "package/package.json", PACKAGE_JSON
    yield f"package/index.{suffix}", b"eval\n" + unit * (2 * MB // len(unit))


def dense_bundle() -> Files:
    """5 MB of minified code."""
    files = dict(bundle(b";"))
    yield "package/package.json", PACKAGE_JSON
    yield "package/index.js", files["package/index.js"][: 5 * MB]


def write(path: Path, files: Files) -> None:
    """Write an npm tarball."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    sys.exit(main())
