# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""Sources without what editors and archives change in them."""

from libc.stdint cimport uint8_t
from libc.string cimport memchr

EDITION = 1


def normalised(bytes data not None) -> bytes:
    """Twin of :func:`darnel.features.known.hashing.normalised`."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t size = len(data), start = 0, end, last, at, written = 0
    cdef const void *found
    cdef bint odd = size > 0 and memchr(&text[0], b"\r", size) != NULL
    while not odd and start < size:
        found = memchr(&text[start], b"\n", size - start)
        if found == NULL:
            break
        end = <const uint8_t *>found - &text[0]
        odd = end > 0 and (text[end - 1] == b" " or text[end - 1] == b"\t")
        start = end + 1
    if not odd:
        return data.strip()
    changed = bytearray(size + 1)
    cdef uint8_t[::1] out = changed
    start = 0
    while start < size:
        end = start
        while end < size and text[end] != b"\n" and text[end] != b"\r":
            end += 1
        last = end
        while last > start and (text[last - 1] == b" " or text[last - 1] == b"\t"):
            last -= 1
        for at in range(start, last):
            out[written] = text[at]
            written += 1
        out[written] = b"\n"
        written += 1
        if end + 1 < size and text[end] == b"\r" and text[end + 1] == b"\n":
            end += 1
        start = end + 1
    return bytes(memoryview(changed)[:written]).strip()
