"""Commands that issue and maintain a card: applications, files, keys, settings.

Owns the layouts that only the host, the station and the card lab send. Never sends
anything. Terminals do not load it. Sources as in desfire; ChangeKey: AN12196 section 6.16.
"""

from firmware.core.apdu import FULL, MAC, Command
from firmware.core.bits import BLOCK, i32, u24, xor
from firmware.core.crc32 import crc32
from firmware.core.desfire import file_byte
from firmware.core.errors import CARD_REQUEST, VafaError

KEY_TYPE_AES = 0x80  # high bits of KS2, and ORed into the number of the PICC master key
LIMITED_CREDIT_ON = 0x01
FREE_GET_VALUE = 0x02

_TM_KEY_OPTION_AES = 0x02
_EXTRA_RIGHTS = 0x80
_APPLICATION_KEYS_MAX = 14


def get_application_ids():
    """AIDs of the card, 3 bytes each as sent."""
    return Command(0x6A, mode=MAC)


def get_free_memory():
    """Free bytes, 3 bytes little-endian."""
    return Command(0x6E, mode=MAC)


def get_key_settings():
    """KS1 and KS2 of the selected application."""
    return Command(0x45, mode=MAC)


def create_application(aid, settings, key_count):
    """An AES application without ISO names. `settings` is KS1, `key_count` 1 to 14."""
    if len(aid) != 3 or not 1 <= key_count <= _APPLICATION_KEYS_MAX:
        raise VafaError(CARD_REQUEST, "application id or number of keys")
    return Command(0xCA, aid + bytes((settings, KEY_TYPE_AES | key_count)), mode=MAC)


def delete_application(aid):
    """Remove an application; its memory stays used until FormatPICC."""
    return Command(0xDA, aid, mode=MAC)


def format_picc():
    """Remove all applications; with the PICC master key."""
    return Command(0xFC, mode=MAC)


def create_std_data_file(file_no, comm, rights, size):
    """A standard data file: writes count at once and outside the transaction."""
    return Command(0xCD, _file(file_no, comm, rights) + u24(size), mode=MAC)


def create_backup_data_file(file_no, comm, rights, size):
    """A data file whose writes wait for the commit."""
    return Command(0xCB, _file(file_no, comm, rights) + u24(size), mode=MAC)


def create_value_file(file_no, comm, rights, *, lower, upper, value, flags=0):
    """A value file; limits and value are signed 32-bit amounts, lower <= value <= upper."""
    if not lower <= value <= upper:
        raise VafaError(CARD_REQUEST, "value outside the limits")
    limits = i32(lower) + i32(upper) + i32(value)
    return Command(0xCC, _file(file_no, comm, rights) + limits + bytes((flags,)), mode=MAC)


def create_linear_record_file(file_no, comm, rights, record_size, max_records):
    """A record file that refuses more when full."""
    header = _file(file_no, comm, rights) + u24(record_size) + u24(max_records)
    return Command(0xC1, header, mode=MAC)


def create_cyclic_record_file(file_no, comm, rights, record_size, max_records):
    """A record file that overwrites the oldest; holds max_records - 1 readable ones."""
    header = _file(file_no, comm, rights) + u24(record_size) + u24(max_records)
    return Command(0xC0, header, mode=MAC)


def create_transaction_mac_file(file_no, comm, rights, key, key_version):
    """The file with counter and MAC; its key goes enciphered."""
    _require_key(key)
    header = _file(file_no, comm, rights) + bytes((_TM_KEY_OPTION_AES,))
    return Command(0xCE, header, key + bytes((key_version,)), FULL)


def delete_file(file_no):
    """Remove a file."""
    return Command(0xDF, file_byte(file_no), mode=MAC)


def change_own_key(key_no, new_key, version):
    """ChangeKey for the key of the running session, which ends with the answer."""
    _require_key(new_key)
    return Command(0xC4, bytes((key_no,)), new_key + bytes((version,)), FULL, drops_session=True)


def change_other_key(key_no, new_key, old_key, version):
    """ChangeKey for any other key: needs the old key; the CRC covers the new key alone."""
    _require_key(new_key)
    _require_key(old_key)
    payload = xor(new_key, old_key) + bytes((version,)) + crc32(new_key)
    return Command(0xC4, bytes((key_no,)), payload, FULL)


def change_key_settings(settings):
    """Replace KS1."""
    return Command(0x54, b"", bytes((settings,)), FULL)


def change_file_settings(file_no, comm, rights, extra_rights=()):
    """Replace communication mode and rights; `extra_rights` are further 2-byte sets."""
    option = comm | (_EXTRA_RIGHTS if extra_rights else 0)
    data = bytes((option,)) + rights
    if extra_rights:
        data += bytes((len(extra_rights),)) + b"".join(extra_rights)
    return Command(0x5F, file_byte(file_no), data, FULL)


def set_configuration(option, data):
    """SetConfiguration. One-way on real cards: read the data sheet before sending."""
    return Command(0x5C, bytes((option,)), data, FULL)


def _file(file_no, comm, rights):
    if len(rights) != 2:
        raise VafaError(CARD_REQUEST, "access rights have 2 bytes")
    return file_byte(file_no) + bytes((comm,)) + rights


def _require_key(key):
    if len(key) != BLOCK:
        raise VafaError(CARD_REQUEST, "an AES-128 key has 16 bytes")
