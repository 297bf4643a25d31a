"""What thieves do: restore a card's old image, forge pages with a stolen terminal's secrets.

Owns the deeds and the judgement of each: prevented, or found with its evidence and worth no more
than its bound. A thief knows everything that a terminal holds and nothing of the host. Called by
the world.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from copy import deepcopy
from dataclasses import dataclass

from sqlalchemy import Engine, select

from firmware.core import purse, record
from firmware.terminal import flashmap
from firmware.terminal.journal.journal import Journal
from host.cards.store import CardState
from host.db.engine import reading
from host.db.tables import intake
from host.db.tables.cards import cards
from tools.fleet.element import ElementPort
from tools.fleet.oracle import AID, paid_on
from tools.fleet.parts import Flash
from tools.fleet.supply import Supply
from tools.fleet.unit import Unit
from tools.models.card import Card

_PAGES = 64
_TMV = 8


@dataclass
class Fraud:
    """One deed. `bound_minor` is what it can cost at most, by arithmetic; 0 must cost nothing.

    `held_minor` may stay in suspense, paid to nobody, if its card never taps again.
    """

    kind: str
    card_number: int
    bound_minor: int
    held_minor: int = 0


@dataclass(frozen=True)
class Judged:
    """All deeds of a world: how many did nothing, how many left evidence, and what they cost."""

    prevented: int = 0
    found: int = 0
    missed: int = 0
    bound_minor: int = 0


def copy_of(card: Card) -> Card:
    """An image of a card as it is now, fit to be used in its place."""
    draw = random.Random(f"copy {card.state.uid.hex()} {paid_on(card)}").randbytes
    return Card(deepcopy(card.state), random_bytes=draw)


def forge(unit: Unit, card: Card, amount_minor: int, now: int) -> list[bytes]:
    """A sale that never was, sealed with the secrets of a stolen terminal that is switched off.

    The pages are beyond doubt the terminal's; only the card's own MAC is missing.
    """
    supply = Supply()
    flash = Flash(unit.cells, supply, unit.durable)
    element = ElementPort(unit.element, supply)
    stamp = (now, record.TIME_HOST)
    journal = Journal(flash, flashmap.JOURNAL, element, unit.number, lambda: stamp)
    journal.recover()
    first = journal.next_sequence
    files = card.state.applications[AID].files
    statement = bytes(files[purse.FILE_STATEMENT].content[: purse.STATEMENT_BODY])  # type: ignore[union-attr]
    newest = bytes(files[purse.FILE_LOG].records[-1])  # type: ignore[union-attr]
    snapshot = purse.Snapshot(statement, newest, paid_on(card))
    header = journal.open_intent(_intent(card, snapshot, amount_minor))
    outcome = record.Outcome(
        header.sequence,
        record.DONE,
        record.BY_ANSWER,
        0,
        snapshot.paid - amount_minor,
        snapshot.record.counter + 1,
        unit.element.rng.randbytes(_TMV),
    )
    journal.append(record.OUTCOME, outcome)
    forged: list[bytes] = []
    # What is asked for comes at most to the end of a sector.
    while pages := journal.pages_from(first + len(forged), _PAGES):
        forged += [bytes(page) for _, page in pages]
    return forged


def judge(frauds: Collection[Fraud], engine: Engine) -> Judged:
    """Look for the evidence of each deed in the host's books.

    What a thief put on a card that is blocked by now can't be spent: it was prevented.
    """
    with reading(engine) as conn:
        alarmed = {row.card_number for row in conn.execute(select(intake.alarms.c.card_number))}
        is_blocked = cards.c.state == CardState.BLOCKED
        blocked = set(conn.execute(select(cards.c.card_number).where(is_blocked)).scalars())
    costly = [
        fraud
        for fraud in frauds
        if fraud.bound_minor and (fraud.card_number in alarmed or fraud.card_number not in blocked)
    ]
    found = [fraud for fraud in costly if fraud.card_number in alarmed]
    return Judged(
        prevented=len(frauds) - len(costly),
        found=len(found),
        missed=len(costly) - len(found),
        bound_minor=sum(fraud.bound_minor for fraud in costly),
    )


def alarms(engine: Engine) -> list[str]:
    """What the host called a person for."""
    with reading(engine) as conn:
        return [
            f"reason {row.reason} by terminal {row.terminal}, record {row.sequence}"
            for row in conn.execute(select(intake.alarms))
        ]


def _intent(card: Card, snapshot: purse.Snapshot, amount_minor: int) -> record.Intent:
    return record.Intent(
        operation=record.SALE,
        key_version=snapshot.statement.key_version,
        currency_unit=snapshot.statement.currency_unit,
        flags=0,
        card_number=snapshot.statement.card_number,
        uid=card.state.uid,
        script=purse.SCRIPT_SALE,
        paid_before=snapshot.paid,
        amount=amount_minor,
        bonus_amount=0,
        points_amount=0,
        counter=snapshot.record.counter + 1,
        hotlist_version=1,
        config_version=1,
        lease=1,
        operator=0,
        order_ref=0,
        statement=bytes(snapshot.statement_raw),
        record=bytes(snapshot.record_raw),
    )
