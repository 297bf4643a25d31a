"""What is done to a secure element once, at provisioning: configure, make, write, lock.

Owns the commands that change configuration and keys. Never on a terminal in service: they fail for
ever once the zones are locked. Called by provisioning, on the bench and in simulation.
Source: see drivers.atecc. The order is fixed: configuration, its lock, keys, their lock.
"""

from firmware.core.errors import SE_FAULT, VafaError
from firmware.terminal.drivers.atecc import Atecc

CONFIG_SIZE = 128

_READ, _WRITE, _LOCK, _GENKEY = 0x02, 0x12, 0x17, 0x40
_CONFIG, _DATA, _WHOLE_BLOCK = 0x00, 0x02, 0x80
_LOCK_WITHOUT_CRC = 0x80
_BLOCK = 32
_WORD = 4
_WRITABLE_FROM = 16
# Words 84 to 87 hold the lock bytes, which only Lock changes.
_LOCK_WORD = 84


class AteccFactory(Atecc):
    """An Atecc that is not locked yet."""

    def read_config(self):
        """The configuration zone, 128 bytes."""
        zone = b""
        for block in range(CONFIG_SIZE // _BLOCK):
            zone += self._one(_READ, _CONFIG | _WHOLE_BLOCK, block << 3, b"", _BLOCK)
        return zone

    def write_config(self, zone):
        """Write what is writable of a configuration zone, word by word."""
        if len(zone) != CONFIG_SIZE:
            raise VafaError(SE_FAULT, "configuration of %d bytes" % len(zone))
        for at in range(_WRITABLE_FROM, CONFIG_SIZE, _WORD):
            if at != _LOCK_WORD:
                self._one(_WRITE, _CONFIG, at // _WORD, zone[at : at + _WORD], 1)

    def make_key(self, slot):
        """Make the P-256 private key of a slot inside; its public point X || Y."""
        return self._one(_GENKEY, 0x04, slot, b"", 64)

    def write_slot(self, slot, data):
        """Write a key, filled with zeros to whole blocks; possible until the data is locked."""
        for block in range((len(data) + _BLOCK - 1) // _BLOCK):
            part = data[block * _BLOCK : (block + 1) * _BLOCK]
            part += bytes(_BLOCK - len(part))
            self._one(_WRITE, _DATA | _WHOLE_BLOCK, slot << 3 | block << 8, part, 1)

    def write_public(self, slot, public):
        """Keep a point X || Y in one of the slots 8 to 15."""
        stored = bytes(4) + public[:32] + bytes(4) + public[32:]
        for block in (0, 1):
            part = stored[block * _BLOCK : (block + 1) * _BLOCK]
            self._one(_WRITE, _DATA | _WHOLE_BLOCK, slot << 3 | block << 8, part, 1)
        # The last eight bytes make no whole block of a 72-byte slot, yet nothing but blocks is
        # taken before the data is locked: the part ignores what lies beyond the slot.
        self._one(_WRITE, _DATA | _WHOLE_BLOCK, slot << 3 | 2 << 8, stored[64:] + bytes(24), 1)

    def lock_config(self):
        """Fix the configuration for ever."""
        self._one(_LOCK, _LOCK_WITHOUT_CRC, 0, b"", 1)

    def lock_data(self):
        """Fix the keys for ever and let the part enforce its configuration."""
        self._one(_LOCK, _LOCK_WITHOUT_CRC | 0x01, 0, b"", 1)
