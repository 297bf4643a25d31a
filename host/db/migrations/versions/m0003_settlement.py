"""The settlement: windows and their events."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "windows",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("request_id", sa.LargeBinary(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("cut", sa.Text, nullable=False),
        sa.Column("statement", sa.LargeBinary),
        sa.Column("signature", sa.LargeBinary(64)),
        sa.UniqueConstraint("request_id", name="uq_windows_request_id"),
    )
    op.create_table(
        "window_events",
        sa.Column(
            "number",
            sa.Integer,
            sa.ForeignKey("windows.number", name="fk_window_events_number_windows"),
            primary_key=True,
        ),
        sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
