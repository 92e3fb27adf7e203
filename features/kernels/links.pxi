# Statements that import something, in Python sources.
#
# Limits and marks are those of :mod:`darnel.features.languages.python_links`, as are unusual statements.

cdef enum:
    MAX_LINKS = 1_000
    MAX_HITS = 20_000
    MAX_INDENTED = 500
    MAX_NAMES = 200
    LINE = 400
    STATEMENT = 4_000
    BLOCK = 8_000
    WIDEST = 200

cdef uint8_t[256] LINKS_WORD
"""1 for ASCII bytes of words."""
cdef uint8_t[256] DOTTED
"""1 for bytes between ``from`` and ``import``: words, dots and blanks."""
cdef uint8_t[256] SPACE
"""1 for ASCII bytes between imported names, backslashes among them."""
cdef uint8_t[256] EDGE
"""1 for bytes that may stand around all imported names."""
for _byte in range(256):
    LINKS_WORD[_byte] = _byte == 95 or (_byte < 128 and chr(_byte).isalnum())
    DOTTED[_byte] = LINKS_WORD[_byte] or _byte in b". \t"
    SPACE[_byte] = _byte == 92 or (_byte < 128 and chr(_byte).isspace())
    EDGE[_byte] = _byte in b" \t\r\n(\\"

_LOADERS = (b"spec_from_file_location", b"SourceFileLoader", b"load_source", b"run_path")
cdef uint8_t[1 << 14] LINKS_AHEAD
"""If these two bytes, seven bits of each, end six with which a word may begin: bytes until they might be next."""
for _byte in range(1 << 14):
    LINKS_AHEAD[_byte] = 5
for _links_word in (b"import", *_LOADERS):
    for _byte in range(5):
        _pair = _links_word[_byte] << 7 | _links_word[_byte + 1]
        LINKS_AHEAD[_pair] = min(LINKS_AHEAD[_pair], 4 - _byte)


def imported(bytes data not None) -> tuple:
    """Twin of :func:`darnel.features.languages.python_links.imported`."""
    from darnel.features.languages.python_links import LAZY

    cdef const uint8_t[::1] text = data
    cdef dict found = {}
    cdef Py_ssize_t at = -1, after = 0, size = len(data), start, hits = 0, blocks = 0
    cdef str prefix
    cdef bint loads = False, full = False
    cdef uint8_t ahead
    cdef int when
    while after + 6 <= size:
        at = after
        ahead = LINKS_AHEAD[(text[at + 4] & 127) << 7 | (text[at + 5] & 127)]
        if ahead == 5:  # mostly: what is expected need not be waited for
            after += 5
            continue
        if ahead:
            after += ahead
            continue
        after += 1
        if not loads and text[at + 4] in b"_cp" and data.startswith(_LOADERS, at):
            loads = True
        if full or text[at + 4] != c'r' or not data.startswith(b"import", at):
            continue
        after += 5
        hits += 1
        start = at
        while start > 0 and start > at - LINE and text[start - 1] != c'\n':
            start -= 1
        modules = _modules(data, text, start, at)
        if modules:
            prefix = ""
            when = True
            if (text[start] == c' ' or text[start] == c'\t') and blocks < MAX_INDENTED:
                blocks += 1
                when = _when(data, text, start)
                if when == 2:
                    prefix = LAZY
            if when:
                for module in modules:
                    found[prefix + module] = None
        full = hits == MAX_HITS or len(found) >= MAX_LINKS
    return found, loads


cdef object _modules(bytes data, const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t at):
    """Modules of the statement whose word ``import`` stands at ``at`` of the line at ``start``."""
    cdef Py_ssize_t size = len(data), end = at + 6, head = at, blank, rest, index
    if end >= size or not (
        text[end] == c' ' or text[end] == c'\t' or text[end] == c'(' or text[end] == c'*' or text[end] == c'\\'
    ):
        return _unusual(data, start, at) if end < size and text[end] == c'_' else ()
    while head > start and DOTTED[text[head - 1]]:
        head -= 1
    if not data.startswith(b"from ", start, at) or (head > start and text[head - 1] == c';'):
        if head > start and text[head - 1] != c';' and text[head - 1] != c':':
            return ()
        while head < at and (text[head] == c' ' or text[head] == c'\t'):
            head += 1
        if head < at:
            blank = head + 4
            while blank < at and (text[blank] == c' ' or text[blank] == c'\t'):
                blank += 1
            # One blank at least, then 1 to 200 bytes to which blanks may count.
            if not data.startswith(b"from", head, at) or blank == head + 4 or at < head + 6 or at - blank > 200:
                return ()
    elif head > start:
        return _unusual(data, start, at)
    rest = end
    if head < at:
        while rest < size and rest < end + 40 and EDGE[text[rest]] and text[rest] != c'(':
            rest += 1
    if head < at and rest < size and rest < end + 40 and text[rest] == c'(':
        while rest < size and rest < end + STATEMENT and text[rest] != c')':
            rest += 1
    else:
        rest = _statement(text, end)
    for index in range(end, rest):
        if text[index] >= 128:
            return _unusual(data, start, at)
    return _named(data, text, head, at, rest)


