# Heads of functions and classes, and statements at the left margin.

cdef uint8_t[256] CUTS_WORD
"""1 for ASCII bytes of words."""
cdef uint8_t[256] MARGIN
"""1 for bytes with which a piece begins at the left margin, whatever follows."""
for _byte in range(256):
    CUTS_WORD[_byte] = _byte == 95 or (_byte < 128 and chr(_byte).isalnum())
    MARGIN[_byte] = _byte >= 128 or _byte == 95 or chr(_byte).isalpha() or _byte in b"(*"

cdef enum CutsKind:
    CUTS_OTHER
    DECORATOR
    FUNCTION
    CLASS

cdef struct Head:
    CutsKind kind
    Py_ssize_t start  # of the name of a function
    Py_ssize_t end


def heads(bytes data not None, list strings not None, Py_ssize_t certain) -> tuple:
    """Twin of :func:`darnel.features.languages.python_cuts.heads`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t start = 0, wide, string = 0, at
    cdef bytes unit = _unit(data, text)
    cdef const uint8_t[::1] indent = unit
    cdef bint decorated = False, inside = False, indented
    cdef Head head
    cdef list starts = [0]
    cdef dict functions = {}
    certain = min(certain, len(data))
    while start < certain:
        wide = len(unit)
        if start + wide > certain:
            wide = 0
        for at in range(wide):
            if text[start + at] != indent[at]:
                wide = 0
                break
        head = _cuts_head(data, text, start + wide, certain)
        if head.kind != CUTS_OTHER or MARGIN[text[start]]:
            while string < len(strings) and <Py_ssize_t> strings[string][1] <= start:
                string += 1
            if string == len(strings) or start < <Py_ssize_t> strings[string][0]:
                indented = text[start] == c' ' or text[start] == c'\t'
                if not (indented and inside):
                    if start and not (decorated and head.kind != CUTS_OTHER):
                        starts.append(start)
                    inside = not indented and head.kind == FUNCTION
                    if head.kind == FUNCTION:
                        functions[len(starts) - 1] = data[head.start : head.end]
                    decorated = head.kind == DECORATOR
        start = _after(text, start, certain)
    return starts, functions, unit


cdef bytes _unit(bytes data, const uint8_t[::1] text):
    """What the first function is indented with that does not stand at the margin."""
    cdef Py_ssize_t size = len(data), start = _after(text, 0, size), at, end
    while start < size:
        if text[start] == c' ' or text[start] == c'\t':
            at = start
            while at < size and at < start + 9 and (text[at] == c' ' or text[at] == c'\t'):
                at += 1
            if at < start + 9:
                end = at
                if at < size and text[at] == c'a' and data.startswith(b"async", at):
                    at = _cuts_blanks(text, at + 5, size)
                    at = at if at > end + 5 else size
                if at < size and text[at] == c'd' and data.startswith(b"def", at):
                    if at + 3 == size or not CUTS_WORD[text[at + 3]]:
                        return data[start:end]
        start = _after(text, start, size)
    return b""


cdef Head _cuts_head(bytes data, const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except *:
    """What begins at an offset."""
    cdef Head head
    cdef Py_ssize_t blank
    head.kind, head.start, head.end = CUTS_OTHER, at, at
    if at >= end:
        return head
    if text[at] == c'@':
        if at + 1 < end and CUTS_WORD[text[at + 1]] and not c'0' <= text[at + 1] <= c'9':
            head.kind = DECORATOR
    elif text[at] == c'c':
        if data.startswith(b"class", at, end) and (at + 5 == end or not CUTS_WORD[text[at + 5]]):
            head.kind = CLASS
    elif text[at] == c'a' or text[at] == c'd':
        if text[at] == c'a':
            if not data.startswith(b"async", at, end):
                return head
            blank = at + 5
            at = _cuts_blanks(text, blank, end)
            if at == blank:
                return head
        if data.startswith(b"def", at, end):
            head.start = _cuts_blanks(text, at + 3, end)
            head.end = head.start
            while head.end < end and CUTS_WORD[text[head.end]]:
                head.end += 1
            if at + 3 < head.start < head.end:
                head.kind = FUNCTION
    return head


cdef inline Py_ssize_t _cuts_blanks(const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except -1:
    """Where blanks end that may stand at an offset."""
    while at < end and (text[at] == c' ' or text[at] == c'\t'):
        at += 1
    return at


cdef inline Py_ssize_t _after(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    """Where the next line begins, ``end`` if nowhere."""
    cdef Py_ssize_t at = _find(text, c'\n', start, end)
    return end if at < 0 else at + 1
