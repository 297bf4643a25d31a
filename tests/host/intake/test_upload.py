"""The verdict on each page: authentic or not, in order or not, seen before or not."""

import hmac
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from firmware.core import purse, record
from firmware.core.errors import (
    PAGE_AHEAD,
    PAGE_BRANCH,
    PAGE_CARD,
    PAGE_CHAIN,
    PAGE_CONFLICT,
    PAGE_CONTENT,
    PAGE_COUNTER,
    PAGE_SIGNATURE,
    PAGE_TAG,
    PAGE_TERMINAL,
    PAGE_UNREADABLE,
    VafaError,
)
from host import p256
from host.db.engine import reading
from host.db.tables.intake import quarantine, waiting_pages
from host.intake import batch
from host.intake.service import MAX_PAGES, Verdict
from host.settlement.status import read_status
from tests.host.intake.books import accounts, alarmed
from tests.host.journals import FakeTerminal, hmac_of

ACCEPTED, DUPLICATE, WAITING, QUARANTINED, REJECTED = Verdict


def verdicts(receipt):
    return [result.verdict for result in receipt.results]


def rows_in(host, table):
    with reading(host.engine) as conn:
        return conn.execute(select(func.count()).select_from(table)).scalar_one()


def flipped(page, bit):
    changed = bytearray(page)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_proven_sale_is_booked_against_the_branch(world, host):
    terminal, card = world.terminals[101], world.cards[1]
    terminal.sale(card, 250_000)
    receipt = host.intake.upload(terminal.pages, "a")
    assert verdicts(receipt) == [ACCEPTED] * 3
    assert accounts(host) == {"card:0000000001:paid": 250_000, "branch:a:clearing": -250_000}


def test_ack_names_the_unbroken_run_under_the_terminals_key(world, host):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    (ack,) = host.intake.upload([terminal.pages[0], terminal.pages[2]], "a").acks
    assert (ack.terminal, ack.through_sequence) == (101, 1)
    key = hmac_of(terminal.root, record.ACK_KEY_LABEL)
    assert (
        ack.mac
        == hmac.digest(key, b"vafa ack 1" + bytes([101, 0, 0, 0, 1, 0, 0, 0]), "sha256")[:16]
    )


def test_journal_over_many_sectors_with_signed_closes(world, host):
    terminal, card = world.terminals[101], world.cards[1]
    for _ in range(30):
        terminal.sale(card, 1_000)
    receipt = host.intake.upload(terminal.pages, "a")
    assert set(verdicts(receipt)) == {ACCEPTED}
    assert accounts(host)["branch:a:clearing"] == -30_000


def test_second_upload_is_answered_as_duplicate_and_changes_nothing(world, host):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    host.intake.upload(terminal.pages, "a")
    before = accounts(host)
    receipt = host.intake.upload(terminal.pages, "a")
    assert verdicts(receipt) == [DUPLICATE] * 3
    assert receipt.acks[0].through_sequence == 3
    assert accounts(host) == before


def test_same_page_twice_in_one_batch(world, host):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    first = terminal.pages[0]
    assert verdicts(host.intake.upload([first, first], "a")) == [ACCEPTED, DUPLICATE]


def test_pages_wait_for_the_ones_before(world, host):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    one, two, three = terminal.pages
    assert verdicts(host.intake.upload([three], "a")) == [WAITING]
    assert verdicts(host.intake.upload([three], "a")) == [WAITING]
    assert rows_in(host, waiting_pages) == 1
    assert verdicts(host.intake.upload([two], "a")) == [WAITING]
    receipt = host.intake.upload([one], "a")
    assert verdicts(receipt) == [ACCEPTED]
    assert receipt.acks[0].through_sequence == 3
    assert rows_in(host, waiting_pages) == 0
    assert accounts(host)["branch:a:clearing"] == -1_000


