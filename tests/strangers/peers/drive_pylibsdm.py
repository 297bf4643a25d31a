"""Runs pylibsdm (over nfcpy) against a reader with an NTAG 424 DNA: `drive_pylibsdm.py LINK`."""

import json
import sys

from nfcpy_reader import activate, open_reader
from pylibsdm.tag.ntag424dna.structs import AccessCondition
from pylibsdm.tag.ntag424dna.tag import NTAG424DNA

NEW_KEY = bytes(range(0x50, 0x60))


def settings_of(card, number):
    found = card.get_file_settings(number)
    rights = found.access_rights
    return {
        "mode": found.file_option.comm_mode.name,
        "rights": [rights.read, rights.write, rights.read_write, rights.change],
    }


def outcome(action):
    """What an attempt came to, as its error's name or the word that it worked."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - whatever the library raises is the finding
        return type(error).__name__
    return "worked"


def main():
    frontend = open_reader(sys.argv[1])
    target, tag = activate(frontend)
    card = NTAG424DNA(tag)
    seen = {"uid": target.sdd_res.hex(), "authenticated": []}
    for number in range(5):
        card.authenticate_ev2_first(number)
        seen["authenticated"].append([number, len(card.ti), card.cmdctr])
    card.authenticate_ev2_first(0)
    # Not file 3: it is in full mode, 3 on the wire, which the library takes for unknown.
    seen["settings"] = {number: settings_of(card, number) for number in (1, 2)}
    seen["counter"] = card.cmdctr
    wanted = card.get_file_settings(2)
    wanted.access_rights.write = AccessCondition.KEY_3
    card.change_file_settings(2, wanted)
    seen["changed"] = settings_of(card, 2)
    card.change_key(0, NEW_KEY, 7)
    card.reset_session()
    seen["old_key"] = outcome(lambda: card.authenticate_ev2_first(0))
    card.set_key(0, NEW_KEY)
    seen["new_key"] = outcome(lambda: card.authenticate_ev2_first(0))
    seen["after"] = settings_of(card, 2)
    frontend.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
