"""Checks of the portable core: handshakes, secure messaging, transaction MAC.

Our side's bytes are computed, the card's are taken from the vector and must be accepted.
Whole sessions are in core_replay. Runs on both interpreters. Called by portable.
"""

from firmware.core import apdu, desfire, ev2, tmac
from firmware.core.apdu import Command
from firmware.core.bits import equal
from firmware.core.cmac import Cmac
from tools.vectors.against_core import to_hex, unhex

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know the name
if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.vectors.shapes import Check, NewAes, Values

MODES = {"plain": apdu.PLAIN, "mac": apdu.MAC, "full": apdu.FULL}
_NO_KEY = bytes(16)
_INS_CHANGE_KEY = 0xC4


def checks(new_aes: "NewAes") -> "dict[str, Check]":
    """The checks of this module by kind of vector."""
    return {
        "session_keys": lambda inputs, _: _session_keys(new_aes, inputs),
        "auth_ev2_first": lambda inputs, expected: _first(new_aes, inputs, expected),
        "auth_ev2_non_first": lambda inputs, expected: _non_first(new_aes, inputs, expected),
        "iv_command": lambda inputs, _: _iv(new_aes, inputs, ev2.command_iv),
        "iv_response": lambda inputs, _: _iv(new_aes, inputs, ev2.response_iv),
        "secure_messaging": lambda inputs, expected: _messaging(new_aes, inputs, expected),
        "command_mac": lambda inputs, _: _command_mac(new_aes, inputs),
        "reject_response": lambda inputs, _: _response(new_aes, inputs),
        "unpad": lambda inputs, _: {"data": to_hex(ev2.unpad(unhex(inputs["padded"])))},
        "tm_session_keys": lambda inputs, _: tm_keys(new_aes, inputs),
        "tmv_over_raw_tmi": lambda inputs, _: _raw_tmv(new_aes, inputs),
        "enc_tmri": lambda inputs, _: _enc_tmri(new_aes, inputs),
        "tmv": lambda inputs, _: _tmv(new_aes, inputs),
    }


def _session_keys(new_aes: "NewAes", inputs: "Values") -> "Values":
    rnd_a, rnd_b = unhex(inputs["rnd_a"]), unhex(inputs["rnd_b"])
    enc, mac = ev2.session_keys(new_aes, unhex(inputs["key"]), rnd_a, rnd_b)
    sv1, sv2 = ev2.session_vectors(rnd_a, rnd_b)
    return {
        "ses_auth_enc": to_hex(enc),
        "ses_auth_mac": to_hex(mac),
        "sv1": to_hex(sv1),
        "sv2": to_hex(sv2),
    }


def _first(new_aes: "NewAes", inputs: "Values", expected: "Values") -> "Values":
    caps = unhex(inputs.get("len_cap_and_pcdcap2", "00"))[1:]
    got = _session_keys(new_aes, inputs)
    got["apdu1"] = to_hex(ev2.first_begin(inputs["key_no"], caps))
    handshake = ev2.Authentication(
        new_aes, unhex(inputs["key"]), unhex(inputs["rnd_a"]), pcd_cap2=caps
    )
    got["apdu2"] = to_hex(handshake.answer_challenge(unhex(expected["resp1"])))
    got["resp1"] = expected["resp1"]  # understood, or apdu2 would differ
    session = handshake.finish(unhex(expected["resp2"]))
    said = (to_hex(session.ti), to_hex(handshake.pd_cap2), session.counter)
    meant = (inputs["ti"], inputs.get("pd_cap2", "000000000000"), 0)
    got["resp2"] = expected["resp2"] if said == meant else f"read as {said}"
    return got


def _non_first(new_aes: "NewAes", inputs: "Values", expected: "Values") -> "Values":
    ti = unhex(inputs.get("ti_unchanged", "00000000"))
    before = ev2.Session(new_aes, _NO_KEY, _NO_KEY, ti, 7)
    got = _session_keys(new_aes, inputs)
    got["apdu1"] = to_hex(ev2.non_first_begin(inputs["key_no"]))
    handshake = ev2.Authentication(
        new_aes, unhex(inputs["key"]), unhex(inputs["rnd_a"]), session=before
    )
    got["apdu2"] = to_hex(handshake.answer_challenge(unhex(expected["resp1"])))
    got["resp1"] = expected["resp1"]  # understood, or apdu2 would differ
    session = handshake.finish(unhex(expected["resp2"]))
    kept = session.ti == ti and session.counter == 7
    got["resp2"] = expected["resp2"] if kept else "TI or counter not kept"
    return got


