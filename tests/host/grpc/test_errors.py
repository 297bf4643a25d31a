"""What a caller reads of a numbered error."""

from firmware.core import errors
from firmware.core.errors import VafaError
from host.grpc.errors import text_of


def test_an_operator_reads_what_the_books_disagree_about():
    told = text_of(VafaError(errors.WINDOW_HELD, "balance of float in IRR.1 is 5, not 0"))
    assert told.startswith("470 WINDOW_HELD: ")
    assert told.endswith("(balance of float in IRR.1 is 5, not 0)")


def test_what_a_fault_was_found_in_stays_at_the_host():
    assert "keys.json" not in text_of(VafaError(errors.KEYS_DAMAGED, "/var/host/keys.json"))
