# Counts over the letters of names.

cdef enum:
    NAMES_OTHER = 26
    LOOKALIKE = 1
    NAMES_LETTER = 2
    NAMES_DIGIT = 4
    CAPITAL = 8

cdef uint8_t[128] CODE
cdef uint8_t[128] NAMES_KIND
for _code in range(128):
    _char = chr(_code)
    CODE[_code] = ord(_char.lower()) - 97 if _char.isalpha() else NAMES_OTHER
    NAMES_KIND[_code] = (
        LOOKALIKE * (_char in "O0oQIl1i_")
        | NAMES_LETTER * _char.isalpha()
        | NAMES_DIGIT * _char.isdigit()
        | CAPITAL * _char.isupper()
    )


def name_counts(list names not None, bytes tenths not None) -> tuple:
    """Twin of :func:`darnel.features.name_counts.name_counts`."""
    cdef const uint8_t[::1] bits = tenths
    cdef Py_ssize_t digits = 0, capitals = 0, foreign = 0, lookalikes, letters, total
    cdef int before, code, kind
    cdef bint high
    cdef str name
    cdef Py_UCS4 char
    cdef list sums = [], odd = []
    for name in names:
        before = NAMES_OTHER
        total = lookalikes = letters = 0
        high = False
        for char in name:
            if char < 128:
                code, kind = CODE[char], NAMES_KIND[char]
            else:
                code, kind, high = NAMES_OTHER, 0, True
            total += bits[before * 27 + code]
            before = code
            lookalikes += kind & LOOKALIKE
            letters += (kind & NAMES_LETTER) != 0
            digits += (kind & NAMES_DIGIT) != 0
            capitals += (kind & CAPITAL) != 0
        sums.append(total + bits[before * 27 + NAMES_OTHER])
        foreign += high
        if len(name) >= 3 and (
            lookalikes == len(name)
            or (name[0] == "_" and (not letters or (name[1] == "0" and name[2] == "x")))
        ):
            odd.append(name)
    return sums, digits, capitals, foreign, odd
