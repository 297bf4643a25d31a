"""The intake: journals as they came, taps, top-ups, alarms, and the host's own stream."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def _number(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=False)


def _page() -> sa.Column[bytes]:
    return sa.Column("page", sa.LargeBinary(256), nullable=False)


def _digest() -> sa.Column[bytes]:
    return sa.Column("digest", sa.LargeBinary(32), primary_key=True)


def upgrade() -> None:
    """Create the tables."""
    _create_journals()
    _create_taps()


def _create_journals() -> None:
    streams = op.create_table(
        "streams",
        _number("terminal", key=True),
        sa.Column("branch", sa.String(32), nullable=False),
        _number("through_sequence"),
        sa.Column("chain", sa.LargeBinary(32), nullable=False),
        _number("epoch"),
        sa.Column("page_index", sa.Integer, nullable=False),
        _number("se_counter"),
        sa.Column("waiting", sa.Integer, nullable=False),
        _number("duplicates"),
        _number("refusals"),
        _number("last_seen"),
    )
    numbers = (column.name for column in streams.c if column.name not in ("branch", "chain"))
    host = dict.fromkeys(numbers, 0) | {"branch": "", "chain": bytes(32)}
    op.bulk_insert(streams, [host])
    op.create_table(
        "pages",
        _number("terminal", key=True),
        _number("sequence", key=True),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("reason", sa.Integer, nullable=False),
        _number("received_at"),
        _page(),
    )
    op.create_table(
        "waiting_pages",
        _number("terminal", key=True),
        _number("sequence", key=True),
        _digest(),
        _page(),
    )
    op.create_table(
        "quarantine",
        _digest(),
        _number("terminal"),
        _number("sequence"),
        sa.Column("reason", sa.Integer, nullable=False),
        _number("received_at"),
        _page(),
    )
    op.create_index("ix_quarantine_terminal", "quarantine", ["terminal"])


def _create_taps() -> None:
    op.create_table(
        "taps",
        _number("terminal", key=True),
        _number("sequence", key=True),
        _number("card_number"),
        sa.Column("kind", sa.Integer, nullable=False),
        sa.Column("branch", sa.String(32), nullable=False),
        _number("amount_minor"),
        _number("paid_after_minor"),
        _number("counter"),
        _number("predecessor_terminal"),
        _number("predecessor_sequence"),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("reason", sa.Integer, nullable=False),
    )
    op.create_index("ix_taps_card_number_counter", "taps", ["card_number", "counter"])
    op.create_index("ix_taps_state", "taps", ["state"])
    op.create_table(
        "top_ups",
        sa.Column("request_id", sa.LargeBinary(16), primary_key=True),
        _number("sequence"),
        _number("card_number"),
        _number("amount_minor"),
        sa.Column("branch", sa.String(32), nullable=False),
        sa.UniqueConstraint("sequence", name="uq_top_ups_sequence"),
    )
    op.create_table(
        "alarms",
        sa.Column("reason", sa.Integer, primary_key=True, autoincrement=False),
        _number("terminal", key=True),
        _number("sequence", key=True),
        _number("card_number"),
        _number("raised_at"),
    )
