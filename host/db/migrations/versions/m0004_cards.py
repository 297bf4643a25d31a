"""Cards, terminals, signed objects and relayed top-ups."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the tables."""
    _create_cards()
    op.create_table(
        "terminals",
        sa.Column("terminal", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("branch", sa.String(32), nullable=False),
        sa.Column("identity_point", sa.LargeBinary(64), nullable=False),
        sa.Column("wrapped_journal_root", sa.LargeBinary(64), nullable=False),
        sa.Column("enrolled_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "signed_objects",
        sa.Column("kind", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("terminal", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("issued_at", sa.BigInteger, nullable=False),
        sa.Column("object", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "relayed_top_ups",
        sa.Column("request_id", sa.LargeBinary(16), primary_key=True),
        sa.Column("uid", sa.LargeBinary(7), nullable=False),
        sa.Column("paid_after_minor", sa.BigInteger, nullable=False),
    )


def _create_cards() -> None:
    op.create_table(
        "cards",
        sa.Column("card_number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("uid", sa.LargeBinary(7), nullable=False),
        sa.Column("state", sa.Integer, nullable=False),
        sa.Column("key_version", sa.Integer, nullable=False),
        sa.Column("statement_version", sa.BigInteger, nullable=False),
        sa.Column("request_id", sa.LargeBinary(16), nullable=False),
        sa.Column("issue_sequence", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("block_reason", sa.String(200), nullable=False),
        sa.UniqueConstraint("uid", name="uq_cards_uid"),
        sa.CheckConstraint("state BETWEEN 1 AND 3", name="ck_cards_state"),
    )
