"""One terminal's journal as the host holds it: an unbroken chain of pages, and what waits.

Pure. Decides which page comes next and why others don't; what a page means is not looked at
beyond what binds the chain (sector counter and closing signature). Called by the intake's service.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from firmware.core import record
from firmware.core.errors import PAGE_CHAIN, PAGE_CONFLICT, PAGE_COUNTER, PAGE_SIGNATURE
from host import p256
from host.intake import verify

MAX_AHEAD = 16_384
"""Pages in a terminal's whole flash: none can honestly be further ahead of what the host acked."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A page with the right tag."""

    header: record.Header
    page: bytes


@dataclass(slots=True)
class Stream:
    """Where a terminal's unbroken run ends."""

    terminal: int
    branch: str
    through_sequence: int
    chain: bytes
    epoch: int
    page_index: int
    se_counter: int
    waiting: int = 0
    duplicates: int = 0
    refusals: int = 0
    last_seen: int = 0

    def take(self, arrival: Arrival) -> None:
        """Move the end of the run over a page that fits."""
        header = arrival.header
        self.through_sequence = header.sequence
        self.chain = record.chain_of(arrival.page)
        self.epoch, self.page_index = header.epoch, header.index
        if header.kind == record.SECTOR:
            self.se_counter = record.parse_content(arrival.page, record.SECTOR).se_counter


def new_stream(terminal: int, branch: str) -> Stream:
    """Return the stream of a terminal of which nothing has come yet."""
    return Stream(terminal, branch, 0, record.genesis(terminal), 0, 0, 0)


def misfit(stream: Stream, arrival: Arrival, identity_key: bytes) -> int:
    """Return why a page can't follow the stream's last one, 0 when it does."""
    header, page = arrival.header, arrival.page
    later = (header.epoch, header.index) > (stream.epoch, stream.page_index)
    if not later or not verify.chain_follows(page, stream.chain):
        return int(PAGE_CHAIN)
    if header.kind == record.SECTOR:
        content = record.parse_content(page, record.SECTOR)
        return 0 if content.se_counter > stream.se_counter else int(PAGE_COUNTER)
    if header.kind == record.CLOSE:
        content = record.parse_content(page, record.CLOSE)
        digest = record.close_digest(stream.chain)
        return 0 if p256.verify(identity_key, digest, content.signature) else int(PAGE_SIGNATURE)
    return 0


def advance(
    stream: Stream, candidates: dict[int, list[Arrival]], identity_key: bytes
) -> tuple[list[Arrival], list[tuple[Arrival, int]]]:
    """Move the stream as far as the candidates reach.

    Takes what it used out of `candidates`. Returns the pages that were taken, in order, and those
    that claimed a place that isn't theirs, each with the reason.
    """
    run: list[Arrival] = []
    refused: list[tuple[Arrival, int]] = []
    while choices := candidates.pop(stream.through_sequence + 1, None):
        reasons = [misfit(stream, choice, identity_key) for choice in choices]
        chosen = reasons.index(0) if 0 in reasons else None
        for number, (choice, reason) in enumerate(zip(choices, reasons, strict=True)):
            if number != chosen:
                refused.append((choice, reason or int(PAGE_CONFLICT)))
        if chosen is None:
            break
        stream.take(choices[chosen])
        run.append(choices[chosen])
    return run, refused


def by_sequence(arrivals: Iterable[Arrival]) -> dict[int, list[Arrival]]:
    """Group pages by the place they claim; the same bytes count once."""
    grouped: dict[int, list[Arrival]] = {}
    for arrival in arrivals:
        same_place = grouped.setdefault(arrival.header.sequence, [])
        if all(other.page != arrival.page for other in same_place):
            same_place.append(arrival)
    return grouped
