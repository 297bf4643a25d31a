"""Checks of the portable core: primitives, layouts, reader frames. Runs on both interpreters.

Owns one function a kind of vector, from its JSON inputs to its expected values. Sessions
and everything with a counter are in core_sessions. Called by portable.
"""

from firmware.core import an10922, apdu, bits, pn532_frame, settings
from firmware.core.cmac import Cmac, cmac, truncate8
from firmware.core.crc32 import crc32
from firmware.core.errors import READER_FRAME, VafaError

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know the name
if TYPE_CHECKING:
    from tools.vectors.shapes import Check, NewAes, Values

_TYPES = ("standard", "backup", "value", "linear", "cyclic", "transaction_mac")
_COMMS = {0: "plain", 1: "mac", 3: "full"}
_SPECIAL = {"ack": pn532_frame.ACK, "nack": pn532_frame.NACK, "error": pn532_frame.ERROR}


def unhex(text: str) -> bytes:
    """Bytes of a vector's hex string."""
    return bytes.fromhex(text)


def to_hex(data: bytes) -> str:
    """A byte string as the vectors write it."""
    return data.hex().upper()


def checks(new_aes: "NewAes") -> "dict[str, Check]":
    """The checks of this module by kind of vector; `new_aes` is the interpreter's AES."""

    def subkeys(inputs: "Values", _expected: "Values") -> "Values":
        mac = Cmac(new_aes, unhex(inputs["key"]))
        return {"K1": to_hex(mac.k1), "K2": to_hex(mac.k2)}

    def whole_cmac(inputs: "Values", _expected: "Values") -> "Values":
        tag = cmac(new_aes, unhex(inputs["key"]), unhex(inputs["message"]))
        return {"cmac": to_hex(tag), "mac8": to_hex(truncate8(tag))}

    def diversification(inputs: "Values", _expected: "Values") -> "Values":
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


def _truncate(inputs: "Values", _expected: "Values") -> "Values":
    return {"mac8": to_hex(truncate8(unhex(inputs["cmac"])))}


def _crc32(inputs: "Values", _expected: "Values") -> "Values":
    return {"crc_le": to_hex(crc32(unhex(inputs["data"])))}


def _access_rights(inputs: "Values", _expected: "Values") -> "Values":
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


def _amount(inputs: "Values", _expected: "Values") -> "Values":
    wire = unhex(inputs["wire"]) if "wire" in inputs else bits.i32(inputs["value"])
    value = bits.read_i32(wire)
    return {"wire": to_hex(bits.i32(value)), "value": value}


def _file_settings(inputs: "Values", _expected: "Values") -> "Values":
    read = settings.FileSettings(unhex(inputs["response"]))
    got = {name: getattr(read, name) for name in dir(read) if not name.startswith("_")}
    got["type"] = _TYPES[read.type]
    got["comm"] = _COMMS.get(read.comm, "reserved")
    got["rest"] = to_hex(read.rest)
    if read.type == settings.VALUE:
        got["limited_credit_enabled"] = bool(read.value_flags & 1)
        got["free_get_value"] = bool(read.value_flags & 2)
    return got


def _version(inputs: "Values", _expected: "Values") -> "Values":
    frames = [unhex(inputs[name]) for name in ("frame1", "frame2", "frame3")]
    version = settings.Version(b"".join(frames))
    got = {
        "vendor": version.hardware[0],
        "uid": to_hex(version.uid),
        "batch": to_hex(version.batch),
        "week": f"{version.week_bcd:02X}",
        "year": f"{version.year_bcd:02X}",
        "generation": version.generation,
        "storage_bytes": version.storage_bytes,
        "storage": f"{version.hardware[5]:02X}",
        "protocol": version.hardware[6],
        "hw_major": f"{version.hardware[3]:02X}",
        "sw_vendor": version.software[0],
        "sw_major": version.software[3],
        "sw_storage": f"{version.software[5]:02X}",
        "sw_protocol": version.software[6],
    }
    for prefix, part in (("hw_", version.hardware), ("sw_", version.software)):
        got[prefix + "type"], got[prefix + "subtype"] = part[1], part[2]
        got[prefix + "minor"] = part[4]
    return got


def _wrap_apdu(inputs: "Values", _expected: "Values") -> "Values":
    return {"apdu": to_hex(apdu.wrap(int(inputs["ins"], 16), unhex(inputs["body"])))}


def _parse_whole(frame: bytes) -> "tuple[int, bytes, int]":
    parsed = pn532_frame.parse(frame)
    if parsed is None:
        raise VafaError(READER_FRAME, "incomplete")
    kind, payload, end = parsed
    return kind, payload, end


def _frame(inputs: "Values", _expected: "Values") -> "Values":
    payload = unhex(inputs["payload"])
    frame = pn532_frame.build(payload)
    if _parse_whole(frame) != (pn532_frame.KIND_DATA, payload, len(frame) - 1):
        return {"frame": "(does not survive parsing)"}
    return {"frame": to_hex(frame), "payload": to_hex(payload)}


def _frame_decode(inputs: "Values", _expected: "Values") -> "Values":
    return {"payload": to_hex(_parse_whole(unhex(inputs["frame"]))[1])}


def _frame_special(inputs: "Values", _expected: "Values") -> "Values":
    words = inputs["meaning"].lower().split()
    for name in sorted(_SPECIAL):
        if name in words:
            return {"frame": to_hex(_SPECIAL[name])}
    raise ValueError("special frame " + inputs["meaning"])


def _bit_order(inputs: "Values", _expected: "Values") -> "Values":
    data = unhex(inputs["bytes"])
    return {"bytes_sent_msb_first_controller": to_hex(pn532_frame.reverse_bits(data))}
