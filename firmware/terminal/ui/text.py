"""Texts and amounts for people, in Persian and English.

Owns the choice of language, the grouping of digits and the words for units. Money stays an
integer; toman is only a way to show rial. Called by views.
"""

from firmware.terminal.ui import strings

FA = "fa"
EN = "en"
_RIAL_A_TOMAN = 10
_PERSIAN_ZERO = 0x06F0


def say(language, key):
    """The text of a key of the catalogue."""
    return (strings.FA if language == FA else strings.EN)[key]


def number(language, value, group=","):
    """An integer with its digits grouped by three, in the language's digits."""
    digits = str(abs(value))
    parts = []
    while digits:
        parts.insert(0, digits[-3:])
        digits = digits[:-3]
    shown = group.join(parts)
    if language == FA:
        shown = "".join(
            [chr(_PERSIAN_ZERO + int(sign)) if sign.isdigit() else sign for sign in shown]
        ).replace(",", "\u066c")
    return "-" + shown if value < 0 else shown


def rial(language, minor):
    """An amount in rial with its unit word."""
    return number(language, minor) + " " + say(language, "rial")


def toman(language, minor):
    """The same amount in toman; "" when it isn't a whole number of toman."""
    if minor % _RIAL_A_TOMAN:
        return ""
    return number(language, minor // _RIAL_A_TOMAN) + " " + say(language, "toman")
