# Runs of letters and digits.

cdef uint8_t[256] RUNS_LETTER
"""1 for letters of base64."""
for _byte in range(256):
    RUNS_LETTER[_byte] = _byte < 128 and (chr(_byte).isalnum() or _byte in b"+/")


def runs(bytes data not None, Py_ssize_t shortest, Py_ssize_t most) -> list:
    """Twin of :func:`darnel.features.runs.runs`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t at = 0, end, size = len(data), count = 0
    cdef list found = []
    while shortest <= size - at and count < most:
        # From the end: most of the bytes need not be looked at.
        end = at + shortest
        while end > at and RUNS_LETTER[text[end - 1]]:
            end -= 1
        if end > at:
            at = end
            continue
        end = at + shortest
        while end < size and RUNS_LETTER[text[end]]:
            end += 1
        found.append((at, end))
        count += 1
        at = end
    return found
