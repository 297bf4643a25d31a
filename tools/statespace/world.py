"""What a state is made of: cards, terminals, the host, and what really happened.

Owns shapes and starting values, no behaviour. Everything is a tuple of small integers, so that
states compare, hash and replay by themselves. Fields marked *ghost* are the truth that no part of
the system may read; only `invariants` looks at them.
"""

from typing import NamedTuple

CARDS = (0, 1)
TERMINALS = (0, 1)
"""Each terminal is a branch of its own."""
NAMES = "AB"
"""What people call the terminals; cards they call 1 and 2."""

# Amounts differ, so that one can't stand in for another; multiples of ten, because Python hashes
# -1 and -2 alike and states are told apart by their hashes.
OPENING = 100
SALE = 20
BONUS_SALE = 10
TOP_UP = 50
FLOAT_LIMIT = 70
FLOAT_USES = 1
LEASE = 2 * SALE
"""The most value that a terminal may have begun without the host's acknowledgement."""

ENTITLED = (20, 10, 30)
"""Bonus issued less expired by statement version: a gift, then half expires, then another."""

HOST = 2
"""As a record's writer; terminals write as 0 and 1."""
ISSUE = 3


class Record(NamedTuple):
    """One record of a card's log. `counter` is its place; the card commits one a place.

    `epoch` counts the restorations of the writer's flash. It stands for what makes two pages of
    the same number differ (time, chain): parts compare it, but never read it.
    """

    writer: int
    number: int
    epoch: int
    counter: int
    paid: int
    spent: int


class Card(NamedTuple):
    """A card: purse, meter of spent bonus, statement version, log (oldest first).

    Ghosts: the newest statement it ever bore, bonus spent because an older one came back, and
    whether a thief has written on it.
    """

    paid: int
    spent: int
    version: int
    log: tuple[Record, ...]
    newest_version: int
    regained: int
    tampered: bool

    @property
    def newest(self) -> Record:
        return self.log[-1]


class Intent(NamedTuple):
    """A journal page: what a terminal is about to do. `listed`: its hotlist held the card."""

    number: int
    card: int
    version: int
    read: Record
    writes: Record
    listed: bool


# How an outcome page says that its intent ended.
UNTOLD = 0
DONE = 1
NOT_DONE = 2
ABANDONED = 3
"""Nobody knows, and the customer has paid in cash."""


class Outcome(NamedTuple):
    """A journal page: how intent `ref` ended. `proof`: with the card's own transaction MAC."""

    number: int
    ref: int
    result: int
    proof: bool


class Promise(NamedTuple):
    """A journal page: the goods of sale `ref` came back, its money is to be refunded."""

    number: int
    ref: int
    epoch: int


Page = Intent | Outcome | Promise

# Where the operation at a terminal stands. The card is in the field in all of them.
APPLYING = 1
COMMITTED = 2
CONCLUDED = 3
RELAYING = 4


class Busy(NamedTuple):
    """The operation in progress, in the terminal's volatile memory; `number`: intent or credit."""

    phase: int
    card: int
    number: int


IDLE = Busy(0, 9, 0)


class Flash(NamedTuple):
    """What a power cut leaves: pages that the host has not accepted, open intents, next number."""

    pages: tuple[Page, ...]
    doubts: tuple[Intent, ...]
    following: int


class Terminal(NamedTuple):
    """A terminal. `images`: at most one old copy of its flash. `lost_minor` is a ghost."""

    flash: Flash
    busy: Busy
    unwritten: tuple[Intent, ...]
    hotlist: tuple[bool, bool]
    images: tuple[Flash, ...]
    epoch: int
    stolen: bool
    float_uses: int
    lost_minor: int

    @property
    def honest(self) -> bool:
        return not self.stolen and not self.epoch


# What the host knows of a tap or a credit.
OPEN = 1
UNPROVEN = 2
REFUTED = 3
PROVEN = 4


class Tap(NamedTuple):
    """A sale that a terminal reported. `outcomes` counts the pages that told its end."""

    terminal: int
    intent: Intent
    state: int
    result: int
    proof: bool
    outcomes: int
    refund_wanted: bool

    @property
    def key(self) -> tuple[int, int]:
        return (self.terminal, self.intent.number)

    @property
    def amount(self) -> int:
        return -self.intent.writes.paid or self.intent.writes.spent


# Why the host credits a card.
TOPPED_UP = 0
REFUNDED = 1
MOVED = 2

# Where the cash of a top-up is (ghost; 0 for credits without cash).
NO_CASH = 0
IN_TILL = 1
GIVEN_BACK = 2


class Credit(NamedTuple):
    """A relayed credit under one request id, its place in the host's list.

    `source`: the branch that took the cash, the refunded tap's place in the list of taps' keys
    (terminal * 100 + number), or the card that was replaced. `ended`: the counter knows how.
    """

    why: int
    source: int
    branch: int
    card: int
    read: Record
    writes: Record
    state: int
    ended: bool
    cash: int


class Host(NamedTuple):
    """The host's database.

    `seen`: how many records of each card it has read itself; `cut` and `paid_out`: the branches'
    positions at the last window, and what was transferred so far (head office last).
    """

    accepted: tuple[tuple[Page, ...], tuple[Page, ...]]
    taps: tuple[Tap, ...]
    credits: tuple[Credit, ...]
    accounts: tuple[int, ...]
    seen: tuple[int, int]
    signed: tuple[int, int]
    blocked: tuple[bool, bool]
    conflicts: tuple[bool, bool]
    cut: tuple[int, int]
    paid_out: tuple[int, int, int]


class Deal(NamedTuple):
    """Ghost: one sale as customer and cashier lived it."""

    terminal: int
    number: int
    epoch: int
    card: int
    shown: bool
    cash: bool
    returned: bool


class Budget(NamedTuple):
    """How often each thing may still happen. Recovery is never counted: it may always happen."""

    sales: int = 0
    bonus_sales: int = 0
    tears: int = 0
    cuts: int = 0
    abandons: int = 0
    returns: int = 0
    top_ups: int = 0
    statements: int = 0
    blocks: int = 0
    replacements: int = 0
    restores: int = 0
    thefts: int = 0
    forgeries: int = 0
    windows: int = 0


class State(NamedTuple):
    """One state of everything. `deals` is a ghost; `used` breaks the symmetry of equal parts."""

    cards: tuple[Card, Card]
    terminals: tuple[Terminal, Terminal]
    host: Host
    deals: tuple[Deal, ...]
    used: tuple[bool, bool]
    left: Budget


def sale_name(terminal: int, number: int) -> str:
    """What people call the sale of an intent."""
    return f"sale {NAMES[terminal]}/{number}"