cdef object _unusual(bytes data, Py_ssize_t start, Py_ssize_t at):
    from darnel.features.languages.python_links import _at

    return _at(data, start, at)


cdef Py_ssize_t _statement(const uint8_t[::1] text, Py_ssize_t at) except -1:
    """Where the statement ends in which an offset is."""
    cdef Py_ssize_t size = text.shape[0], step = 0
    while at < size and step < STATEMENT and text[at] != c'\n' and text[at] != c';' and text[at] != c'#':
        at += 1
        if text[at - 1] == c'\\':
            if at < size and text[at] == c'\r':
                at += 1
            if at < size and text[at] == c'\n':
                at += 1
        step += 1
    return at


cdef list _named(bytes data, const uint8_t[::1] text, Py_ssize_t head, Py_ssize_t at, Py_ssize_t end):
    """Modules of ``from … import …``, or of ``import …`` if nothing is between ``head`` and ``at``."""
    cdef list found = []
    cdef str module, inside = ""
    cdef Py_ssize_t name = at + 6, stop, count = 0
    if head < at:
        module = data[head + 4 : at].decode("ascii").replace(" ", "").replace("\t", "")
        inside = module if module.endswith(".") else module + "."
        if module.strip("."):
            found.append(module)
    end = _stripped(text, name, end)
    while name < end and (EDGE[text[name]] or text[name] == c'#'):
        name = _over(text, name, end)
    while name < end and count < MAX_NAMES:
        while name < end and (SPACE[text[name]] or text[name] == c'#'):
            name = _over(text, name, end)
        stop = name
        while stop < end and not (SPACE[text[stop]] or text[stop] == c'#' or text[stop] == c','):
            stop += 1
        if name < stop:
            count += 1
            if text[name] == c'*' and stop == name + 1:
                if head == at:
                    found.append("*")
            elif _dotted(text, name, stop):
                found.append(inside + data[name:stop].decode("ascii"))
        while stop < end and text[stop] != c',':
            stop = _over(text, stop, end)
        name = stop + 1
    return found


cdef Py_ssize_t _stripped(const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except -1:
    """Where names end, blanks and brackets behind them left aside."""
    cdef Py_ssize_t last = at
    while at < end:
        if text[at] == c'#':
            at = _over(text, at, end)
            continue
        at += 1
        if not EDGE[text[at - 1]]:
            last = at
    return last


cdef inline Py_ssize_t _over(const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except -1:
    """The offset behind a byte, or at the end of the line if that begins a comment."""
    if text[at] != c'#':
        return at + 1
    while at < end and text[at] != c'\n':
        at += 1
    return at


cdef int _dotted(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    """Whether a text is a name, dots aside."""
    cdef Py_ssize_t at
    if c'0' <= text[start] <= c'9':
        return False
    for at in range(start, end):
        if not LINKS_WORD[text[at]] and text[at] != c'.':
            return False
    return True


cdef int _when(bytes data, const uint8_t[::1] text, Py_ssize_t start) except -1:
    """Of an indented statement: 2 inside a function, 1 elsewhere, 0 where only type checkers go."""
    cdef Py_ssize_t indent = _indent(text, start, start + WIDEST), floor = max(0, start - BLOCK), end = start - 1
    cdef Py_ssize_t begin, at, last
    while end > floor:
        begin = end
        while begin > floor and text[begin - 1] != c'\n':
            begin -= 1
        at = begin + _indent(text, begin, min(end, begin + indent))
        last = end
        while last > at and (text[last - 1] == c' ' or 9 <= text[last - 1] <= 13):
            last -= 1
        if at - begin < indent and at < last and text[at] not in b"#)]}":
            if data.startswith(b"if ", at, last) and b"TYPE_CHECKING" in data[at:last]:
                return 0
            if _function(data, text, at, last):
                return 2
            if at == begin:
                return 1
            indent = at - begin
        end = begin - 1
    return 2 if floor else 1


cdef int _function(bytes data, const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except -1:
    """Whether the header of a function begins at an offset."""
    cdef Py_ssize_t blank
    if data.startswith(b"async", at, end):
        blank = at + 5
        at = blank
        while at < end and (text[at] == c' ' or text[at] == c'\t'):
            at += 1
        if at == blank:
            return False
    return data.startswith(b"def", at, end) and (at + 3 == end or not LINKS_WORD[text[at + 3]])


cdef Py_ssize_t _indent(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end) except -1:
    cdef Py_ssize_t at = start
    end = min(end, text.shape[0])
    while at < end and (text[at] == c' ' or text[at] == c'\t'):
        at += 1
    return at - start
