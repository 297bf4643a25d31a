"""Is a card on the hotlist? Binary search in flash; nothing of the list is held in memory.

Owns the body's layout: card numbers of 4 bytes, little-endian, ascending. Called by the tap.
"""

import struct

ENTRY = 4


def contains(store, card_number):
    """Tell whether the list in force in an ObjectStore names the card; about 16 short reads."""
    entry = bytearray(ENTRY)
    low, high = 0, store.size // ENTRY
    while low < high:
        middle = (low + high) >> 1
        store.read_into(middle * ENTRY, entry)
        (found,) = struct.unpack("<I", entry)
        if found == card_number:
            return True
        if found < card_number:
            low = middle + 1
        else:
            high = middle
    return False
