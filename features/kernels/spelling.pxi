# Encoded text in literals.

cdef enum:
    QUOTE = 34
    APOSTROPHE = 39
    # Letters, digits and dashes of base64 for URLs.
    SHORTEST = 24
    # Pairs of hex digits that a literal begins with.
    PAIRS = 12

cdef uint8_t[256] BASE64
"""Letters of base64 for URLs: 1 for letters and digits, 2 for dashes."""
cdef uint8_t[256] HEX
cdef uint8_t[256] BETWEEN
"""1 for what may stand between pairs of hex digits."""
for _byte in range(256):
    BASE64[_byte] = _byte < 128 and chr(_byte).isalnum() or 2 * (_byte in b"_-")
    HEX[_byte] = _byte in b"0123456789abcdefABCDEF"
    BETWEEN[_byte] = _byte in b" \t\n\r\f\v:,-"


def spaced(bytes data not None, Py_ssize_t most) -> list:
    """Twin of :func:`darnel.features.suspicion.spaced`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t word, i, end, size = len(data), count = 0
    cdef const uint64_t[::1] words = memoryview(data)[: size & ~7].cast("Q")
    cdef list found = []
    for word in range(size // 8 + 1):
        if word < size // 8 and not _text_holds(words[word], QUOTE) and not _text_holds(words[word], APOSTROPHE):
            continue
        for i in range(8 * word, min(8 * word + 8, size - 2)):
            if text[i] != QUOTE and text[i] != APOSTROPHE:
                continue
            # Neither reads beyond another quote; most literals are no beginning of one, or too short.
            end = _pairs(text, i + 1) if HEX[text[i + 1]] and HEX[text[i + 2]] else -1
            if end < 0 and i + SHORTEST < size and BASE64[text[i + SHORTEST]] and BASE64[text[i + 1]]:
                end = _dashed(text, i + 1)
            if end >= 0:
                if count >= most:
                    return found
                found.append((i + 1, end))
                count += 1
    return found


cdef Py_ssize_t _pairs(const uint8_t[::1] text, Py_ssize_t at) except -2:
    """Where pairs of hex digits with signs between end; -1 if there are too few."""
    cdef Py_ssize_t size = text.shape[0], count = 0
    while at + 1 < size and HEX[text[at]] and HEX[text[at + 1]]:
        count += 1
        at += 2
        if at < size and BETWEEN[text[at]]:
            at += 1
        elif at + 1 < size and text[at] == c"\\" and (text[at + 1] == c"n" or text[at + 1] == c"t"):
            at += 2
    return at if count >= PAIRS else -1


cdef Py_ssize_t _dashed(const uint8_t[::1] text, Py_ssize_t at) except -2:
    """Where a whole literal in base64 for URLs ends; -1 if there is none, or no dash at its beginning."""
    cdef Py_ssize_t size = text.shape[0], start = at, i
    while at < size and at < start + SHORTEST and BASE64[text[at]] == 1:
        at += 1
    if at == size or at == start + SHORTEST or BASE64[text[at]] != 2:
        return -1
    while at < size and BASE64[text[at]]:
        at += 1
    if at < start + SHORTEST:
        return -1
    for i in range(2):
        if at < size and text[at] == c"=":
            at += 1
    return at if at < size and (text[at] == QUOTE or text[at] == APOSTROPHE) else -1