def _iv(new_aes: "NewAes", inputs: "Values", function: "Callable[..., bytes]") -> "Values":
    aes = new_aes(unhex(inputs["ses_auth_enc"]))
    return {"iv": to_hex(function(aes, unhex(inputs["ti"]), inputs["cmd_ctr_in_iv"]))}


def _command_mac(new_aes: "NewAes", inputs: "Values") -> "Values":
    mac = Cmac(new_aes, unhex(inputs["ses_auth_mac"]))
    covered = unhex(inputs["mac_input"])
    return {"cmd_mac": to_hex(mac.tag8(covered)), "cmd_cmac": to_hex(mac.tag(covered))}


def _session(new_aes: "NewAes", inputs: "Values", counter: int) -> ev2.Session:
    enc = unhex(inputs["ses_auth_enc"]) if "ses_auth_enc" in inputs else _NO_KEY
    return ev2.Session(new_aes, enc, unhex(inputs["ses_auth_mac"]), unhex(inputs["ti"]), counter)


def joined(apdus: "list[bytes]") -> bytes:
    """One APDU as the vectors print it, even where the command would be sent in parts."""
    if len(apdus) == 1:
        return apdus[0]
    body = b"".join(part[5:-1] for part in apdus)
    return apdus[0][:4] + bytes((len(body),)) + body + b"\x00"


def _messaging(new_aes: "NewAes", inputs: "Values", expected: "Values") -> "Values":
    mode = MODES[inputs["mode"]]
    ins = int(inputs["ins"], 16)
    header, data = unhex(inputs.get("header", "")), unhex(inputs.get("data", ""))
    counter = inputs["cmd_ctr"]
    session = _session(new_aes, inputs, counter)
    drops = ins == _INS_CHANGE_KEY and expected.get("response") == "9100"
    command = Command(ins, header, data, mode, drops_session=drops)
    got = _intermediates(new_aes, inputs, command)
    got["apdu"] = to_hex(joined(session.wrap(command)))
    if "response" in expected:
        plain = session.unwrap(unhex(expected["response"]))
        meant = inputs.get("response_data", "")
        understood = to_hex(plain) == meant
        got["response"] = expected["response"] if understood else "read as " + to_hex(plain)
    return got


def _intermediates(new_aes: "NewAes", inputs: "Values", command: Command) -> "Values":
    """The values on the way, from the functions that the session itself uses."""
    if command.mode == apdu.PLAIN:
        return {}
    ti, counter = unhex(inputs["ti"]), inputs["cmd_ctr"]
    mac = Cmac(new_aes, unhex(inputs["ses_auth_mac"]))
    data, answer = command.data, unhex(inputs.get("response_data", ""))
    got = {}
    if command.mode == apdu.FULL:
        aes = new_aes(unhex(inputs["ses_auth_enc"]))
        iv, answer_iv = ev2.command_iv(aes, ti, counter), ev2.response_iv(aes, ti, counter + 1)
        data = aes.cbc_encrypt(iv, ev2.pad(data)) if data else b""
        answer = aes.cbc_encrypt(answer_iv, ev2.pad(answer)) if answer else b""
        got = {
            "cmd_iv": to_hex(iv),
            "cmd_ciphertext": to_hex(data),
            "resp_iv": to_hex(answer_iv),
            "resp_ciphertext": to_hex(answer),
        }
    covered = ev2.mac_input(command.ins, counter, ti, command.header + data)
    answer_covered = ev2.mac_input(apdu.OK, counter + 1, ti, answer)
    got["cmd_mac_input"] = to_hex(covered)
    got["cmd_cmac"] = to_hex(mac.tag(covered))
    got["cmd_mac"] = to_hex(mac.tag8(covered))
    got["resp_mac_input"] = to_hex(answer_covered)
    got["resp_cmac"] = to_hex(mac.tag(answer_covered))
    got["resp_mac"] = to_hex(mac.tag8(answer_covered))
    return got


