"""The ring under faults that are no mere cut: pages that don't take, parts that fail, rot."""

import pytest

from firmware.core import record
from firmware.core.errors import FLASH_FAULT, JOURNAL_FULL, SE_FAULT, VafaError
from tests.terminal.fakes import FakeSe
from tests.terminal.journal.bench import (
    SLOTS,
    ack_mac,
    all_pages,
    boot,
    check_as_the_host_does,
    event,
    intent,
)
from tools.models.nor import NorFlash
from tools.models.power import PowerCutError


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
