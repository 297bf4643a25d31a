import random

import pytest

from firmware.core import record
from firmware.core.errors import DOUBTS_FULL, JOURNAL_FULL, JOURNAL_ROLLED_BACK, VafaError
from firmware.core.hmac256 import hmac_sha256
from firmware.terminal import flashmap
from tests.terminal.fakes import JOURNAL_ROOT, FakeSe
from tests.terminal.journal.bench import (
    SLOTS,
    ack_mac,
    all_pages,
    boot,
    check_as_the_host_does,
    event,
    intent,
    outcome,
)
from tools.models.nor import NorFlash
from tools.models.power import PowerCutError


def test_pages_survive_a_restart_and_satisfy_the_host():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    for value in range(40):
        journal.append(record.EVENT, event(value))
    journal = boot(nor, se)
    journal.append(record.EVENT, event(99))
    pages = all_pages(journal)
    check_as_the_host_does(pages)
    values = [
        record.parse_content(page, record.EVENT).value
        for _, page in pages
        if page[3] == record.EVENT
    ]
    assert values == [*range(40), 99]
    assert [page[3] for _, page in pages].count(record.CLOSE) == 2
    assert record.parse_header(pages[-1][1]).boot == 1


def test_open_intents_are_found_again_and_closed_ones_are_not():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    first = journal.open_intent(intent(card=1, amount=700))
    second = journal.open_intent(intent(card=2, amount=800))
    journal.append(record.OUTCOME, outcome(first.sequence))
    journal = boot(nor, se)
    assert journal.doubts.of_card(b"uid0001") is None
    doubt = journal.doubts.of_card(b"uid0002")
    assert (doubt.sequence, doubt.amount, doubt.counter) == (second.sequence, 800, 7)
    assert (journal.exposure.records, journal.exposure.value_minor) == (2, 1500)


def test_sixteen_doubts_of_different_cards_can_be_open_and_the_limit_refuses():
    nor, se = NorFlash(size=SLOTS * 2 * 4096), FakeSe()
    journal = boot(nor, se, SLOTS * 2)
    for card in range(32):
        journal.open_intent(intent(card=card))
    assert len(boot(nor, se, SLOTS * 2).doubts) == 32
    with pytest.raises(VafaError) as refused:
        journal.open_intent(intent(card=99))
    assert refused.value.code == DOUBTS_FULL
    # Once the host has their pages, the oldest doubt gives way to a new sale.
    last = journal.next_sequence - 1
    assert journal.acknowledge(last, ack_mac(last))
    journal.open_intent(intent(card=99))
    journal = boot(nor, se, SLOTS * 2)
    assert journal.doubts.of_card(b"uid0000") is None
    assert journal.doubts.of_card(b"uid0099") is not None


def test_exposure_counts_unacknowledged_sales_that_were_not_undone():
    journal = boot(NorFlash(size=SLOTS * 4096), FakeSe())
    first = journal.open_intent(intent(card=1, amount=100))
    journal.append(record.OUTCOME, outcome(first.sequence))
    second = journal.open_intent(intent(card=2, amount=30))
    journal.append(record.OUTCOME, outcome(second.sequence, record.NOT_DONE))
    third = journal.open_intent(intent(card=3, amount=7))
    assert (journal.exposure.records, journal.exposure.value_minor) == (2, 107)
    assert journal.acknowledge(second.sequence, ack_mac(second.sequence))
    assert (journal.exposure.records, journal.exposure.value_minor) == (1, 7)
    journal.append(record.OUTCOME, outcome(third.sequence, record.NOT_DONE))
    last = journal.next_sequence - 1
    assert journal.acknowledge(last, ack_mac(last))
    assert (journal.exposure.records, journal.exposure.value_minor) == (0, 0)


