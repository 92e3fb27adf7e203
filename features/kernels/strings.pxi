# Strings in triple quotes, and lines at whose end a string may go on.

cdef enum StringsKind:
    NOTHING
    COMMENT
    STRINGS_SHORT  # a string in one pair of quotes, on one line
    LONG  # three quotes
    LONE  # a quote that opens nothing which is closed on its line

cdef struct Token:
    StringsKind kind
    Py_ssize_t start
    Py_ssize_t end


def long_strings(bytes data not None) -> tuple:
    """Twin of :func:`darnel.features.languages.python_bare.long_strings`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t size = len(data), last = 0, opening, line, certain, escape, start, end
    cdef Token token
    cdef list found = []
    escape = _find(text, c'\\', 0, size)  # one that stands behind what was read, if there is any
    opening = _opening(text, 0)
    while opening >= 0:
        line = opening
        while line > last and text[line - 1] != c'\n':
            line -= 1
        if 0 <= escape < last:
            escape = _find(text, c'\\', last, size)
        if 0 <= escape < line:
            certain = _continued(text, last, line)
            if certain < line:
                return found, certain
        token = _token(text, line, size)
        while NOTHING < token.kind < LONG and token.end <= opening:
            token = _token(text, token.end, size)
        if token.kind == LONE:
            return found, line
        if token.kind == LONG:
            start = token.start
            end = _end(text, start + 3, text[start])
            if end < 0 or (_formatted(text, start) and not _balanced(text, start, end)):
                return found, start
            found.append((start, end))
            last = end
        else:
            last = token.end
        opening = _opening(text, last)
    return found, _continued(text, last, size)


def continued(bytes data not None, Py_ssize_t start, Py_ssize_t end) -> int:
    """Twin of :func:`darnel.features.languages.python_bare.continued`."""
    return _continued(data, start, end)


cdef Py_ssize_t _continued(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -2:
    cdef Py_ssize_t at = _find(text, c'\\', start, end), line, size = text.shape[0]
    cdef bint quoted
    while at >= 0:
        if (at + 1 < size and text[at + 1] == c'\n') or (
            at + 2 < size and text[at + 1] == c'\r' and text[at + 2] == c'\n'
        ):
            quoted = False
            line = at
            while line > start and text[line - 1] != c'\n':
                line -= 1
                quoted = quoted or text[line] == c'"' or text[line] == c"'"
            if quoted and not _strings_closed(text, line, at):
                return line
        at = _find(text, c'\\', at + 1, end)
    return end


cdef int _strings_closed(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    """Whether each quote between two offsets on a line is part of a plain string that ends there."""
    cdef Token token = _token(text, start, end)
    while token.kind != NOTHING:
        if token.kind >= LONG:
            return False
        if _formatted(text, token.start) and _find(text, c'{', token.start, token.end) >= 0:
            return False
        token = _token(text, token.end, end)
    return True


cdef Token _token(const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except *:
    """The first comment or string between two offsets."""
    cdef uint8_t quote
    cdef Token token
    while at < end and text[at] != c'"' and text[at] != c"'" and text[at] != c'#':
        at += 1
    token.kind, token.start, token.end = NOTHING, at, end
    if at >= end:
        return token
    quote = text[at]
    at += 1
    if quote == c'#':
        while at < end and text[at] != c'\n' and text[at] != c'\r':
            at += 1
        token.kind, token.end = COMMENT, at
    elif at + 1 < end and text[at] == quote and text[at + 1] == quote:
        token.kind, token.end = LONG, at + 2
    else:
        token.kind, token.end = LONE, at
        while at < end and text[at] != c'\n' and text[at] != quote:
            if text[at] == c'\\':
                at += 1
                if at >= end or text[at] == c'\n':
                    return token
            at += 1
        if at < end and text[at] == quote:
            token.kind, token.end = STRINGS_SHORT, at + 1
    return token


cdef Py_ssize_t _end(const uint8_t[::1] text, Py_ssize_t start, uint8_t quote) except -2:
    """Where a long string ends that begins at ``start``, -1 if nowhere."""
    cdef Py_ssize_t at = _triple(text, quote, start), escapes
    while at >= 0:
        escapes = at
        while escapes > start and text[escapes - 1] == c'\\':
            escapes -= 1
        if (at - escapes) % 2 == 0:
            return at + 3
        at = _triple(text, quote, at + 1)
    return -1


cdef Py_ssize_t _opening(const uint8_t[::1] text, Py_ssize_t at) except -2:
    """Where a quote of either kind stands three times from ``at`` on, -1 if nowhere."""
    cdef Py_ssize_t size = text.shape[0]
    cdef uint8_t quote
    while at + 2 < size:
        quote = text[at + 2]
        if quote != c'"' and quote != c"'":
            at += 3
        elif text[at + 1] != quote:
            at += 2
        elif text[at] != quote:
            at += 1
        else:
            return at
    return -1


cdef Py_ssize_t _triple(const uint8_t[::1] text, uint8_t quote, Py_ssize_t at) except -2:
    """Where a quote stands three times from ``at`` on, -1 if nowhere."""
    cdef Py_ssize_t size = text.shape[0]
    while at + 2 < size:
        if text[at + 2] != quote:
            at += 3
        elif text[at + 1] != quote:
            at += 2
        elif text[at] != quote:
            at += 1
        else:
            return at
    return -1


cdef int _formatted(const uint8_t[::1] text, Py_ssize_t start) except -1:
    """Whether the prefix of a string is one with fields in it."""
    if start > 0 and text[start - 1] in b"fFtT":
        return True
    return start > 1 and text[start - 1] in b"rR" and text[start - 2] in b"fFtT"


cdef int _balanced(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    """Whether as many fields are opened as are closed."""
    cdef Py_ssize_t fields = 0
    while start < end:
        if text[start] == c'{' or text[start] == c'}':
            if start + 1 < end and text[start + 1] == text[start]:
                start += 1
            else:
                fields += 1 if text[start] == c'{' else -1
        start += 1
    return fields == 0
