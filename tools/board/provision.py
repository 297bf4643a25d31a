"""Provisioning of a terminal: its identity is made inside the secure element, keys go in, locked.

Owns the order of steps and the part's configuration. Keeps no key. Called by the board, and by
tools that work on a unit's directory while it is off. The identity's public half goes to the host,
which answers with a bundle.

The configuration is built here from rules rather than dumped from a part, so that it can be read.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from firmware.core.errors import VafaError
from firmware.terminal.drivers import atecc
from firmware.terminal.drivers.atecc_factory import CONFIG_SIZE, AteccFactory
from firmware.terminal.hal import api
from tools.board.i2c import I2cBus
from tools.models.se import SecureElement

_SLOT_CONFIG, _KEY_CONFIG = 20, 96
_LOCK_CONFIG, _UNLOCKED = 87, 0x55
_SLOTS = 16

# (SlotConfig, KeyConfig) by slot; cryptoauthlib lib/atca_device.h, atecc608_config_t.
_CLOSED = (0x8080, 0x001C)
_RULES = {
    api.SLOT_IDENTITY: (
        0x2081,
        0x0013,
    ),  # secret, signs external digests; private P-256, public half on request
    api.SLOT_DEBIT: (0x8080, 0x0018),  # secret, never written again; AES
    api.SLOT_DEBIT_NEXT: (0x8080, 0x0018),
    api.SLOT_JOURNAL: (0x8080, 0x001C),  # secret, never written again; HMAC
    api.SLOT_HOST: (0x8000, 0x0010),  # readable, never written again; public P-256
    api.SLOT_TERMINAL: (0x8000, 0x001C),  # readable, never written again
}


@dataclass(frozen=True)
class Bundle:
    """What the host gives a terminal: 32 bytes, 16 bytes, a point X || Y, and maybe 16 bytes.

    A board on its own reads `terminal_id` at start; a simulated one is told on its command line.
    """

    journal_root: bytes = field(repr=False)
    debit_master: bytes = field(repr=False)
    host_public_key: bytes
    next_debit_master: bytes | None = field(default=None, repr=False)
    terminal_id: int = 0

    def __post_init__(self) -> None:
        sizes = (len(self.journal_root), len(self.debit_master), len(self.host_public_key))
        if sizes != (32, 16, 64) or len(self.next_debit_master or bytes(16)) != 16:
            raise ValueError(f"a bundle of sizes {sizes} is not one of ours")


class ProvisionError(Exception):
    """The secure element is locked already, or not as far as the step needs."""


def identity_public_key(
    directory: Path, randbytes: Callable[[int], bytes] = secrets.token_bytes
) -> bytes:
    """The identity's public key of the unit in `directory`, made now if there is none."""
    return identity_of(_element(directory, randbytes))


def install(
    directory: Path, bundle: Bundle, randbytes: Callable[[int], bytes] = secrets.token_bytes
) -> bytes:
    """Install a bundle into the unit in `directory` and lock it; the identity's public key."""
    return install_into(_element(directory, randbytes), bundle)


def identity_of(element: SecureElement) -> bytes:
    """Configure a fresh part and make its identity, or read it from one that has it.

    A part on which this was interrupted is taken where it stands.
    """
    driver = _driver(element)
    if driver.read_config()[_LOCK_CONFIG] == _UNLOCKED:
        driver.write_config(_zone())
        driver.lock_config()
    try:
        return bytes(driver.public_key(api.SLOT_IDENTITY))
    except VafaError:
        # No key yet. Once the part is locked it refuses to make another.
        return bytes(driver.make_key(api.SLOT_IDENTITY))


def install_into(element: SecureElement, bundle: Bundle) -> bytes:
    """Write the bundle's keys and lock the part; the identity's public key.

    Raises:
        ProvisionError: the part is locked already.
    """
    if element.locked:
        raise ProvisionError("the secure element is locked: this terminal was provisioned before")
    public = identity_of(element)
    driver = _driver(element)
    driver.write_slot(api.SLOT_DEBIT, bundle.debit_master)
    if bundle.next_debit_master is not None:
        driver.write_slot(api.SLOT_DEBIT_NEXT, bundle.next_debit_master)
    driver.write_slot(api.SLOT_JOURNAL, bundle.journal_root)
    driver.write_public(api.SLOT_HOST, bundle.host_public_key)
    driver.write_slot(api.SLOT_TERMINAL, bundle.terminal_id.to_bytes(4, "little"))
    driver.lock_data()
    return public


def _zone() -> bytes:
    """The configuration zone; what the part sets itself stays zero."""
    zone = bytearray(CONFIG_SIZE)
    for slot in range(_SLOTS):
        rules, key = _RULES.get(slot, _CLOSED)
        zone[_SLOT_CONFIG + 2 * slot : _SLOT_CONFIG + 2 * slot + 2] = rules.to_bytes(2, "little")
        zone[_KEY_CONFIG + 2 * slot : _KEY_CONFIG + 2 * slot + 2] = key.to_bytes(2, "little")
    return bytes(zone)


def _element(directory: Path, randbytes: Callable[[int], bytes]) -> SecureElement:
    directory.mkdir(parents=True, exist_ok=True)
    return SecureElement(directory / "se.json", randbytes)


def _driver(element: SecureElement) -> AteccFactory:
    return AteccFactory(I2cBus({atecc.ADDRESS: element}, element), lambda _: None)
