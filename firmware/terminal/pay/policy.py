"""The rules by which a terminal refuses a sale: pure functions from facts to a reason number.

Owns the order of the rules, so that the same facts always give the same reason. Never reads a
card, flash or clock. Called by the tap, once before the field is on and again with the card's
facts.

Time only ever counts as "at least": a guessed time is never later than the truth, so it can't
refuse what a right clock would allow; without any time, nothing that needs time refuses.
"""

from firmware.core import purse
from firmware.core.bits import INT32_MAX
from firmware.core.errors import (
    AMOUNT_LIMIT,
    AMOUNT_ZERO,
    CONFIG_MISSING,
    LEASE_EXPIRED,
    LEASE_RECORDS,
    LEASE_VALUE,
    PURSE_BLOCKED,
    PURSE_CURRENCY,
    PURSE_EXPIRED,
    PURSE_FORMAT,
    PURSE_HOTLISTED,
    PURSE_TOO_SMALL,
)

DAY = 86400
REPEAT_MS = 60000
"""The same card and amount within this time asks first."""


def refuse_amount(amount, config):
    """Reason against this amount at this terminal, or 0."""
    if amount <= 0:
        return AMOUNT_ZERO
    if config is None:
        return CONFIG_MISSING
    if amount > min(config.max_tap_minor, INT32_MAX):
        return AMOUNT_LIMIT
    return 0


def refuse_top_up(amount, config):
    """Reason against a top-up of this amount, or 0; the host has limits of its own."""
    if amount <= 0:
        return AMOUNT_ZERO
    return 0 if config is not None else CONFIG_MISSING


def refuse_lease(amount, config, exposure, now):
    """Reason why the lease doesn't cover one more sale of this amount, or 0."""
    if now >= config.lease_expires_at:
        return LEASE_EXPIRED
    if exposure.records >= config.lease_records:
        return LEASE_RECORDS
    if exposure.value_minor + amount > config.lease_value_minor:
        return LEASE_VALUE
    return 0


def refuse_terminal(amount, config, journal, now):
    """Reason why this terminal may open no sale of this amount at all, or 0."""
    return (
        refuse_amount(amount, config)
        or journal.refuse_sale()
        or refuse_lease(amount, config, journal.exposure, now)
    )


def refuse_card(amount, snapshot, config, is_hotlisted, now):
    """Reason against this card, or 0. `is_hotlisted(card_number)` asks the list in force."""
    if not snapshot.is_ours():
        return PURSE_FORMAT
    statement = snapshot.statement
    if is_hotlisted(statement.card_number):
        return PURSE_HOTLISTED
    if statement.flags & purse.FLAG_BLOCKED:
        return PURSE_BLOCKED
    if statement.expiry_day != purse.NEVER and now // DAY > statement.expiry_day:
        return PURSE_EXPIRED
    if statement.currency_unit != config.currency_unit:
        return PURSE_CURRENCY
    if snapshot.paid < amount:
        return PURSE_TOO_SMALL
    return 0


class Repeats:
    """Remembers the last sales, to ask before the same card pays the same amount again."""

    def __init__(self, hal, keep=4):
        self._hal = hal
        self._keep = keep
        self._last = []

    def note(self, uid, amount):
        """A sale was done just now."""
        self._last = self._last[-(self._keep - 1) :]
        self._last.append((uid, amount, self._hal.ticks_ms()))

    def has(self, uid, amount):
        """Tell whether this card paid this amount within REPEAT_MS."""
        now = self._hal.ticks_ms()
        for seen_uid, seen_amount, at in self._last:
            same = seen_uid == uid and seen_amount == amount
            if same and self._hal.ticks_diff(now, at) < REPEAT_MS:
                return True
        return False
