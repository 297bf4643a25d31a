"""Suite `intake`: how many sales a second the host takes in, with every check, in one thread.

One event is one whole sale: intent and outcome, and its share of the pages that open and close
sectors. The floor does with the same pages the least that any host must: one HMAC a page, and the
rows that the intake wrote inserted bare, in as many commits. Called by suites.
"""

import hmac
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rich.table import Table

from firmware.core import record
from host import p256
from host.cards.directory import CardsDirectory
from host.cards.policy import Policy
from host.db.engine import open_engine, reading
from host.db.migrate import migrate
from host.intake.service import Intake, Verdict
from host.intake.tap import State
from tools.bench.club import BRANCH, Club, StandingClock
from tools.bench.errors import BenchError
from tools.bench.figures import Report, median_of
from tools.bench.journals import JournalWriter, write_sales

RUNS = 5
SALES = 4_000
BATCH = 1_000
_TERMINALS = (101, 102, 103, 104)
_CARDS = 200
_SEED = 7
_COVERED = record.BODY + 32
# What the intake writes, but for its one row a terminal.
_TABLES = ("pages", "taps", "postings", "legs", "balances")

Progress = Callable[[str], None]


@dataclass
class Workload:
    """A host that knows terminals and cards, and the batches it is to take in."""

    club: Club
    batches: list[list[bytes]]
    page_keys: list[bytes]
    """The key of each page, for the floor."""
    sales: int

    @property
    def pages(self) -> int:
        return sum(map(len, self.batches))


def run(progress: Progress) -> Report:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="vafa-bench-") as name:
        directory = Path(name)
        progress(f"intake: {SALES} sales of {len(_TERMINALS)} terminals and {_CARDS} cards")
        workload = prepare(directory, SALES)
        taken_s: list[float] = []
        floor_s: list[float] = []
        for number in range(RUNS):
            progress(f"intake: {number + 1} of {RUNS}")
            database = directory / f"run{number}.db"
            shutil.copy(workload.club.database, database)
            taken_s.append(take_in(workload, database))
            floor_s.append(bare(workload, database, directory / f"floor{number}.db"))
        return _report(workload, taken_s, floor_s)


def prepare(directory: Path, sales: int) -> Workload:
    """Enrol, issue on paper, and write the journals."""
    club = Club(directory, _SEED, Policy())
    pages: list[bytes] = []
    journals = []
    roots = {}
    for terminal in _TERMINALS:
        identity = p256.PrivateKey(p256.scalar_from(club.randomness.bytes(p256.SEED)))
        roots[terminal] = club.enrol(terminal, identity.point).journal_root
        journals.append(JournalWriter(terminal, roots[terminal], identity, pages))
    cards = club.add_cards(_CARDS)
    write_sales(sales, journals, cards, club.keys.transaction_mac_key, _SEED)
    club.engine.dispose()
    batches = [pages[at : at + BATCH] for at in range(0, len(pages), BATCH)]
    return Workload(club, batches, [_page_key(page, roots) for page in pages], sales)


def take_in(workload: Workload, database: Path) -> float:
    """Seconds that the intake takes for all batches.

    Raises:
        BenchError: a page was not accepted or a sale not proven, so nothing was measured.
    """
    engine = open_engine(f"sqlite:///{database}")
    intake = Intake(engine, CardsDirectory(engine, workload.club.keys), StandingClock())
    began = perf_counter()
    receipts = [intake.upload(batch, BRANCH) for batch in workload.batches]
    seconds = perf_counter() - began
    verdicts = {result.verdict for receipt in receipts for result in receipt.results}
    with reading(engine) as conn:
        counted = conn.exec_driver_sql(
            "SELECT count(*) FROM taps WHERE state = ?", (int(State.PROVEN),)
        )
        proven = counted.scalar_one()
    engine.dispose()
    if verdicts != {Verdict.ACCEPTED} or proven != workload.sales:
        raise BenchError(f"{proven} of {workload.sales} sales proven, verdicts {verdicts}")
    return seconds


def bare(workload: Workload, taken: Path, database: Path) -> float:
    """Seconds for one HMAC a page and bare inserts of the rows that `taken` holds afterwards."""
    rows = _rows(taken)
    migrate(f"sqlite:///{database}")
    conn = sqlite3.connect(database, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        conn.execute(f"PRAGMA {pragma}")
    shares = len(workload.batches)
    at = 0
    began = perf_counter()
    for number, batch in enumerate(workload.batches):
        keys = workload.page_keys[at : at + len(batch)]
        at += len(batch)
        if not all(map(_tag_is_right, batch, keys)):
            raise BenchError("a page of the floor has a wrong tag")
        conn.execute("BEGIN IMMEDIATE")
        for statement, every in rows:
            size = -(-len(every) // shares)
            conn.executemany(statement, every[number * size : (number + 1) * size])
        conn.execute("COMMIT")
    seconds = perf_counter() - began
    conn.close()
    return seconds


def _rows(database: Path) -> list[tuple[str, list[tuple[object, ...]]]]:
    """An INSERT and all rows of each table that the intake fills."""
    conn = sqlite3.connect(database)
    found = []
    for table in _TABLES:
        every = conn.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - names from above
        marks = ", ".join("?" * len(every[0]))
        found.append((f"INSERT INTO {table} VALUES ({marks})", every))  # noqa: S608
    conn.close()
    return found


def _page_key(page: bytes, roots: dict[int, bytes]) -> bytes:
    header = record.parse_header(page)
    label = record.sector_label(header.epoch)
    first = hmac.digest(roots[header.terminal], label, "sha256")
    key: bytes = record.page_key(first, header.index)
    return key


def _tag_is_right(page: bytes, key: bytes) -> bool:
    tag = hmac.digest(key, page[:_COVERED], "sha256")[: record.PAGE - _COVERED]
    return hmac.compare_digest(tag, page[_COVERED:])


def _report(workload: Workload, taken_s: list[float], floor_s: list[float]) -> Report:
    figures = [
        median_of(
            name,
            [count / seconds for seconds in taken_s],
            unit,
            [count / seconds for seconds in floor_s],
        )
        for name, count, unit in (
            ("events_per_s", workload.sales, "sales/s"),
            ("pages_per_s", workload.pages, "pages/s"),
        )
    ]
    table = Table("run", "intake, s", "floor, s", title="Journals in")
    for number, (taken, floor) in enumerate(zip(taken_s, floor_s, strict=True), 1):
        table.add_row(str(number), f"{taken:.2f}", f"{floor:.3f}")
    table.caption = (
        f"{workload.sales} sales are {workload.pages} pages in {len(workload.batches)} batches; "
        "one event is one sale"
    )
    return Report(figures, [table])
