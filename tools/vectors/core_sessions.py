"""Checks of the portable core: handshakes, secure messaging, transaction MAC, whole sessions.

Owns the replay of recorded dialogues: our side's bytes are computed, the card's are taken
from the vector and must be accepted. Runs on both interpreters. Called by portable.
"""

from firmware.core import apdu, desfire, ev2, tmac
from firmware.core.apdu import Command
from firmware.core.bits import equal, read_i32, read_unsigned
from firmware.core.cmac import Cmac
from firmware.core.errors import VafaError
from tools.vectors.against_core import to_hex, unhex

_MODES = {"plain": apdu.PLAIN, "mac": apdu.MAC, "full": apdu.FULL}
_NO_KEY = bytes(16)
_INS_CHANGE_KEY = 0xC4


def checks(new_aes):
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
        "tm_session_keys": lambda inputs, _: _tm_keys(new_aes, inputs),
        "tmv_over_raw_tmi": lambda inputs, _: _raw_tmv(new_aes, inputs),
        "enc_tmri": lambda inputs, _: _enc_tmri(new_aes, inputs),
        "tmv": lambda inputs, _: _tmv(new_aes, inputs),
        "session": lambda inputs, expected: _Replay(new_aes, inputs).run(expected),
    }


def _session_keys(new_aes, inputs):
    rnd_a, rnd_b = unhex(inputs["rnd_a"]), unhex(inputs["rnd_b"])
    enc, mac = ev2.session_keys(new_aes, unhex(inputs["key"]), rnd_a, rnd_b)
    sv1, sv2 = ev2.session_vectors(rnd_a, rnd_b)
    return {
        "ses_auth_enc": to_hex(enc),
        "ses_auth_mac": to_hex(mac),
        "sv1": to_hex(sv1),
        "sv2": to_hex(sv2),
    }


def _first(new_aes, inputs, expected):
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
    got["resp2"] = expected["resp2"] if said == meant else "read as %s" % (said,)
    return got


def _non_first(new_aes, inputs, expected):
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


def _iv(new_aes, inputs, function):
    aes = new_aes(unhex(inputs["ses_auth_enc"]))
    return {"iv": to_hex(function(aes, unhex(inputs["ti"]), inputs["cmd_ctr_in_iv"]))}


def _command_mac(new_aes, inputs):
    mac = Cmac(new_aes, unhex(inputs["ses_auth_mac"]))
    covered = unhex(inputs["mac_input"])
    return {"cmd_mac": to_hex(mac.tag8(covered)), "cmd_cmac": to_hex(mac.tag(covered))}


def _session(new_aes, inputs, counter):
    enc = unhex(inputs["ses_auth_enc"]) if "ses_auth_enc" in inputs else _NO_KEY
    return ev2.Session(new_aes, enc, unhex(inputs["ses_auth_mac"]), unhex(inputs["ti"]), counter)


def _joined(apdus):
    """One APDU as the vectors print it, even where the command would be sent in parts."""
    if len(apdus) == 1:
        return apdus[0]
    body = b"".join(part[5:-1] for part in apdus)
    return apdus[0][:4] + bytes((len(body),)) + body + b"\x00"


def _messaging(new_aes, inputs, expected):
    mode = _MODES[inputs["mode"]]
    ins = int(inputs["ins"], 16)
    header, data = unhex(inputs.get("header", "")), unhex(inputs.get("data", ""))
    counter = inputs["cmd_ctr"]
    session = _session(new_aes, inputs, counter)
    drops = ins == _INS_CHANGE_KEY and expected.get("response") == "9100"
    command = Command(ins, header, data, mode, drops_session=drops)
    got = _intermediates(new_aes, inputs, command)
    got["apdu"] = to_hex(_joined(session.wrap(command)))
    if "response" in expected:
        plain = session.unwrap(unhex(expected["response"]))
        meant = inputs.get("response_data", "")
        understood = to_hex(plain) == meant
        got["response"] = expected["response"] if understood else "read as " + to_hex(plain)
    return got


