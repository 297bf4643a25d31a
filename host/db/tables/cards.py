"""Tables of cards, terminals, signed objects and relayed top-ups.

Card numbers and terminal ids are unsigned 32 bit. No key is stored in the open: `wrapped_*`
columns are enciphered under the wrapping key of the key file.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
)

from host.db.metadata import metadata

cards = Table(
    "cards",
    metadata,
    Column("card_number", BigInteger, primary_key=True, autoincrement=False),
    Column("uid", LargeBinary(7), nullable=False, unique=True),
    # Numbers of CardState in the contracts: 1 unconfirmed, 2 active, 3 blocked.
    Column("state", Integer, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("statement_version", BigInteger, nullable=False),
    # The request that issues the card, and the host's record number of its first log record.
    Column("request_id", LargeBinary(16), nullable=False),
    Column("issue_sequence", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("block_reason", String(200), nullable=False),
    CheckConstraint("state BETWEEN 1 AND 3", name="state"),
)

terminals = Table(
    "terminals",
    metadata,
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    Column("branch", String(32), nullable=False),
    # X || Y of the secure element's identity key.
    Column("identity_point", LargeBinary(64), nullable=False),
    Column("wrapped_journal_root", LargeBinary(64), nullable=False),
    Column("enrolled_at", BigInteger, nullable=False),
)

signed_objects = Table(
    "signed_objects",
    metadata,
    Column("kind", Integer, primary_key=True, autoincrement=False),
    # 0 for an object that every terminal may use.
    Column("terminal", BigInteger, primary_key=True, autoincrement=False),
    # Only the newest version is kept.
    Column("version", BigInteger, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("object", LargeBinary, nullable=False),
)

counters = Table(
    "counters",
    metadata,
    # Names of `host.cards.store`; guarded updates hand the numbers out.
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

relayed_top_ups = Table(
    "relayed_top_ups",
    metadata,
    # What the desk answers to a repeated request besides the outcome, which the intake knows.
    Column("request_id", LargeBinary(16), primary_key=True),
    Column("uid", LargeBinary(7), nullable=False),
    Column("paid_after_minor", BigInteger, nullable=False),
)
