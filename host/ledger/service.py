"""Balances for callers. Posting follows."""

from sqlalchemy import Connection


def card_balance(conn: Connection, card_number: int) -> tuple[int, int]:
    """Return what a card holds by the ledger, (paid_minor, unknown_minor), both as liabilities."""
    raise NotImplementedError
