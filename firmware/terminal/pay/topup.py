"""A top-up: the host speaks to the card, the terminal carries the words.

Owns the carrying, and what a lost answer means: before a commit was carried to the card nothing
can have been credited; after that the credit is presumed given, whatever else goes wrong, until
the host says that the card has it or, from the card's own log, that it was not given. The same
request id is used until the top-up has ended, and the same id never credits twice.
No key that credits is in the terminal. Called by the desk, one object a top-up, `visit` once for
each time the card is held.
"""

from firmware.core import apdu, desfire, ev2, purse
from firmware.core.errors import (
    CARD_LOST,
    LINK_MESSAGE,
    READER_FAULT,
    TOP_UP_NOT_GIVEN,
    TOP_UP_OFFLINE,
    TOP_UP_UNKNOWN,
    VafaError,
)
from firmware.terminal.link import messages
from firmware.terminal.pay import policy, result
from firmware.terminal.pay.result import Result
from firmware.terminal.pay.visit import Visit

_ID = 16
_COMMIT = bytes((desfire.INS_COMMIT,))
_ROUNDS = 8
"""Host round trips; the host needs four."""

_KINDS = {
    messages.TOP_UP_OUTCOME_DONE: result.TOPPED_UP,
    messages.TOP_UP_OUTCOME_NOT_DONE: result.NOT_TOPPED_UP,
    messages.TOP_UP_OUTCOME_PRESUMED: result.PRESUMED,
}


async def refuse(terminal, amount):
    """Reason why no top-up can begin, or 0: no money is taken before the host has answered."""
    refusal = policy.refuse_top_up(amount, terminal.config)
    if refusal:
        return refusal
    try:
        await terminal.session.prepare()
    except VafaError:
        return TOP_UP_OFFLINE
    return 0


class TopUp:
    """One top-up of one amount, over as many visits as it takes."""

    def __init__(self, terminal, amount):
        self._terminal = terminal
        self._amount = amount
        self._request_id = terminal.rng.bytes(_ID)
        self._committed = False

    async def visit(self, target):
        """Carry the host's dialogue with this card; a Result."""
        visit = Visit(self._terminal.hal, self._terminal.rng, target)
        try:
            opening = await _open(visit)
        except VafaError as error:
            if self._committed:
                return self._end(result.PRESUMED, TOP_UP_UNKNOWN, visit)
            lost = error.code in (CARD_LOST, READER_FAULT)
            return self._end(result.AGAIN if lost else result.REFUSED, error.code, visit)
        try:
            return await self._relay(visit, opening)
        except VafaError as error:
            if self._committed:
                return self._end(result.PRESUMED, TOP_UP_UNKNOWN, visit)
            return self._end(result.NOT_TOPPED_UP, error.code, visit)

    async def _relay(self, visit, opening):
        session = self._terminal.session
        request = {
            "request_id": self._request_id,
            "amount_minor": self._amount,
            "uid": visit.uid,
            "opening_replies": opening,
        }
        try:
            reply = await session.ask("top_up_open", request)
        except VafaError:
            # A session that the host has forgotten: once more in a new one, with the same id.
            reply = await session.ask("top_up_open", request)
        for _ in range(_ROUNDS):
            if "card_script" not in reply:
                return self._judge(reply, visit)
            commands = reply["card_script"]["commands"]
            if any(command[1:2] == _COMMIT for command in commands):
                self._committed = True
            replies = await _perform(visit, commands)
            reply = await session.ask("card_replies", {"replies": replies})
        raise VafaError(LINK_MESSAGE, "endless top-up")

    def _judge(self, reply, visit):
        """The host's word ends the top-up, unless it says that only the card knows."""
        if "top_up_result" not in reply:
            # A refusal of the request itself: the host credits nothing from here on.
            raise VafaError(reply.get("error", {}).get("code", LINK_MESSAGE))
        verdict = reply["top_up_result"]
        kind = _KINDS.get(verdict["outcome"], result.PRESUMED)
        if kind == result.PRESUMED:
            self._committed = True
        elif kind == result.NOT_TOPPED_UP and verdict["reason"] != TOP_UP_NOT_GIVEN:
            # This session credited nothing; one before it may have.
            raise VafaError(verdict["reason"])
        ending = self._end(kind, verdict["reason"], visit)
        if kind == result.TOPPED_UP:
            ending.paid_after = verdict["paid_after_minor"]
        return ending

    def _end(self, kind, reason, visit):
        return Result(kind, reason, self._amount, uid=visit.uid)


async def _open(visit):
    """Select, and start the authentication with the credit key: the card's two answers."""
    await visit.select()
    # `select` lets nothing pass but an empty answer of status 00.
    selected = bytes((apdu.SW1, apdu.OK))
    challenge = await visit.send(ev2.first_begin(purse.KEY_CREDIT))
    return [selected, bytes(challenge)]


async def _perform(visit, commands):
    """Send commands in turn; stop after the first whose status is neither 9100 nor 91AF."""
    replies = []
    for command in commands:
        try:
            answer = await visit.send(command)
        except VafaError as error:
            if error.code not in (CARD_LOST, READER_FAULT):
                raise
            replies.append(b"")
            break
        replies.append(bytes(answer))
        if answer[-2:] not in (b"\x91\x00", b"\x91\xaf"):
            break
    return replies
