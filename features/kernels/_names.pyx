# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True
"""Counts over the letters of names."""

from libc.stdint cimport uint8_t

EDITION = 1

cdef enum:
    OTHER = 26
    LOOKALIKE = 1
    LETTER = 2
    DIGIT = 4
    CAPITAL = 8

cdef uint8_t[128] CODE
cdef uint8_t[128] KIND
for _code in range(128):
    _char = chr(_code)
    CODE[_code] = ord(_char.lower()) - 97 if _char.isalpha() else OTHER
    KIND[_code] = (
        LOOKALIKE * (_char in "O0oQIl1i_")
        | LETTER * _char.isalpha()
        | DIGIT * _char.isdigit()
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
        before = OTHER
        total = lookalikes = letters = 0
        high = False
        for char in name:
            if char < 128:
                code, kind = CODE[char], KIND[char]
            else:
                code, kind, high = OTHER, 0, True
            total += bits[before * 27 + code]
            before = code
            lookalikes += kind & LOOKALIKE
            letters += (kind & LETTER) != 0
            digits += (kind & DIGIT) != 0
            capitals += (kind & CAPITAL) != 0
        sums.append(total + bits[before * 27 + OTHER])
        foreign += high
        if len(name) >= 3 and (
            lookalikes == len(name)
            or (name[0] == "_" and (not letters or (name[1] == "0" and name[2] == "x")))
        ):
            odd.append(name)
    return sums, digits, capitals, foreign, odd
