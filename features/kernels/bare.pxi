# Comments and docstrings out of Python sources.

cdef enum:
    BARE_WINDOW = 400  # bytes before a docstring, and bytes behind ``lambda``

cdef uint8_t[256] BARE_WORD
"""1 for ASCII bytes of words."""
for _byte in range(256):
    BARE_WORD[_byte] = _byte == 95 or (_byte < 128 and chr(_byte).isalnum())

cdef uint8_t[1 << 14] BARE_AHEAD
"""If these two bytes, seven bits of each, end six with which a word may begin: bytes until they might be next."""
for _byte in range(1 << 14):
    BARE_AHEAD[_byte] = 5
for _bare_word in (b"lambda", b"__doc__"):
    for _byte in range(5):
        BARE_AHEAD[_bare_word[_byte] << 7 | _bare_word[_byte + 1]] = 4 - _byte

_CONTINUING = frozenset(b"in is and or not if else return yield await lambda for from del".split())
"""Words after which a statement goes on."""


cdef struct Comment:
    Py_ssize_t start
    Py_ssize_t end
    Py_ssize_t strings  # that end before


cdef inline Py_ssize_t _kept(
    const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end, uint8_t[::1] kept, Py_ssize_t size
) except -1:
    """Append what stands between two offsets; return how much is kept then."""
    cdef Py_ssize_t more = end - start
    if more <= 0:
        return size
    kept[size + more - 1] = text[end - 1]  # both ends are checked so
    memcpy(&kept[size], &text[start], more)
    return size + more


