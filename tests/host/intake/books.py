"""What the tests read from a host's books."""

from sqlalchemy import select

from host.db.engine import reading
from host.db.tables.intake import alarms, taps
from host.db.tables.ledger import balances
from host.intake.tap import State
from host.ledger import service as ledger


def accounts(host):
    """Every balance that isn't zero; the books are proven on the way."""
    with reading(host.engine) as conn:
        assert ledger.prove(conn) == []
        rows = conn.execute(select(balances.c.account, balances.c.amount_minor)).all()
    return {account: amount for account, amount in rows if amount}


def states(host):
    with reading(host.engine) as conn:
        rows = conn.execute(select(taps.c.terminal, taps.c.sequence, taps.c.state)).all()
    return {(terminal, sequence): State(state) for terminal, sequence, state in rows}


def alarmed(host):
    with reading(host.engine) as conn:
        rows = conn.execute(select(alarms.c.reason, alarms.c.terminal, alarms.c.sequence)).all()
    return {tuple(row) for row in rows}
