# Counts over the bytes of a text.

cdef enum:
    TEXT_WINDOW = 1024
    TEXT_SHORT = 1024  # lines below this length are counted in a table
    KINDS = 16
    TEXT_MOST = 2000
    TEXT_ENCODED = 6
    PADDING = 80

cdef int64_t[TEXT_WINDOW + 1] WEIGHTS
WEIGHTS[0] = 0
for _count in range(1, TEXT_WINDOW + 1):
    WEIGHTS[_count] = round(_count * log2(<double>_count) * (1 << 48))


cdef bint _text_holds(uint64_t eight, uint64_t byte):
    """Whether one of eight bytes is the given one."""
    cdef uint64_t rest = eight ^ (byte * 0x0101010101010101U)
    return (rest - 0x0101010101010101U) & ~rest & 0x8080808080808080U != 0


cdef inline uint64_t _text_marks(uint64_t eight, uint64_t byte) noexcept:
    """The highest bit of each of eight bytes that is the given one."""
    cdef uint64_t rest = eight ^ (byte * 0x0101010101010101U), low = 0x7F7F7F7F7F7F7F7FU
    return ~(((rest & low) + low) | rest | low)


cdef inline Py_ssize_t _text_first(uint64_t marks) noexcept:
    """Which of eight bytes is the first whose highest bit is set."""
    cdef uint64_t below = (marks & (~marks + 1)) - 1
    return <Py_ssize_t>(((below & 0x0101010101010101U) * 0x0101010101010101U) >> 56) - 1


