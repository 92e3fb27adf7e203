# Names before a comma or a closing bracket.

cdef enum:
    # Blanks in a row, and bytes of a comment, that may stand between.
    HANDED_MOST = 200

cdef uint8_t[256] HANDED_WORD
cdef uint8_t[256] HANDED_BLANK
for _byte in range(256):
    HANDED_WORD[_byte] = _byte < 128 and (chr(_byte).isalnum() or _byte == 95)
    HANDED_BLANK[_byte] = _byte in b" \t\n\r\f\v"


def handed(bytes data not None, frozenset attributes not None, Py_ssize_t most) -> tuple:
    """Twin of :func:`darnel.features.languages.python_handed.handed`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t at, start, end, size = len(data), of_others = 0, builtin = 0
    cdef list methods = [], builtins = []
    for at in range(size):
        if text[at] == c".":
            if of_others == most:
                continue
            start = at + 1
            while start < size and (text[start] == c" " or text[start] == c"\t"):
                start += 1
            end = start
            while end < size and HANDED_WORD[text[end]]:
                end += 1
            if end > start and _handed_closed(text, end) and data[start:end] in attributes:
                methods.append((start, end))
                of_others += 1
        elif text[at] == c"e" and size - at >= 4:
            if text[at + 1] == c"x":
                if text[at + 2] != c"e" or text[at + 3] != c"c":
                    continue
            elif text[at + 1] != c"v" or text[at + 2] != c"a" or text[at + 3] != c"l":
                continue
            if builtin == most or (at > 0 and (HANDED_WORD[text[at - 1]] or text[at - 1] == c".")) or not _handed_closed(text, at + 4):
                continue
            builtins.append((at, at + 4))
            builtin += 1
    return methods, builtins


cdef bint _handed_closed(const uint8_t[::1] text, Py_ssize_t at) except -1:
    """Whether a comma or a closing bracket follows, after blanks and a comment."""
    cdef Py_ssize_t size = text.shape[0], start
    at = _handed_blanks(text, at)
    if at >= 0 and at < size and text[at] == c"#":
        start = at + 1
        at = start
        while at < size and at - start < HANDED_MOST and text[at] != c"\n":
            at += 1
        if at == size or text[at] != c"\n":
            return False
        at = _handed_blanks(text, at + 1)
    if at < 0 or at == size:
        return False
    return text[at] == c"," or text[at] == c")" or text[at] == c"]" or text[at] == c"}"


cdef Py_ssize_t _handed_blanks(const uint8_t[::1] text, Py_ssize_t at) except -2:
    """Where blanks end; -1 if there are too many."""
    cdef Py_ssize_t size = text.shape[0], start = at
    while at < size and at - start <= HANDED_MOST and HANDED_BLANK[text[at]]:
        at += 1
    return at if at - start <= HANDED_MOST else -1
