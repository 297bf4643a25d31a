import random

import pytest
from cryptography.hazmat.primitives.asymmetric import utils

from firmware.core import record
from firmware.core.errors import (
    DOUBTS_FULL,
    FLASH_FAULT,
    JOURNAL_FULL,
    JOURNAL_ROLLED_BACK,
    SE_FAULT,
    VafaError,
)
from firmware.core.hmac256 import hmac_sha256
from firmware.terminal import flashmap
from firmware.terminal.journal.journal import Journal
from tests.terminal.fakes import _PREHASHED, JOURNAL_ROOT, FakeSe, Stamp, public_of
from tools.models.nor import NorFlash
from tools.models.power import PowerCutError

TERMINAL = 101
SLOTS = 5


class Slice:
    def __init__(self, sectors: int = SLOTS, address: int = 0) -> None:
        self.address = address
        self.sectors = sectors


def boot(nor, se, slots=SLOTS):
    journal = Journal(nor, Slice(slots), se, TERMINAL, Stamp())
    journal.recover()
    return journal


def intent(card=1, amount=500):
    return record.Intent(
        operation=record.SALE,
        key_version=1,
        currency_unit=1,
        flags=0,
        card_number=card,
        uid=b"uid%04d" % card,
        script=1,
        paid_before=10000,
        amount=amount,
        bonus_amount=0,
        points_amount=0,
        counter=card + 5,
        hotlist_version=0,
        config_version=1,
        lease=1,
        operator=0,
        order_ref=0,
        statement=bytes(64),
        record=bytes(64),
    )


def outcome(ref, result=record.DONE):
    return record.Outcome(ref, result, record.BY_ANSWER, 0, 9500, 6, bytes(8))


def event(value):
    return record.Event(221, value)


def ack_mac(through):
    return hmac_sha256(
        hmac_sha256(JOURNAL_ROOT, record.ACK_KEY_LABEL), record.ack_label(TERMINAL, through)
    )[:16]


def all_pages(journal, start=1):
    pages = []
    while found := journal.pages_from(start, 4):
        assert len(found) <= 4
        pages.extend(found)
        start = found[-1][0] + 1
    return pages


def check_as_the_host_does(pages):
    """Tags, chain, sequences and signatures, by the record format alone."""
    chain = record.genesis(TERMINAL)
    for expected, (sequence, page) in enumerate(pages, 1):
        header = record.parse_header(page)
        assert header.sequence == sequence == expected
        assert record.chain_follows(page, chain)
        key = record.page_key(
            hmac_sha256(JOURNAL_ROOT, record.sector_label(header.epoch)), header.index
        )
        assert record.tag_is_right(page, key)
        if header.kind == record.CLOSE:
            signature = record.parse_content(page, record.CLOSE).signature
            r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
            public_of(FakeSe().public_key(0)).verify(
                utils.encode_dss_signature(r, s), record.close_digest(chain), _PREHASHED
            )
        chain = record.chain_of(page)


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
    assert boot(old, se).refuse_sale() == JOURNAL_ROLLED_BACK
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


def test_damage_inside_a_sector_is_reported_and_later_pages_stay_readable():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    for value in range(8):
        journal.append(record.EVENT, event(value))
    nor._cells[4 * 256 + 30] ^= 0x10
    journal = boot(nor, se)
    journal.note_start()
    last = journal.next_sequence
    journal.append(record.EVENT, event(77))
    pages = dict(all_pages(journal))
    assert 5 not in pages
    assert last in pages
    codes = [
        record.parse_content(page, record.EVENT).code
        for page in pages.values()
        if page[3] == record.EVENT
    ]
    assert 222 in codes


def tear_the_tag(nor, address):
    """What a cut leaves that came in the last bytes of a program."""
    nor._cells[address + 244 : address + 256] = b"\xff" * 12


def test_a_page_torn_in_its_tag_alone_is_no_page():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    for value in range(3):
        journal.append(record.EVENT, event(value))
    phantom = journal.open_intent(intent(card=9)).sequence
    tear_the_tag(nor, (phantom - 1) * 256)
    for effect in ("none", "torn"):  # a cut while it is cleared
        nor.cut_at(1, effect)
        with pytest.raises(PowerCutError):
            boot(nor, se)
    journal = boot(nor, se)
    assert len(journal.doubts) == 0
    assert journal.exposure.records == 0
    header = journal.open_intent(intent(card=4))
    assert header.sequence == phantom
    for value in range(20):
        journal.append(record.EVENT, event(value))
    check_as_the_host_does(all_pages(journal))
    journal = boot(nor, se)
    assert journal._ring.damaged == 0
    assert journal.doubts.of_card(b"uid0004").sequence == phantom


