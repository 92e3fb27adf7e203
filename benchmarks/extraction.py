"""What extraction costs, as a ratio to the floor: decompressing the same members and parsing them, on one core.

    python -m benchmarks.extraction [FOLDER] [--packages N] [--whole]

FOLDER holds wheels, sdists or npm tarballs; without it, the distributions installed beside darnel are read. Each
member is timed in turn (decompress and parse, then analyse), so that a change of the machine's speed hits both.
``--whole`` also times ``darnel.features.extract.extract``: everything, not only the analysis of source.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path
from time import perf_counter, process_time

from darnel.errors import DarnelError
from darnel.features.extract import extract
from darnel.features.languages import parsing
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS
from darnel.features.package import Package
from darnel.features.readers import open_installed, open_package


def packages(folder: Path | None, most: int) -> Iterator[Package]:
    """At most ``most`` packages, spread evenly over the folder or the environment."""
    if folder is None:
        names = sorted({distribution.metadata["Name"] for distribution in distributions()})
    else:
        names = sorted(str(path) for path in folder.iterdir() if path.is_file())
    for name in names[:: max(len(names) // most, 1)][:most]:
        try:
            yield open_installed(name) if folder is None else open_package(name)
        except DarnelError:
            continue


def grammar(name: str, path: str) -> object:
    import tree_sitter_bash
    import tree_sitter_javascript
    import tree_sitter_python
    import tree_sitter_typescript
    from tree_sitter import Language

    if name == "typescript":
        tsx = path.endswith("x")
        return Language(tree_sitter_typescript.language_tsx() if tsx else tree_sitter_typescript.language_typescript())
    module = {"python": tree_sitter_python, "javascript": tree_sitter_javascript}.get(name, tree_sitter_bash)
    return Language(module.language())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--packages", type=int, default=30)
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()

    grammars: dict[str, object] = {}
    size: dict[str, int] = defaultdict(int)
    read: dict[str, float] = defaultdict(float)
    parsed: dict[str, float] = defaultdict(float)
    analysed: dict[str, float] = defaultdict(float)
    whole = floor = 0.0
    for package in packages(options.folder, options.packages):
        before = sum(parsed.values())
        clock = process_time()
        decompressing = 0.0
        for member in package.members():
            took = process_time() - clock
            decompressing += took
            language = language_for(member.path, member.data)
            if language is not None and len(member.data) <= DEFAULT_LIMITS.parse_bytes:
                name = language.name
                key = f"{name}{'x' if member.path.endswith('x') else ''}"
                if key not in grammars:
                    grammars[key] = grammar(name, member.path)
                    language.analyse(b"", DEFAULT_LIMITS)  # loads and compiles what is loaded once
                read[name] += took
                size[name] += len(member.data)
                start = process_time()
                parsing.parse(grammars[key], member.data, perf_counter() + 60)  # type: ignore[arg-type]
                middle = process_time()
                language.analyse(member.data, DEFAULT_LIMITS)
                parsed[name] += middle - start
                analysed[name] += process_time() - middle
            clock = process_time()
        floor += decompressing + sum(parsed.values()) - before
        if options.whole:
            start = process_time()
            extract(package)
            whole += process_time() - start
    for name in sorted(size, key=lambda key: -size[key]):
        base = read[name] + parsed[name]
        print(
            f"{name:<11} {size[name] / 1e6:7.1f} MB  decompress {read[name]:6.2f} s  parse {parsed[name]:6.2f} s  "
            f"decompress+analyse {read[name] + analysed[name]:6.2f} s  ratio {(read[name] + analysed[name]) / base:.2f}"
        )
    if options.whole and floor:
        print(f"extract {whole:6.2f} s, decompress and parse of the same {floor:6.2f} s: ratio {whole / floor:.2f}")


if __name__ == "__main__":
    main()
