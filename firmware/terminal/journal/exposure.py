"""How much this terminal has taken that the host hasn't acknowledged: what a lease bounds.

Owns two running totals, count and value, of sales whose INTENT is unacknowledged and which are not
known to be not done. Fed page by page; never reads flash itself.
"""

from firmware.core import record


class Exposure:
    """Totals over unacknowledged sales; a doubt counts as taken."""

    def __init__(self):
        self.records = 0
        self.value_minor = 0
        # Sequence of each unacknowledged intent that was found not done.
        self._void = set()
        # Amounts of open intents, by sequence: a sale is voided by its outcome, later.
        self._amounts = {}

    def see(self, header, content):
        """Take in one unacknowledged page."""
        if header.kind == record.INTENT:
            self.records += 1
            self.value_minor += content.amount
            self._amounts[header.sequence] = content.amount
        elif header.kind == record.OUTCOME and content.ref in self._amounts:
            amount = self._amounts.pop(content.ref)
            if content.result == record.NOT_DONE:
                self._remove(amount)
                self._void.add(content.ref)

    def release(self, header, content):
        """The host acknowledged one page that had been seen."""
        if header.kind != record.INTENT:
            return
        self._amounts.pop(header.sequence, None)
        if header.sequence in self._void:
            self._void.remove(header.sequence)
        else:
            self._remove(content.amount)

    def _remove(self, amount):
        self.records -= 1
        self.value_minor -= amount
