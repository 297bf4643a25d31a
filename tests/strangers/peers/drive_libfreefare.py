"""Runs libfreefare (over libnfc) against a reader: `drive_libfreefare.py LINK`.

Plays through a test application over EV1 AES messaging and prints what the library saw as one
JSON object. What it ought to have seen is in ../test_libfreefare.py. Standard library only.
"""

import ctypes
import json
import sys

AID = 0x123456
KEYS = [bytes([0x10 * n + i for i in range(16)]) for n in (1, 2, 3)]
NEW_KEY = bytes(range(0xA0, 0xB0))
PLAIN, MACED, ENCIPHERED = 0, 1, 3
VALUE_PLAIN, VALUE_MACED, VALUE_FULL, CYCLIC, LINEAR, BACKUP, STANDARD = 1, 2, 3, 4, 5, 6, 7
LONG_DATA = bytes(n % 251 for n in range(200))
FREE = 0xE


def rights(read, write, both, change):
    return read << 12 | write << 8 | both << 4 | change


# Key 1 reads and debits, key 2 does everything, key 0 changes the settings.
RIGHTS = rights(1, 1, 2, 0)


class CallError(Exception):
    """A call of the library said no; the message is its own."""


class Freefare:
    """The library's calls on one tag, each raising when it fails."""

    def __init__(self, link):
        self._nfc = ctypes.CDLL("libnfc.so.6", mode=ctypes.RTLD_GLOBAL)
        self._lib = ctypes.CDLL("libfreefare.so.0")
        self._nfc.nfc_open.restype = ctypes.c_void_p
        self._nfc.nfc_open.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._lib.freefare_get_tags.restype = ctypes.POINTER(ctypes.c_void_p)
        self._lib.freefare_get_tags.argtypes = [ctypes.c_void_p]
        self._lib.freefare_strerror.restype = ctypes.c_char_p
        for name in ("mifare_desfire_aid_new", "mifare_desfire_aes_key_new_with_version"):
            getattr(self._lib, name).restype = ctypes.c_void_p
        self._lib.mifare_desfire_read_data.restype = ctypes.c_ssize_t
        self._lib.mifare_desfire_read_records.restype = ctypes.c_ssize_t
        self._lib.mifare_desfire_write_data.restype = ctypes.c_ssize_t
        self._lib.mifare_desfire_write_record.restype = ctypes.c_ssize_t
        self._context = ctypes.c_void_p()
        self._nfc.nfc_init(ctypes.byref(self._context))
        device = self._nfc.nfc_open(self._context, f"pn532_uart:{link}:115200".encode())
        if not device:
            raise CallError("nfc_open")
        self._device = ctypes.c_void_p(device)
        tags = self._lib.freefare_get_tags(self._device)
        if not tags or not tags[0]:
            raise CallError("no tag")
        self._tag = ctypes.c_void_p(tags[0])
        self.call("connect")

    def close(self):
        self.call("disconnect")
        self._nfc.nfc_close(self._device)
        self._nfc.nfc_exit(self._context)

    def call(self, name, *arguments):
        result = getattr(self._lib, f"mifare_desfire_{name}")(self._tag, *arguments)
        if result < 0:
            raise CallError(f"{name}: {self._lib.freefare_strerror(self._tag).decode()}")
        return result

    def refusal(self, name, *arguments):
        """The status of a card that must say no."""
        try:
            self.call(name, *arguments)
        except CallError:
            return self._lib.mifare_desfire_last_picc_error(self._tag)
        return 0

    def aid(self, number):
        return ctypes.c_void_p(self._lib.mifare_desfire_aid_new(number))

    def key(self, value, version=0):
        make = self._lib.mifare_desfire_aes_key_new_with_version
        return ctypes.c_void_p(make(value, ctypes.c_uint8(version)))

    def login(self, number, key):
        """Select the application anew and authenticate."""
        self.call("select_application", self.aid(AID))
        self.call("authenticate", ctypes.c_uint8(number), self.key(key))

    def value(self, file):
        found = ctypes.c_int32()
        self.call("get_value", ctypes.c_uint8(file), ctypes.byref(found))
        return found.value

    def records(self, file, first, count, size):
        data = ctypes.create_string_buffer(count * size if count else 1024)
        arguments = (ctypes.c_long(first), ctypes.c_size_t(count), data)
        got = self.call("read_records", ctypes.c_uint8(file), *arguments)
        return data.raw[:got].hex()

    def data(self, file, offset, length):
        data = ctypes.create_string_buffer(1024)
        arguments = (ctypes.c_long(offset), ctypes.c_size_t(length), data)
        got = self.call("read_data", ctypes.c_uint8(file), *arguments)
        return data.raw[:got].hex()

    def write(self, name, file, offset, data):
        return self.call(
            name, ctypes.c_uint8(file), ctypes.c_long(offset), ctypes.c_size_t(len(data)), data
        )

    def uid(self):
        found = ctypes.c_char_p()
        self.call("get_card_uid", ctypes.byref(found))
        return found.value.decode()

    def key_version(self, number):
        found = ctypes.c_uint8()
        self.call("get_key_version", ctypes.c_uint8(number), ctypes.byref(found))
        return found.value


