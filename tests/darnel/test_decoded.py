from __future__ import annotations

import pytest

from darnel.attribution import Reason
from darnel.decoded import decoded
from darnel.features.languages.registry import language_for
from darnel.features.limits import DEFAULT_LIMITS
from tests.darnel.builders import evidence

INERT = {
    "a.py": b"# inert\nimport base64\nexec(base64.b64decode('cHJpbnQoMSk7aW1wb3J0IG9z'))\n",
    "b.py": b"# inert\nimport os\nos.system(''.join(['curl ht', 'tp://a.exam', 'ple.invalid']))\n",
    "c.js": b"// inert\nfetch(Buffer.from('aHR0cDovL2EuZXhhbXBsZS5pbnZhbGlk', 'base64').toString());\n",
    "d.py": b"# inert\nprint('nothing hidden')\n",
    "e.txt": b"aHR0cDovL2EuZXhhbXBsZS5pbnZhbGlk\n",
}


def shown(path: str) -> list[str]:
    data = INERT[path]
    language = language_for(path, data)
    seen = language.analyse(data, DEFAULT_LIMITS).observations if language else []
    places = [Reason(evidence(file=path, line=o.line), o.order, o.statement) for o in seen] or [Reason(evidence())]
    return decoded(path, data, places)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("a.py", "base64 → print(1);import os"),
        ("b.py", "join → curl hxxp://a[.]example[.]invalid"),
        ("c.js", "base64 → hxxp://a[.]example[.]invalid"),
    ],
)
def test_what_was_hidden(path: str, value: str) -> None:
    assert value in shown(path)


@pytest.mark.parametrize("path", ["d.py", "e.txt"])
def test_nothing_hidden(path: str) -> None:
    assert set(shown(path)) == {""}


def test_of_another_statement_nothing_is_said() -> None:
    assert decoded("a.py", INERT["a.py"], [Reason(evidence(line=2), 24, 8)]) == [""]


def test_binary_data_is_only_counted() -> None:
    blob = b"# inert\nimport base64, zlib\nexec(zlib.decompress(base64.b64decode('eJwrKMrMK9Ew1AQADwEC/w==')))\n"
    language = language_for("x.py", blob)
    assert language
    seen = language.analyse(blob, DEFAULT_LIMITS).observations
    values = decoded("x.py", blob, [Reason(evidence(), o.order, o.statement) for o in seen])
    assert "base64 → 16 bytes of binary data" in values
