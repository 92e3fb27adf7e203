# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""Words of a text."""

from libc.stdint cimport uint8_t

EDITION = 1

cdef uint8_t[256] WORD
"""1 for bytes of words."""
for _byte in range(256):
    WORD[_byte] = _byte >= 128 or _byte == 95 or chr(_byte).isalnum()


def words_of(bytes data not None) -> set:
    """Twin of :func:`darnel.features.languages.python_mentions.words_of`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t at = 0, start, size = len(data)
    cdef set found = set()
    while at < size:
        while at < size and not WORD[text[at]]:
            at += 1
        if at == size:
            break
        start = at
        while at < size and WORD[text[at]]:
            at += 1
        found.add(data[start:at])
    return found
