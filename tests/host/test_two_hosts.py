"""Two host programs on one database, killed while both take in the same journals."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from firmware.core import record
from host import p256
from host.cards import store
from host.db.engine import reading, writing
from host.gen.vafa.v1 import journal_pb2, journal_pb2_grpc, settlement_pb2, settlement_pb2_grpc
from host.ledger import service as ledger
from tests.host.served import World
from tools.bench.journals import JournalWriter, write_sales

ROOT = Path(__file__).parents[2]
SALES, BATCH, KILLS = 240, 12, 4
DEADLINE_S, PATIENCE_S = 20, 300
_PASSING = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.FAILED_PRECONDITION)


class HostProgram:
    """One `host.serve` that is started again wherever it was killed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[str] | None = None
        self.target = ""

    def start(self) -> None:
        words = ("-m", "host.serve", "--directory", str(self._directory))
        self._process = subprocess.Popen(
            [sys.executable, *words, "--listen", "localhost:0"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.target = "localhost:" + self._process.stdout.readline().split()[-1]

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


@pytest.fixture
def hosts(world):
    pair = [HostProgram(world.home.directory) for _ in range(2)]
    for each in pair:
        each.start()
    yield pair
    for each in pair:
        each.kill()


@pytest.fixture
def pages(world):
    """What three terminals of branch a sold to twenty cards."""
    pages, journals = [], []
    for terminal in (101, 102, 103):
        identity = p256.PrivateKey(p256.scalar_from(world.randomness.bytes(p256.SEED)))
        bundle = world.app.terminals.enrol(terminal, "a", identity.point)
        journals.append(JournalWriter(terminal, bundle.journal_root, identity, pages))
    cards = []
    with writing(world.app.engine) as conn:
        for number in range(20):
            uid = b"\x04" + number.to_bytes(6, "big")
            row = store.CardRow(
                store.next_card_number(conn), uid, store.CardState.ACTIVE, 1, 1, bytes(16), number
            )
            store.add_card(conn, row, 0)
            cards.append(row)
    write_sales(SALES, journals, cards, world.app.keys.transaction_mac_key, seed=5)
    return pages


@pytest.mark.slow
def test_each_sale_is_booked_once_however_often_hosts_die(world, hosts, pages):
    draw = random.Random(8)
    batches = [pages[at : at + BATCH] for at in range(0, len(pages), BATCH)]
    # Each batch twice, in no order: the two hosts get the same pages at the same time.
    work = batches * 2
    draw.shuffle(work)

    async def day():
        for number in range(KILLS):
            left, busy = iter(work[number::KILLS]), asyncio.Event()
            uploading = asyncio.gather(*(_upload(world, hosts, draw, left, busy) for _ in "four"))
            await busy.wait()
            victim = hosts[number % 2]
            await asyncio.to_thread(victim.kill)
            await asyncio.to_thread(victim.start)
            await uploading
        return await asyncio.gather(*(_settle(world, host, b"same request....") for host in hosts))

    statements = asyncio.run(asyncio.wait_for(day(), PATIENCE_S))
    sold = sum(
        record.parse_content(page, record.INTENT).amount
        for page in pages
        if record.parse_header(page).kind == record.INTENT
    )
    assert statements[0] == statements[1]
    assert {p.party: p.net_minor for p in statements[0].positions} == {"a": sold, "float": -sold}
    with reading(world.app.engine) as conn:
        assert ledger.prove(conn) == []
    status = world.app.settlement.status()
    assert (status.in_doubt, status.suspense, status.quarantined, status.alarms) == (0, 0, 0, 0)
    assert sum(one.through_sequence for one in status.terminals) == len(pages)


async def _upload(world, hosts, draw, left, busy):
    """Upload what is left, together with others; the first answer says that all are at it."""
    stub, caller = journal_pb2_grpc.JournalServiceStub, ("gateway", "a")
    for batch in left:
        request = journal_pb2.UploadRequest(pages=batch)
        while await _call(world, draw.choice(hosts), caller, stub, "Upload", request) is None:
            pass
        busy.set()


async def _settle(world, host, request_id):
    stub, caller = settlement_pb2_grpc.SettlementServiceStub, ("operator", "night")
    request = settlement_pb2.SettleRequest(request_id=request_id)
    while (answer := await _call(world, host, caller, stub, "Settle", request)) is None:
        pass
    return answer.statement


async def _call(world, host, caller, stub, method, request):
    """Call a host; None when it died meanwhile, or the other one had the window in hand."""
    credentials = world.files(*caller).client_credentials()
    async with grpc.aio.secure_channel(host.target, credentials) as channel:
        try:
            return await getattr(stub(channel), method)(request, timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as problem:
            if problem.code() not in _PASSING:
                raise
            return None
