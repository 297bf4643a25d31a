"""A model of an ATECC608-like secure element at packet level.

    part = SecureElement(path, randbytes)     # state in a JSON file, written whole on each change
    part.wake(); part.write(packet_with_word_address); part.read(7)

Here belong packets, the configuration's rules, the commands and the state. The bus, its addresses
and time belong to the board. What is modelled is what our driver and provisioning use, with the
rules that could bite them: locks, slot sizes, key types, sleep, busy answers, checksums.
Source: the command set as Microchip's cryptoauthlib uses it (lib/calib, lib/atca_device.h).
"""

from tools.models.se.chip import NackError, SecureElement
from tools.models.se.state import StateError

__all__ = ["NackError", "SecureElement", "StateError"]
