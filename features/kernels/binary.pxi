# Passes over the bytes of binaries.

cdef uint8_t[256] BINARY_PRINTABLE
"""1 for printable ASCII."""
for _byte in range(256):
    BINARY_PRINTABLE[_byte] = 0x20 <= _byte <= 0x7E


def printable_runs(bytes data not None, Py_ssize_t shortest, Py_ssize_t longest) -> list:
    """Twin of :func:`darnel.features.binary_scans.printable_runs`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t at = 0, end, size = len(data)
    cdef list found = []
    while shortest <= size - at:
        # From the end: most of the bytes need not be looked at.
        end = at + shortest
        while end > at and BINARY_PRINTABLE[text[end - 1]]:
            end -= 1
        if end > at:
            at = end
            continue
        end = at + shortest
        while end < size and BINARY_PRINTABLE[text[end]]:
            end += 1
        while end - at > longest:
            found.append(data[at : at + longest])
            at += longest
        if end - at >= shortest:
            found.append(data[at:end])
        at = end
    return found


def standing(bytes data not None, tuple names not None) -> set:
    """Twin of :func:`darnel.features.binary_scans.standing`.

    Wherever a name stands, one of its first three pairs of bytes stands at a multiple of three.
    """
    cdef const uint8_t[::1] text = data
    cdef const uint8_t[::1] joined = b"".join(names)
    cdef const int32_t[::1] starts = array("i", accumulate([0, *map(len, names)]))
    cdef int32_t[::1] following = array("i", [-1] * (3 * len(names)))
    cdef uint8_t[::1] seen = bytearray(len(names))
    cdef int32_t[256] first
    cdef uint8_t[1 << 13] pairs
    cdef Py_ssize_t i, at, name, length, size = len(data)
    cdef int32_t n
    cdef uint32_t pair
    cdef set found = set()
    memset(first, 255, sizeof(first))
    memset(pairs, 0, sizeof(pairs))
    for n in range(3 * len(names)):
        at = starts[n // 3] + n % 3
        pair = joined[at] | (<uint32_t>joined[at + 1] << 8)
        pairs[pair >> 3] |= 1 << (pair & 7)
        following[n] = first[joined[at]]
        first[joined[at]] = n
    for i in range(0, size - 1, 3):
        pair = text[i] | (<uint32_t>text[i + 1] << 8)
        if not (pairs[pair >> 3] >> (pair & 7)) & 1:
            continue
        n = first[text[i]]
        while n >= 0:
            name = n // 3
            at = i - n % 3
            n = following[n]
            length = starts[name + 1] - starts[name]
            if seen[name] or at < 0 or length > size - at:
                continue
            if _binary_equal(text, at, joined, starts[name], length):
                seen[name] = 1
                found.add(names[name])
    return found


cdef bint _binary_equal(
    const uint8_t[::1] text, Py_ssize_t at, const uint8_t[::1] other, Py_ssize_t start, Py_ssize_t length
) except -1:
    """Whether as many bytes are the same in both."""
    cdef Py_ssize_t i
    for i in range(length):
        if text[at + i] != other[start + i]:
            return False
    return True


def histograms(bytes data not None, starts not None, Py_ssize_t size) -> bytes:
    """Twin of :func:`darnel.features.binary_scans.histograms`."""
    cdef const uint8_t[::1] text = data
    counts = bytearray(256 * 8 * len(starts))
    cdef int64_t[::1] out = memoryview(counts).cast("q")
    # Two tables, as the same byte often comes several times in a row: what was just written is slow to read.
    cdef uint32_t[256] even
    cdef uint32_t[256] odd
    cdef Py_ssize_t at, start, row = 0
    for start in starts:
        memset(even, 0, sizeof(even))
        memset(odd, 0, sizeof(odd))
        for at in range(start, start + size - 1, 2):
            even[text[at]] += 1
            odd[text[at + 1]] += 1
        if size & 1:
            even[text[start + size - 1]] += 1
        for at in range(256):
            out[row + at] = <int64_t>even[at] + odd[at]
        row += 256
    return bytes(counts)