@pytest.mark.parametrize("bit", [4 * 8, 24 * 8, 100 * 8 + 3, 210 * 8, 255 * 8 + 7])
def test_flipped_bit_never_gets_into_the_books(world, host, bit):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    bad = flipped(terminal.pages[1], bit)
    (result,) = host.intake.upload([bad], "a").results
    assert result.verdict in (QUARANTINED, REJECTED)
    host.intake.upload(terminal.pages, "a")
    assert accounts(host)["branch:a:clearing"] == -1_000


def test_wrong_tag_is_kept_once_as_evidence(world, host):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    bad = flipped(terminal.pages[0], 255 * 8)
    for _ in range(2):
        (result,) = host.intake.upload([bad], "a").results
        assert (result.verdict, result.reason) == (QUARANTINED, PAGE_TAG)
    assert rows_in(host, quarantine) == 1


def test_evidence_is_bounded(world, host, monkeypatch):
    monkeypatch.setattr(batch, "MAX_EVIDENCE", 2)
    world.terminals[101].seen(world.cards[1])
    page = world.terminals[101].pages[0]
    receipt = host.intake.upload([flipped(page, 1000 + bit) for bit in range(5)], "a")
    assert verdicts(receipt) == [QUARANTINED] * 5
    assert rows_in(host, quarantine) == 2


@pytest.mark.parametrize(
    "page", [b"", b"VJ", bytes(255), bytes(256), bytes(257), b"VJ" + bytes(254)]
)
def test_what_is_no_page_is_rejected(host, page):
    (result,) = host.intake.upload([page], "a").results
    assert (result.verdict, result.reason) == (REJECTED, PAGE_UNREADABLE)


def test_unknown_terminal_and_foreign_branch(world, host):
    stranger = FakeTerminal(999, "a")
    stranger.seen(world.cards[1])
    (result,) = host.intake.upload(stranger.pages[:1], "a").results
    assert (result.verdict, result.reason) == (REJECTED, PAGE_TERMINAL)
    world.terminals[201].seen(world.cards[1])
    (result,) = host.intake.upload(world.terminals[201].pages[:1], "a").results
    assert (result.verdict, result.reason) == (REJECTED, PAGE_BRANCH)


def test_too_many_pages_are_refused_whole(host):
    with pytest.raises(VafaError, match="450"):
        host.intake.upload([bytes(256)] * (MAX_PAGES + 1), "a")


def test_other_page_of_a_booked_place_is_kept_and_alarmed(world, host):
    """A terminal whose flash was restored writes other pages under the same numbers."""
    terminal, restored = world.terminals[101], FakeTerminal(101, "a")
    terminal.sale(world.cards[1], 1_000)
    restored.sale(world.cards[2], 9_000)
    host.intake.upload(terminal.pages, "a")
    before = accounts(host)
    receipt = host.intake.upload(restored.pages[1:], "a")
    assert [(r.verdict, r.reason) for r in receipt.results] == [(QUARANTINED, PAGE_CONFLICT)] * 2
    assert accounts(host) == before
    assert (PAGE_CONFLICT, 101, 2) in alarmed(host)


def test_page_of_another_history_does_not_continue_the_chain(world, host):
    terminal, restored = world.terminals[101], FakeTerminal(101, "a")
    terminal.sale(world.cards[1], 1_000)
    restored.sale(world.cards[2], 9_000)
    restored.sale(world.cards[2], 9_000)
    host.intake.upload(terminal.pages, "a")
    (result,) = host.intake.upload([restored.pages[3]], "a").results
    assert (result.verdict, result.reason) == (QUARANTINED, PAGE_CHAIN)


def test_waiting_forgery_gives_way_to_the_true_page(world, host):
    """Two pages claim a place before the chain reaches it; the order they came in is no matter."""
    terminal, forger = world.terminals[101], FakeTerminal(101, "a")
    terminal.sale(world.cards[1], 1_000)
    forger.sale(world.cards[2], 9_000)
    assert verdicts(host.intake.upload([forger.pages[2], terminal.pages[2]], "a")) == [WAITING] * 2
    host.intake.upload(terminal.pages[:2], "a")
    assert accounts(host)["branch:a:clearing"] == -1_000
    assert rows_in(host, waiting_pages) == 0
    assert rows_in(host, quarantine) == 1


