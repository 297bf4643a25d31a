"""A card desk's reader made of models: a card on a PN532, spoken to in PN532 frames.

Owns the few reader commands that a desk needs. Implements `host.station.reader.CardReader` for the
demonstration and for tests; a real desk has a reader of its own. Calls nothing of `firmware`.

    with ModelStationReader(picc) as reader:
        result = await station.read(reader)
"""

from types import TracebackType
from typing import Self

from host.station.reader import CardLostError
from tools.models.pn532 import Chip, Field, HsuLine, Picc
from tools.models.pn532 import frames as pn532_frames

_WAKE_UP = b"\x55" * 8
_SAM_NORMAL = bytes.fromhex("1401")
_ONE_TRY = bytes.fromhex("3205FFFF01")
"""RFConfiguration, MaxRetries: the default activates for ever when there is no card."""
_FIND_ONE_TYPE_A = bytes.fromhex("4A0100")
_EXCHANGE = 0x40
_TARGET = 1
_STATUS = 0x3F
_MORE = 0x40


class ModelStationReader:
    """A reader with one model card in its field, activated on entry and taken away on exit."""

    def __init__(self, picc: Picc) -> None:
        self._picc = picc
        self._field = Field()
        self._line = HsuLine(Chip(self._field, sleeps_at_reset=True))
        self._uid = b""

    def __enter__(self) -> Self:
        self._field.insert(self._picc)
        self._line.receive(_WAKE_UP)
        self._command(_SAM_NORMAL)
        self._command(_ONE_TRY)
        found = self._command(_FIND_ONE_TYPE_A)
        # Number of targets, target, ATQA (2), SAK, length of UID, UID, ATS.
        if found[0] != 1:
            raise CardLostError
        self._uid = found[6 : 6 + found[5]]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._field.remove(self._picc)

    @property
    def uid(self) -> bytes:
        """The card's UID."""
        return self._uid

    def transmit(self, apdu: bytes) -> bytes:
        """Exchange an APDU with the card."""
        answer = self._exchange(apdu)
        whole = answer[1:]
        while answer[0] & _MORE:
            answer = self._exchange(b"")
            whole += answer[1:]
        return whole

    def _exchange(self, data: bytes) -> bytes:
        answer = self._command(bytes((_EXCHANGE, _TARGET)) + data)
        if answer[0] & _STATUS:
            raise CardLostError
        return answer

    def _command(self, command: bytes) -> bytes:
        """Run a reader command; return the answer's parameters."""
        self._line.receive(pn532_frames.encode(bytes((pn532_frames.FROM_HOST,)) + command))
        received = pn532_frames.Decoder().feed(self._line.send())
        for item in received:
            if isinstance(item, pn532_frames.Information):
                return item.payload[2:]
        raise CardLostError
