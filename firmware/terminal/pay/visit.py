"""One card's stay in the field: select, authenticate, read, send commands.

Owns the drive of the core's dialogues over the reader and the judgement whether a card is one of
ours. Never writes the journal and never decides. Called by sale, balance and topup.
"""

from firmware.core import an10922, dialogue, ev2, purse
from firmware.core.bits import read_i32
from firmware.core.desfire import select_application
from firmware.core.errors import CARD_FOREIGN, CARD_FORMAT, CARD_STATUS, VafaError
from firmware.terminal.hal.api import SLOT_DEBIT

_UID = 7


class Visit:
    """A found card. `session` is the running secure session, None before `open`."""

    def __init__(self, hal, rng, target):
        self._hal = hal
        self._rng = rng
        self._target = target
        self.uid = target.uid
        self.session = None

    async def open(self):
        """Select the purse application and authenticate with the debit key: three exchanges.

        Raises CARD_FOREIGN for a card that isn't of this club, CARD_AUTH for wrong keys.
        """
        await self.select()
        key = an10922.diversify_with(
            lambda block: self._hal.se.aes(SLOT_DEBIT, block),
            purse.diversification(self.uid, purse.KEY_DEBIT),
        )
        steps = dialogue.authenticate_first(
            self._hal.Aes, key, purse.KEY_DEBIT, self._rng.bytes(ev2.BLOCK)
        )
        self.session = await self._drive(steps)

    async def select(self):
        """Select the purse application; CARD_FOREIGN when the card has none."""
        if not self._target.iso_dep or len(self.uid) != _UID:
            raise VafaError(CARD_FOREIGN, "another kind of card")
        try:
            await self._drive(dialogue.perform(select_application(purse.AID)))
        except VafaError as error:
            if error.code == CARD_STATUS:
                raise VafaError(CARD_FOREIGN, error.detail)
            raise

    async def read(self):
        """Read what every tap reads; a purse.Snapshot."""
        statement, newest, paid = purse.read_commands()
        statement_raw = await self.do(statement)
        record_raw = await self.do(newest)
        paid_raw = await self.do(paid)
        if len(statement_raw) != purse.STATEMENT_BODY or len(record_raw) != purse.RECORD_SIZE:
            raise VafaError(CARD_FORMAT, "file of another size")
        return purse.Snapshot(statement_raw, record_raw, read_i32(paid_raw))

    async def do(self, command):
        """Perform one command in the session; its plain data."""
        return await self._drive(dialogue.perform(command, self.session))

    async def send(self, apdu):
        """Send an APDU as it is and return the card's answer."""
        return await self._hal.reader.exchange(self._target.tg, apdu)

    async def _drive(self, steps):
        try:
            request = next(steps)
            while True:
                request = steps.send(await self.send(request))
        except StopIteration as end:
            return end.value
        finally:
            # A dialogue that is broken off closes its session.
            steps.close()