def test_only_the_hosts_own_word_for_this_terminal_acknowledges():
    journal = boot(NorFlash(size=SLOTS * 4096), FakeSe())
    for value in range(5):
        journal.append(record.EVENT, event(value))
    good = ack_mac(3)
    other_terminal = hmac_sha256(
        hmac_sha256(JOURNAL_ROOT, record.ACK_KEY_LABEL), record.ack_label(102, 3)
    )[:16]
    assert not journal.acknowledge(3, bytes(16))
    assert not journal.acknowledge(3, good[:15])
    assert not journal.acknowledge(3, other_terminal)
    assert not journal.acknowledge(4, good)
    assert not journal.acknowledge(7, ack_mac(7))  # beyond what was written
    assert journal.first_unacknowledged == 1
    assert journal.acknowledge(3, good)
    assert not journal.acknowledge(3, good)  # nothing new
    assert journal.first_unacknowledged == 4


def test_a_full_journal_refuses_sales_but_takes_the_outcome_of_every_open_one():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    taken = []
    while not journal.refuse_sale():
        taken.append(journal.open_intent(intent(card=len(taken))).sequence)
    assert journal.refuse_sale() == JOURNAL_FULL
    before = journal.next_sequence
    journal.note(record.EVENT, event(1))
    assert journal.next_sequence == before  # left out: no money hangs on it
    for ref in taken:
        journal.append(record.OUTCOME, outcome(ref))
    with pytest.raises(VafaError) as full:
        for value in range(100):
            journal.append(record.EVENT, event(value))
    assert full.value.code == JOURNAL_FULL
    pages = all_pages(journal)
    check_as_the_host_does(pages)
    # The host's word makes room again, and nothing that was unacknowledged had been erased.
    last = pages[-1][0]
    assert journal.acknowledge(last, ack_mac(last))
    assert journal.refuse_sale() == 0
    journal.open_intent(intent())


def test_the_ring_wraps_over_acknowledged_sectors_only():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    stored = {}
    for value in range(400):
        journal.append(record.EVENT, event(value))
        if value % 10 == 9:
            for sequence, page in all_pages(journal, journal.first_unacknowledged):
                stored[sequence] = page
            through = journal.next_sequence - 3
            assert journal.acknowledge(through, ack_mac(through))
            while journal.tidy():
                pass
        if value % 90 == 89:
            journal = boot(nor, se)
    stored.update(all_pages(journal, journal.first_unacknowledged))
    check_as_the_host_does(sorted(stored.items()))
    assert min(nor.erases) >= 5


def test_a_sector_stays_until_its_very_last_page_is_acknowledged():
    journal = boot(NorFlash(size=SLOTS * 4096), FakeSe())
    with pytest.raises(VafaError):
        for value in range(SLOTS * 14 + 1):
            journal.append(record.EVENT, event(value))
    assert journal.acknowledge(15, ack_mac(15))
    assert journal.refuse_note() == JOURNAL_FULL
    assert not journal.tidy()
    with pytest.raises(VafaError) as full:
        journal.append(record.EVENT, event(0))
    assert full.value.code == JOURNAL_FULL
    assert [sequence for sequence, _ in journal.pages_from(16, 1)] == [16]
    assert journal.acknowledge(16, ack_mac(16))
    assert journal.tidy()
    journal.append(record.EVENT, event(0))
    assert [sequence for sequence, _ in journal.pages_from(16, 1)] == [17]


def test_a_doubt_whose_page_must_give_way_is_left_to_the_host():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    old = journal.open_intent(intent(card=1)).sequence
    for value in range(SLOTS * 14):
        journal.append(record.EVENT, event(value))
        last = journal.next_sequence - 1
        assert journal.acknowledge(last, ack_mac(last))
    while journal.tidy():
        pass
    assert len(journal.doubts) == 0
    kinds = [
        (content.code, content.value)
        for _, page in all_pages(journal, old + 1)
        if (content := record.parse_content(page, page[3])) and page[3] == record.EVENT
    ]
    assert (223, old) in kinds
    assert len(boot(nor, se).doubts) == 0


def test_restored_or_wiped_flash_closes_sales():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    image = None
    for value in range(30):
        journal.append(record.EVENT, event(value))
        if value == 5:
            image = nor.read(0, nor.size)
    assert boot(nor, se).refuse_sale() == 0
    old = NorFlash(size=SLOTS * 4096)
    old._cells[:] = image
    old._cells[6 * 256 + 244 : 7 * 256] = b"\xff" * 12  # its last page torn: evidence as well
    image = old.read(0, old.size)
    assert boot(old, se).refuse_sale() == JOURNAL_ROLLED_BACK
    assert old.read(0, old.size) == image
    assert boot(NorFlash(size=SLOTS * 4096), se).refuse_sale() == JOURNAL_ROLLED_BACK


