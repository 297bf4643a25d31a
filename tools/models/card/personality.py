"""Owns what distinguishes products: version bytes, ATS, memory, commands, factory state.

Never holds uncertain behaviour (that is `profile`). `PERSONALITIES` lists all by name.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tools.models.card import ntag424
from tools.models.card.state import KEY_AES, PICC_LEVEL, Application, CardState, Key

FACTORY_SETTINGS = 0x0F
ATS_DESFIRE = bytes.fromhex("067577810280")
BATCH_AND_DATE = bytes.fromhex("BA5E0C01902123")  # batch(5), week 21, year 23


@dataclass(frozen=True)
class Personality:
    """One product. `version` holds the two 7-byte frames before the UID frame."""

    name: str
    version: bytes
    ats: bytes
    memory: int
    factory: Callable[[str, bytes], CardState]
    default_application: int = PICC_LEVEL
    commands: frozenset[int] | None = None  # None: all that the model knows

    def version_tail(self, uid: bytes) -> bytes:
        """Third frame of GetVersion."""
        return uid + BATCH_AND_DATE


def _desfire(name: str, uid: bytes) -> CardState:
    """Factory state with one AES zero key of version 0 as PICC master key."""
    picc = Application(settings=FACTORY_SETTINGS, key_type=KEY_AES, keys=[Key()])
    return CardState(personality=name, uid=uid, picc=picc)


PERSONALITIES = {
    item.name: item
    for item in (
        Personality(
            "desfire-ev2",
            bytes.fromhex("04010112001A05 04010102011A05"),
            ATS_DESFIRE,
            8192,
            _desfire,
        ),
        Personality(
            "desfire-ev3",
            bytes.fromhex("04010133001605 04010103001605"),
            ATS_DESFIRE,
            2048,
            _desfire,
        ),
        Personality(
            "ntag424",
            bytes.fromhex("04040230001105 04040201021105"),
            bytes.fromhex("067777710280"),
            416,
            ntag424.factory,
            default_application=ntag424.APPLICATION,
            commands=ntag424.COMMANDS,
        ),
    )
}
