"""What screens say: views, amounts and the catalogue."""

import pytest

from firmware.terminal.ui import views
from firmware.terminal.ui.text import number, rial, toman
from tools.catalogue import SOURCE, TARGET, CatalogueError, module_of


def test_amounts_are_grouped_and_toman_is_never_rounded():
    assert number("en", 1234567) == "1,234,567"
    assert number("fa", -1000) == "-۱٬۰۰۰"
    assert number("en", 0) == "0"
    assert rial("en", 999) == "999 rial"
    assert toman("en", 1230) == "123 toman"
    assert toman("en", 1234) == ""


def test_every_view_speaks_both_languages():
    calls = {
        views.welcome: ("", 210), views.entry: (5, True), views.present: (10,),
        views.done: (10, 20), views.refused: (202,), views.again: (10,), views.doubt: (10,),
        views.confirm: (10,), views.earlier: (10, 20), views.balance: (10,),
        views.topped_up: (10, 20), views.presumed: (10, 227), views.out_of_order: (225,),
    }  # fmt: skip
    for view, state in calls.items():
        persian, english = view("fa", *state), view("en", *state)
        assert persian[0] == english[0] == view.__name__
        assert len(persian[1]) == len(english[1])
        assert not any(letter.isascii() and letter.isalpha() for letter in "".join(persian[1]))


def test_the_firmwares_texts_are_the_catalogues():
    assert TARGET.read_text(encoding="utf-8") == module_of(SOURCE.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "catalogue",
    [
        '{"a": {"fa": "x"}}',
        '{"a": {"fa": "x", "en": ""}}',
        '{"a": {"fa": "x", "en": "y", "de": "z"}}',
    ],
)
def test_a_catalogue_with_holes_is_refused(catalogue):
    with pytest.raises(CatalogueError):
        module_of(catalogue)
