"""Files that attack whoever analyses them. Inert: nothing in them does anything, hosts are under example.invalid."""

from __future__ import annotations

import base64
import codecs
import json
import zlib
from collections.abc import Callable

N = 100_000
MIB = 1 << 20


def nested_base64(levels: int) -> str:
    data = b"x = 1"
    for _ in range(levels):
        data = b"exec(b64decode('" + base64.b64encode(data) + b"'))"
    return data.decode()


def deflated() -> str:
    """A literal of 130 kB that decodes to 64 MiB that inflate from it."""
    return base64.b64encode(zlib.compress(bytes(96 * MIB))).decode()


def chain(count: int) -> str:
    return "".join(f"v{i} = v{i + 1}\n" for i in range(count)) + f"exec(v0)\nv{count} = v0\n"


def doubling(count: int, line: str) -> str:
    return "a = 'x' * 1000\n" + line * count + "exec(a)\n"


PYTHON: dict[str, Callable[[], str | bytes]] = {
    "parentheses": lambda: "(" * N + ")" * N,
    "names on one line": lambda: "os get .get import exec " * N,
    "imports that do not end": lambda: "from os import (" * N,
    "members that do not end": lambda: "socket import (" * N,
    "comments behind quotes": lambda: 'x="" ' + "# " * 4 * N,
    "three quotes": lambda: '""" ' * 2 * N,
    "three quotes in others": lambda: '\'"""\' ' * N,
    "signs between quotes": lambda: '"+" ' * 2 * N,
    "lines that go on": lambda: "'a\\\n" * 2 * N,
    "own attributes": lambda: "import os; " + "self.a " * N,
    "moments": lambda: "import time\n" + "".join(f"time.sleep(x{i})\n" for i in range(N // 2)),
    "functions that call others": lambda: (
        "import os\n" + "".join(f"def f{i}(): return f{i + 1}()\n" for i in range(N // 4)) + "os.system('')\n"
    ),
    "other names": lambda: "import os\n" + "".join(f"a{i} = os.system\n" for i in range(N // 2)),
    "names for all": lambda: (
        "import os\nclass A:\n"
        + "".join(f"    def f{i}(self):\n        self.a{i} = os.system\n" for i in range(N // 5))
    ),
    "global names": lambda: "import os\ndef f():\n    global " + "a," * 2 * N + "\n    a = os.system\n",
    "encoded text that is not cut": lambda: ("A" * ((1 << 16) - 1) + "\n") * 64,
    "open parentheses": lambda: "(" * N,
    "lists": lambda: "x = " + "[" * N + "]" * N,
    "dictionaries": lambda: "x = " + "{0:" * N + "0" + "}" * N,
    "calls": lambda: "f(" * N + ")" * N,
    "calls in a row": lambda: "f" + "()" * N,
    "attributes": lambda: "a" + ".b" * N,
    "subscripts": lambda: "a" + "[0]" * N,
    "minus signs": lambda: "x = " + "-" * N + "1",
    "not": lambda: "x = " + "not " * N + "1",
    "sum": lambda: "x = " + "1+" * N + "1",
    "text in pieces": lambda: "exec(" + "'a'+" * N + "'b')",
    "text side by side": lambda: "exec(" + "'a' " * N + ")",
    "conditional expressions": lambda: "x = " + "1 if a else " * N + "1",
    "lambdas": lambda: "x = " + "lambda: " * N + "1",
    "functions": lambda: "".join(" " * i + f"def f{i}():\n" for i in range(400)) + " " * 400 + "pass\n",
    "blocks": lambda: "".join(" " * i + "if a:\n" for i in range(2000)) + " " * 2000 + "pass\n",
    "elif": lambda: "if a:\n  pass\n" + "elif b:\n  pass\n" * N,
    "f-strings": lambda: "x = " + "f'{" * 2000 + "1" + "}'" * 2000,
    "formats": lambda: "x = f'" + "{a:" * 2000 + "}" * 2000 + "'",
    "decorators": lambda: "@a\n" * N + "def f(): pass\n",
    "power": lambda: "exec('x' * 10**10)\nexec(str(10**10**10))\nexec(str(1 << 10**9))\n",
    "padding": lambda: "exec('%1000000000d' % 1)\nexec('{:>1000000000}'.format(1))\nexec('x'.ljust(10**10))\n",
    "f-string padding": lambda: "exec(f'{1:>1000000000}')\nexec(f'{1:{10**9}}')\n",
    "join": lambda: "exec(''.join(['a'] * 10**10))\nexec(''.join(chr(i) for i in range(10**12)))\n",
    "replace": lambda: "exec(" + "('x' * 1000)" + ".replace('x', 'x' * 1000)" * 20 + ")\n",
    "doubling": lambda: doubling(64, "a = a + a\n"),
    "doubling in place": lambda: doubling(64, "a += a\n"),
    "doubling by format": lambda: doubling(64, "a = f'{a}{a}'\n"),
    "doubling by percent": lambda: doubling(64, "a = '%s%s' % (a, a)\n"),
    "names of names": lambda: chain(20_000),
    "names in a circle": lambda: "a = b\nb = c\nc = a\nexec(a)\n",
    "one name assigned often": lambda: "a = 'x'\n" * N + "exec(a)\n",
    "names of megabytes": lambda: f"import {'a' * MIB}\ndef {'b' * MIB}(): pass\nos.{'c' * MIB}()\n",
    "many imports": lambda: "".join(f"import m{i} as n{i}\n" for i in range(20_000)) + "n1.x()\n",
    "many calls": lambda: "import os\n" + "os.system('id')\n" * 20_000,
    "many functions": lambda: "".join(f"def f{i}(a):\n    return a\n" for i in range(20_000)),
    "global in a loop": lambda: "".join(f"def f{i}():\n global g\n g = f{i}()\n" for i in range(5_000)) + "exec(g)\n",
    "a literal of megabytes": lambda: "x = '" + "QUJD" * (MIB // 2) + "'\n",
    "a literal of escapes": lambda: "x = '" + "\\x41" * N * 3 + "'\n",
    "a literal of characters by name": lambda: "x = '" + "\\N{DIGIT ONE}" * 50_000 + "'\n",
    "an integer of megabytes": lambda: "x = " + "9" * MIB + "\n",
    "numbers": lambda: "exec(bytes([" + "104," * N * 2 + "]))\n",
    "encoded fifty times": lambda: nested_base64(25),
    "inflating": lambda: f"exec(zlib.decompress(base64.b64decode('{deflated()}')))\n",
    "pickled": lambda: f"pickle.loads({(b'(' * N + b'.')!r})\n",
    "unclosed text": lambda: "x = '''" + "a\n" * N,
    "quotes": lambda: "'" * (MIB + 1),
    "backslashes": lambda: "\\" * MIB,
    "line ends": lambda: "\n" * MIB + "\r" * MIB,
    "a word and blanks": lambda: "exec" + " " * MIB + "x\n",
    "blanks": lambda: " " * MIB + "x\n" + "\t" * MIB + "\n",
    "indented ever deeper": lambda: "".join(" " * i + "x\n" for i in range(1500)),
    "addresses": lambda: "x = '" + "http://" * N + "'\n# " + "1.1.1." * N,
    "at signs": lambda: "# " + "a@" * N * 3 + "\n# " + "a" * MIB + "@\n",
    "percent signs": lambda: "x = '" + "%25" * N * 3 + "'\n",
    "host names": lambda: "# " + "a." * N * 3 + "example.invalid\n# " + "a-" * N * 3,
    "dots": lambda: "# " + "." * MIB + "/" * MIB + "\n",
    "marks": lambda: "<!--" * N + "<" * MIB + "&#" * N,
    "comments": lambda: "#\n" * N * 3,
    "hidden characters": lambda: "# " + "\u200b\u202e\U000e0041" * N + "\n",
    "one letter": lambda: "a" * 4 * MIB,
    "zero bytes": lambda: bytes(4 * MIB),
    "UTF-16": lambda: "import os\nx = 1\n".encode("utf-16") * 1000,
    "half of UTF-16": lambda: codecs.BOM_UTF16_LE + b"i\0m\0p" + b"\xd8" * 1001,
    "UTF-32": lambda: codecs.BOM_UTF32_BE + "x = 1".encode("utf-32-be") + b"\xff\xff\xff\xff",
    "overlong UTF-8": lambda: b"x = '\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf\xf8\x88\x80\x80\x80'\n" * 1000,
    "surrogates": lambda: b"x = '\xed\xa0\x80\xed\xb0\x80'\n" * 1000,
    "broken UTF-8": lambda: b"\xf0\x9f\x98" * N,
    "two byte order marks": lambda: codecs.BOM_UTF8 * 2 + b"x = 1\n",
    **{
        f"coding {name}": lambda name=name: f"# coding: {name}\n".encode() + b"+AGEAYg- \\x41 xn--" * 20_000  # type: ignore[misc]
        for name in ("utf-7", "rot13", "punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined")
    },
    **{
        f"coding {name}": lambda name=name: f"# coding: {name}\n".encode() + b"789c4b04" * 20_000  # type: ignore[misc]
        for name in ("hex", "zlib", "bz2", "base64", "uu", "cp037", "no-such-thing", "utf-16", "../../etc/passwd")
    },
}
"""As ``setup.py``."""

JAVASCRIPT: dict[str, Callable[[], str | bytes]] = {
    "parentheses": lambda: "(" * N + ")" * N,
    "arrays": lambda: "x = " + "[" * N + "]" * N,
    "objects": lambda: "x = " + "{a:" * N + "1" + "}" * N,
    "functions": lambda: "(function(){" * 20_000 + "})()" * 20_000,
    "arrows": lambda: "x = " + "() => " * N + "1",
    "templates": lambda: "x = " + "`${" * 20_000 + "1" + "}`" * 20_000,
    "ternaries": lambda: "x = " + "a ? b : " * N + "c",
    "commas": lambda: "a," * N * 3 + "b",
    "blocks": lambda: "{" * N + "}" * N,
    "else": lambda: "if (a) {} " + "else if (b) {} " * N,
    "plus": lambda: "eval(" + "'a'+" * N + "'b')",
    "exclamation marks": lambda: "x = " + "!" * N + "[]",
    "jsfuck": lambda: "eval(" + "(![]+[])[+[]]+" * 20_000 + "'')",
    "members": lambda: "a" + "['b']" * N,
    "names of megabytes": lambda: f"function {'a' * MIB}() {{}}; require('fs').{'b' * MIB}();",
    "repeat": lambda: "eval('a'.repeat(1e9)); eval('a'.padStart(1e9)); eval(new Array(1e9).join('x'));",
    "fill": lambda: "eval(Array(1e9).fill('a').join('')); eval([...Array(1e9).keys()].join());",
    "doubling": lambda: "var a = 'x'.repeat(1000);" + "a = a + a;" * 64 + "eval(a)",
    "doubling by template": lambda: "var a = 'x'.repeat(1000);" + "a = `${a}${a}`;" * 64 + "eval(a)",
    "doubling by replace": lambda: "eval('x'" + ".replace(/x/g, 'xxxxxxxxxx')" * 20 + ")",
    "names of names": lambda: "".join(f"var v{i} = v{i + 1};" for i in range(20_000)) + "eval(v0)",
    "character codes": lambda: "eval(String.fromCharCode(" + "104," * N + "1))",
    "string table": lambda: "var t = [" + "'a'," * N + "];" + "eval(t[0] + t[1]);" * 1000,
    "regular expressions": lambda: "x = /" + "(a+)+" * 10_000 + "$/; y = /[" + "a-z" * N + "]/;",
    "slashes": lambda: "/" * MIB,
    "unclosed comments": lambda: "/*" * N * 3,
    "unclosed template": lambda: "`" + "${" * N,
    "JSX": lambda: "x = " + "<a>" * 20_000 + "</a>" * 20_000,
    "unicode escapes": lambda: "x = '" + "\\u{41}" * N + "'; \\u0061 = 1;",
    "one line of megabytes": lambda: "a=b;" * MIB,
    "semicolons": lambda: ";" * 2 * MIB,
    "script": lambda: "<script>" * N,
}
"""As ``index.js``."""

MANIFESTS: dict[str, tuple[str, Callable[[], str | bytes]]] = {
    "JSON, deep": ("package.json", lambda: '{"a":' * N + "1" + "}" * N),
    "JSON, arrays": ("package.json", lambda: "[" * N),
    "JSON, scripts": ("package.json", lambda: json.dumps({"scripts": {f"s{i}": "node x" for i in range(N)}})),
    "JSON, a long script": ("package.json", lambda: json.dumps({"scripts": {"install": "a && " * N}})),
    "JSON, substitutions": ("package.json", lambda: json.dumps({"scripts": {"install": "$(" * N}})),
    "JSON, quotes": ("package.json", lambda: json.dumps({"scripts": {"install": "'\"`" * N}})),
    "JSON, a number": ("package.json", lambda: '{"name": "a", "version": ' + "9" * MIB + ', "x": 1e999}'),
    "JSON, wrong types": ("package.json", lambda: '{"name": [], "version": {}, "scripts": 1, "dependencies": "x"}'),
    "JSON, twice": ("package.json", lambda: '{"name": "a", "name": "b"' + ', "scripts": {"install": "x"}' * N + "}"),
    "JSON, surrogates": ("package.json", lambda: '{"name": "\\ud800", "version": "\\udfff\\u0000"}'),
    "JSON, UTF-16": ("package.json", lambda: '{"name": "a", "version": "1"}'.encode("utf-16")),
    "JSON, a prototype": ("package.json", lambda: '{"__proto__": {"scripts": {"install": "x"}}, "constructor": 1}'),
    "TOML, deep": ("pyproject.toml", lambda: "a = " + "[" * N),
    "TOML, dots": ("pyproject.toml", lambda: "a" + ".a" * N + " = 1\n"),
    "TOML, tables": ("pyproject.toml", lambda: "".join(f"[a.{'b.' * (i % 50)}c{i}]\n" for i in range(20_000))),
    "TOML, a date": ("pyproject.toml", lambda: "a = 9999-99-99T99:99:99Z\nb = 1" + "_1" * N),
    "INI": ("setup.cfg", lambda: "".join(f"[s{i}]\nk = %(k)s\n" for i in range(N // 2))),
    "INI, interpolation": ("setup.cfg", lambda: "[metadata]\n" + "".join(f"k{i} = %(k{i + 1})s\n" for i in range(N))),
    "metadata, headers": ("PKG-INFO", lambda: "Metadata-Version: 2.1\nName: a\n" + "Requires-Dist: b\n" * N),
    "metadata, a long one": ("PKG-INFO", lambda: "Metadata-Version: 2.1\nName: " + "a" * MIB + "\n Summary: x\n"),
    "metadata, markers": ("PKG-INFO", lambda: "Name: a\nRequires-Dist: b; " + "(" * N + "python_version > '3'\n"),
    "metadata, a version": (
        "PKG-INFO",
        lambda: "Name: a\nVersion: " + "1." * N + "1\nRequires-Python: >=" + "9" * N + "\n",
    ),
    "requirements": ("requirements.txt", lambda: "-r requirements.txt\n" + "a" * MIB + "[x" * N + "\n"),
    "path file": ("evil.pth", lambda: "import os;" + "x=1;" * N + "\n" + "import " * N),
    "entry points": ("entry_points.txt", lambda: "[console_scripts]\n" + "a = b:c\n" * N + "=" * MIB),
    "shell, nested": ("install.sh", lambda: "$(" * N + ")" * N),
    "shell, here documents": ("install.sh", lambda: "cat <<A\n" * 20_000 + "A\n" * 20_000),
    "shell, braces": ("install.sh", lambda: "echo " + "{a,b}" * N),
    "shell, pipes": ("install.sh", lambda: "a |" * N + "b"),
    "shell, quotes": ("install.sh", lambda: "'\"" * N),
    "workflow, aliases": (
        ".github/workflows/x.yml",
        lambda: "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1},' * 9}]\n" for i in range(1, 60)),
    ),
    "workflow, deep": (".github/workflows/x.yml", lambda: "on: " + "[" * N + "\n" + "- " * N),
    "notebook": ("x.ipynb", lambda: '{"cells": [' + '{"cell_type": "code", "source": ["x"]},' * 20_000 + "{}]}"),
    "gyp": ("binding.gyp", lambda: "{'targets': [" + "{'sources': ['<!(node x)'," * 20_000),
    "typescript": ("index.ts", lambda: "type A = " + "Array<" * 20_000 + "1" + ">" * 20_000),
    "agents": (".vscode/tasks.json", lambda: '{"tasks": [' + '{"runOptions": {"runOn": "folderOpen"}},' * N + "{}]}"),
}
"""Other files, with their names."""
