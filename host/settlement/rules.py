"""What a window is, how branches are netted, and the statement as a pure function.

No database, no clock, no signature: the same cut and movements give the same bytes, whoever
computes them and when. Called by the settlement's service and by anyone who checks a statement.

A window holds what was posted because of records after the cut before and up to its own cut. A
cut names, for each terminal, the last sequence the host was complete to (terminal 0: the host's
own events). Time plays no part, so a late record falls into the next window by arithmetic.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from firmware.core.errors import TAP_OPEN, TAP_UNREPORTED, WINDOW_HELD, VafaError
from host.ledger import rules as ledger
from host.ledger.rules import Leg, Posting

RULE_VERSION = 1
FLOAT = ledger.FLOAT
SUSPENSE_DEADLINE_S = 7 * 24 * 3600
"""How long after the cut an open item may stay open before someone has to decide it."""

_FORMAT = "vafa statement 1"
_SIGNED = b"vafa settlement 1"
_BRANCH = "branch"

_NEXT_ACTION = {
    TAP_OPEN: "read the card again",
    TAP_UNREPORTED: "fetch the terminal's journal",
}


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A tap that was not simply proven when the window was cut."""

    terminal: int
    sequence: int
    card_number: int
    kind: str
    branch: str
    amount_minor: int
    reason: int


@dataclass(frozen=True, slots=True)
class Cut:
    """The end of a window: how far each stream was complete, and what was open then."""

    at: int
    streams: dict[int, int]
    branches: dict[int, str]
    open_items: list[OpenItem] = field(default_factory=list)

    def to_json(self) -> str:
        return canonical(asdict(self)).decode()

    @classmethod
    def from_json(cls, text: str) -> "Cut":
        raw = json.loads(text)
        return cls(
            at=raw["at"],
            streams={int(terminal): through for terminal, through in raw["streams"].items()},
            branches={int(terminal): branch for terminal, branch in raw["branches"].items()},
            open_items=[OpenItem(**item) for item in raw["open_items"]],
        )


@dataclass(frozen=True, slots=True)
class Range:
    """The records of one stream that a window holds: after `after`, up to `through`."""

    terminal: int
    after: int
    through: int


@dataclass(frozen=True, slots=True)
class Movement:
    """What one terminal's business of one kind moved on one branch account in a window."""

    terminal: int
    kind: str
    account: str
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Position:
    """One party's share. `net_minor` is redeemed less topped up; positive: the party receives."""

    party: str
    topped_up_minor: int
    redeemed_minor: int
    net_minor: int


def ranges(before: Mapping[int, int], cut: Cut) -> list[Range]:
    """Return what a window holds of each stream, in the order of terminals."""
    return [
        Range(terminal, before.get(terminal, 0), through)
        for terminal, through in sorted(cut.streams.items())
    ]


def merged(movements: Iterable[Movement]) -> list[Movement]:
    """Return one movement per terminal, kind and account, in that order."""
    sums: dict[tuple[int, str, str], tuple[int, int]] = {}
    for one in movements:
        key = (one.terminal, one.kind, one.account)
        count, amount = sums.get(key, (0, 0))
        sums[key] = (count + one.count, amount + one.amount_minor)
    return [Movement(*key, *sums[key]) for key in sorted(sums)]


def positions(movements: Iterable[Movement], branches: Iterable[str]) -> list[Position]:
    """Net every branch against the float; error 470 unless the positions sum to zero."""
    topped_up: dict[str, int] = dict.fromkeys(branches, 0)
    redeemed: dict[str, int] = dict.fromkeys(topped_up, 0)
    for movement in movements:
        branch = branch_of(movement.account)
        topped_up.setdefault(branch, 0)
        redeemed.setdefault(branch, 0)
        if movement.account == ledger.cash_in(branch):
            topped_up[branch] += movement.amount_minor
        else:
            redeemed[branch] -= movement.amount_minor
    found = [
        Position(branch, topped_up[branch], redeemed[branch], redeemed[branch] - topped_up[branch])
        for branch in sorted(topped_up)
    ]
    all_topped_up, all_redeemed = sum(topped_up.values()), sum(redeemed.values())
    found.append(Position(FLOAT, -all_topped_up, -all_redeemed, all_topped_up - all_redeemed))
    if sum(position.net_minor for position in found):
        raise VafaError(WINDOW_HELD, "positions don't sum to zero")
    return found


def branch_of(account: str) -> str:
    """Return the branch of a clearing or cash-in account; error 470 for any other account."""
    kind, _, rest = account.partition(":")
    branch, _, what = rest.rpartition(":")
    if kind != _BRANCH or what not in ("clearing", "cash_in"):
        raise VafaError(WINDOW_HELD, f"{account} is no account of a branch")
    return branch


