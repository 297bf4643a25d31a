"""Owns the NTAG 424 DNA as far as it differs: its fixed application, files and commands.

Never mirrors dynamic data into reads (SDM): the settings are kept, the mirror is not
modelled. Source: NT4H2421Gx data sheet, chapters 8.2 and 11, as used by pylibsdm.
"""

from tools.models.card.state import KEY_AES, Application, CardState, DataFile, Key

APPLICATION = 0x000001  # internal number; readers select it by its DF name
DF_NAME = bytes.fromhex("D2760000850101")
KEY_COUNT = 5

COMMANDS = frozenset({0x60, 0x51, 0x71, 0x77, 0x64, 0xC4, 0x5F, 0xF5, 0xAD, 0xBD, 0x8D, 0x3D})

CAPABILITY_CONTAINER = bytes.fromhex(
    "0017 20 0100 00FF 0406 E104 0100 00 00 0506 E105 0080 82 83"
).ljust(32, b"\x00")


def factory(name: str, uid: bytes) -> CardState:
    """Delivery state: five zero AES keys, capability container, NDEF and protected file."""
    files = {
        1: _file("00E0", "E103", CAPABILITY_CONTAINER, 0),
        2: _file("E0EE", "E104", bytes(256), 0),
        3: _file("3023", "E105", bytes(128), 3),
    }
    application = Application(
        settings=0x0B,
        key_type=KEY_AES,
        keys=[Key() for _ in range(KEY_COUNT)],
        iso_file_ids=True,
        iso_id=bytes.fromhex("10E1"),
        df_name=DF_NAME,
        files=dict(files),
    )
    picc = Application(settings=0, key_type=KEY_AES, keys=[])
    return CardState(personality=name, uid=uid, picc=picc, applications={APPLICATION: application})


def _file(rights: str, iso_id: str, content: bytes, comm: int) -> DataFile:
    wire_iso_id = bytes.fromhex(iso_id)[::-1]  # ISO ids travel least significant byte first
    return DataFile(False, comm, [bytes.fromhex(rights)], wire_iso_id, content)
