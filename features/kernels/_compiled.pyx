# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=True, initializedcheck=False
"""All kernels in one module: what they share is compiled once."""

from array import array
from itertools import accumulate
import os

from libc.math cimport log2
from libc.stdint cimport int32_t, int64_t, uint16_t, uint32_t, uint64_t, uint8_t
from libc.string cimport memset

EDITION = 1

include "bare.pxi"
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
