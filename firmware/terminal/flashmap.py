"""The one place that says what lies where in the terminal's flash.

Owns the bounds of every slice, so that no two modules disagree or overlap; holds no content and
touches no flash. Used by the journal, the object slots, the board files and their tests.
"""

SECTOR = 4096
PAGE = 256
SIZE = 4 * 1024 * 1024

HOTLIST_ENTRIES = 50000
"""Entries of 4 bytes that one hotlist slot must hold, beside its page of notes and envelope."""


class Slice:
    """A run of whole sectors."""

    def __init__(self, name, address, sectors):
        self.name = name
        self.address = address
        self.sectors = sectors
        self.size = sectors * SECTOR
        self.end = address + self.size


def _lay(sizes):
    slices = []
    address = 0
    for name, sectors in sizes:
        slices.append(Slice(name, address, sectors))
        address = slices[-1].end
    return tuple(slices)


ALL = _lay(
    (
        ("image", 384),  # interpreter, frozen modules, radio firmware: 1.5 MiB
        ("app_a", 35),
        ("app_b", 35),
        ("journal", 448),
        ("rules_a", 8),
        ("rules_b", 8),
        ("hotlist_a", 50),
        ("hotlist_b", 50),
        ("config_a", 2),
        ("config_b", 2),
        ("boot_a", 1),
        ("boot_b", 1),
    )
)

(
    IMAGE,
    APP_A,
    APP_B,
    JOURNAL,
    RULES_A,
    RULES_B,
    HOTLIST_A,
    HOTLIST_B,
    CONFIG_A,
    CONFIG_B,
    BOOT_A,
    BOOT_B,
) = ALL