def test_page_further_ahead_than_a_flash_can_hold(world, host):
    terminal = world.terminals[101]
    terminal.seen(world.cards[1])
    header = record.Header(record.EVENT, 101, 20_000, 1_300, 3, 3, 1, 0)
    key = record.page_key(hmac_of(terminal.root, record.sector_label(1_300)), 3)
    page = record.seal(header, record.Event(1, 0), bytes(32), key)
    (result,) = host.intake.upload([page], "a").results
    assert (result.verdict, result.reason) == (QUARANTINED, PAGE_AHEAD)


def test_sector_closed_by_another_key(world, host):
    terminal = world.terminals[101]
    point = terminal.identity.point
    terminal.identity = p256.PrivateKey(hmac_of(b"thief", b""))
    for _ in range(8):
        terminal.sale(world.cards[1], 1_000)
    world.directory.identity_key = lambda _: point
    receipt = host.intake.upload(terminal.pages[:17], "a")
    assert verdicts(receipt) == [ACCEPTED] * 15 + [QUARANTINED, WAITING]
    assert receipt.results[15].reason == PAGE_SIGNATURE
    assert receipt.acks[0].through_sequence == 15


def test_hardware_counter_that_goes_back(world, host):
    terminal = world.terminals[101]
    terminal.write(record.SECTOR, record.Sector(1, 1, 0))
    (_, result) = host.intake.upload(terminal.pages, "a").results
    assert (result.verdict, result.reason) == (QUARANTINED, PAGE_COUNTER)


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 0},
        {"amount": -5},
        {"amount": 2_000_000},
        {"bonus_amount": 1},
        {"currency_unit": 2},
        {"operation": 9},
        {"script": 9},
        {"paid_before": 999_999},
        {"counter": 77},
        {"record": bytes(64)},
        {"statement": bytes(64)},
    ],
)
def test_authentic_nonsense_is_kept_but_not_booked(world, host, changed):
    """The journal goes on, so that one bad page doesn't stop a terminal's whole day."""
    terminal, card = world.terminals[101], world.cards[1]
    terminal.intent(card, 1_000)
    good = terminal.pages.pop()
    header = record.parse_header(good)
    intent = record.parse_content(good, record.INTENT)
    for name, value in changed.items():
        setattr(intent, name, value)
    key = record.page_key(hmac_of(terminal.root, record.sector_label(1)), header.index)
    terminal.pages.append(record.seal(header, intent, record.chain_of(terminal.pages[-1]), key))
    terminal._chain = record.chain_of(terminal.pages[-1])
    terminal.sale(world.cards[2], 3_000)
    receipt = host.intake.upload(terminal.pages, "a")
    assert [(r.verdict, r.reason) for r in receipt.results[1:2]] == [(QUARANTINED, PAGE_CONTENT)]
    assert verdicts(receipt)[2:] == [ACCEPTED] * 2
    assert receipt.acks[0].through_sequence == 4
    assert accounts(host) == {"card:0000000002:paid": 3_000, "branch:a:clearing": -3_000}
    again = host.intake.upload(terminal.pages, "a")
    assert verdicts(again) == [DUPLICATE, QUARANTINED, DUPLICATE, DUPLICATE]


def test_card_that_was_never_issued(world, host):
    terminal, card = world.terminals[101], world.cards[1]
    terminal.sale(card, 1_000)
    world.directory.cards = {}
    receipt = host.intake.upload(terminal.pages, "a")
    assert receipt.results[1].reason == PAGE_CARD
    assert receipt.results[2].reason == PAGE_CONTENT
    assert accounts(host) == {}


