"""How one visit of a card ended, for the desk to show and to decide what comes next.

Owns the list of endings. No text, no policy.
"""

DONE = 1  # the sale is durable: success may be shown
REFUSED = 2  # nothing was taken, and holding the card again would not help
AGAIN = 3  # nothing was taken; the card was lost too early: hold it again
DOUBT = 4  # unknown: hold the same card again
CONFIRM = 5  # asks before the same card pays the same amount again
EARLIER = 6  # this card's earlier sale had been done; no new one was begun
BALANCE = 7  # the card was read
TOPPED_UP = 8
PRESUMED = 9  # top-up presumed given; hold the card again
NOT_TOPPED_UP = 10


class Result:
    """An ending. `reason` is a number of the error table, 0 when there is nothing to say.

    `sequence` is that of the intent, for a DOUBT.
    """

    def __init__(self, kind, reason=0, amount=0, paid_after=None, uid=b"", sequence=0):
        self.kind = kind
        self.reason = reason
        self.amount = amount
        self.paid_after = paid_after
        self.uid = uid
        self.sequence = sequence
