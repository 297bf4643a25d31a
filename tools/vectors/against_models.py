"""Checks of the models: card cryptography, EV2 sessions of the model card, reader frames.

Owns one function a kind of vector that a model can answer; kinds without one (layouts that
only our side builds) rest on the core's check. Whole cards are in card_sessions and
card_transactions. Nothing of firmware/ is used here. Called by suite; a further model adds
its checks to CHECKS.
"""

from collections.abc import Callable

from tools.models.card import crypto, framing
from tools.models.card.ev2 import Ev2Handshake, Ev2Session
from tools.models.card.session import Mode, Terms
from tools.models.card.status import CardError, IsoError
from tools.models.pn532 import frames
from tools.vectors import card_sessions, card_transactions
from tools.vectors.shapes import Check, Values

REFUSALS = (ValueError, CardError, IsoError)

_MODES = {"plain": Mode.PLAIN, "mac": Mode.MAC, "full": Mode.FULL}
_CAPABILITIES = 6


def _hex(data: bytes) -> str:
    return data.hex().upper()


def _bytes(inputs: Values, name: str, default: str | None = None) -> bytes:
    return bytes.fromhex(inputs[name] if default is None else inputs.get(name, default))


def _cmac(inputs: Values, _expected: Values) -> Values:
    tag = crypto.cmac(_bytes(inputs, "key"), _bytes(inputs, "message"))
    return {"cmac": _hex(tag), "mac8": _hex(crypto.truncate(tag))}


def _truncate(inputs: Values, _expected: Values) -> Values:
    return {"mac8": _hex(crypto.truncate(_bytes(inputs, "cmac")))}


def _crc32(inputs: Values, _expected: Values) -> Values:
    return {"crc_le": _hex(crypto.crc32(_bytes(inputs, "data")))}


def _an10922(inputs: Values, expected: Values) -> Values:
    key = crypto.an10922(_bytes(inputs, "master_key"), _bytes(inputs, "M"))
    return {**expected, "diversified_key": _hex(key)}


def _unpad(inputs: Values, _expected: Values) -> Values:
    return {"data": _hex(crypto.unpad(_bytes(inputs, "padded")))}


def _session_keys(inputs: Values, expected: Values) -> Values:
    rnd_a, rnd_b = _bytes(inputs, "rnd_a"), _bytes(inputs, "rnd_b")
    enc, mac = crypto.ev2_session_keys(_bytes(inputs, "key"), rnd_a, rnd_b)
    return {**expected, "ses_auth_enc": _hex(enc), "ses_auth_mac": _hex(mac)}


def _iv(inputs: Values, function: Callable[[bytes, bytes, int], bytes]) -> Values:
    key, ti = _bytes(inputs, "ses_auth_enc"), _bytes(inputs, "ti")
    return {"iv": _hex(function(key, ti, inputs["cmd_ctr_in_iv"]))}


def _iv_command(inputs: Values, _expected: Values) -> Values:
    return _iv(inputs, crypto.ev2_command_iv)


def _iv_response(inputs: Values, _expected: Values) -> Values:
    return _iv(inputs, crypto.ev2_response_iv)


def _authenticate(inputs: Values, expected: Values) -> Values:
    """The card's side of a handshake: takes our two APDUs, must give the card's answers."""
    first = expected["apdu1"].startswith("9071")
    begin = framing.parse(_bytes(expected, "apdu1"))
    if begin.data[0] != inputs["key_no"]:
        raise ValueError("apdu1 names another key")
    ti = _bytes(inputs, "ti" if first else "ti_unchanged", "00000000")
    echo = begin.data[2:].ljust(_CAPABILITIES, b"\x00")
    running = None if first else Ev2Session(0, (bytes(16), bytes(16)), ti, 5)
    handshake = Ev2Handshake(
        begin.data[0],
        _bytes(inputs, "key"),
        _bytes(inputs, "rnd_b"),
        new_ti=ti if first else None,
        running=running,
        capabilities=_bytes(inputs, "pd_cap2", "00" * _CAPABILITIES) + echo,
        keeps_pending=False,
    )
    challenge = handshake.challenge()
    answer, session = handshake.finish(framing.parse(_bytes(expected, "apdu2")).data)
    if (session.ti, session.counter) != (ti, 0 if first else 5):
        raise ValueError("TI or counter of the card's session")
    return {
        **expected,
        "resp1": _hex(challenge) + "91AF",
        "resp2": _hex(answer) + "9100",
        "ses_auth_enc": _hex(session.enc_key),
        "ses_auth_mac": _hex(session.mac_key),
    }


