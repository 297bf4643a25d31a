"""Checks of the portable core: primitives, layouts, reader frames. Runs on both interpreters.

Owns one function a kind of vector, from its JSON inputs to its expected values. Sessions
and everything with a counter are in core_sessions. Called by portable.
"""

from firmware.core import an10922, apdu, bits, pn532_frame, settings
from firmware.core.cmac import Cmac, cmac, truncate8
from firmware.core.crc32 import crc32
from firmware.core.errors import READER_FRAME, VafaError

_TYPES = ("standard", "backup", "value", "linear", "cyclic", "transaction_mac")
_COMMS = {0: "plain", 1: "mac", 3: "full"}
_SPECIAL = {"ack": pn532_frame.ACK, "nack": pn532_frame.NACK, "error": pn532_frame.ERROR}


def unhex(text):
    """Bytes of a vector's hex string."""
    return bytes.fromhex(text)


def to_hex(data):
    """A byte string as the vectors write it."""
    return data.hex().upper()


def checks(new_aes):
    """The checks of this module by kind of vector; `new_aes` is the interpreter's AES."""

    def subkeys(inputs, _expected):
        mac = Cmac(new_aes, unhex(inputs["key"]))
        return {"K1": to_hex(mac.k1), "K2": to_hex(mac.k2)}

    def whole_cmac(inputs, _expected):
        tag = cmac(new_aes, unhex(inputs["key"]), unhex(inputs["message"]))
        return {"cmac": to_hex(tag), "mac8": to_hex(truncate8(tag))}

    def diversification(inputs, _expected):
        master, m = unhex(inputs["master_key"]), unhex(inputs["M"])
        mac = Cmac(new_aes, master)
        return {
            "K1": to_hex(mac.k1),
            "K2": to_hex(mac.k2),
            "padded_input": to_hex(an10922.padded_input(m)),
            "diversified_key": to_hex(an10922.diversify(new_aes, master, m)),
            "not_this_plain_cmac": to_hex(mac.tag(b"\x01" + m)),
        }

    return {
        "subkeys": subkeys,
        "cmac": whole_cmac,
        "truncate": _truncate,
        "an10922_aes128": diversification,
        "crc32": _crc32,
        "access_rights": _access_rights,
        "amount_le32": _amount,
        "file_settings": _file_settings,
        "get_version": _version,
        "wrap_apdu": _wrap_apdu,
        "pn532_frame": _frame,
        "pn532_frame_decode": _frame_decode,
        "pn532_special": _frame_special,
        "pn532_reject": _frame_decode,
        "spi_bit_order": _bit_order,
    }


def _truncate(inputs, _expected):
    return {"mac8": to_hex(truncate8(unhex(inputs["cmac"])))}


def _crc32(inputs, _expected):
    return {"crc_le": to_hex(crc32(unhex(inputs["data"])))}


def _access_rights(inputs, _expected):
    if "wire" in inputs:
        wire = unhex(inputs["wire"])
    else:
        names = ("read", "write", "read_write", "change")
        wire = settings.pack_rights(*(inputs[name] for name in names))
    read, write, read_write, change = settings.unpack_rights(wire)
    return {
        "wire": to_hex(settings.pack_rights(read, write, read_write, change)),
        "read": read,
        "write": write,
        "read_write": read_write,
        "change": change,
    }


def _amount(inputs, _expected):
    wire = unhex(inputs["wire"]) if "wire" in inputs else bits.i32(inputs["value"])
    value = bits.read_i32(wire)
    return {"wire": to_hex(bits.i32(value)), "value": value}


def _file_settings(inputs, _expected):
    read = settings.FileSettings(unhex(inputs["response"]))
    got = {name: getattr(read, name) for name in dir(read) if not name.startswith("_")}
    got["type"] = _TYPES[read.type]
    got["comm"] = _COMMS.get(read.comm, "reserved")
    got["rest"] = to_hex(read.rest)
    if read.type == settings.VALUE:
        got["limited_credit_enabled"] = bool(read.value_flags & 1)
        got["free_get_value"] = bool(read.value_flags & 2)
    return got


def _version(inputs, _expected):
    frames = [unhex(inputs[name]) for name in ("frame1", "frame2", "frame3")]
    version = settings.Version(b"".join(frames))
    got = {
        "vendor": version.hardware[0],
        "uid": to_hex(version.uid),
        "batch": to_hex(version.batch),
        "week": "%02X" % version.week_bcd,
        "year": "%02X" % version.year_bcd,
        "generation": version.generation,
        "storage_bytes": version.storage_bytes,
        "storage": "%02X" % version.hardware[5],
        "protocol": version.hardware[6],
        "hw_major": "%02X" % version.hardware[3],
        "sw_vendor": version.software[0],
        "sw_major": version.software[3],
        "sw_storage": "%02X" % version.software[5],
        "sw_protocol": version.software[6],
    }
    for prefix, part in (("hw_", version.hardware), ("sw_", version.software)):
        got[prefix + "type"], got[prefix + "subtype"] = part[1], part[2]
        got[prefix + "minor"] = part[4]
    return got


def _wrap_apdu(inputs, _expected):
    return {"apdu": to_hex(apdu.wrap(int(inputs["ins"], 16), unhex(inputs["body"])))}


def _parse_whole(frame):
    parsed = pn532_frame.parse(frame)
    if parsed is None:
        raise VafaError(READER_FRAME, "incomplete")
    return parsed


def _frame(inputs, _expected):
    payload = unhex(inputs["payload"])
    frame = pn532_frame.build(payload)
    if _parse_whole(frame) != (pn532_frame.KIND_DATA, payload, len(frame) - 1):
        return {"frame": "(does not survive parsing)"}
    return {"frame": to_hex(frame), "payload": to_hex(payload)}


def _frame_decode(inputs, _expected):
    return {"payload": to_hex(_parse_whole(unhex(inputs["frame"]))[1])}


def _frame_special(inputs, _expected):
    words = inputs["meaning"].lower().split()
    for name in sorted(_SPECIAL):
        if name in words:
            return {"frame": to_hex(_SPECIAL[name])}
    raise ValueError("special frame " + inputs["meaning"])


def _bit_order(inputs, _expected):
    data = unhex(inputs["bytes"])
    return {"bytes_sent_msb_first_controller": to_hex(pn532_frame.reverse_bits(data))}
