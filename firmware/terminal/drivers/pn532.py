"""The PN532 reader chip: start-up, finding cards, exchanging APDUs, leaving them.

Owns the chip's commands, its acknowledge-then-answer order, repetition by NACK and the question
what a failure says about the card. Never knows a card command or a bus. Called through hal.reader;
the transport is pn532_spi or pn532_hsu.
Source: UM0701-02 sections 6.2 and 7, as implemented by libnfc, nfcpy and Adafruit's driver.

A command without side effects is sent again when it goes unanswered. An APDU never is: it may have
reached the card, so silence is CardLost, and only the card can say what happened.
"""

import asyncio

from firmware.core import pn532_frame
from firmware.core.errors import CARD_LOST, CARD_REQUEST, READER_FAULT, READER_FRAME, VafaError

APDU_ROOM = 262  # of one InDataExchange
ANSWER_MAX = 4096

_TO_CHIP = 0xD4
_FROM_CHIP = 0xD5
_GET_FIRMWARE_VERSION = 0x02
_SET_PARAMETERS = 0x12
_SAM_CONFIGURATION = 0x14
_RF_CONFIGURATION = 0x32
_IN_DATA_EXCHANGE = 0x40
_IN_LIST_PASSIVE_TARGET = 0x4A
_IN_RELEASE = 0x52

_IC = 0x32
_NORMAL_MODE_WITH_IRQ = b"\x01\x00\x01"
_AUTOMATIC_RATS = b"\x14"
_FIELD = 0x01
_RETRIES = b"\x05\xff\x01\x01"  # activation is tried twice, never for ever
_TYPE_A_106 = 0x00
_MORE = 0x40
_STATUS_ERROR = 0x3F
# Statuses with which the chip refuses before it sends: invalid parameter, not in this state.
_NOT_SENT = (0x10, 0x26)

_TRIES = 3
_RESET_MS = 10
_ACK_MS = 30  # the chip promises 15
_COMMAND_MS = 200
_LIST_MS = 500
_EXCHANGE_MS = 4000


class CardLost(VafaError):  # noqa: N818 - the contract's name; it is no fault of the program
    """Error 100: no answer, or none that can be trusted. Whether the card acted is unknown."""

    def __init__(self, detail=""):
        super().__init__(CARD_LOST, detail)


class ReaderFault(VafaError):  # noqa: N818 - the contract's name
    """Error 282: the chip is silent or refuses; the APDU surely did not reach the card."""

    def __init__(self, detail=""):
        super().__init__(READER_FAULT, detail)


class Target:
    """A card that was found: number for `exchange`, then UID, ATQA, SAK and ATS (maybe empty)."""

    def __init__(self, tg, uid, atqa, sak, ats):
        self.tg = tg
        self.uid = uid
        self.atqa = atqa
        self.sak = sak
        self.ats = ats

    @property
    def iso_dep(self):
        """Whether it speaks the block protocol of ISO 14443-4, as every card of ours does."""
        return bool(self.sak & 0x20)


