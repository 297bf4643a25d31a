"""The gateway's store of pages: bounded, durable, judging nothing."""

import pytest

from firmware.core import errors, record
from host.branch.store import PageStore
from tests.host import journals


def _journal(pages: int = 6) -> journals.FakeTerminal:
    terminal = journals.FakeTerminal(101, "a")
    while len(terminal.pages) < pages:
        terminal.write(record.EVENT, record.Event(200, len(terminal.pages)))
    return terminal


def test_a_damaged_store_is_named_and_left_alone(tmp_path):
    path = tmp_path / "pages.db"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(errors.VafaError) as caught:
        PageStore(path)
    assert caught.value.code == errors.HOST_FILES
    assert path.read_bytes().startswith(b"not a database")


def test_a_full_store_takes_no_more_and_keeps_what_it_has(tmp_path):
    journal = _journal()
    store = PageStore(tmp_path / "pages.db", max_unsent=4)
    store.add(101, journal.pages[:4])
    with pytest.raises(errors.VafaError) as caught:
        store.add(101, journal.pages[4:5])
    assert caught.value.code == errors.LINK_STORE_FULL
    assert [page.content for page in store.unsent(10)] == journal.pages[:4]
    store.close()


def test_two_pages_of_one_sequence_are_both_kept(tmp_path):
    journal = _journal()
    other = journal.pages[0][:40] + b"\x01" + journal.pages[0][41:]
    store = PageStore(tmp_path / "pages.db")
    store.add(101, [journal.pages[0]])
    store.add(101, [other, other])
    assert {page.content for page in store.unsent(10)} == {journal.pages[0], other}
    store.close()


def test_answered_pages_far_below_the_acknowledgement_are_dropped(tmp_path):
    journal = _journal()
    store = PageStore(tmp_path / "pages.db", keep_sent=2)
    store.add(101, journal.pages)
    store.mark_sent([(page, 0) for page in store.unsent(5)])
    store.acknowledge(101, 6, bytes(16))
    assert [page.sequence for page in store.everything(101, 0, 10)] == [5, 6]
    assert [page.sequence for page in store.unsent(10)] == [6]
    assert store.stored_through(101, 1) == 6
    store.close()


def test_what_was_added_is_there_after_the_file_was_opened_again(tmp_path):
    journal = _journal()
    store = PageStore(tmp_path / "pages.db")
    store.add(101, journal.pages[:3])
    store.mark_sent([(page, 0) for page in store.unsent(1)])
    store.acknowledge(101, 1, b"a" * 16)
    store.close()
    again = PageStore(tmp_path / "pages.db")
    assert [page.content for page in again.unsent(10)] == journal.pages[1:3]
    assert again.acknowledgement(101) == (1, b"a" * 16)
    again.close()


def test_an_older_acknowledgement_never_replaces_a_newer_one(tmp_path):
    store = PageStore(tmp_path / "pages.db")
    store.acknowledge(101, 9, b"n" * 16)
    store.acknowledge(101, 4, b"o" * 16)
    assert store.acknowledgement(101) == (9, b"n" * 16)
    store.close()
