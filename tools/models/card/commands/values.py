"""Owns GetValue, Credit, Debit and LimitedCredit with their limits.

Never makes a change real: that is the commit's.
"""

from tools.models.card.context import Context
from tools.models.card.profile import CREDIT, DEBIT, LIMITED_CREDIT
from tools.models.card.state import ValueFile
from tools.models.card.status import CardError, Status

LIMITED_CREDIT_FLAG = 0x01


def get_value(ctx: Context, ins: int, body: bytes) -> bytes:
    """GetValue: the committed value, also while a debit is pending."""
    value = ctx.typed(body[0], ValueFile).value.to_bytes(4, "little", signed=True)
    ctx.note(bytes([ins]) + body[:1] + value)
    return value


def change_value(ctx: Context, ins: int, body: bytes) -> bytes:
    """Credit, Debit, LimitedCredit; several in one transaction add up."""
    amount = int.from_bytes(body[1:5], "little", signed=True)
    committed = ctx.typed(body[0], ValueFile)
    if amount < 0:
        raise CardError(Status.PARAMETER)
    file, pending = ctx.pending(body[0], ValueFile)
    if ins == LIMITED_CREDIT:
        if not committed.flags & LIMITED_CREDIT_FLAG:
            raise CardError(ctx.profile.limited_credit_off_status)
        if pending.limited_credit_used or amount > committed.limited_credit:
            raise CardError(Status.BOUNDARY)
    signed = amount if ins in {CREDIT, LIMITED_CREDIT} else -amount
    before = file.value if ctx.profile.pending_counts_to_limits else committed.value
    if not committed.lower <= before + signed <= committed.upper:
        raise CardError(Status.BOUNDARY)
    file.value += signed
    if ins == DEBIT:
        pending.debits += amount
    pending.limited_credit_used |= ins == LIMITED_CREDIT
    ctx.note(bytes([ins]) + body[:5])
    return b""
