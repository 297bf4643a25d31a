"""The configuration zone: which slot holds what, and what may be done with it.

Owns the meaning of the zone's bits, as far as this model enforces them. Never changes them.
Called by the commands; a board's configuration is checked in beside its provisioning.
Source: cryptoauthlib lib/atca_device.h (atecc608_config_t).
"""

from dataclasses import dataclass
from enum import IntEnum

SIZE = 128
SLOTS = 16
SERIAL = (*range(4), *range(8, 13))
REVISION = slice(4, 8)
LOCK_VALUE, LOCK_CONFIG = 86, 87
UNLOCKED = 0x55
LOCKED = 0x00
READ_ONLY_BELOW = 16
_SLOT_CONFIG = 20
_KEY_CONFIG = 96
_PUBLIC_SLOT = 8


class KeyType(IntEnum):
    """KeyConfig bits 2 to 4."""

    P256 = 4
    AES = 6
    OTHER = 7


@dataclass(frozen=True)
class Slot:
    """The rules of one slot.

    `secret` forbids reading; `writable` allows clear writes after the data was locked.
    """

    number: int
    key_type: int
    private: bool
    secret: bool
    writable: bool
    external_signatures: bool

    @property
    def size(self) -> int:
        """Bytes it can hold."""
        return slot_size(self.number)


def slot_size(number: int) -> int:
    """36 bytes in slots 0 to 7, 416 in slot 8, 72 in the rest."""
    if number < _PUBLIC_SLOT:
        return 36
    return 416 if number == _PUBLIC_SLOT else 72


def slot(zone: bytes, number: int) -> Slot:
    """Read the rules of a slot from the zone."""
    rules = int.from_bytes(zone[_SLOT_CONFIG + 2 * number :][:2], "little")
    key = int.from_bytes(zone[_KEY_CONFIG + 2 * number :][:2], "little")
    private = bool(key & 1)
    return Slot(
        number=number,
        key_type=key >> 2 & 7,
        private=private,
        secret=private or bool(rules & 0x80),
        writable=rules >> 12 == 0,
        external_signatures=bool(rules & 1),
    )


def factory_zone(serial: bytes) -> bytes:
    """The zone of a part as it leaves the factory: a serial number, nothing locked."""
    zone = bytearray(SIZE)
    for position, byte in zip(SERIAL, serial, strict=True):
        zone[position] = byte
    zone[REVISION] = bytes.fromhex("00006003")
    zone[LOCK_VALUE] = zone[LOCK_CONFIG] = UNLOCKED
    return bytes(zone)
