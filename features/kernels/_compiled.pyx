# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True, initializedcheck=False
"""All kernels in one module: what they share is compiled once."""

from array import array
from itertools import accumulate
import os

from libc.math cimport log2
from libc.stdint cimport int8_t, int32_t, int64_t, uint16_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memchr, memcpy, memset

EDITION = 2


cdef inline Py_ssize_t _find(const uint8_t[::1] text, uint8_t byte, Py_ssize_t at, Py_ssize_t end) except -2:
    """Where a byte stands between two offsets, -1 if nowhere."""
    cdef const uint8_t *first
    cdef const uint8_t *found
    if at >= end:
        return -1
    first = &text[at]
    found = <const uint8_t *>memchr(first, byte, &text[end - 1] - first + 1)
    return -1 if found is NULL else at + (found - first)


include "bare.pxi"
include "binary.pxi"
include "cuts.pxi"
include "handed.pxi"
include "hidden.pxi"
include "joints.pxi"
include "links.pxi"
include "literals.pxi"
include "names.pxi"
include "needles.pxi"
include "normal.pxi"
include "runs.pxi"
include "spelling.pxi"
include "strings.pxi"
include "text.pxi"
include "words.pxi"
