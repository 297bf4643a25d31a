"""The table of numbered errors."""

from firmware.core import errors
from firmware.core.errors import TABLE, CardStatusError, VafaError


def test_every_row_has_both_languages():
    for _number, name, persian, english in TABLE:
        assert name.isidentifier()
        assert name == name.upper()
        assert any("\u0600" <= letter <= "\u06ff" for letter in persian), name
        assert english.isascii(), name


def test_every_constant_has_its_row():
    rows = {row[1]: row[0] for row in TABLE}
    constants = {
        name: value
        for name, value in vars(errors).items()
        if name.isupper() and isinstance(value, int)
    }
    assert constants == rows


def test_an_error_says_number_name_and_detail():
    assert str(VafaError(errors.CARD_MAC)) == "102 CARD_MAC"
    assert str(VafaError(errors.CARD_MAC, "late")) == "102 CARD_MAC: late"
    assert str(VafaError(999)) == "999 UNKNOWN"
    assert errors.text_of(errors.CARD_MAC) != errors.text_of(errors.CARD_MAC, "fa")
    assert errors.text_of(999) == "UNKNOWN"


def test_a_status_error_is_error_101():
    error = CardStatusError(0xBE, "debit")
    assert (error.code, error.status) == (errors.CARD_STATUS, 0xBE)
