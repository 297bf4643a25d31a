"""Each screen as a function from state to lines of text. A view decides nothing and draws nothing.

Every view is called with the language first and returns (name, lines): the name is for tests and
for hal.panel, the lines are for people. Amounts are minor units. Called by the desk.
"""

from firmware.core.errors import text_of
from firmware.terminal.ui.text import number, rial, say, toman


def welcome(language, branch_name, reason=0):
    """Nothing is going on; `reason` says why no sale is possible at this moment, 0 if one is."""
    lines = [branch_name or say(language, "welcome")]
    lines.extend(_reason(language, reason) or [say(language, "enter_amount")])
    return "welcome", lines


def entry(language, amount, is_top_up):
    """An amount is being entered."""
    heading = say(language, "top_up" if is_top_up else "sale")
    return "entry", _around(language, heading, amount, say(language, "press_enter"))


def present(language, amount=None):
    """A card is awaited: for this amount, or for its balance."""
    lines = _amount(language, amount)
    lines.append(say(language, "hold_card"))
    lines.append(say(language, "cancel"))
    return "present", lines


def done(language, amount, paid_after):
    """The sale is durable."""
    return "done", _around(language, say(language, "done"), amount, _left(language, paid_after))


def refused(language, reason):
    """Nothing was taken, and why."""
    return "refused", [say(language, "not_done")] + _reason(language, reason)


def again(language, amount=None):
    """The card left too early; nothing was taken."""
    heading = say(language, "hold_again")
    return "again", _around(language, heading, amount, say(language, "nothing_taken"))


def doubt(language, amount):
    """Unknown until the same card is held again."""
    lines = _around(language, say(language, "hold_same"), amount, say(language, "unknown_yet"))
    lines.append(say(language, "cancel"))
    return "doubt", lines


def confirm(language, amount):
    """The same card just paid the same amount."""
    heading = say(language, "pay_again")
    return "confirm", _around(language, heading, amount, say(language, "yes_no"))


def earlier(language, amount, paid):
    """An earlier sale turned out done; no new one was begun."""
    heading = say(language, "earlier_done")
    return "earlier", _around(language, heading, amount, _left(language, paid))


def balance(language, paid):
    """What the card holds."""
    return "balance", [say(language, "balance")] + _amount(language, paid)


def topped_up(language, amount, paid_after):
    """The host confirmed a top-up."""
    heading = say(language, "topped_up")
    return "topped_up", _around(language, heading, amount, _left(language, paid_after))


def presumed(language, amount, reason):
    """A top-up's end was lost."""
    heading = say(language, "presumed")
    lines = _around(language, heading, amount, say(language, "keep_receipt"))
    return "presumed", lines + _reason(language, reason)


def out_of_order(language, reason):
    """The terminal can't go on by itself."""
    return "out_of_order", [say(language, "out_of_order")] + _reason(language, reason)


def _around(language, heading, amount, closing):
    lines = [heading]
    lines.extend(_amount(language, amount))
    lines.append(closing)
    return lines


def _amount(language, amount):
    if amount is None:
        return []
    in_toman = toman(language, amount)
    return [rial(language, amount), in_toman] if in_toman else [rial(language, amount)]


def _left(language, paid):
    return say(language, "balance") + ": " + rial(language, paid)


def _reason(language, reason):
    if not reason:
        return []
    code = say(language, "reason") + " " + number(language, reason)
    return [text_of(reason, language), code]
