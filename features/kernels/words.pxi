# Words of a text: sequences of letters, digits, underscores and bytes beyond ASCII.

cdef uint8_t[256] WORDS_WORD
"""1 for bytes of words."""
for _byte in range(256):
    WORDS_WORD[_byte] = _byte >= 128 or _byte == 95 or chr(_byte).isalnum()

cdef uint64_t SEED = int.from_bytes(os.urandom(8), "little")
"""So that nobody can know which words have the same hash."""
cdef uint64_t FACTOR = 0x9E3779B97F4A7C15
cdef enum:
    SLOTS = 1 << 17
    PROBES = 32


cdef class Plain:
    """Twin of :class:`darnel.features.languages.python_words.Plain`.

    A table of words with open addressing. A word that finds no slot near its own is not remembered.
    """

    cdef uint8_t[::1] letters
    """Each word after its length."""
    cdef uint64_t[::1] slots
    """Half of a word's hash, and one more than where its length stands; 0 if empty."""
    cdef Py_ssize_t most, longest, count, used

    def __init__(self, Py_ssize_t most, Py_ssize_t longest) -> None:
        if not 0 < most <= SLOTS // 2 or not 0 < longest < 256:
            raise ValueError("no room for so many or so long words")
        self.most, self.longest = most, longest
        self.letters = bytearray(most * (longest + 1))
        self.slots = memoryview(bytearray(8 * SLOTS)).cast("Q")

    def __len__(self) -> int:
        return self.count

    cdef Py_ssize_t find(self, const uint8_t[::1] text, Py_ssize_t start, Py_ssize_t size, uint64_t hashed) except -4:
        """-1 if a word is there, -2 if there is no slot for it, else the slot where it would go."""
        cdef Py_ssize_t at, i, place = <Py_ssize_t>(hashed >> 47)
        cdef uint64_t slot
        cdef int probe
        for probe in range(PROBES):
            slot = self.slots[place]
            if not slot:
                return place
            if <uint32_t>(slot >> 32) == <uint32_t>hashed:
                at = <Py_ssize_t><uint32_t>slot - 1
                if self.letters[at] == size:
                    for i in range(size):
                        if self.letters[at + 1 + i] != text[start + i]:
                            break
                    else:
                        return -1
            place = (place + 1) & (SLOTS - 1)
        return -2

    def add(self, words) -> None:
        """Remember words, as long as there is room."""
        cdef const uint8_t[::1] text
        cdef Py_ssize_t i, size, place
        cdef uint64_t hashed
        cdef bytes word
        for word in words:
            size = len(word)
            if self.count == self.most:
                return
            if not size or size > self.longest:
                continue
            text = word
            hashed = SEED
            for i in range(size):
                hashed = (hashed ^ text[i]) * FACTOR
            place = self.find(text, 0, size, hashed)
            if place < 0:
                continue
            self.letters[self.used] = <uint8_t>size
            for i in range(size):
                self.letters[self.used + 1 + i] = text[i]
            self.slots[place] = <uint64_t><uint32_t>hashed << 32 | <uint64_t>(self.used + 1)
            self.used += size + 1
            self.count += 1

    def others(self, bytes data not None) -> set:
        """Words of a text that were not added."""
        cdef const uint8_t[::1] text = data
        cdef Py_ssize_t at = 0, start, size = len(data)
        cdef uint64_t hashed
        cdef uint8_t byte
        cdef set found = set()
        while at < size:
            byte = text[at]
            if not WORDS_WORD[byte]:
                at += 1
                continue
            start = at
            hashed = SEED
            while WORDS_WORD[byte]:
                hashed = (hashed ^ byte) * FACTOR
                at += 1
                if at == size:
                    break
                byte = text[at]
            if at - start > self.longest or self.find(text, start, at - start, hashed) != -1:
                found.add(data[start:at])
        return found
