"""Runs python-desfire against a reader: `drive_python_desfire.py LINK`, with its own Python.

The library drives the PN532 by its own code, in normal frames, and the card in native framing.
"""

import json
import sys

from desfire import DESFire, DESFireKey, PN532UARTDevice
from desfire.enums import (
    DESFireCommunicationMode,
    DESFireFileType,
    DESFireKeySettings,
    DESFireKeyType,
)
from desfire.exceptions import DESFireCommunicationError
from desfire.schemas import FilePermissions, FileSettings, KeySettings

APPLICATION = "123456"
SETTINGS = [
    DESFireKeySettings.KS_ALLOW_CHANGE_MK,
    DESFireKeySettings.KS_LISTING_WITHOUT_MK,
    DESFireKeySettings.KS_CREATE_DELETE_WITHOUT_MK,
    DESFireKeySettings.KS_CONFIGURATION_CHANGEABLE,
]
NEW_KEY = "101112131415161718191a1b1c1d1e1f"
SECOND_KEY = "202122232425262728292a2b2c2d2e2f"
DATA = list(range(0x30, 0x30 + 40))


def key(text="00" * 16):
    return DESFireKey(KeySettings(key_type=DESFireKeyType.DF_KEY_AES), text)


def files(card, seen):
    modes = DESFireCommunicationMode
    for number, mode in enumerate((modes.PLAIN, modes.CMAC, modes.ENCRYPTED), start=1):
        if mode is modes.PLAIN:
            permissions = FilePermissions(14, 14, 14, 0)
        else:
            permissions = FilePermissions(1, 1, 1, 0)
        wanted = FileSettings(mode, DESFireFileType.MDFT_STANDARD_DATA_FILE, permissions, 48)
        card.create_standard_file(number, wanted)
    seen["file_ids"] = card.get_file_ids()
    card.authenticate(1, key(SECOND_KEY))
    # Not in MAC mode: the library sends the last eight bytes of the CMAC where the first belong.
    card.write_file_data(3, 4, modes.ENCRYPTED, DATA)
    for number in (2, 3):
        settings = card.get_file_settings(number)
        seen[f"settings_{number}"] = [settings.encryption.name, settings.file_size]
        seen[f"data_{number}"] = bytes(card.read_file_data(number, settings)).hex()


def main():
    device = PN532UARTDevice(sys.argv[1], timeout=0.1, baudrate=115200)
    seen = {"chip": [device.ic, device.ver, device.rev, device.support]}
    seen["uid"] = bytes(device.wait_for_card(timeout=2)).hex()
    card = DESFire(device)
    seen["version"] = bytes(card.get_card_version().raw_bytes).hex()
    card.authenticate(0, key())
    seen["real_uid"] = bytes(card.get_real_uid()).hex()
    seen["key_version"] = card.get_key_version(0)
    card.create_application(
        APPLICATION, KeySettings(key_type=DESFireKeyType.DF_KEY_AES, settings=SETTINGS), 3
    )
    seen["applications"] = [bytes(found).hex() for found in card.get_application_ids()]
    card.select_application(APPLICATION)
    card.authenticate(0, key())
    card.change_key(1, key(), key(SECOND_KEY), 4)
    seen["other_key_version"] = card.get_key_version(1)
    card.change_key(0, key(), key(NEW_KEY), 6)
    try:
        card.authenticate(0, key())
        seen["old_key"] = "worked"
    except DESFireCommunicationError as error:
        seen["old_key"] = str(error)
    card.select_application(APPLICATION)
    card.authenticate(0, key(NEW_KEY))
    seen["own_key_version"] = card.get_key_version(0)
    files(card, seen)
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
