"""A dialogue with the card as generators: they yield APDUs and are sent the answers.

Owns chaining in both directions and the order of a handshake. Never does I/O: whoever
drives a generator owns the wire, so that the same steps run over a reader (drive), inside
an event loop, or relayed from the host. Called by terminal, station, host and card lab.
"""

from firmware.core import apdu, ev2
from firmware.core.errors import CARD_FORMAT, VafaError

ANSWER_MAX = 4096
_FRAMES_MAX = 128


def drive(steps, send):
    """Run a dialogue over `send(apdu) -> answer` and give its result."""
    try:
        request = next(steps)
        while True:
            request = steps.send(send(request))
    except StopIteration as end:
        return end.value


def perform(command, session=None):
    """One command, inside `session` or plain. The result is its plain response data.

    Raises CardStatusError for a refusal, 102 for a wrong MAC, 105 for a malformed answer;
    after any of them, or if the dialogue is broken off, the session is closed.
    """
    body = command.header + command.data
    whole = False
    try:
        if session is None:
            data = _plain(command, (yield from _exchange(apdu.chain(command.ins, body))))
        elif command.mode == apdu.BARE:
            data = _plain(command, (yield from _exchange(session.wrap(command))))
        else:
            data = session.unwrap((yield from _exchange(session.wrap(command))))
        whole = True
        return data
    finally:
        if session is not None and not whole:
            session.close()


def authenticate_first(new_aes, key, key_no, rnd_a, pcd_cap2=b""):
    """AuthenticateEV2First; the result is a Session. Error 103 if a key is wrong."""
    authentication = ev2.Authentication(new_aes, key, rnd_a, pcd_cap2)
    challenge = yield ev2.first_begin(key_no, pcd_cap2)
    proof = yield authentication.answer_challenge(challenge)
    return authentication.finish(proof)


def authenticate_non_first(new_aes, key, key_no, rnd_a, session):
    """AuthenticateEV2NonFirst; the result is the Session that replaces `session`."""
    authentication = ev2.Authentication(new_aes, key, rnd_a, session=session)
    challenge = yield ev2.non_first_begin(key_no)
    proof = yield authentication.answer_challenge(challenge)
    return authentication.finish(proof)


def _plain(command, answer):
    data, status = apdu.split(answer)
    if status != apdu.OK:
        raise apdu.refuse(command.ins, status)
    return data


def _exchange(apdus):
    """Send the frames of one command and join the frames of its answer."""
    for request in apdus[:-1]:
        answer = yield request
        data, status = apdu.split(answer)
        if status != apdu.MORE or data:
            # The card ended the command early; a refusal carries its reason.
            return answer
    answer = yield apdus[-1]
    if answer[-1:] != b"\xaf":
        return answer
    joined = b""
    for _ in range(_FRAMES_MAX):
        data, status = apdu.split(answer)
        joined += data
        if len(joined) > ANSWER_MAX:
            raise VafaError(CARD_FORMAT, "answer beyond %d bytes" % ANSWER_MAX)
        if status != apdu.MORE:
            return joined + bytes((apdu.SW1, status))
        answer = yield apdu.wrap(apdu.MORE)
    raise VafaError(CARD_FORMAT, "endless answer")
