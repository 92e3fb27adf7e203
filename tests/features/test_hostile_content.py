"""Whatever the bytes, the scanners return finite numbers for declared columns and observations inside the file."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from darnel.features import binaries, content, hidden_text, identifiers, indicators, prose, strings, text
from darnel.features.facts import Literal

COLUMNS = {
    column.name
    for module in (binaries, content, hidden_text, identifiers, indicators, strings, text)
    for column in module.COLUMNS
}
PIECES = st.sampled_from(
    [
        b"\x7fELF",
        b"MZ",
        b"RIFF\x10\0\0\0WAVEdata",
        b"\x89PNG\r\n\x1a\n",
        b"GIF89a",
        b"BM",
        b"\xca\xfe\xba\xbe",
        b"\x80\x04",
        b"://",
        b"http://1.2.3.4:5/",
        b"curl x | sh\n",
        b".env",
        b"\xe2\x80\x8b",
        b"\xf3\xa0\x85\x90",
        b"\xff\xfe",
        b"\n",
        b"\0",
        b" " * 90,
        b"\\x41",
        b"A1b" * 40,
        b"# coding: utf-7\n",
        b"/proc/1/mem",
        b"1.2.3.4",
        b"http://[::1",
        b"http://a@b@c:99999",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=12).map(b"".join))
def test_never_raises(data: bytes) -> None:
    found = content.sniff("a.py", data)
    readable = content.to_utf8(data, found.encoding)
    word = data.decode("utf-8", "replace")
    literals = [Literal(word, 1, 0, 0, -1, True, "hex"), Literal(word[::-1], 2, 1, 1, -1, False)]
    native = content.Content(content.Kind.NATIVE, "pe")
    hidden, observations = hidden_text.scan(readable)
    values = [
        content.values(found),
        text.values(readable),
        strings.values(literals, len(data)),
        identifiers.values([word, word[::-1]]),
        hidden,
        binaries.examine(data, native).values,
        indicators.examine_text(readable).values,
        indicators.examine_literals(literals).values,
    ]
    for columns in values:
        assert set(columns) <= COLUMNS
        assert all(math.isfinite(value) for value in columns.values())
    for observation in [*observations, *prose.scan(readable), *indicators.examine_text(readable).observations]:
        assert 0 <= observation.order <= len(readable)
        assert 1 <= observation.line <= readable.count(b"\n") + 1
