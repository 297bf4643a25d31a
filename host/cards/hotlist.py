"""The hotlist: blocked cards, as a signed object that every terminal gets.

Owns blocking. The list is exact: sorted 32-bit little-endian card numbers. Called by the services
for cards and for configuration.
"""

import struct

from sqlalchemy import Connection, Engine

from firmware.core.errors import CARD_UNKNOWN, VafaError
from host import p256
from host.cards import objects, store
from host.db.engine import reading, writing
from host.ports import Clock

EVERY_TERMINAL = 0


class Hotlist:
    """Blocks cards and hands out the list."""

    def __init__(self, engine: Engine, signer: p256.PrivateKey, clock: Clock) -> None:
        self._engine = engine
        self._signer = signer
        self._clock = clock

    def block(self, card_number: int, reason: str) -> int:
        """Block a card and return the hotlist version that has it; repeating changes nothing.

        Raises error 422 for a card that was never issued.
        """
        with writing(self._engine) as conn:
            card = store.card_by_number(conn, card_number)
            if card is None or card.state == store.CardState.UNCONFIRMED:
                raise VafaError(CARD_UNKNOWN, f"card {card_number:010d}")
            if card.state == store.CardState.BLOCKED:
                return self._newest(conn).version
            store.change_state(conn, card_number, store.CardState.BLOCKED, reason)
            return self._publish(conn).version

    def newest(self) -> store.StoredObject:
        """Return the newest list; the first, empty one is made by `publish_first`."""
        with reading(self._engine) as conn:
            return self._newest(conn)

    def publish_first(self) -> None:
        """Make version 1 unless there is one."""
        with writing(self._engine) as conn:
            if store.signed_object(conn, objects.Kind.HOTLIST, EVERY_TERMINAL) is None:
                self._publish(conn)

    def _newest(self, conn: Connection) -> store.StoredObject:
        known = store.signed_object(conn, objects.Kind.HOTLIST, EVERY_TERMINAL)
        return known or store.StoredObject(0, 0, b"")

    def _publish(self, conn: Connection) -> store.StoredObject:
        numbers = store.blocked_numbers(conn)
        body = struct.pack(f"<{len(numbers)}I", *numbers)
        return objects.publish(
            conn, self._signer, objects.Kind.HOTLIST, EVERY_TERMINAL, body, self._clock.now()
        )