class Pn532:
    """See hal.api, reader. `time` has ticks_ms, ticks_diff and sleep_ms."""

    def __init__(self, transport, time):
        self._transport = transport
        self._time = time
        self._listed = False

    async def start(self):
        """Reset, wake and configure the chip; ReaderFault when none answers."""
        transport = self._transport
        transport.reset()
        await self._time.sleep_ms(_RESET_MS)
        self._listed = False
        transport.wake()
        await self._time.sleep_ms(1)
        await self._command(_SAM_CONFIGURATION, _NORMAL_MODE_WITH_IRQ)
        transport.configured()
        version = await self._command(_GET_FIRMWARE_VERSION)
        if len(version) != 4 or version[0] != _IC:
            raise ReaderFault("another chip answers: %s" % version.hex())
        await self._command(_RF_CONFIGURATION, _RETRIES)
        await self._command(_SET_PARAMETERS, _AUTOMATIC_RATS)

    async def find(self, max_cards=2):
        """Look once for up to two type A cards, field on; their Targets, maybe none."""
        request = bytes((max_cards, _TYPE_A_106))
        for _ in range(_TRIES):
            if self._listed:
                # A card that is still held does not answer (Adafruit_PN532 issue 52).
                await self._command(_IN_RELEASE, b"\x00")
            self._listed = True
            answer = await self._attempt(_IN_LIST_PASSIVE_TARGET, request, _LIST_MS, once=False)
            if answer is not None:
                return _targets(answer)
        raise ReaderFault("no answer to a search")

    async def exchange(self, tg, apdu):
        """Send an APDU to a found card and return its answer.

        CardLost: the card may or may not have acted. ReaderFault: it surely has not.
        """
        if not apdu:
            raise VafaError(CARD_REQUEST, "empty APDU")
        while len(apdu) > APDU_ROOM:
            await self._exchange(tg | _MORE, apdu[:APDU_ROOM])
            apdu = apdu[APDU_ROOM:]
        answer, more = await self._exchange(tg, apdu)
        while more:
            if len(answer) > ANSWER_MAX:
                raise CardLost("endless answer")
            part, more = await self._exchange(tg, b"")
            answer += part
        return answer

    async def release(self):
        """Let go of every card and switch the field off: they lose power and forget sessions."""
        if self._listed:
            await self._command(_IN_RELEASE, b"\x00")
            self._listed = False
        await self.field(False)

    async def field(self, on):
        """Switch the field; off resets every card in it."""
        await self._command(_RF_CONFIGURATION, bytes((_FIELD, 1 if on else 0)))

    async def _exchange(self, tg, data):
        """One InDataExchange: (data, whether more is to come)."""
        request = bytes((tg,)) + data
        answer = await self._attempt(_IN_DATA_EXCHANGE, request, _EXCHANGE_MS, once=True)
        if not answer:
            raise CardLost("reader silent")
        error = answer[0] & _STATUS_ERROR
        if error in _NOT_SENT:
            raise ReaderFault("status %02X" % error)
        if error:
            raise CardLost("status %02X" % error)
        return answer[1:], bool(answer[0] & _MORE)

    async def _command(self, code, data=b"", timeout_ms=_COMMAND_MS):
        """A command that may be repeated without harm; its answer's data."""
        for _ in range(_TRIES):
            answer = await self._attempt(code, data, timeout_ms, once=False)
            if answer is not None:
                return answer
        raise ReaderFault("no answer to command %02X" % code)

    async def _attempt(self, code, data, timeout_ms, once):
        """Send a command; its answer's data, or None when the chip stays silent.

        `once` says that it must not be sent again: then the answer is awaited even without an
        acknowledgement, for only that may be what was lost.
        """
        transport = self._transport
        transport.write(pn532_frame.build(bytes((_TO_CHIP, code)) + data))
        try:
            if not await self._acknowledged() and not once:
                return None
            answer = await self._answer(code, timeout_ms)
        except asyncio.CancelledError:
            transport.write(pn532_frame.ACK)
            raise
        if answer is None:
            transport.write(pn532_frame.ACK)  # aborts what may still run
        return answer

    async def _acknowledged(self):
        """Whether the chip has said that it took the command; a damaged frame counts as yes."""
        try:
            frame = await self._transport.receive(_ACK_MS)
        except VafaError as error:
            if error.code != READER_FRAME:
                raise
            return True
        if frame is None:
            return False
        kind, payload = frame
        if kind != pn532_frame.KIND_ACK:
            # The acknowledgement got lost and this is the answer already: keep it.
            self._transport.put_back(kind, payload)
        return True

    async def _answer(self, code, timeout_ms):
        """The answer to `code`, asked for again while it arrives damaged; None for silence."""
        for _ in range(_TRIES):
            try:
                frame = await self._transport.receive(timeout_ms)
                while frame is not None and not _belongs(frame, code):
                    frame = await self._transport.receive(timeout_ms)
            except VafaError as error:
                if error.code != READER_FRAME:
                    raise
                self._transport.write(pn532_frame.NACK)
                continue
            if frame is None:
                return None
            kind, payload = frame
            if kind == pn532_frame.KIND_ERROR:
                raise ReaderFault("syntax error in command %02X" % code)
            return payload[2:]
        return None


def _belongs(frame, code):
    """Whether a frame is the answer or the error frame, not a late acknowledgement or answer."""
    kind, payload = frame
    if kind == pn532_frame.KIND_DATA:
        return payload[:2] == bytes((_FROM_CHIP, code + 1))
    return kind == pn532_frame.KIND_ERROR


def _targets(answer):
    """Parse the answer to InListPassiveTarget, type A (UM0701-02 section 7.3.5)."""
    found = []
    at = 1
    for _ in range(answer[0] if answer else 0):
        if len(answer) < at + 5 or len(answer) < at + 5 + answer[at + 4]:
            raise ReaderFault("target data cut short")
        tg, atqa, sak = answer[at], bytes(answer[at + 1 : at + 3]), answer[at + 3]
        uid = bytes(answer[at + 5 : at + 5 + answer[at + 4]])
        at += 5 + len(uid)
        ats = b""
        if sak & 0x20:
            size = answer[at] if len(answer) > at else 0
            if not size or len(answer) < at + size:
                raise ReaderFault("answer to select cut short")
            ats = bytes(answer[at + 1 : at + size])
            at += size
        found.append(Target(tg, uid, atqa, sak, ats))
    return found