def _response(new_aes: "NewAes", inputs: "Values") -> "Values":
    """An answer to a MACed command, judged by a session; refused by an exception."""
    mode = MODES[inputs.get("mode", "mac")]
    session = _session(new_aes, inputs, inputs["cmd_ctr_of_command"])
    session.wrap(Command(desfire.INS_READ_DATA, b"", b"", mode))
    answer = unhex(inputs["response_without_sw"]) + unhex(inputs.get("status", "9100"))
    return {"data": to_hex(session.unwrap(answer))}


def tm_keys(new_aes: "NewAes", inputs: "Values") -> "Values":
    """The transaction MAC session keys of a vector, and what they are made from."""
    key, uid, counter = unhex(inputs["app_tm_key"]), unhex(inputs["uid"]), inputs["counter_used"]
    mac, enc = tmac.session_keys(new_aes, key, counter, uid)
    sv_mac, sv_enc = tmac.session_vectors(counter, uid)
    return {
        "ses_tm_mac": to_hex(mac),
        "ses_tm_enc": to_hex(enc),
        "sv_mac": to_hex(sv_mac),
        "sv_enc": to_hex(sv_enc),
    }


def _raw_tmv(new_aes: "NewAes", inputs: "Values") -> "Values":
    return {"tmv": to_hex(tmac.tmv(new_aes, unhex(inputs["ses_tm_mac"]), unhex(inputs["tmi"])))}


def _enc_tmri(new_aes: "NewAes", inputs: "Values") -> "Values":
    key, previous = unhex(inputs["ses_tm_enc"]), unhex(inputs["previous_reader_id"])
    sealed = tmac.encrypt_reader_id(new_aes, key, previous)
    if not equal(tmac.decrypt_reader_id(new_aes, key, sealed), previous):
        return {"enc_tmri": "(does not survive deciphering)"}
    return {"enc_tmri": to_hex(sealed), "previous_reader_id": to_hex(previous)}


def _tmv(new_aes: "NewAes", inputs: "Values") -> "Values":
    got = tm_keys(new_aes, inputs)
    tmi, parts = tmac.Tmi(), []
    for entry in inputs["commands"]:
        start = len(tmi.value())
        enc_tmri = unhex(entry.get("enc_tmri", ""))
        if "previous_reader_id" in entry:
            previous = unhex(entry["previous_reader_id"])
            enc_tmri = tmac.encrypt_reader_id(new_aes, unhex(got["ses_tm_enc"]), previous)
            got["enc_tmri"] = to_hex(enc_tmri)
        _note(tmi, entry, enc_tmri)
        parts.append(to_hex(tmi.value()[start:]))
    got["tmi_parts"] = parts
    got["tmi"] = to_hex(tmi.value())
    got["tmv"] = to_hex(tmac.tmv(new_aes, unhex(got["ses_tm_mac"]), tmi.value()))
    return got


def _note(tmi: tmac.Tmi, entry: "Values", enc_tmri: bytes) -> None:
    """One command of a "tmv" vector through the method of its name."""
    ins, file_no = int(entry["cmd"], 16), entry.get("file", 0)
    data, offset = unhex(entry.get("data", "")), entry.get("offset", 0)
    record = entry.get("record", 0)
    if ins in (0xAD, 0xBD):
        tmi.read_data(file_no, offset, data, ins)
    elif ins in (0x8D, 0x3D):
        tmi.write_data(file_no, offset, data, ins)
    elif ins in (0x8B, 0x3B):
        tmi.write_record(file_no, offset, data, ins)
    elif ins in (0xBA, 0xDB):
        tmi.update_record(file_no, record, offset, data, ins)
    elif ins in (0xAB, 0xBB):
        tmi.read_records(file_no, record, entry["count_actual"], data, ins)
    elif ins == desfire.INS_CLEAR_RECORD_FILE:
        tmi.clear_record_file(file_no)
    elif ins == desfire.INS_COMMIT_READER_ID:
        tmi.commit_reader_id(unhex(entry["reader_id"]), enc_tmri)
    else:
        values: dict[int, Callable[[int, int], None]] = {
            desfire.INS_GET_VALUE: tmi.get_value,
            desfire.INS_CREDIT: tmi.credit,
            desfire.INS_DEBIT: tmi.debit,
            desfire.INS_LIMITED_CREDIT: tmi.limited_credit,
        }
        values[ins](file_no, entry["value"])
