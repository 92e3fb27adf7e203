# Counts over the characters of string literals.

cdef enum:
    HEAD = 4096
    BUDGET = 8 << 20
    LITERALS_BLANK = 1
    SLASH = 2
    CONTROL = 4
    NOT_HEX = 8
    NOT_BASE64 = 16
    LITERALS_DIGIT = 32
    UPPER = 64
    LOWER = 128
    JOINT = 256
    COLON = 512

cdef uint16_t[128] LITERALS_KIND
"""What an ASCII character is."""
for _code in range(128):
    _char = chr(_code)
    LITERALS_KIND[_code] = (
        LITERALS_BLANK * (_char in " \n")
        | SLASH * (_char in "/\\")
        | CONTROL * (_code < 7 or 14 <= _code < 27 or 28 <= _code < 32)
        | NOT_HEX * (_char not in "0123456789abcdefABCDEF")
        | NOT_BASE64 * (not _char.isalnum() and _char not in "+/_-")
        | LITERALS_DIGIT * _char.isdigit()
        | UPPER * _char.isupper()
        | LOWER * _char.islower()
        | JOINT * (_char in "/_-")
        | COLON * (_char == ":")
    )


def looks(list texts not None, tuple code_words not None) -> tuple:
    """Twin of :func:`darnel.features.literal_counts.looks`."""
    cdef Py_ssize_t dense = 0, urls = 0, binary = 0, hexes = 0, hex_max = 0, base64 = 0, base64_max = 0, looked = 0
    cdef Py_ssize_t n, size, not_hex, not_base64, joints, padding
    cdef int seen, kind, words
    cdef str text, head, start, word
    cdef Py_UCS4 char
    cdef list slashed = [], blanks = []
    cdef bint speaks
    for text in texts:
        n = len(text)
        if n < 6:
            continue
        head = text if n <= HEAD else text[:HEAD]
        size = len(head)
        looked += size
        if looked > BUDGET:
            break
        seen = words = 0
        not_hex = not_base64 = joints = 0
        for char in head:
            kind = LITERALS_KIND[char] if char < 128 else NOT_HEX | NOT_BASE64
            seen |= kind
            not_hex += (kind & NOT_HEX) != 0
            not_base64 += (kind & NOT_BASE64) != 0
            joints += (kind & JOINT) != 0
            # An inner blank: something, a space, something.
            if char == 32:
                words += words == 1
            elif 32 < char < 127:
                words += (words & 1) == 0 and words < 3
        if seen & CONTROL:
            binary += 1
        if seen & LITERALS_BLANK:
            if seen & COLON and "://" in head:
                urls += 1
            if n >= 12:
                speaks = False
                start = head if size <= 512 else head[:512]
                for word in code_words:
                    if word in start:
                        speaks = True
                        break
                if speaks or (n >= 60 and words < 3 and " " not in head.strip()):
                    blanks.append((text, speaks))
            continue
        dense += n >= 40
        if seen & COLON and "://" in head:
            urls += 1
        elif seen & SLASH:
            slashed.append(head)
        if n >= 16 and (
            not not_hex or (not_hex == 1 and size >= 18 and head[0] == "0" and head[1] == "x")
        ):
            hexes += 1
            hex_max = max(hex_max, n)
        elif n >= 24 and not_base64 <= 2:
            padding = 0
            while padding < not_base64 and head[size - 1 - padding] == "=":
                padding += 1
            if padding < not_base64 or size - padding < 24 or joints * 12 > size:
                continue
            if seen & LITERALS_DIGIT and seen & UPPER and seen & LOWER:
                base64 += 1
                base64_max = max(base64_max, n)
    return dense, urls, binary, hexes, hex_max, base64, base64_max, slashed, blanks


def weights(list heads not None, const double[::1] table not None) -> list:
    """Twin of :func:`darnel.features.literal_counts.weights`."""
    cdef Py_ssize_t[256] counts
    cdef unsigned char byte
    cdef bytes head
    cdef double weight
    cdef int value
    cdef list found = []
    for head in heads:
        memset(counts, 0, sizeof(counts))
        for byte in head:
            counts[byte] += 1
        weight = 0.0
        for value in range(256):
            if counts[value]:
                weight += table[counts[value]]
        found.append(weight)
    return found