def line_lengths(bytes data not None) -> tuple:
    """Twin of :func:`darnel.features.text_counts.line_lengths`."""
    cdef const uint8_t[::1] text = data
    cdef Py_ssize_t size = len(data), word, at, start = 0, length, lines = 1, full = 0, covered = 0, longest = 0
    cdef Py_ssize_t[TEXT_SHORT] table
    cdef list long_ones = []
    cdef const uint64_t[::1] words = memoryview(data)[: size & ~7].cast("Q")
    cdef uint64_t marks, one = 128
    memset(table, 0, sizeof(table))
    for word in range(size // 8 + 1):
        if word < size // 8:
            marks = _text_marks(words[word], 10)
        else:
            marks = one << 8 * (size & 7)  # the end of the text ends a line
            for at in range(8 * word, size):
                if text[at] == 10:
                    marks |= one << 8 * (at & 7)
        while marks:
            at = 8 * word + _text_first(marks)
            marks &= marks - 1
            lines += at < size
            length = at - start
            start = at + 1
            if not length:
                continue
            full += 1
            if length > longest:
                longest = length
            if length > 1000:
                covered += length
            if length < TEXT_SHORT:
                table[length] += 1
            else:
                long_ones.append(length)
    long_ones.sort()
    cdef Py_ssize_t few = full - len(long_ones), sofar = 0, value = 0, rank
    cdef list found = []
    for rank in (full // 2, full * 95 // 100, full * 99 // 100):
        if rank >= few:
            found.append(long_ones[rank - few] if full else 0)
            continue
        while sofar + table[value] <= rank:
            sofar += table[value]
            value += 1
        found.append(value)
    return lines, full, longest, covered, found[0], found[1], found[2]


def census(bytes part not None, bytes kinds not None) -> tuple:
    """Twin of :func:`darnel.features.text_counts.census`."""
    cdef const uint8_t[::1] text = part
    cdef const uint8_t[::1] kind_of = kinds
    cdef Py_ssize_t size = len(part), start = 0, end, word, last, at, byte, width
    cdef const uint64_t[::1] words = memoryview(part)[: size & ~7].cast("Q")
    # Four tables, as the same byte often comes several times in a row: what was just written is slow to read.
    cdef uint16_t[256] first
    cdef uint16_t[256] second
    cdef uint16_t[256] third
    cdef uint16_t[256] fourth
    cdef int64_t[256] total
    cdef int64_t[KINDS] by_kind
    cdef uint64_t bits, seen
    cdef int64_t weight, count
    cdef double share, entropy = 0.0
    cdef list weights = []
    memset(total, 0, sizeof(total))
    memset(by_kind, 0, sizeof(by_kind))
    while start < size:
        end = min(start + TEXT_WINDOW, size)
        memset(first, 0, sizeof(first))
        memset(second, 0, sizeof(second))
        memset(third, 0, sizeof(third))
        memset(fourth, 0, sizeof(fourth))
        last = end // 8
        seen = 0
        for word in range(start // 8, last):
            bits = words[word]
            seen |= bits
            first[bits & 255] += 1
            second[(bits >> 8) & 255] += 1
            third[(bits >> 16) & 255] += 1
            fourth[(bits >> 24) & 255] += 1
            first[(bits >> 32) & 255] += 1
            second[(bits >> 40) & 255] += 1
            third[(bits >> 48) & 255] += 1
            fourth[bits >> 56] += 1
        for at in range(last * 8, end):
            seen |= text[at]
            first[text[at]] += 1
        width = 256 if seen & 0x8080808080808080U else 128
        for byte in range(width):
            first[byte] += second[byte] + third[byte] + fourth[byte]
        weight = 0
        for byte in range(width):
            count = first[byte]
            total[byte] += count
            weight += WEIGHTS[count]
        weights.append(weight)
        start = end
    for byte in range(256):
        if total[byte]:
            by_kind[kind_of[byte] & (KINDS - 1)] += total[byte]
            share = <double>total[byte] / size
            entropy -= share * log2(share)
    return [by_kind[at] for at in range(KINDS)], entropy, weights


cdef bint _varied(const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t end):
    """Whether there are at least 12 different bytes."""
    cdef uint8_t[256] seen
    cdef int different = 0
    cdef Py_ssize_t at
    memset(seen, 0, sizeof(seen))
    for at in range(start, end):
        if not seen[text[at]]:
            seen[text[at]] = 1
            different += 1
            if different == 12:
                return True
    return False


cdef bint _comma(const uint8_t[::1] text, Py_ssize_t start):
    """Whether there is a comma in 24 bytes."""
    cdef Py_ssize_t at
    for at in range(start, start + 24):
        if text[at] == 44:
            return True
    return False


cdef inline uint8_t _text_classes(const uint8_t *classes, uint64_t eight) noexcept:
    """Classes that all of eight bytes are of."""
    cdef uint8_t bits = classes[eight & 255] & classes[(eight >> 8) & 255] & classes[(eight >> 16) & 255]
    bits &= classes[(eight >> 24) & 255] & classes[(eight >> 32) & 255] & classes[(eight >> 40) & 255]
    return bits & classes[(eight >> 48) & 255] & classes[eight >> 56]


def encoded_runs(bytes part not None, bytes table not None) -> tuple:
    """Twin of :func:`darnel.features.text_counts.encoded_runs`."""
    cdef const uint8_t[::1] text = part
    cdef const uint8_t[::1] given = table
    cdef Py_ssize_t size = len(part) // 8, word = 0, letters = 0, digits = 0, numbers = 0, length
    cdef const uint64_t[::1] words = memoryview(part)[: size * 8].cast("Q")
    cdef Py_ssize_t letter_looks = 0, number_looks = 0
    cdef Py_ssize_t longest = 0, runs = 0, covered = 0, hex_longest = 0, hex_runs = 0, number_covered = 0
    cdef Py_ssize_t spaces = 0
    cdef bint encoded = False, padded = False
    cdef uint8_t[256] classes
    cdef uint8_t bits = 0
    for word in range(256):
        classes[word] = given[word]
    word = 0
    while word <= size:
        # Shorter runs than three words do not count, so that between runs every third word is enough.
        if not bits and word + 2 < size and not _text_classes(classes, words[word + 2]):
            spaces = 0
            word += 3
            continue
        bits = 0
        if word < size:
            bits = _text_classes(classes, words[word])
            # As many spaces as count have so many aligned words among them.
            spaces = spaces + 1 if words[word] == 0x2020202020202020U else 0
            padded |= spaces == PADDING // 8 - 1
        if bits & 1:
            letters += 1
        elif letters:
            encoded |= letters >= TEXT_ENCODED
            if letters >= 4 and letter_looks < TEXT_MOST:
                letter_looks += 1
                length = 8 * letters
                if _varied(text, 8 * word - length, 8 * word - length + min(length, 400)):
                    longest = max(longest, length)
                    runs += length >= 88
                    covered += length
            letters = 0
        if bits & 2:
            digits += 1
        elif digits:
            if digits >= 3:
                hex_longest = max(hex_longest, 8 * digits)
            hex_runs += digits >= 11
            digits = 0
        if bits & 4:
            numbers += 1
        elif numbers:
            if numbers >= 11 and number_looks < TEXT_MOST:
                number_looks += 1
                number_covered += 8 * numbers if _comma(text, 8 * (word - numbers)) else 0
            numbers = 0
        word += 1
    padded = padded and b" " * PADDING in part
    return encoded, longest, runs, covered, hex_longest, hex_runs, number_covered, padded


def followers(bytes part not None, bytes mark not None, bytes wanted not None) -> list:
    """Twin of :func:`darnel.features.text_counts.followers`."""
    cdef const uint8_t[::1] text = part
    cdef const uint8_t[::1] counted = wanted
    cdef const uint64_t[::1] words = memoryview(part)[: len(part) & ~7].cast("Q")
    cdef Py_ssize_t size = len(part), word, at
    cdef uint8_t byte = mark[0]
    cdef Py_ssize_t[256] counts
    memset(counts, 0, sizeof(counts))
    for word in range(size // 8 + 1):
        if word < size // 8 and not _text_holds(words[word], byte):
            continue
        for at in range(8 * word, min(8 * word + 8, size - 1)):
            if text[at] == byte:
                counts[text[at + 1]] += 1
    return [counts[counted[at]] for at in range(len(wanted))]


cdef inline bint _text_remark(const uint8_t[::1] text, Py_ssize_t at, Py_ssize_t end) except -1:
    """Whether a line looks like a comment."""
    cdef int byte, follower
    while at < end and (text[at] == 32 or text[at] == 9 or text[at] == 11 or text[at] == 12):
        at += 1
    if at == end:
        return False
    byte = text[at]
    follower = text[at + 1] if at + 1 < end else 10
    if byte == b"*":
        return follower == b" " or follower == b"/" or follower == 10
    return byte == b"#" or (byte == b"/" and (follower == b"/" or follower == b"*")) or (byte == b"-" and follower == b"-")


def comment_lines(bytes head not None) -> tuple:
    """Twin of :func:`darnel.features.text_counts.comment_lines`."""
    cdef const uint8_t[::1] text = head
    cdef Py_ssize_t size = len(head), word, at, start = 0, lines = 0, comments = 0
    cdef const uint64_t[::1] words = memoryview(head)[: size & ~7].cast("Q")
    cdef uint64_t marks, one = 128
    for word in range(size // 8 + 1):
        if word < size // 8:
            marks = _text_marks(words[word], 10) | _text_marks(words[word], 13)
        else:
            marks = one << 8 * (size & 7)
            for at in range(8 * word, size):
                if text[at] == 10 or text[at] == 13:
                    marks |= one << 8 * (at & 7)
        while marks:
            at = 8 * word + _text_first(marks)
            marks &= marks - 1
            if at == start and (at == size or (at > 0 and text[at] == 10 and text[at - 1] == 13)):
                start = at + 1  # no line but the end of the text, or of a line that has ended
                continue
            lines += 1
            comments += _text_remark(text, start, at)
            start = at + 1
    return comments, lines