def personalise(card):
    card.call("select_application", card.aid(0))
    card.call("authenticate", 0, card.key(bytes(16)))
    card.call("create_application_aes", card.aid(AID), 0x0B, 3)
    card.login(0, bytes(16))
    for number in (1, 2):
        card.call("change_key", number, card.key(KEYS[number], 5), card.key(bytes(16)))
    card.call("change_key", 0, card.key(KEYS[0], 5), card.key(bytes(16)))
    card.login(0, KEYS[0])
    for file, mode in ((VALUE_PLAIN, PLAIN), (VALUE_MACED, MACED), (VALUE_FULL, ENCIPHERED)):
        card.call("create_value_file", file, mode, RIGHTS, 0, 1_000_000, 5_000, 1)
    card.call("create_cyclic_record_file", CYCLIC, ENCIPHERED, RIGHTS, 20, 4)
    card.call("create_linear_record_file", LINEAR, MACED, RIGHTS, 8, 3)
    card.call("create_backup_data_file", BACKUP, MACED, RIGHTS, 32)
    card.call("create_std_data_file", STANDARD, ENCIPHERED, rights(FREE, 1, 2, 0), 200)
    return {"versions": [card.key_version(n) for n in range(3)], "uid": card.uid()}


def values(card, file):
    seen = {}
    card.login(2, KEYS[2])
    seen["start"] = card.value(file)
    card.call("credit", file, 2_500)
    seen["credit_noted"] = card.value(file)
    card.call("commit_transaction")
    seen["credit"] = card.value(file)
    card.login(1, KEYS[1])
    card.call("debit", file, 1_300)
    card.call("debit", file, 1_700)
    card.call("abort_transaction")
    seen["aborted"] = card.value(file)
    card.call("debit", file, 1_300)
    card.call("debit", file, 1_700)
    card.call("commit_transaction")
    seen["debit"] = card.value(file)
    seen["credit_with_debit_key"] = card.refusal("credit", file, 1)
    card.login(1, KEYS[1])
    card.call("limited_credit", file, 3_000)
    card.call("commit_transaction")
    seen["limited_credit"] = card.value(file)
    seen["limited_credit_twice"] = card.refusal("limited_credit", file, 1)
    card.login(1, KEYS[1])
    seen["overdraft"] = card.refusal("debit", file, 7_501)
    card.login(1, KEYS[1])
    card.call("debit", file, 500)
    card.login(1, KEYS[1])
    seen["dropped_by_selection"] = card.value(file)
    seen["commit_of_nothing"] = card.refusal("commit_transaction")
    return seen


def files(card):
    seen = {}
    card.login(1, KEYS[1])
    seen["empty"] = card.refusal("read_records", CYCLIC, 0, 1, ctypes.create_string_buffer(64))
    for number in range(5):
        card.login(1, KEYS[1])
        card.write("write_record", CYCLIC, 0, bytes([number] * 12))
        card.write("write_record", CYCLIC, 12, bytes([0xF0 + number] * 8))
        card.call("commit_transaction")
    seen["newest"] = card.records(CYCLIC, 0, 1, 20)
    seen["all"] = card.records(CYCLIC, 0, 0, 20)
    seen["second_newest"] = card.records(CYCLIC, 1, 1, 20)
    for number in range(3):
        card.write("write_record", LINEAR, 0, bytes([number] * 8))
        card.call("commit_transaction")
    seen["linear"] = card.records(LINEAR, 0, 0, 8)
    seen["linear_full"] = card.refusal("write_record", LINEAR, 0, 8, bytes(8))
    card.login(2, KEYS[2])
    card.write("write_data", BACKUP, 4, b"pending")
    seen["backup_noted"] = card.data(BACKUP, 0, 16)
    card.call("commit_transaction")
    seen["backup"] = card.data(BACKUP, 0, 16)
    card.write("write_data", STANDARD, 0, LONG_DATA)
    seen["standard"] = card.data(STANDARD, 0, 0)
    card.call("clear_record_file", LINEAR)
    card.call("commit_transaction")
    seen["cleared"] = card.refusal("read_records", LINEAR, 0, 1, ctypes.create_string_buffer(64))
    return seen


def keys(card):
    seen = {}
    card.login(1, KEYS[1])
    seen["wrong_key"] = card.refusal("authenticate", 2, card.key(bytes(16)))
    card.login(0, KEYS[0])
    card.call("change_key", 1, card.key(NEW_KEY, 9), card.key(KEYS[1]))
    seen["version"] = card.key_version(1)
    card.login(1, NEW_KEY)
    seen["value_after"] = card.value(VALUE_FULL)
    card.login(1, NEW_KEY)
    seen["right_missing"] = card.refusal("change_key", 2, card.key(NEW_KEY), card.key(KEYS[2]))
    return seen


def main():
    card = Freefare(sys.argv[1])
    seen = {"personalised": personalise(card)}
    seen["values"] = {str(f): values(card, f) for f in (VALUE_PLAIN, VALUE_MACED, VALUE_FULL)}
    seen["files"] = files(card)
    seen["keys"] = keys(card)
    card.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
