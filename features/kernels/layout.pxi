# Lines of source, their indentation, and brackets.

cdef enum:
    LAYOUT_INDENT = 20

cdef int8_t[256] LAYOUT_STEP
"""1 for brackets that open, -1 for those that close."""
for _byte in range(256):
    LAYOUT_STEP[_byte] = (_byte in b"([{") - (_byte in b")]}")


def layout(bytes data not None) -> tuple:
    """Twin of :func:`darnel.features.syntax.layout`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t size = len(data), at, end, lines = 1, indent = 0, depth = 0, deepest = 0
    cdef uint8_t byte
    for at in range(size):
        byte = text[at]
        depth += LAYOUT_STEP[byte]
        deepest = max(deepest, depth)
        if byte == c'\n':
            lines += 1
            end = at + 1
            while end < size and (text[end] == c' ' or text[end] == c'\t'):
                end += 1
            # A line of blanks alone is none with code.
            if end - at > LAYOUT_INDENT and end < size and not 9 <= text[end] <= 13:
                indent = max(indent, end - at - 1)
    return lines, indent, deepest