def _intermediates(new_aes, inputs, command):
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


def _response(new_aes, inputs):
    """An answer to a MACed command, judged by a session; refused by an exception."""
    mode = _MODES[inputs.get("mode", "mac")]
    session = _session(new_aes, inputs, inputs["cmd_ctr_of_command"])
    session.wrap(Command(desfire.INS_READ_DATA, b"", b"", mode))
    answer = unhex(inputs["response_without_sw"]) + unhex(inputs.get("status", "9100"))
    return {"data": to_hex(session.unwrap(answer))}


def _tm_keys(new_aes, inputs):
    key, uid, counter = unhex(inputs["app_tm_key"]), unhex(inputs["uid"]), inputs["counter_used"]
    mac, enc = tmac.session_keys(new_aes, key, counter, uid)
    sv_mac, sv_enc = tmac.session_vectors(counter, uid)
    return {
        "ses_tm_mac": to_hex(mac),
        "ses_tm_enc": to_hex(enc),
        "sv_mac": to_hex(sv_mac),
        "sv_enc": to_hex(sv_enc),
    }


def _raw_tmv(new_aes, inputs):
    return {"tmv": to_hex(tmac.tmv(new_aes, unhex(inputs["ses_tm_mac"]), unhex(inputs["tmi"])))}


def _enc_tmri(new_aes, inputs):
    key, previous = unhex(inputs["ses_tm_enc"]), unhex(inputs["previous_reader_id"])
    sealed = tmac.encrypt_reader_id(new_aes, key, previous)
    if not equal(tmac.decrypt_reader_id(new_aes, key, sealed), previous):
        return {"enc_tmri": "(does not survive deciphering)"}
    return {"enc_tmri": to_hex(sealed), "previous_reader_id": to_hex(previous)}


def _tmv(new_aes, inputs):
    got = _tm_keys(new_aes, inputs)
    tmi, parts = tmac.Tmi(), []
    for entry in inputs["commands"]:
        start = len(tmi.value())
        if "previous_reader_id" in entry:
            previous = unhex(entry["previous_reader_id"])
            enc = tmac.encrypt_reader_id(new_aes, unhex(got["ses_tm_enc"]), previous)
            entry = dict(entry, enc_tmri=to_hex(enc))
            got["enc_tmri"] = entry["enc_tmri"]
        _note(tmi, entry)
        parts.append(to_hex(tmi.value()[start:]))
    got["tmi_parts"] = parts
    got["tmi"] = to_hex(tmi.value())
    got["tmv"] = to_hex(tmac.tmv(new_aes, unhex(got["ses_tm_mac"]), tmi.value()))
    return got


def _note(tmi, entry):
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
        tmi.commit_reader_id(unhex(entry["reader_id"]), unhex(entry.get("enc_tmri", "")))
    else:
        values = {0x6C: tmi.get_value, 0x0C: tmi.credit, 0xDC: tmi.debit, 0x1C: tmi.limited_credit}
        values[ins](file_no, entry["value"])


def _constructed(ins, header, data):
    """The command as our constructors build it, where they know this INS."""
    if ins == desfire.INS_READ_DATA:
        return desfire.read_data(*_three(header))
    if ins == desfire.INS_READ_RECORDS:
        return desfire.read_records(*_three(header))
    if ins == desfire.INS_WRITE_DATA:
        return desfire.write_data(header[0], read_unsigned(header[1:4]), data)
    if ins == desfire.INS_WRITE_RECORD:
        return desfire.write_record(header[0], data, read_unsigned(header[1:4]))
    if ins == desfire.INS_GET_VALUE:
        return desfire.get_value(header[0])
    changes = {0x0C: desfire.credit, 0xDC: desfire.debit, 0x1C: desfire.limited_credit}
    if ins in changes:
        return changes[ins](header[0], read_i32(data))
    if ins == desfire.INS_CLEAR_RECORD_FILE:
        return desfire.clear_record_file((header + data)[0])
    if ins == desfire.INS_COMMIT:
        return desfire.commit_transaction((header + data) == b"\x01")
    if ins == desfire.INS_COMMIT_READER_ID:
        return desfire.commit_reader_id(header + data)
    return Command(ins, header, data)


