"""Card sessions by script: authenticate, then wrap several commands at once for a far reader.

Owns the cut of an EV2 session into scripts: commands go out together, answers come back together.
Never talks to a reader and knows no file. Called by the dialogues of `host.cards`, which are
generators: they yield a script (a list of APDUs) and are sent the list of replies.

A reader stops at the first reply whose status is neither 9100 nor 91AF, so a list shorter than the
script ends with that reply, or with an empty one when the card fell silent.
"""

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from firmware.core import apdu, ev2
from firmware.core.errors import (
    CARD_FOREIGN,
    CARD_FORMAT,
    CARD_LOST,
    CardStatusError,
    VafaError,
)
from host.crypto import Aes

Script = list[bytes]
Result = TypeVar("Result")
Dialogue = Generator[Script, Sequence[bytes], Result]
"""A conversation with a card: yields scripts, is sent replies, returns its result."""

Draw = Callable[[int], bytes]
"""Returns that many random bytes."""

PICC = bytes(3)
"""The application id of the card level."""

_RANDOM = 16
_APPLICATION_NOT_FOUND = 0xA0


class BatchSession:
    """An EV2 session whose commands are wrapped ahead of the answers to those before them.

    A command's MAC depends on what went before only through the counter, and the counter is known
    as long as every command before it succeeded; when one fails the card drops the session anyway.
    """

    def __init__(self, ses_enc: bytes, ses_mac: bytes, ti: bytes) -> None:
        self._keys = (ses_enc, ses_mac)
        self._ti = ti
        self._counter = 0
        self._steps: list[tuple[ev2.Session, int]] = []

    def script(self, commands: Sequence[apdu.Command]) -> Script:
        """Return the APDUs of all commands, in order."""
        self._steps = []
        script: Script = []
        for command in commands:
            session = ev2.Session(Aes, *self._keys, self._ti, self._counter)
            frames = session.wrap(command)
            self._counter = session.counter
            self._steps.append((session, len(frames)))
            script += frames
        return script

    def read(self, replies: Sequence[bytes]) -> list[bytes]:
        """Return the plain answer of each command of the last script.

        Raises 100 where the card fell silent, CardStatusError where it refused, 102 or 105 for an
        answer that is forged or malformed. Answers before that point are lost with the session.
        """
        answers = []
        at = 0
        for session, frames in self._steps:
            for reply in replies[at : at + frames - 1]:
                _, status = apdu.split(_spoken(reply))
                if status != apdu.MORE:
                    raise CardStatusError(status, "command refused while chaining")
            at += frames
            last = replies[at - 1] if at <= len(replies) else b""
            answers.append(session.unwrap(_spoken(last)))
        return answers


def opening(aid: bytes, key_number: int) -> Script:
    """Return the script that selects an application and starts the authentication."""
    return [apdu.wrap(0x5A, aid), ev2.first_begin(key_number)]


def authenticate(
    aid: bytes,
    key_number: int,
    key: bytes,
    draw: Draw,
    opened: Sequence[bytes] | None = None,
) -> Dialogue[BatchSession]:
    """Select and run AuthenticateEV2First. `opened`: replies to `opening` if it was sent already.

    Raises 104 when the card has no such application, 103 when a key is wrong, 100 for silence.
    """
    replies = opened if opened is not None else (yield opening(aid, key_number))
    _expect_selected(replies)
    challenge = replies[1] if len(replies) > 1 else b""
    rnd_a = draw(_RANDOM)
    authentication = ev2.Authentication(Aes, key, rnd_a)
    proof = authentication.answer_challenge(_spoken(challenge))
    answer = yield [proof]
    confirmed = authentication.finish(_spoken(answer[0] if answer else b""))
    rnd_b = Aes(key).cbc_decrypt(bytes(_RANDOM), challenge[:_RANDOM])
    ses_enc, ses_mac = ev2.session_keys(Aes, key, rnd_a, rnd_b)
    return BatchSession(ses_enc, ses_mac, confirmed.ti)


def run(session: BatchSession, commands: Sequence[apdu.Command]) -> Dialogue[list[bytes]]:
    """Send commands as one script; return their plain answers. Raises as BatchSession.read."""
    replies = yield session.script(commands)
    return session.read(replies)


def plain(frames: Script) -> Dialogue[list[bytes]]:
    """Send frames outside a session as one script; return the data of each reply."""
    replies = yield frames
    data = []
    for position in range(len(frames)):
        reply = replies[position] if position < len(replies) else b""
        part, status = apdu.split(_spoken(reply))
        if status not in (apdu.OK, apdu.MORE):
            raise CardStatusError(status)
        data.append(part)
    return data


def _expect_selected(replies: Sequence[bytes]) -> None:
    data, status = apdu.split(_spoken(replies[0] if replies else b""))
    if status == _APPLICATION_NOT_FOUND:
        raise VafaError(CARD_FOREIGN)
    if status != apdu.OK:
        raise CardStatusError(status, "application not selected")
    if data:
        raise VafaError(CARD_FORMAT, "data in the answer to select")


def _spoken(reply: bytes) -> bytes:
    if not reply:
        raise VafaError(CARD_LOST)
    return reply
