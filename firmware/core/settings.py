"""What a card says about itself: access rights, file settings, version.

Owns the reading of these answers and the packing of access rights. Never sends a command.
Called by the terminal (is this an EV2 or later?), by issuing and by the card lab.
Sources: proxmark3 desfirecore.c, libfreefare mifare_desfire.c, AN12343, AN12196 table 7.
"""

from firmware.core.bits import read_i32, read_unsigned
from firmware.core.errors import CARD_FORMAT, CARD_REQUEST, VafaError

FREE = 0x0E
NEVER = 0x0F

STANDARD = 0
BACKUP = 1
VALUE = 2
LINEAR = 3
CYCLIC = 4
TRANSACTION_MAC = 5

_TMC_LIMIT_PRESENT = 0x20
_EXTRA_RIGHTS = 0x80
_VERSION_SIZE = 28
_TYPE_DESFIRE = 0x01


def pack_rights(read, write, read_write, change):
    """Access rights on the wire: ReadWrite << 4 | Change, Read << 4 | Write.

    Each is a key number 0 to 13, FREE or NEVER.
    """
    for nibble in (read, write, read_write, change):
        if not 0 <= nibble <= NEVER:
            raise VafaError(CARD_REQUEST, "access right %d" % nibble)
    return bytes((read_write << 4 | change, read << 4 | write))


def unpack_rights(wire):
    """(read, write, read_write, change) from 2 bytes."""
    if len(wire) != 2:
        raise VafaError(CARD_FORMAT, "access rights of %d bytes" % len(wire))
    return wire[1] >> 4, wire[1] & 15, wire[0] >> 4, wire[0] & 15


class FileSettings:
    """GetFileSettings, read.

    Always: type, option, comm (00 plain, 01 MAC, 03 full), read, write, read_write, change,
    and rest (bytes after the known fields: extra access rights, dynamic messaging). By type:
    size; lower, upper, limited_credit_value, value_flags; record_size, max_records,
    current_records; key_option, key_version, tmc_limit (None without a limit).
    Raises 105 for a short answer or an unknown type.
    """

    def __init__(self, response):
        if len(response) < 4:
            raise VafaError(CARD_FORMAT, "file settings of %d bytes" % len(response))
        self.type = response[0]
        self.option = response[1]
        self.comm = response[1] & 3
        self.read, self.write, self.read_write, self.change = unpack_rights(response[2:4])
        self.rest = response[4:]
        if self.type in (STANDARD, BACKUP):
            self.size = read_unsigned(self._take(3))
        elif self.type == VALUE:
            self.lower = read_i32(self._take(4))
            self.upper = read_i32(self._take(4))
            self.limited_credit_value = read_i32(self._take(4))
            self.value_flags = self._take(1)[0]
        elif self.type in (LINEAR, CYCLIC):
            self.record_size = read_unsigned(self._take(3))
            self.max_records = read_unsigned(self._take(3))
            self.current_records = read_unsigned(self._take(3))
        elif self.type == TRANSACTION_MAC:
            self.key_option, self.key_version = self._take(2)
            limited = self.option & _TMC_LIMIT_PRESENT
            self.tmc_limit = read_unsigned(self._take(4)) if limited else None
        else:
            raise VafaError(CARD_FORMAT, "file type %d" % self.type)

    def extra_rights(self):
        """The further access-right sets, each (read, write, read_write, change)."""
        if not self.option & _EXTRA_RIGHTS:
            return []
        count = self.rest[0] if self.rest else 0
        if len(self.rest) < 1 + 2 * count:
            raise VafaError(CARD_FORMAT, "extra access rights cut short")
        return [unpack_rights(self.rest[1 + 2 * i : 3 + 2 * i]) for i in range(count)]

    def _take(self, size):
        if len(self.rest) < size:
            raise VafaError(CARD_FORMAT, "file settings cut short")
        field, self.rest = self.rest[:size], self.rest[size:]
        return field


class Version:
    """GetVersion, read from its 28 joined bytes: hardware(7), software(7), production(14).

    `generation` is "MF3ICD40", "EV1", "EV2", "EV3", or "" for anything that is not a
    DESFire known to us. It can be faked: only the handshake proves a card.
    """

    def __init__(self, response):
        if len(response) != _VERSION_SIZE:
            raise VafaError(CARD_FORMAT, "version of %d bytes" % len(response))
        self.hardware = response[:7]
        self.software = response[7:14]
        self.uid = response[14:21]
        self.batch = response[21:26]
        self.week_bcd = response[26]
        self.year_bcd = response[27]
        self.generation = _generation(response[1], response[3])
        # The low bit means "between this and the next power of two".
        self.storage_bytes = 1 << (response[5] >> 1)

    def is_supported(self):
        """EV2 or EV3: the generations that have a transaction MAC."""
        return self.generation in ("EV2", "EV3")


def _generation(hardware_type, major):
    if hardware_type != _TYPE_DESFIRE:
        return ""
    majors = {0x00: "MF3ICD40", 0x01: "EV1", 0x12: "EV2", 0x22: "EV2", 0x33: "EV3"}
    return majors.get(major, "")
