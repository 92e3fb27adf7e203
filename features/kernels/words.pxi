# Words of a text: sequences of letters, digits, underscores and bytes beyond ASCII.

cdef uint8_t[256] WORDS_WORD
"""1 for bytes of words."""
for _byte in range(256):
    WORDS_WORD[_byte] = _byte >= 128 or _byte == 95 or chr(_byte).isalnum()

cdef uint64_t MULTIPLIER = int.from_bytes(os.urandom(8), "little") | 1
"""So that nobody can know which words have the same hash."""
cdef enum:
    PROBES = 32
    WORDS_SHORT = 8  # bytes of a word that is its own key
    WORDS_LONG = 1  # last byte of the key of another one: no byte of words
    WORDS_AT_ONCE = 32  # looked up: memory that is far away answers for several as fast as for one
    FIRST = 0  # of what is kept of each word: where it stands first,
    LENGTH = 1
    LAST = 2  # one more than the number of the last of its places
    TIMES = 3
    FIELDS = 4


cdef inline uint64_t _key(const uint8_t[::1] word, Py_ssize_t size) except? 0:
    """Bytes of a short word, a hash of another."""
    cdef uint64_t key = 0
    cdef Py_ssize_t i
    for i in range(min(size, WORDS_SHORT)):
        key = key << 8 | word[i]
    for i in range(WORDS_SHORT, size):
        key = (key ^ word[i]) * MULTIPLIER
    return key if size <= WORDS_SHORT else _long_key(key)


cdef inline uint64_t _long_key(uint64_t hashed) noexcept:
    return hashed >> 8 << 8 | WORDS_LONG


cdef inline Py_ssize_t _slot_of(uint64_t key, int shift) noexcept:
    return <Py_ssize_t>((key * MULTIPLIER) >> shift)


cdef class Plain:
    """Twin of :class:`darnel.features.languages.python_words.Plain`.

    A table of words with open addressing. A word that finds no slot near its own is not remembered.
    """

    cdef uint64_t[::1] keys
    """Of each word; 0 if empty."""
    cdef uint32_t[::1] places
    """Where the letters of each long word begin."""
    cdef uint8_t[::1] letters
    """Of long words, after their length."""
    cdef Py_ssize_t most, longest, count, used
    cdef int shift

    def __init__(self, Py_ssize_t most, Py_ssize_t longest) -> None:
        if not 0 < most <= 1 << 17 or not 0 < longest < 256:
            raise ValueError("no room for so many or so long words")
        self.most, self.longest = most, longest
        self.shift = 64 - 6
        while 1 << (64 - self.shift) < 2 * most:
            self.shift -= 1
        self.keys = memoryview(bytearray(8 << (64 - self.shift))).cast("Q")
        self.places = memoryview(bytearray(4 << (64 - self.shift))).cast("I")
        self.letters = bytearray(most * (longest + 1))

    def __len__(self) -> int:
        return self.count

    cdef Py_ssize_t find(self, const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t size, uint64_t key) except -4:
        """-1 if a word is there, -2 if there is no slot for it, else the slot where it would go."""
        cdef Py_ssize_t slot = _slot_of(key, self.shift), at
        cdef int probe
        for probe in range(PROBES):
            if not self.keys[slot]:
                return slot
            if self.keys[slot] == key:
                if size <= WORDS_SHORT:
                    return -1
                at = self.places[slot]
                if self.letters[at] == size and _alike(self.letters, at + 1, text, start, size):
                    return -1
            slot = (slot + 1) & (self.keys.shape[0] - 1)
        return -2

    def add(self, words) -> None:
        """Remember words; where there is no room for another one, all before it are forgotten."""
        cdef const uint8_t[::1] text
        cdef Py_ssize_t i, size, slot
        cdef uint64_t key
        cdef bytes word
        for word in words:
            size = len(word)
            if not size or size > self.longest:
                continue
            text = word
            key = _key(text, size)
            slot = self.find(text, 0, size, key)
            if slot < 0:
                continue
            if self.count == self.most:
                self.keys[:] = 0
                self.count = self.used = 0
                slot = _slot_of(key, self.shift)
            self.keys[slot] = key
            self.count += 1
            if size > WORDS_SHORT:
                self.places[slot] = <uint32_t>self.used
                self.letters[self.used] = <uint8_t>size
                for i in range(size):
                    self.letters[self.used + 1 + i] = text[i]
                self.used += size + 1