def test_a_journal_of_another_secure_element_is_left_untouched():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    for value in range(30):
        journal.append(record.EVENT, event(value))
    for stranger in (FakeSe(), FakeSe()):
        stranger.hmac = lambda *_: bytes(32)
        stranger.count = 1
        before = nor.read(0, nor.size)
        journal = boot(nor, stranger)
        assert journal.refuse_sale() == JOURNAL_ROLLED_BACK
        journal.note_start()
        assert not journal.tidy()
        with pytest.raises(VafaError):
            journal.append(record.EVENT, event(1))
        assert nor.read(0, nor.size) == before


class Workload:
    """Sales, events, acknowledgements and idle work, remembered by a plain dictionary.

    `durable` has what was appended; `unsure` what a cut may or may not have made durable.
    """

    def __init__(self, seed):
        self.nor = NorFlash(size=SLOTS * 4096, seed=seed)
        self.se = FakeSe()
        self.random = random.Random(seed)
        self.host = {}
        self.journal = None
        self.cards = 0

    def step(self):
        journal = self.journal
        choice = self.random.randrange(6)
        if choice < 3:
            if not journal.refuse_sale():
                self.cards += 1
                card = self.cards
                self.opened[card] = None
                header = journal.open_intent(intent(card=card))
                self.opened[card] = header.sequence
                if choice:
                    self.closing = header.sequence
                    journal.append(record.OUTCOME, outcome(header.sequence))
                    del self.opened[card]
        elif choice == 3:
            journal.note(record.EVENT, event(1))
        elif choice == 4:
            self.upload()
        else:
            journal.tidy()

    def upload(self):
        for sequence, page in all_pages(self.journal, self.journal.first_unacknowledged):
            assert self.host.setdefault(sequence, page) == page
        through = self.random.randrange(
            self.journal.first_unacknowledged, self.journal.next_sequence + 1
        )
        if through < self.journal.next_sequence:
            assert self.journal.acknowledge(through, ack_mac(through))

    def run(self, steps):
        for _ in range(steps):
            self.step()


@pytest.mark.parametrize("effect", ["none", "torn", "complete"])
@pytest.mark.parametrize("seed", range(3))
def test_a_cut_at_any_operation_loses_nothing(effect, seed):
    for operation in range(1, 120, 2 if seed == 0 else 9):
        run_with_cut(effect, seed, operation)


def run_with_cut(effect, seed, operation):
    work = Workload(seed)
    work.opened = {}
    work.journal = boot(work.nor, work.se)
    work.closing = 0
    work.nor.cut_at(operation, effect)
    with pytest.raises(PowerCutError):
        while True:
            work.run(1)
            work.closing = 0
    # A second cut, inside recovery or the first work after it.
    work.nor.cut_at(1 + operation % 3, effect)
    try:
        journal = boot(work.nor, work.se)
        journal.append(record.EVENT, event(2))
        journal.append(record.EVENT, event(3))
    except PowerCutError:
        pass
    work.nor.forget_cut()
    work.journal = boot(work.nor, work.se)
    assert not work.journal.refuse_sale() or work.journal.refuse_sale() == JOURNAL_FULL
    assert work.journal._ring.damaged == 0
    found = {doubt.sequence for doubt in work.journal.doubts._open}
    lap = work.journal._ring._lap
    kept = lap.first(lap.oldest)
    expected = {seq for seq in work.opened.values() if seq is not None and seq >= kept}
    # The interrupted step itself may have become durable or not; everything before it is certain.
    unsure = {work.closing} | (found if None in work.opened.values() else set())
    assert expected - unsure <= found
    assert found - expected - unsure == set()
    work.run(30)
    work.upload()
    check_as_the_host_does(sorted(work.host.items()))
    assert len(work.host) == max(work.host)
    assert work.se.counter() == work.journal._ring._epoch


def test_the_journal_has_room_for_three_thousand_sales():
    pages = flashmap.JOURNAL.sectors * 14
    assert pages >= 3000 * 2 + 14 + 2
