"""The design's decisions as switches: the design has all of them on.

Turning one off plants a defect; `defects` says which promise it then breaks. Read by every module
that moves the world.
"""

from typing import NamedTuple


class Rules(NamedTuple):
    """What the parts promise each other; the comment says what a switch turns off."""

    # Terminal.
    intent_before_card: bool = True  # the intent is written together with the outcome
    outcome_before_success: bool = True  # the success tone comes with the card's answer
    silence_is_doubt: bool = True  # no answer to the commit is taken as not done
    only_cards_end_doubts: bool = True  # a doubt that is old enough is released as not done
    doubt_first: bool = True  # a card with a doubt is sold to before the doubt is resolved
    record_names_sale: bool = True  # any new record on the card is taken for the doubt's
    abandoning_ends: bool = True  # an abandoned doubt stays open and gets a second outcome
    newer_statements_only: bool = True  # any signed statement replaces the card's
    hotlist_refuses: bool = True  # the hotlist is held, but not looked at
    lease_holds: bool = True  # the lease is not counted
    keep_until_accepted: bool = True  # pages are erased once the gateway has them

    # Intake.
    once_per_page: bool = True  # a repeated page is booked again
    no_gaps: bool = True  # a page is taken although an earlier one is missing
    conflicts_refused: bool = True  # a page of a known number is taken, whatever it says
    proof_or_suspense: bool = True  # a terminal's word that it is done is paid
    proven_witness: bool = True  # a terminal's unproven word for what it read is proof
    proof_reaches_back: bool = True  # a proven tap says nothing about the one before it
    one_record_a_place: bool = True  # a proven tap says nothing about its rivals
    every_leg: bool = True  # the branch's leg is forgotten when a doubt turns out done

    # Relayed credits.
    booked_before_commit: bool = True  # the credit is booked when the card's answer has come
    presumed_given: bool = True  # the cash goes back when the answer is lost
    one_credit_a_request: bool = True  # a repeated request is carried out again
    refund_after_proof: bool = True  # an abandoned sale is refunded without knowing its end
    refund_once: bool = True  # a refund is due for as long as somebody asks
    refund_by_itself: bool = True  # nobody refunds an abandoned sale that was done
    moved_once: bool = True  # a replaced card's balance stays with the old card too

    # Settlement and hardware.
    window_follows_cut: bool = True  # a window pays everything again
    office_balances: bool = True  # the head office's leg is forgotten
    float_counted: bool = True  # the float key's uses are not counted


DESIGN = Rules()