cdef class Index:
    """Twin of :class:`darnel.features.languages.python_words.Index`.

    A table of the distinct words with open addressing. The places of each word are chained, from the last to the first.
    """

    cdef const uint8_t[::1] text
    cdef int32_t[::1] slots
    """One more than the number of a word; 0 if empty."""
    cdef uint64_t[::1] keys
    """Of each word."""
    cdef int32_t[::1] words
    """``FIELDS`` of each word."""
    cdef int32_t[::1] chain
    """Of each place: its offset, and one more than the number of the same word's place before it, 0 if there is none."""
    cdef Py_ssize_t count
    cdef int shift

    def __init__(self, bytes data not None) -> None:
        cdef Py_ssize_t size = len(data), room = 64
        if size >> 31:
            raise ValueError("the text is too long")
        self.text = data
        self.shift = 64 - 7
        while room < size >> 5:
            room *= 2
            self.shift -= 1
        self.slots = array("i", bytes(8 * room))
        self.keys = memoryview(bytearray(8 * room)).cast("Q")
        self.words = array("i", bytes(4 * FIELDS * room))
        self.chain = array("i", bytes(8 * (size // 8 + 8)))
        self.read(size)

    cdef int read(self, Py_ssize_t size) except -1:
        """Enter all words."""
        cdef const uint8_t[::1] text = self.text
        cdef int32_t[::1] slots = self.slots, words = self.words, chain = self.chain
        cdef uint64_t[::1] keys = self.keys
        cdef Py_ssize_t at = 0, start, near, length, slot, word, field = 0, placed = 0
        cdef uint64_t key
        cdef uint8_t byte
        while at < size:
            byte = text[at]
            at += 1
            if not WORDS_WORD[byte]:
                continue
            start = at - 1
            key = byte
            near = min(start + WORDS_SHORT, size)
            while at < near:
                byte = text[at]
                if not WORDS_WORD[byte]:
                    break
                key = key << 8 | byte
                at += 1
            else:
                while at < size:
                    byte = text[at]
                    if not WORDS_WORD[byte]:
                        break
                    key = (key ^ byte) * MULTIPLIER
                    at += 1
                if at - start > WORDS_SHORT:
                    key = _long_key(key)
            length = at - start
            slot = _slot_of(key, self.shift)
            while slots[slot]:
                word = slots[slot] - 1
                field = FIELDS * word
                if keys[word] == key:
                    if length <= WORDS_SHORT:
                        break
                    if words[field + LENGTH] == length and _alike(text, words[field + FIRST], text, start, length):
                        break
                slot = (slot + 1) & (slots.shape[0] - 1)
            else:
                field = self.enter(start, length, key, slot)
                if slots.shape[0] < self.slots.shape[0]:
                    slots, keys, words = self.slots, self.keys, self.words
            if placed + 2 > chain.shape[0]:
                self.chain = chain = _twice(chain)
            chain[placed] = <int32_t>start
            chain[placed + 1] = words[field + LAST]
            placed += 2
            words[field + LAST] = <int32_t>(placed >> 1)
            words[field + TIMES] += 1
        return 0

    cdef Py_ssize_t find(self, const uint8_t[::1] word, uint64_t key) except -2:
        """Where the fields of a word are, -1 if it is not there."""
        cdef Py_ssize_t slot = _slot_of(key, self.shift), field
        while self.slots[slot]:
            field = FIELDS * (self.slots[slot] - 1)
            if self.words[field + LENGTH] == word.shape[0]:
                if _alike(self.text, self.words[field + FIRST], word, 0, word.shape[0]):
                    return field
            slot = (slot + 1) & (self.slots.shape[0] - 1)
        return -1

    cdef Py_ssize_t enter(self, Py_ssize_t start, Py_ssize_t size, uint64_t key, Py_ssize_t slot) except -1:
        """Add a word; where its fields are."""
        cdef Py_ssize_t word = self.count, i
        self.keys[word] = key
        self.words[FIELDS * word + FIRST] = <int32_t>start
        self.words[FIELDS * word + LENGTH] = <int32_t>size
        self.count += 1
        self.slots[slot] = <int32_t>self.count
        if self.count == self.keys.shape[0]:
            self.keys = memoryview(bytearray(self.keys) + bytes(8 * self.count)).cast("Q")
            self.words = _twice(self.words)
            self.slots = _twice(self.slots)
            self.slots[:] = 0
            self.shift -= 1
            for i in range(self.count):
                slot = _slot_of(self.keys[i], self.shift)
                while self.slots[slot]:
                    slot = (slot + 1) & (self.slots.shape[0] - 1)
                self.slots[slot] = <int32_t>(i + 1)
        return FIELDS * word

    def others(self, Plain plain not None) -> set:
        """Distinct words that were not added to ``plain``."""
        cdef uint64_t[WORDS_AT_ONCE] met
        cdef Py_ssize_t start, end, word, first, size
        cdef uint64_t key
        cdef set found = set()
        for start in range(0, self.count, WORDS_AT_ONCE):
            end = min(start + WORDS_AT_ONCE, self.count)
            for word in range(start, end):
                met[word - start] = plain.keys[_slot_of(self.keys[word], plain.shift)]
            for word in range(start, end):
                key = self.keys[word]
                if met[word - start] == key and key & 0xFF != WORDS_LONG:
                    continue
                first, size = self.words[FIELDS * word + FIRST], self.words[FIELDS * word + LENGTH]
                if not met[word - start] or size > plain.longest or plain.find(self.text, first, size, key) != -1:
                    found.add((<const char*> &self.text[first])[:size])
        return found

    def places(self, names) -> dict:
        """Offsets, ascending, at which words stand: of those that do."""
        cdef const uint8_t[::1] text
        cdef Py_ssize_t word, place, i
        cdef bytes name
        cdef dict found = {}
        cdef list offsets
        for name in names:
            text = name
            word = self.find(text, _key(text, text.shape[0])) if text.shape[0] else -1
            if word < 0:
                continue
            offsets = [0] * self.words[word + TIMES]
            place = self.words[word + LAST]
            i = len(offsets)
            while place:
                i -= 1
                offsets[i] = self.chain[2 * place - 2]
                place = self.chain[2 * place - 1]
            found[name] = offsets
        return found


cdef int32_t[::1] _twice(int32_t[::1] numbers):
    """As many zeros behind them."""
    longer = array("i")
    longer.frombytes(memoryview(numbers).cast("B"))
    longer.frombytes(bytes(4 * numbers.shape[0]))
    return longer


cdef inline int _alike(
    const uint8_t[::1] one, Py_ssize_t at, const uint8_t[::1] other, Py_ssize_t start, Py_ssize_t size
) except -1:
    """Whether both have the same bytes from these offsets on."""
    cdef Py_ssize_t i
    for i in range(size):
        if one[at + i] != other[start + i]:
            return False
    return True
