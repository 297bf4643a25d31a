"""Tables of the ledger: postings, their legs, and the balance of each account.

Postings and legs are only ever inserted. An account's name is its key: names are short, speak for
themselves in every query, and spare a lookup per leg.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from host.db.metadata import metadata

BIG = BigInteger().with_variant(Integer, "sqlite")
"""64 bits everywhere; SQLite numbers rows itself only for its own INTEGER."""

postings = Table(
    "postings",
    metadata,
    Column("id", BIG, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("key", String(64), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    # The terminal whose business this is; null for the host's own.
    Column("terminal", BIG),
    # The record that made us post: a terminal's page, or with terminal 0 a host event. Null for
    # a settlement's own postings. A window is told apart by these, never by time.
    Column("cause_terminal", BIG),
    Column("cause_sequence", BIG),
    Column("posted_at", BIG, nullable=False),
    UniqueConstraint("kind", "key"),
    Index(None, "cause_terminal", "cause_sequence"),
)

legs = Table(
    "legs",
    metadata,
    Column("posting", BIG, ForeignKey("postings.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("account", String(64), nullable=False),
    Column("unit", String(16), nullable=False),
    Column("amount_minor", BIG, nullable=False),
    Index(None, "account"),
)

balances = Table(
    "balances",
    metadata,
    Column("account", String(64), primary_key=True),
    Column("unit", String(16), primary_key=True),
    Column("amount_minor", BIG, nullable=False),
)
