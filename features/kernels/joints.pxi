# Literals side by side, and signs between literals.

cdef enum:
    JOINTS_BLANK = 1  # and opening brackets
    JOINTS_BACKSLASH = 2
    JOINTS_QUOTE = 4
    JOINTS_TURN = 8  # rare letters of what turns a text around
    JOINTS_SIGN = 16  # of joints
    JOINTS_MARK = 32  # what stands behind a string that is put together with others, or changed

cdef uint8_t[256] JOINTS
for _byte in range(256):
    JOINTS[_byte] = JOINTS_BLANK if _byte in b" \t\r\n(" else JOINTS_QUOTE if _byte in b"\"'" else 0
    JOINTS[_byte] |= JOINTS_TURN if _byte in b"-v" else JOINTS_BACKSLASH if _byte == 92 else 0
    JOINTS[_byte] |= (_byte in b"/+") * JOINTS_SIGN | (_byte in b"+%.[") * JOINTS_MARK


cdef inline Py_ssize_t _joints_next(const uint8_t[::1] text, Py_ssize_t at, uint8_t unseen) except -1:
    """Where the next byte stands that is seen."""
    while at < text.shape[0] and JOINTS[text[at]] & unseen:
        at += 1
    return at


cdef Py_ssize_t _joints_word(const uint8_t[::1] text, Py_ssize_t at, bytes word, uint8_t unseen) except -2:
    """Where the next byte after a word stands that is seen, -1 if something else than the word stands there."""
    cdef const uint8_t[::1] letters = word
    cdef Py_ssize_t i
    for i in range(letters.shape[0]):
        if at >= text.shape[0] or text[at] != letters[i]:
            return -1
        at = _joints_next(text, at + 1, unseen)
    return at


cdef inline Py_ssize_t _joints_last(const uint8_t[::1] text, Py_ssize_t at) except -2:
    """Where the last byte before an offset stands that is no blank, -1 if there is none."""
    at -= 1
    while at >= 0 and JOINTS[text[at]] == JOINTS_BLANK:
        at -= 1
    return at


cdef bint _joints_turns(const uint8_t[::1] text, Py_ssize_t at) except -1:
    """Whether a minus is that of ``[::-``, or a letter that of ``reversed``."""
    cdef Py_ssize_t last = _joints_last(text, at)
    cdef bint minus = text[at] == c"-"
    if last < 0 or text[last] != (c":" if minus else c"e"):
        return False
    last = _joints_last(text, last)
    if last < 0 or text[last] != (c":" if minus else c"r"):
        return False
    if not minus:
        return _joints_word(text, at, b"versed", JOINTS_BLANK) >= 0
    last = _joints_last(text, last)
    return last >= 0 and text[last] == c"["


cdef Py_ssize_t _joint(const uint8_t[::1] text, Py_ssize_t at) except -2:
    """Where the other quote of a joint stands whose first is at ``at``, -1 if it has none."""
    cdef uint8_t first = 0
    at = _joints_next(text, at + 1, JOINTS_BLANK)
    if at < text.shape[0] and JOINTS[text[at]] & JOINTS_SIGN:
        first = text[at]
        at = _joints_next(text, at + 1, JOINTS_BLANK)
        if at < text.shape[0] and JOINTS[text[at]] & JOINTS_SIGN and text[at] != first:
            at = _joints_next(text, at + 1, JOINTS_BLANK)
    return at if at < text.shape[0] and JOINTS[text[at]] == JOINTS_QUOTE else -1


def beside_joints(bytes data not None, Py_ssize_t near) -> tuple:
    """Twin of :func:`darnel.features.squeezed.beside_joints`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t word, i, size = len(data), end, done = 0, written = 0
    cdef bint joined = False, turned = False
    cdef const uint64_t[::1] words = memoryview(data)[: size & ~7].cast("Q")
    # What is written is never more than was read; a blank is written before it is left out.
    made = bytearray(size + 1)
    cdef uint8_t[::1] out = made
    for word in range(size // 8 + 1):
        if word < size // 8 and not _joints_stands(words[word]):
            continue
        for i in range(8 * word, min(8 * word + 8, size - 1)):
            if JOINTS[text[i]] == JOINTS_TURN:
                turned = turned or _joints_turns(text, i)
            elif JOINTS[text[i]] != JOINTS_QUOTE or i < done:
                continue
            elif JOINTS[text[i + 1]] & (JOINTS_BLANK | JOINTS_QUOTE | JOINTS_SIGN):
                end = _joint(text, i)
                if end >= 0:
                    joined = True
                    written = _beside(text, done, i, near, out, written)
                    done = end + 1
    if size:
        turned = turned or (text[size - 1] == c"-" and _joints_turns(text, size - 1))
    if not joined:
        return b"", turned
    written = _beside(text, done, size, near, out, written)
    return bytes(memoryview(made)[:written]), turned


cdef inline bint _joints_stands(uint64_t eight):
    """Whether any of eight bytes is a quote, or one that may turn a text around."""
    return (
        _text_holds(eight, QUOTE)
        or _text_holds(eight, APOSTROPHE)
        or _text_holds(eight, c"-")
        or _text_holds(eight, c"v")
    )


cdef Py_ssize_t _beside(
    const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end, Py_ssize_t near, uint8_t[::1] out, Py_ssize_t at
) except -1:
    """Write what stands between two joints, or its beginning and end; return where that ends."""
    cdef Py_ssize_t i = start, first = at, last
    cdef uint8_t kind
    while i < end and at - first <= 2 * near:
        kind = JOINTS[text[i]]
        out[at] = QUOTE if kind == JOINTS_QUOTE else text[i]
        at += kind != JOINTS_BLANK
        i += 1
    if at - first <= 2 * near:
        return at
    at = first + near
    out[at] = c"\n"
    last = at + near + 1
    i = end
    at = last
    while at > last - near:
        i -= 1
        kind = JOINTS[text[i]]
        if kind != JOINTS_BLANK:
            at -= 1
            out[at] = QUOTE if kind == JOINTS_QUOTE else text[i]
    return last


def put_together(bytes data not None) -> int:
    """Twin of :func:`darnel.features.languages.python_shapes.put_together`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t word, i, at, size = len(data)
    cdef uint8_t unseen = JOINTS_BLANK | JOINTS_BACKSLASH
    cdef bint signs = False
    cdef const uint64_t[::1] words = memoryview(data)[: size & ~7].cast("Q")
    for word in range(size // 8 + 1):
        if word < size // 8 and not _text_holds(words[word], QUOTE) and not _text_holds(words[word], APOSTROPHE):
            continue
        for i in range(8 * word, min(8 * word + 8, size - 1)):
            if JOINTS[text[i]] != JOINTS_QUOTE or not JOINTS[text[i + 1]] & (unseen | JOINTS_MARK):
                continue
            at = _joints_next(text, i + 1, unseen)
            if at == size:
                break
            if text[at] == c"[":
                if _joints_word(text, at, b"[::", unseen) >= 0:
                    return 2
            elif text[at] == c".":
                if _joints_word(text, at, b".replace", unseen) >= 0:
                    return 2
                at = _joints_word(text, at, b".format", unseen)
                signs = signs or (0 <= at < size and JOINTS[text[at]] == JOINTS_QUOTE)
            elif text[at] == c"+" or text[at] == c"%":
                at = _joints_next(text, at + 1, unseen)
                signs = signs or (at < size and JOINTS[text[at]] == JOINTS_QUOTE)
    return 1 if signs else 0
