# Where some words stand in a text.

cdef uint8_t[256] PLACES_WORD
"""1 for bytes of words."""
for _byte in range(256):
    PLACES_WORD[_byte] = _byte >= 128 or _byte == 95 or chr(_byte).isalnum()


def places_of(bytes data not None, names) -> dict:
    """Twin of :func:`darnel.features.languages.python_words.places_of`."""
    cdef const uint8_t[::1] text = data
    cdef list words = [name for name in names if name]
    cdef bytes joined = b"".join(words)
    cdef const uint8_t[::1] letters = joined
    cdef Py_ssize_t count = len(words), size = len(data), at = 0, start, length, i, slot, mask = 1
    cdef uint64_t[256] lengths
    """By the first byte of a word: bits of the lengths of those that are looked for; those from 63 on share one."""
    cdef uint8_t byte
    cdef int32_t[::1] table, starts
    cdef dict found = {}
    if not count or not size:
        return found
    while mask < 2 * count:
        mask *= 2
    table = array("i", bytes(4 * mask))
    starts = array("i", bytes(4 * (count + 1)))
    mask -= 1
    for i in range(256):
        lengths[i] = 0
    at = 0
    for i in range(count):
        length = len(words[i])
        lengths[letters[at]] |= <uint64_t>1 << min(length, 63)
        slot = _slot(letters, at, length) & mask
        while table[slot]:
            slot = (slot + 1) & mask
        table[slot] = <int32_t>(i + 1)
        at += length
        starts[i + 1] = <int32_t>at
    at = 0
    while at < size:
        byte = text[at]
        if not PLACES_WORD[byte]:
            at += 1
            continue
        start = at
        at += 1
        while at < size and PLACES_WORD[text[at]]:
            at += 1
        length = at - start
        if not lengths[byte] >> min(length, 63) & 1:
            continue
        slot = _slot(text, start, length) & mask
        while table[slot]:
            i = table[slot] - 1
            if starts[i + 1] - starts[i] == length and _equal(letters, starts[i], text, start, length):
                word = words[i]
                if word in found:
                    (<list>found[word]).append(start)
                else:
                    found[word] = [start]
                break
            slot = (slot + 1) & mask
    return found


cdef inline Py_ssize_t _slot(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t size) except -1:
    """Hash of a word: of its ends and length, as it is compared anyway."""
    cdef Py_ssize_t last = start + size - 1, middle = start + size // 2
    return text[start] + 31 * text[last] + 961 * text[middle] + 29791 * size


cdef inline int _equal(
    const uint8_t[::1] one, Py_ssize_t at, const uint8_t[::1] other, Py_ssize_t start, Py_ssize_t size
) except -1:
    cdef Py_ssize_t i
    for i in range(size):
        if one[at + i] != other[start + i]:
            return 0
    return 1
