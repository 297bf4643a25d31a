"""Tables of the settlement: windows, and the steps each went through.

A window's cut and statement are written once; only its state moves on, and each move is an event.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, LargeBinary, String, Table, Text

from host.db.metadata import metadata

windows = Table(
    "windows",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("request_id", LargeBinary(16), nullable=False, unique=True),
    Column("state", String(16), nullable=False),
    # Canonical JSON: how far each stream was complete at the cut, and what was open then.
    Column("cut", Text, nullable=False),
    # Canonical JSON of the statement, and the host's signature; null until they are made.
    Column("statement", LargeBinary),
    Column("signature", LargeBinary(64)),
)

window_events = Table(
    "window_events",
    metadata,
    Column("number", Integer, ForeignKey("windows.number"), primary_key=True),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("reason", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)
