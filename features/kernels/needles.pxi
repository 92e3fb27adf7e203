# Many substrings looked for at once.

cdef enum:
    # Bits of a hash; the table has one bit for each.
    HASH = 17
    # Bits of it that choose a bucket of words.
    BUCKET = 12

cdef uint8_t[256] FOLD
"""What bytes are after :func:`darnel.features.indicators.matcher.normalise`."""
cdef uint8_t[256] NEEDLES_WORD
"""1 for bytes next to which a needle with a boundary may not stand."""
for _byte in range(256):
    FOLD[_byte] = _byte + 32 if 65 <= _byte < 91 else 47 if _byte == 92 else _byte
    NEEDLES_WORD[_byte] = FOLD[_byte] < 128 and (chr(FOLD[_byte]).isalnum() or FOLD[_byte] in b"_-")


cdef inline uint32_t _hash(uint32_t word) noexcept:
    return <uint32_t>(word * <uint32_t>2654435761) >> (32 - HASH)


cdef class Needles:
    """Twin of :class:`darnel.features.indicators.matcher.Needles`."""

    cdef uint8_t[1 << (HASH - 3)] _table
    cdef const int32_t[::1] _buckets
    """Number of the first word of every bucket, and the number of words."""
    cdef const uint32_t[::1] _words
    """By bucket."""
    cdef const int32_t[::1] _first
    """Number of the first needle of every word, and the number of needles."""
    cdef const int32_t[::1] _numbers, _offsets, _starts
    """Of needles by word: which one it is, where in it the word stands, and where it stands in ``_bytes``."""
    cdef const uint8_t[::1] _left, _right, _bytes

    def __init__(self, list needles not None):
        by_word = {}
        for number, (needle, at, left, right) in enumerate(needles):
            by_word.setdefault(int.from_bytes(needle[at : at + 4], "little"), []).append((number, needle, at, left, right))
        words = sorted(by_word, key=lambda word: (_hash(word), word))
        buckets = [0] * ((1 << BUCKET) + 1)
        for word in words:
            self._table[_hash(word) >> 3] |= 1 << (_hash(word) & 7)
            buckets[(_hash(word) >> (HASH - BUCKET)) + 1] += 1
        ordered = [needle for word in words for needle in by_word[word]]
        self._buckets = array("i", accumulate(buckets))
        self._words = array("I", words)
        self._first = array("i", accumulate([0, *(len(by_word[word]) for word in words)]))
        self._numbers = array("i", [number for number, _, _, _, _ in ordered])
        self._offsets = array("i", [at for _, _, at, _, _ in ordered])
        self._starts = array("i", accumulate([0, *(len(needle) for _, needle, _, _, _ in ordered)]))
        self._left = bytes([left for _, _, _, left, _ in ordered])
        self._right = bytes([right for _, _, _, _, right in ordered])
        self._bytes = b"".join([needle for _, needle, _, _, _ in ordered])

    def find(self, bytes data not None, Py_ssize_t limit):
        cdef const uint8_t[::1] text = data
        cdef Py_ssize_t i, seen = 0, start, size = len(data)
        cdef int32_t k, n
        cdef uint32_t word = 0, key
        cdef list found = []
        for i in range(size):
            word = (word >> 8) | (<uint32_t>FOLD[text[i]] << 24)
            key = _hash(word)
            if not (self._table[key >> 3] >> (key & 7)) & 1 or i < 3:
                continue
            key >>= HASH - BUCKET
            for k in range(self._buckets[key], self._buckets[key + 1]):
                if self._words[k] != word:
                    continue
                seen += 1
                if seen > limit:
                    return found, False
                for n in range(self._first[k], self._first[k + 1]):
                    start = i - 3 - self._offsets[n]
                    if start >= 0 and self._stands(text, start, n):
                        found.append((start, self._numbers[n]))
                break
        return found, True

    cdef bint _stands(self, const uint8_t[::1] text, Py_ssize_t start, int32_t n) except -1:
        """Whether needle ``n`` stands at ``start`` with its conditions met."""
        cdef Py_ssize_t i, first = self._starts[n], size = self._starts[n + 1] - first
        if size > text.shape[0] - start:
            return False
        for i in range(size):
            if FOLD[text[start + i]] != self._bytes[first + i]:
                return False
        if self._left[n] and start > 0 and NEEDLES_WORD[text[start - 1]]:
            return False
        return not (self._right[n] and start + size < text.shape[0] and NEEDLES_WORD[text[start + size]])
