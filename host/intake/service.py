"""Taking journals in: pages of any terminals, in any order, any number of times.

Owns the one transaction that a batch runs in; a batch that is killed anywhere and sent again ends
in the same books. Called by the journal service. The steps themselves are in host.intake.batch.
"""

from collections.abc import Sequence

from sqlalchemy import Engine

from firmware.core.errors import BATCH_TOO_LARGE, VafaError
from host.db.engine import writing
from host.intake import batch
from host.intake.directory import KeyDirectory
from host.intake.receipt import Ack, Receipt, Result, Verdict
from host.ports import Clock

__all__ = ["MAX_PAGES", "Ack", "Intake", "KeyDirectory", "Receipt", "Result", "Verdict"]

MAX_PAGES = 1024


class Intake:
    """Checks and books batches of journal pages."""

    def __init__(self, engine: Engine, keys: KeyDirectory, clock: Clock) -> None:
        self._engine = engine
        self._keys = keys
        self._clock = clock

    def upload(self, pages: Sequence[bytes], branch: str | None = None) -> Receipt:
        """Take a batch in; `branch` is the calling gateway's, None for a caller of no branch.

        Raises:
            VafaError: 450 for more than MAX_PAGES pages, 400 when the database stays busy.
        """
        if len(pages) > MAX_PAGES:
            raise VafaError(BATCH_TOO_LARGE, f"{len(pages)} pages")
        checked = batch.check(pages, self._keys, branch)
        booking = batch.Booking(checked, self._keys)
        if checked.terminals:
            with writing(self._engine) as conn:
                booking.run(conn, self._clock.now())
        return Receipt(booking.results(pages), booking.acks())
