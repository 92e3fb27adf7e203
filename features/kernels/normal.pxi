# Sources without what editors and archives change in them.

cdef bint _normal_holds(uint64_t eight, uint64_t byte):
    """Whether one of eight bytes is the given one."""
    cdef uint64_t rest = eight ^ (byte * 0x0101010101010101U)
    return (rest - 0x0101010101010101U) & ~rest & 0x8080808080808080U != 0


def normalised(bytes data not None) -> bytes:
    """Twin of :func:`darnel.features.known.hashing.normalised`."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t size = len(data), start = 0, word, end, last, at, written = 0
    cdef const uint64_t[::1] words = memoryview(data)[: size & ~7].cast("Q")
    cdef bint odd = False
    for word in range(size // 8 + 1):
        if word < size // 8 and not _normal_holds(words[word], 10) and not _normal_holds(words[word], 13):
            continue
        for at in range(8 * word, min(8 * word + 8, size)):
            if text[at] == b"\n":
                odd |= at > 0 and (text[at - 1] == b" " or text[at - 1] == b"\t")
            elif text[at] == b"\r":
                odd = True
        if odd:
            break
    if not odd:
        return data.strip()
    changed = bytearray(size + 1)
    cdef uint8_t[::1] out = changed
    while start < size:
        end = start
        while end < size and text[end] != b"\n" and text[end] != b"\r":
            end += 1
        last = end
        while last > start and (text[last - 1] == b" " or text[last - 1] == b"\t"):
            last -= 1
        for at in range(start, last):
            out[written] = text[at]
            written += 1
        out[written] = b"\n"
        written += 1
        if end + 1 < size and text[end] == b"\r" and text[end + 1] == b"\n":
            end += 1
        start = end + 1
    return bytes(memoryview(changed)[:written]).strip()
