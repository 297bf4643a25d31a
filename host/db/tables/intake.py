"""Tables of the intake: journals as they came, what they say about cards, and what was wrong.

`pages` holds accepted pages byte for byte; with them everything else here could be rebuilt.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, String, Table

from host.db.metadata import metadata

streams = Table(
    "streams",
    metadata,
    # One row a terminal; terminal 0 is the host's own stream of events.
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    Column("branch", String(32), nullable=False),
    # Last sequence of the unbroken run, and where the terminal's chain stands there.
    Column("through_sequence", BigInteger, nullable=False),
    Column("chain", LargeBinary(32), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("page_index", Integer, nullable=False),
    Column("se_counter", BigInteger, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("duplicates", BigInteger, nullable=False),
    Column("refusals", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
)

pages = Table(
    "pages",
    metadata,
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Integer, nullable=False),
    # 0, or why the page changes no account although it is authentic.
    Column("reason", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("page", LargeBinary(256), nullable=False),
)

waiting_pages = Table(
    "waiting_pages",
    metadata,
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    # Until the chain reaches them, several pages may claim the same place.
    Column("digest", LargeBinary(32), primary_key=True),
    Column("page", LargeBinary(256), nullable=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("terminal", BigInteger, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("reason", Integer, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("page", LargeBinary(256), nullable=False),
    Index(None, "terminal"),
)

taps = Table(
    "taps",
    metadata,
    # Who wrote the card's log record: a terminal and the sequence of its intent, or 0 and the
    # host's record number.
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("card_number", BigInteger, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("branch", String(32), nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("paid_after_minor", BigInteger, nullable=False),
    # The record's own counter: its place in the card's list.
    Column("counter", BigInteger, nullable=False),
    Column("predecessor_terminal", BigInteger, nullable=False),
    Column("predecessor_sequence", BigInteger, nullable=False),
    Column("state", Integer, nullable=False),
    # 0, or the number of the error table that says why the tap is not simply proven.
    Column("reason", Integer, nullable=False),
    Index(None, "card_number", "counter"),
    Index(None, "state"),
)

top_ups = Table(
    "top_ups",
    metadata,
    Column("request_id", LargeBinary(16), primary_key=True),
    # The host's record number, which is the tap's sequence.
    Column("sequence", BigInteger, nullable=False, unique=True),
    Column("card_number", BigInteger, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("branch", String(32), nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    # The same fault of the same record is one alarm, however often it is found.
    Column("reason", Integer, primary_key=True, autoincrement=False),
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("card_number", BigInteger, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
)