def test_killed_before_the_commit_nothing_stands(world, host, monkeypatch):
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)

    def dies(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(batch.store, "save_streams", dies)
    with pytest.raises(KeyboardInterrupt):
        host.intake.upload(terminal.pages, "a")
    monkeypatch.undo()
    assert accounts(host) == {}
    assert verdicts(host.intake.upload(terminal.pages, "a")) == [ACCEPTED] * 3
    assert accounts(host)["branch:a:clearing"] == -1_000


def test_records_of_the_card_and_of_the_host_agree(world):
    """The fake card's own computation and the core's give the same bytes."""
    terminal, card = world.terminals[101], world.cards[1]
    attempt = terminal.intent(card, 1_000)
    header = record.parse_header(terminal.pages[-1])
    intent = record.parse_content(terminal.pages[-1], record.INTENT)
    assert purse.intent_record(intent, header).pack() == attempt.written


def test_gateways_that_upload_at_the_same_time(world, host):
    """Overlapping batches from several threads: the books are as if each page came once."""
    cards = list(world.cards.values())
    for turn in range(24):
        list(world.terminals.values())[turn % 3].sale(cards[turn % 2], 10 + turn)
    pages = world.pages()
    batches = [pages[start::step] for step in (1, 2, 3) for start in range(step)]
    with ThreadPoolExecutor(4) as threads:
        receipts = list(threads.map(host.intake.upload, batches))
    assert len(receipts) == len(batches)
    books = accounts(host)
    assert books["branch:a:clearing"] + books["branch:b:clearing"] == -sum(range(10, 34))


def test_waiting_is_bounded(world, host, monkeypatch):
    """One terminal with two histories can't make the host keep more than a flash holds."""
    monkeypatch.setattr(batch.stream, "MAX_AHEAD", 3)
    terminal, other = world.terminals[101], FakeTerminal(101, "a")
    terminal.sale(world.cards[1], 1_000)
    other.sale(world.cards[2], 9_000)
    pages = [*terminal.pages[1:], *other.pages[1:]]
    results = host.intake.upload(pages, "a").results
    assert [result.verdict for result in results] == [WAITING] * 3 + [QUARANTINED]
    assert results[3].reason == PAGE_AHEAD
    assert rows_in(host, waiting_pages) == 3


def test_page_that_waits_still_is_answered_again(world, host):
    terminal = world.terminals[101]
    for _ in range(3):
        terminal.sale(world.cards[1], 1_000)
    host.intake.upload([terminal.pages[4]], "a")
    results = host.intake.upload([terminal.pages[0], terminal.pages[4]], "a").results
    assert [result.verdict for result in results] == [ACCEPTED, WAITING]
    assert rows_in(host, waiting_pages) == 1
    host.intake.upload(terminal.pages[1:4], "a")
    assert accounts(host)["branch:a:clearing"] == -2_000
    with reading(host.engine) as conn:
        assert read_status(conn, 0, 0).terminals[0].waiting == 0


@pytest.mark.parametrize(("epoch", "index"), [(1, 1), (1, 2), (1, 0)])
def test_page_key_that_goes_back_is_refused_even_in_the_chain(world, host, epoch, index):
    """Keys only roll forward inside a sector: a later page under an earlier key is a forgery."""
    terminal = world.terminals[101]
    terminal.sale(world.cards[1], 1_000)
    header = record.Header(record.EVENT, 101, 4, epoch, index, 3, 1, 0)
    key = record.page_key(hmac_of(terminal.root, record.sector_label(epoch)), index)
    forged = record.seal(header, record.Event(1, 0), record.chain_of(terminal.pages[-1]), key)
    result = host.intake.upload([*terminal.pages, forged], "a").results[-1]
    assert (result.verdict, result.reason) == (QUARANTINED, PAGE_CHAIN)


def test_outcome_without_its_intent_changes_nothing(world, host):
    terminal = world.terminals[101]
    terminal.write(record.OUTCOME, record.Outcome(9, record.DONE, 1, 0, 0, 5, b"12345678"))
    result = host.intake.upload(terminal.pages, "a").results[-1]
    assert (result.verdict, result.reason) == (QUARANTINED, PAGE_CONTENT)
    assert accounts(host) == {}