class FlakyNor(NorFlash):
    """Programs that don't take: the numbers in `fails` count from the construction."""

    fails = ()
    torn_in_tag = False
    erase_fails = False
    programs = 0

    def program(self, address, data):
        self.programs += 1
        super().program(address, data)
        if self.programs in self.fails:
            if self.torn_in_tag:
                tear_the_tag(self, address)
            raise VafaError(FLASH_FAULT)

    def erase(self, address):
        if self.erase_fails:
            raise VafaError(FLASH_FAULT)
        super().erase(address)


def test_a_page_that_does_not_take_is_burned_and_the_next_one_used():
    nor, se = FlakyNor(size=SLOTS * 4096), FakeSe()
    nor.fails, nor.torn_in_tag = (1, 4), True
    journal = boot(nor, se)
    for value in range(20):
        journal.append(record.EVENT, event(value))
    check_as_the_host_does(all_pages(journal))
    journal = boot(nor, se)
    assert journal._ring.damaged == 0
    check_as_the_host_does(all_pages(journal))


def test_nothing_is_appended_to_a_sector_that_could_not_be_opened():
    nor, se = FlakyNor(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    for value in range(14):
        journal.append(record.EVENT, event(value))
    while journal.tidy():  # closed, and the next slot erased
        pass
    nor.fails, nor.erase_fails = (nor.programs + 1,), True
    with pytest.raises(VafaError):
        journal.append(record.EVENT, event(14))
    nor.erase_fails = False
    sequence = journal.append(record.EVENT, event(15)).sequence
    check_as_the_host_does(all_pages(journal))
    journal = boot(nor, se)
    assert journal.next_sequence == sequence + 1
    assert se.count == 2


def test_a_count_that_the_secure_element_missed_is_made_up_for():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    bump, se.bump = se.bump, lambda: (_ for _ in ()).throw(VafaError(SE_FAULT))
    journal = boot(nor, se)
    with pytest.raises(VafaError):
        journal.append(record.EVENT, event(0))
    se.bump = bump
    for value in range(40):
        journal.append(record.EVENT, event(value))
    counts = [
        record.parse_content(page, record.SECTOR).se_counter
        for _, page in all_pages(journal)
        if page[3] == record.SECTOR
    ]
    assert counts == [1, 2, 3]
    assert boot(nor, se).refuse_sale() == 0


def test_an_unreadable_sector_page_does_not_give_up_the_pages_before_it():
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    for value in range(45):
        journal.append(record.EVENT, event(value))
    nor._cells[4096] ^= 1  # "VJ" of the second of four sectors
    journal = boot(nor, se)
    assert journal._ring.damaged == 1
    assert journal.first_unacknowledged == 1
    with pytest.raises(VafaError) as full:
        for value in range(SLOTS * 14):
            journal.append(record.EVENT, event(value))
    assert full.value.code == JOURNAL_FULL
    kept = [sequence for sequence, _ in all_pages(journal)]
    assert kept[:16] == list(range(1, 17))
    assert kept[16] == 33
    assert kept == sorted(kept)
    last = journal.next_sequence - 1
    assert journal.acknowledge(last, ack_mac(last))
    assert journal.append(record.EVENT, event(1)).sequence > last


@pytest.mark.parametrize("pages_left", [0, 2])
def test_a_cut_erase_after_an_acknowledgement_in_memory_is_no_damage(pages_left):
    nor, se = NorFlash(size=SLOTS * 4096), FakeSe()
    journal = boot(nor, se)
    journal.open_intent(intent(card=1))
    while journal._ring._epoch < SLOTS:
        journal.append(record.EVENT, event(1))
    last = journal.next_sequence - 1
    assert journal.acknowledge(last, ack_mac(last))
    first_pages = nor.read(0, pages_left * 256)
    nor.cut_at(1, "complete")
    with pytest.raises(PowerCutError):
        journal.tidy()
    nor._cells[: len(first_pages)] = first_pages
    journal = boot(nor, se)
    assert journal._ring.damaged == 0
    assert len(journal.doubts) == 0


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
    kept = work.journal._ring._first[work.journal._ring._flash.slot_of(work.journal._ring._oldest)]
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
