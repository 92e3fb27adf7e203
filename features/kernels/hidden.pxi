# Searches for characters that hide.

cdef enum:
    ZERO = 1
    BIDI = 2
    SELECTOR = 3
    TAG = 4
    PRIVATE = 5
    SPECIAL = 7  # bits of the five above
    ALIKE = 8
    STYLED = 16
    HIDDEN_BLANK = 32
    OUTSIDE = 64
    JOINING = 128

cdef uint8_t[0x10000] PLANE
"""Classes of a character of the basic plane."""


cdef void _mark(int first, int last, uint8_t bits):
    cdef int code
    for code in range(max(first, 0), min(last, 0xFFFF) + 1):
        PLANE[code] |= bits


for _first, _last, _bits in (
    *((code, code, ZERO) for code in (0xAD, 0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFEFF, 0xFFA0)),
    (0x180B, 0x180E, ZERO),
    (0x200B, 0x200D, ZERO),
    (0x2060, 0x2065, ZERO),
    (0x206A, 0x206F, ZERO),
    (0xFFF9, 0xFFFB, ZERO),
    (0x202A, 0x202E, BIDI),
    (0x2066, 0x2069, BIDI),
    (0x200E, 0x200F, BIDI),
    (0x61C, 0x61C, BIDI),
    (0xFE00, 0xFE0F, SELECTOR),
    (0xE000, 0xF8FF, PRIVATE),
    (0xFF21, 0xFF3A, STYLED),
    (0xFF41, 0xFF5A, STYLED),
    (0x24B6, 0x24E9, STYLED),
    (0x2100, 0x214F, STYLED),
    *((code, code, HIDDEN_BLANK) for code in (0xA0, 0x1680, 0x202F, 0x205F, 0x3000, 0x2800)),
    (0x2000, 0x200A, HIDDEN_BLANK),
    (0x370, 0x1DFF, OUTSIDE),
    (0x2C00, 0xD7FF, OUTSIDE),
    (0xF900, 0xFDFF, OUTSIDE),
    (0xFF66, 0xFFDC, OUTSIDE),
    (0x590, 0x109F, JOINING),
    (0x1780, 0x18AF, JOINING),
    (0xA8E0, 0xA8FF, JOINING),
    (0xABC0, 0xABFF, JOINING),
    (0xFB50, 0xFDFF, JOINING),
):
    _mark(_first, _last, _bits)
for _char in (
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u051b\u051d\u0410\u0412\u0415\u041a"
    "\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0405\u03bf\u0391\u0392\u0395\u0396\u0397\u0399\u039a"
    "\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u0261\u0251\u0585\u057d\u0578\u0582\u0570\u0196"
):
    _mark(ord(_char), ord(_char), ALIKE)


cdef int _classes(Py_UCS4 char):
    if char < 0x10000:
        return PLANE[char]
    if 0x1D400 <= char <= 0x1D7FF:
        return STYLED
    if 0xE0100 <= char <= 0xE01EF:
        return SELECTOR
    if 0xE0000 <= char <= 0xE007F:
        return TAG
    return PRIVATE if 0xF0000 <= char <= 0xFFFFD or 0x100000 <= char <= 0x10FFFD else 0


cdef bint _latin(Py_UCS4 char):
    return "a" <= char <= "z" or "A" <= char <= "Z"


def hidden_classes(str high not None) -> tuple:
    """Twin of :func:`darnel.features.hidden_classes.hidden_classes`."""
    cdef Py_UCS4 char
    cdef int classes, seen = 0
    cdef Py_ssize_t styled = 0, blank = 0, outside = 0
    cdef bint styles = False, blanks = False, special = False
    for char in high:
        classes = _classes(char)
        seen |= classes & ALIKE
        special |= (classes & SPECIAL) != 0
        outside += (classes & OUTSIDE) != 0
        styled = styled + 1 if classes & STYLED else 0
        blank = blank + 1 if classes & HIDDEN_BLANK else 0
        styles |= styled == 3
        blanks |= blank == 4
    return bool(special), bool(seen), bool(styles), bool(blanks), outside


def special_runs(str text not None, Py_ssize_t most) -> list:
    """Twin of :func:`darnel.features.hidden_classes.special_runs`."""
    cdef Py_ssize_t size = len(text), at = 0, start, seen = 0
    cdef Py_UCS4 before, after
    cdef int kind
    cdef list found = []
    if size and text[0] == 0xFEFF:
        at = 1
    while at < size and seen < most:
        kind = _classes(text[at]) & SPECIAL
        if not kind:
            at += 1
            continue
        seen += 1
        start = at
        while at < size and _classes(text[at]) & SPECIAL == kind:
            at += 1
        before = text[start - 1] if start else 0
        after = text[at] if at < size else 0
        if kind == ZERO and at - start <= 2:
            if (before > 0x2000 and after > 0x2000) or (_classes(before) | _classes(after)) & JOINING:
                continue
        elif kind == SELECTOR and at - start == 1:
            if not start or before >= 0x2000 or before in "#*0123456789\u00a9\u00ae":
                continue
        found.append((kind - 1, start, at))
    return found


def mixed_pairs(str text not None) -> list:
    """Twin of :func:`darnel.features.hidden_classes.mixed_pairs`."""
    cdef Py_ssize_t size = len(text), at = 0
    cdef Py_UCS4 left, right
    cdef list found = []
    while at + 1 < size:
        at += 1
        right = text[at]
        # Most characters are of neither script.
        if right < 0x80 and text[at - 1] < 0x80:
            continue
        left = text[at - 1]
        if (_latin(left) and _classes(right) & ALIKE) or (_latin(right) and _classes(left) & ALIKE):
            found.append(at - 1)
            at += 1
    return found