def _messaging(inputs: Values, expected: Values) -> Values:
    """The card opens the vector's command and must answer with the vector's response."""
    keys = (_bytes(inputs, "ses_auth_enc", "00" * 16), _bytes(inputs, "ses_auth_mac"))
    session = Ev2Session(0, keys, _bytes(inputs, "ti"), inputs["cmd_ctr"])
    request = framing.parse(_bytes(expected, "apdu"))
    header, data = _bytes(inputs, "header", ""), _bytes(inputs, "data", "")
    terms = Terms(_MODES[inputs["mode"]], len(header), lambda _length: True, bool(data))
    opened = session.open(request.ins, request.data, terms)
    got = dict(expected)
    if (request.ins, opened) != (int(inputs["ins"], 16), header + data):
        got["apdu"] = "opened as " + _hex(bytes([request.ins]) + opened)
    # The answer to changing the session's own key is bare; nothing to seal.
    if expected.get("response") != "9100" or terms.mode is Mode.PLAIN:
        sealed = session.seal(terms.mode, _bytes(inputs, "response_data", ""))
        got["response"] = _hex(sealed) + "9100"
        if terms.mode is not Mode.PLAIN:
            got["resp_mac"] = _hex(sealed[-crypto.MAC_LENGTH :])
    return got


def _command_mac(inputs: Values, _expected: Values) -> Values:
    tag = crypto.cmac(_bytes(inputs, "ses_auth_mac"), _bytes(inputs, "mac_input"))
    return {"cmd_mac": _hex(crypto.truncate(tag)), "cmd_cmac": _hex(tag)}


def _reject_response(inputs: Values, _expected: Values) -> Values:
    """The card would have answered otherwise, so the answer is not the card's."""
    answer = _bytes(inputs, "response_without_sw")
    data, tag = answer[:-8], answer[-8:]
    counter, ti = inputs["cmd_ctr_of_command"] + 1, _bytes(inputs, "ti")
    if tag != crypto.ev2_mac(_bytes(inputs, "ses_auth_mac"), 0, counter, ti, data):
        raise ValueError("not the card's MAC")
    return {"data": _hex(data)}


def _tm_keys(inputs: Values, expected: Values) -> Values:
    uid = _bytes(inputs, "uid")
    keys = crypto.tm_session_keys(_bytes(inputs, "app_tm_key"), inputs["counter_used"], uid)
    return {**expected, "ses_tm_mac": _hex(keys[0]), "ses_tm_enc": _hex(keys[1])}


def _raw_tmv(inputs: Values, _expected: Values) -> Values:
    return {"tmv": _hex(crypto.tmv(_bytes(inputs, "ses_tm_mac"), _bytes(inputs, "tmi")))}


def _enc_tmri(inputs: Values, _expected: Values) -> Values:
    key, previous = _bytes(inputs, "ses_tm_enc"), _bytes(inputs, "previous_reader_id")
    return {"enc_tmri": _hex(crypto.enc_tmri(key, previous))}


def _wrap_apdu(inputs: Values, expected: Values) -> Values:
    request = framing.parse(_bytes(expected, "apdu"))
    same = (request.ins, request.data) == (int(inputs["ins"], 16), _bytes(inputs, "body"))
    return {"apdu": expected["apdu"] if same else "parsed as " + _hex(request.data)}


def _decode(frame: bytes) -> frames.Item:
    items = frames.Decoder().feed(frame)
    if len(items) != 1:
        raise ValueError(f"{len(items)} frames found")
    return items[0]


def _frame(inputs: Values, _expected: Values) -> Values:
    payload = _bytes(inputs, "payload")
    frame = frames.encode(payload)
    if _decode(frame) != frames.Information(payload):
        return {"frame": "(does not survive decoding)"}
    return {"frame": _hex(frame)}


def _frame_decode(inputs: Values, _expected: Values) -> Values:
    item = _decode(_bytes(inputs, "frame"))
    return {"payload": _hex(item.payload) if isinstance(item, frames.Information) else item.value}


def _special(inputs: Values, _expected: Values) -> Values:
    words = inputs["meaning"].lower().split()
    known = {"ack": frames.ACK, "nack": frames.NACK, "error": frames.ERROR}
    return {"frame": _hex(next(known[word] for word in words if word in known))}


CHECKS: dict[str, Check] = {
    "cmac": _cmac,
    "truncate": _truncate,
    "crc32": _crc32,
    "an10922_aes128": _an10922,
    "unpad": _unpad,
    "session_keys": _session_keys,
    "iv_command": _iv_command,
    "iv_response": _iv_response,
    "auth_ev2_first": _authenticate,
    "auth_ev2_non_first": _authenticate,
    "secure_messaging": _messaging,
    "command_mac": _command_mac,
    "reject_response": _reject_response,
    "tm_session_keys": _tm_keys,
    "tmv_over_raw_tmi": _raw_tmv,
    "enc_tmri": _enc_tmri,
    "wrap_apdu": _wrap_apdu,
    "tmv": card_transactions.transaction,
    "session": card_sessions.session,
    "pn532_frame": _frame,
    "pn532_frame_decode": _frame_decode,
    "pn532_reject": _frame_decode,
    "pn532_special": _special,
}
