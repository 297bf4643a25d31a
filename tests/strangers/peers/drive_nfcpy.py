"""Runs nfcpy against a reader: `drive_nfcpy.py LINK`, with the Python that has nfcpy.

nfcpy switches automatic RATS off and runs ISO 14443-4 itself, at up to 921600 baud.
"""

import json
import sys

from nfcpy_reader import activate, open_reader

AID = "563412"
LONG = bytes(n % 251 for n in range(200))


def apdu(instruction, data=b""):
    body = bytes((len(data),)) + data if data else b""
    return bytes((0x90, instruction, 0, 0)) + body + b"\0"


def main():
    frontend = open_reader(sys.argv[1])
    seen = {"chip": frontend.device.chipset_name}
    target, tag = activate(frontend)
    seen["uid"] = target.sdd_res.hex()
    seen["sens_res"] = target.sens_res.hex()
    seen["sel_res"] = target.sel_res.hex()
    seen["type"] = type(tag).__name__
    seen["present"] = tag.is_present

    def ask(instruction, data=b""):
        return tag.transceive(apdu(instruction, data)).hex()

    seen["version"] = [ask(0x60), ask(0xAF), ask(0xAF)]
    seen["create"] = ask(0xCA, bytes.fromhex(AID + "0F81"))
    seen["select"] = ask(0x5A, bytes.fromhex(AID))
    # Standard file 01, plain, free to all, 600 bytes.
    seen["file"] = ask(0xCD, bytes.fromhex("0100EEEE580200"))
    for offset in (0, 200, 400):
        header = b"\x01" + offset.to_bytes(3, "little") + len(LONG).to_bytes(3, "little")
        seen[f"write_{offset}"] = ask(0x8D, header + LONG)
    # 254 bytes and the status are more than one block of 256 holds.
    seen["read"] = ask(0xAD, bytes.fromhex("01000000FE0000"))
    seen["beyond"] = ask(0xAD, bytes.fromhex("01580200010000"))
    seen["present_after"] = tag.is_present
    frontend.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