def _three(header):
    return header[0], read_unsigned(header[1:4]), read_unsigned(header[4:7])


class _Replay:
    """A "session" vector: our side computed, the card's answers taken and judged."""

    def __init__(self, new_aes, inputs):
        self._new_aes = new_aes
        self._key = unhex(inputs["key"])
        self._rnd_a = unhex(inputs["rnd_a"])
        self._key_no = inputs["key_no"]
        self._ti = inputs["ti"]
        self._tm = inputs if "app_tm_key" in inputs else None
        self._handshake = None
        self._session = None
        self._tmi = tmac.Tmi()

    def run(self, expected):
        """The computed counterpart of the vector's expected values."""
        exchanges = [self._step(exchange) for exchange in expected["exchanges"]]
        got = {"exchanges": exchanges}
        keys = ev2.session_keys(self._new_aes, self._key, self._rnd_a, self._handshake.rnd_b)
        got["ses_auth_enc"], got["ses_auth_mac"] = to_hex(keys[0]), to_hex(keys[1])
        got["tmi"] = to_hex(self._tmi.value())
        if self._tm is not None:
            got["tmv"] = _raw_tmv(
                self._new_aes, {"ses_tm_mac": self._tm_keys()[0], "tmi": got["tmi"]}
            )["tmv"]
            got["ses_tm_mac"], got["ses_tm_enc"] = self._tm_keys()
        return got

    def _tm_keys(self):
        keys = _tm_keys(self._new_aes, self._tm)
        return keys["ses_tm_mac"], keys["ses_tm_enc"]

    def _step(self, exchange):
        """The exchange with our APDU in it, and with the answer only if it was understood."""
        got = dict(exchange)
        ins = unhex(exchange["apdu"])[1]
        answer = unhex(exchange["response"])
        try:
            if ins in (ev2.INS_FIRST, ev2.INS_NON_FIRST, apdu.MORE):
                got["apdu"] = to_hex(self._authenticate(ins, answer))
            else:
                self._command(ins, exchange, got)
        except VafaError as error:
            got["response"] = "refused: %s" % error
        return got

    def _authenticate(self, ins, answer):
        if ins == apdu.MORE:
            self._session = self._handshake.finish(answer)
            return self._proof
        self._handshake = ev2.Authentication(
            self._new_aes,
            self._key,
            self._rnd_a,
            session=None if ins == ev2.INS_FIRST else self._session,
        )
        self._proof = self._handshake.answer_challenge(answer)
        begin = ev2.first_begin if ins == ev2.INS_FIRST else ev2.non_first_begin
        return begin(self._key_no)

    def _command(self, ins, exchange, got):
        header, data = unhex(exchange.get("header", "")), unhex(exchange.get("data", ""))
        if "mode" not in exchange:
            sent = unhex(exchange["apdu"])
            got["apdu"] = to_hex(apdu.wrap(ins, sent[5:-1]))
            return
        command = _constructed(ins, header, data)
        if command.mode not in (_MODES[exchange["mode"]], apdu.FULL):
            got["mode"] = "the constructor says %d" % command.mode
        command.mode = _MODES[exchange["mode"]]
        got["cmd_ctr"] = self._session.counter
        got["apdu"] = to_hex(_joined(self._session.wrap(command)))
        plain = self._session.unwrap(unhex(exchange["response"]))
        got["response_data"] = to_hex(plain)
        self._tmi.note(command, plain)