def stripped(bytes data not None, list strings not None, Py_ssize_t certain) -> bytes:
    """Twin of :func:`darnel.features.languages.python_bare.stripped`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t written = 0, start = 0, end = 0, string = 0, size = 0
    cdef bint returns = b"\r" in data
    cdef list docstrings = _docstrings(data, text, strings)
    cdef uint8_t[::1] kept
    cdef Comment comment
    certain = min(certain, len(data))
    comment = _comment(text, strings, 0, 0, certain, returns)
    if comment.start == certain and not docstrings:
        return data
    kept = bytearray(len(data))
    while comment.start < certain or string < len(docstrings):
        if string < len(docstrings):
            start, end = docstrings[string]
        if string < len(docstrings) and (comment.start == certain or start < comment.start):
            string += 1
            size = _kept(text, written, start, kept, size)
            for _ in range(_lines(text, start, end)):
                kept[size] = c'\n'
                size += 1
            written = end
        else:
            size = _kept(text, written, comment.start, kept, size)
            written = comment.end
            comment = _comment(text, strings, comment.strings, written, certain, returns)
    size = _kept(text, written, len(data), kept, size)
    return (<const char *>&kept[0])[:size]


cdef Py_ssize_t _lines(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    """Line ends between two offsets."""
    cdef Py_ssize_t at, count = 0
    for at in range(start, end):
        count += text[at] == c'\n'
    return count


cdef Comment _comment(
    const uint8_t[::1] text,
    list strings,
    Py_ssize_t before,
    Py_ssize_t at,
    Py_ssize_t certain,
    bint returns,
) except *:
    """The next comment of which it is certain that it is one; it starts at ``certain`` if there is none."""
    cdef Py_ssize_t back
    cdef Comment comment
    while True:
        at = _find(text, c'#', at, certain)
        comment.start = comment.end = certain if at < 0 else at
        comment.strings = before
        if at < 0:
            return comment
        if returns:
            while at < certain and text[at] != c'\n' and text[at] != c'\r':
                at += 1
        else:
            at = _find(text, c'\n', at, certain)
            at = certain if at < 0 else at
        comment.end = at
        back = comment.start - 1
        while back >= 0 and not (
            text[back] == c'\n'
            or text[back] == c'"'
            or text[back] == c"'"
            or text[back] == c'#'
            or text[back] == c'\\'
        ):
            back -= 1
        if back < 0 or text[back] == c'\n':
            while before < len(strings) and <Py_ssize_t> strings[before][1] <= comment.start:
                before += 1
            if before == len(strings) or comment.start < <Py_ssize_t> strings[before][0]:
                comment.strings = before
                return comment


cdef list _docstrings(bytes data, const uint8_t[::1] text, list strings):
    """Those of the long strings that no code uses."""
    cdef list found = []
    cdef Py_ssize_t last = 0, start, end, line, at
    if not strings or _asked(data, text):
        return found
    for start, end in strings:
        line = start
        while line > last and text[line - 1] != c'\n':
            line -= 1
        at = line
        while at < start and (text[at] == c' ' or text[at] == c'\t'):
            at += 1
        if (at == start or (at == start - 1 and text[at] in b"rRuU")) and _rest(text, end):
            if _documents(data, text, line, last):
                found.append((start, end))
        last = end
    return found


cdef int _asked(bytes data, const uint8_t[::1] text) except -1:
    """Whether docstrings are asked for, or the parameters of a lambda may go on on another line."""
    cdef Py_ssize_t at = 0, size = len(data), end
    cdef uint8_t ahead
    while at + 6 <= size:
        ahead = BARE_AHEAD[(text[at + 4] & 127) << 7 | (text[at + 5] & 127)]
        if ahead == 5:  # nearly always: what is expected need not be waited for
            at += 5
            continue
        if ahead:
            at += ahead
            continue
        if text[at + 2] == c'd' and data.startswith(b"__doc__", at):
            return True
        if text[at + 2] == c'm' and data.startswith(b"lambda", at):
            if (not at or not BARE_WORD[text[at - 1]]) and (at + 6 == size or not BARE_WORD[text[at + 6]]):
                end = at + 6
                while end < size and end < at + 6 + BARE_WINDOW and text[end] != c'\n' and text[end] != c':':
                    end += 1
                if end < size and text[end] == c'\n':
                    return True
        at += 1
    return False


cdef int _rest(const uint8_t[::1] text, Py_ssize_t at) except -1:
    """Whether nothing but a comment follows on the line."""
    cdef Py_ssize_t size = text.shape[0]
    while at < size and (text[at] == c' ' or text[at] == c'\t'):
        at += 1
    if at < size and text[at] == c'#':
        return True
    if at < size and text[at] == c'\r':
        at += 1
    return at >= size or text[at] == c'\n'


cdef int _documents(bytes data, const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t last) except -1:
    """Whether a string that begins the line at ``start`` begins a statement: no code uses it."""
    cdef Py_ssize_t floor = max(last, start - BARE_WINDOW), end = start, above
    while end > floor and (text[end - 1] == c' ' or 9 <= text[end - 1] <= 13):
        end -= 1
    above = end
    while above > floor and text[above - 1] != c'\n':
        above -= 1
    if end > floor and text[end - 1] == c':':
        return b"lambda" not in data[above:end]
    if above > floor and _ended(data, text, above, end):
        return True
    return not last and _bare_head(data, text, start)


cdef int _ended(bytes data, const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    """Whether a line is at the end of a statement: inside brackets, no string could follow it."""
    cdef Py_ssize_t at
    for at in range(start, end):
        if text[at] == c'"' or text[at] == c"'" or text[at] == c'#' or text[at] == c'\\':
            return False
    if start >= end:
        return False
    if text[end - 1] in b")]}":
        return True
    at = end
    while at > start and BARE_WORD[text[at - 1]]:
        at -= 1
    return at < end and data[at:end] not in _CONTINUING


cdef int _bare_head(bytes data, const uint8_t[::1] text, Py_ssize_t end) except -1:
    """Whether nothing but comments stands before an offset."""
    cdef Py_ssize_t at = 3 if data.startswith(b"\xef\xbb\xbf", 0, end) else 0
    while at < end:
        while at < end and (text[at] == c' ' or text[at] == c'\t'):
            at += 1
        if at < end and text[at] == c'#':
            at = _find(text, c'\n', at, end)
            if at < 0:
                return False
        elif at < end and text[at] == c'\r':
            at += 1
        if at >= end or text[at] != c'\n':
            return False
        at += 1
    return True
