"""A set of many items in little memory."""

from array import array


class HashSet:
    """A set that holds the 64-bit hashes of its items alone: two in 10 million collide once in 400,000 runs."""

    def __init__(self) -> None:
        self._slots = array("q", bytes(8 * 2**10))
        self._n_items = 0

    def __contains__(self, item: object) -> bool:
        return self._slots[self._slot(_hash(item))] != 0

    def add(self, item: object) -> bool:
        """Add an item, and return whether it was not there."""
        value = _hash(item)
        slot = self._slot(value)
        if self._slots[slot]:
            return False
        self._slots[slot] = value
        self._n_items += 1
        if 2 * self._n_items > len(self._slots):
            self._grow()
        return True

    def _slot(self, value: int) -> int:
        """Return where a hash is, or would be."""
        slots, mask = self._slots, len(self._slots) - 1
        slot = value & mask
        while slots[slot] not in (0, value):
            slot = (slot + 1) & mask
        return slot

    def _grow(self) -> None:
        values, self._slots = self._slots, array("q", bytes(16 * len(self._slots)))
        for value in filter(None, values):
            self._slots[self._slot(value)] = value


def _hash(item: object) -> int:
    # 0 marks an empty slot.
    return hash(item) or 1
