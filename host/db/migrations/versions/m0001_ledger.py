"""The ledger: postings, legs, balances."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "postings",
        sa.Column("id", _BIG, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("terminal", _BIG),
        sa.Column("cause_terminal", _BIG),
        sa.Column("cause_sequence", _BIG),
        sa.Column("posted_at", _BIG, nullable=False),
        sa.UniqueConstraint("kind", "key", name="uq_postings_kind_key"),
    )
    op.create_index(
        "ix_postings_cause_terminal_cause_sequence",
        "postings",
        ["cause_terminal", "cause_sequence"],
    )
    op.create_table(
        "legs",
        sa.Column(
            "posting",
            _BIG,
            sa.ForeignKey("postings.id", name="fk_legs_posting_postings"),
            primary_key=True,
        ),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("unit", sa.String(16), nullable=False),
        sa.Column("amount_minor", _BIG, nullable=False),
    )
    op.create_index("ix_legs_account", "legs", ["account"])
    op.create_table(
        "balances",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("unit", sa.String(16), primary_key=True),
        sa.Column("amount_minor", _BIG, nullable=False),
    )
