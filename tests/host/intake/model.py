"""A second, declarative answer to what a set of journals proves: no order, no database, no states.

It collects evidence from all pages at once and reads the balances off the definitions.
"""

from collections import Counter

from firmware.core import purse, record


class Evidence:
    """All that the complete journals of some terminals say."""

    def __init__(self, terminals):
        self.sales = {}
        self.proven = set()
        self.claimed = set()
        self.denied = set()
        for terminal in terminals:
            self._collect(terminal)
        # A proven record names the one that it went on from, and its own place.
        while further := self._read_by_the_proven() - self.proven:
            self.proven |= further

    def _read_by_the_proven(self):
        reads = (purse.parse_record(self.sales[key][0].record) for key in self.proven)
        return {(r.terminal, r.sequence) for r in reads if r.terminal != purse.ISSUER_TERMINAL}

    def _collect(self, terminal):
        pages = [(record.parse_header(page), page) for page in terminal.pages]
        for header, page in pages:
            content = record.parse_content(page, header.kind)
            key = (terminal.number, header.sequence)
            if header.kind == record.INTENT:
                self.sales[key] = (content, terminal.branch)
                self._show(terminal, header, content)
            elif header.kind == record.SEEN:
                self._show(terminal, header, content)
            elif header.kind == record.OUTCOME:
                self._outcome((terminal.number, content.ref), content)

    def _show(self, terminal, header, content):
        read = purse.parse_record(content.record)
        if read.terminal == terminal.number:
            self.claimed.add((read.terminal, read.sequence))
        for (number, sequence), (intent, _) in self.sales.items():
            mine = number == terminal.number and sequence < header.sequence
            same = intent.card_number == content.card_number and intent.counter > read.counter
            # A claim made before this sighting is a claim still.
            if mine and same and (number, sequence) not in self.claimed:
                self.denied.add((number, sequence))

    def _outcome(self, key, outcome):
        if outcome.result == record.NOT_DONE:
            self.denied.add(key)
        elif outcome.tmv in (bytes(8), b"wrong..."):
            self.claimed.add(key)
        else:
            self.proven.add(key)

    def balances(self):
        """Every balance that isn't zero."""
        places = {
            (self.sales[key][0].card_number, self.sales[key][0].counter): key
            for key in self.proven
            if key in self.sales
        }
        found = Counter()
        for key, (intent, branch) in self.sales.items():
            place = (intent.card_number, intent.counter)
            paid = f"card:{intent.card_number:010}:paid"
            if key in self.proven:
                other = f"branch:{branch}:clearing"
            elif key in self.denied or place in places:
                continue
            elif key in self.claimed:
                other = f"suspense:{branch}"
            else:
                other = f"card:{intent.card_number:010}:unknown"
            found[paid] += intent.amount
            found[other] -= intent.amount
        return {account: amount for account, amount in found.items() if amount}