def statement(
    number: int, before: Mapping[int, int], cut: Cut, movements: Sequence[Movement]
) -> bytes:
    """Return the canonical JSON of a window's statement."""
    held = {terminal: branch for terminal, branch in cut.branches.items() if branch}
    doubt = [item for item in cut.open_items if item.reason == TAP_OPEN]
    in_suspense = [item for item in cut.open_items if item.reason != TAP_OPEN]
    found = positions(movements, held.values())
    return canonical(
        {
            "format": _FORMAT,
            "rule_version": RULE_VERSION,
            "unit": ledger.RIAL,
            "window": number,
            "cut_at": cut.at,
            "ranges": [asdict(part) for part in ranges(before, cut)],
            "positions": [asdict(position) for position in found],
            "terminals": _terminals(held, movements, doubt, in_suspense),
            "top_ups": _top_ups(movements),
            "in_doubt": [_item(item, cut.at) for item in doubt],
            "suspense": [_item(item, cut.at) for item in in_suspense],
            "totals": {
                "topped_up_minor": -found[-1].topped_up_minor,
                "redeemed_minor": -found[-1].redeemed_minor,
                "net_sum_minor": sum(position.net_minor for position in found),
                "in_doubt_minor": sum(item.amount_minor for item in doubt),
                "suspense_minor": sum(item.amount_minor for item in in_suspense),
            },
        }
    )


def _terminals(
    branches: Mapping[int, str],
    movements: Sequence[Movement],
    doubt: Sequence[OpenItem],
    in_suspense: Sequence[OpenItem],
) -> list[dict[str, Any]]:
    """Count and sum what each terminal sold: proven in this window, and open at its end."""
    rows: dict[int, dict[str, Any]] = {}

    def share(terminal: int, what: str) -> dict[str, int]:
        row = rows.setdefault(
            terminal,
            {"terminal": terminal, "branch": branches.get(terminal, "")}
            | {name: _sum() for name in ("proven", "in_doubt", "suspense")},
        )
        found: dict[str, int] = row[what]
        return found

    for terminal in branches:
        share(terminal, "proven")
    for movement in movements:
        if movement.terminal:
            _add(share(movement.terminal, "proven"), movement.count, -movement.amount_minor)
    for what, items in (("in_doubt", doubt), ("suspense", in_suspense)):
        for item in items:
            if item.terminal:
                _add(share(item.terminal, what), 1, item.amount_minor)
    return [rows[terminal] for terminal in sorted(rows)]


def _top_ups(movements: Sequence[Movement]) -> list[dict[str, Any]]:
    """Count and sum the top-ups of each branch, and those whose cash went back."""
    rows: dict[str, dict[str, dict[str, int]]] = defaultdict(
        lambda: {"given": _sum(), "taken_back": _sum()}
    )
    for movement in movements:
        if movement.terminal == 0:
            given = movement.amount_minor > 0
            share = rows[branch_of(movement.account)]["given" if given else "taken_back"]
            _add(share, movement.count, abs(movement.amount_minor))
    return [{"branch": branch} | rows[branch] for branch in sorted(rows)]


def _sum() -> dict[str, int]:
    return {"count": 0, "sum_minor": 0}


def _add(share: dict[str, int], count: int, amount_minor: int) -> None:
    share["count"] += count
    share["sum_minor"] += amount_minor


def _item(item: OpenItem, cut_at: int) -> dict[str, Any]:
    """Return an open item with who has to act, until when, and how."""
    return asdict(item) | {
        "owner": item.branch,
        "deadline": cut_at + SUSPENSE_DEADLINE_S,
        "next_action": _NEXT_ACTION.get(item.reason, "read the card elsewhere, or decide"),
    }


def clearing_posting(number: int, found: Sequence[Position]) -> Posting | None:
    """Return the posting that settles the positions; None for an empty window."""
    legs: list[Leg] = []
    for position in found:
        if position.party == FLOAT:
            legs.append(Leg(FLOAT, position.net_minor))
        else:
            legs.append(Leg(ledger.clearing(position.party), position.redeemed_minor))
            legs.append(Leg(ledger.cash_in(position.party), -position.topped_up_minor))
    moved = tuple(leg for leg in legs if leg.amount_minor)
    return Posting("settlement.clear", str(number), moved) if moved else None


def canonical(value: Any) -> bytes:
    """Return JSON with sorted keys, no spaces, no floats: equal values have equal bytes."""
    _refuse_floats(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise VafaError(WINDOW_HELD, "a float in a statement")
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            _refuse_floats(part)


def positions_in(canonical_json: bytes) -> list[Position]:
    """Return the positions that a statement states."""
    return [Position(**raw) for raw in json.loads(canonical_json)["positions"]]


def signed_digest(canonical_json: bytes) -> bytes:
    """Return what the host's P-256 signature of a statement is over."""
    return hashlib.sha256(_SIGNED + canonical_json).digest()
