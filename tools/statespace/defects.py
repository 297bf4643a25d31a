"""Planted defects: one switch of the design off at a time, and the promise that breaks.

A model that finds nothing might see nothing; each of these must be found. Called by the tests and
by `vafa statespace --plant`.
"""

from typing import NamedTuple

from tools.statespace.bounds import Bound
from tools.statespace.rules import DESIGN, Rules
from tools.statespace.world import Budget


class Defect(NamedTuple):
    """A switch that is off, the budget it is looked for in, and the promise that must break."""

    rule: str
    about: str
    budget: Budget
    breaks: str

    @property
    def bound(self) -> Bound:
        """The budget with the defect's name."""
        return Bound(self.rule, self.about, self.budget)

    @property
    def rules(self) -> Rules:
        """The design with this one switch off."""
        return DESIGN._replace(**{self.rule: False})


DEFECTS = (
    Defect(
        "intent_before_card",
        "the intent is skipped until the outcome is known",
        Budget(sales=1),
        "card_changes_only_after_intent",
    ),
    Defect(
        "outcome_before_success",
        "success is shown as soon as the card has answered",
        Budget(sales=1),
        "success_is_durable",
    ),
    Defect(
        "silence_is_doubt",
        "no answer to the commit is taken for not done",
        Budget(sales=1, tears=1),
        "outcomes_are_true",
    ),
    Defect(
        "only_cards_end_doubts",
        "an old doubt is released by time",
        Budget(sales=1, tears=1),
        "outcomes_are_true",
    ),
    Defect(
        "doubt_first",
        "a card is sold to before its doubt is resolved",
        Budget(sales=2, tears=1),
        "doubt_comes_first",
    ),
    Defect(
        "record_names_sale",
        "any new record on the card is taken for the doubt's",
        Budget(sales=2, tears=1),
        "outcomes_are_true",
    ),
    Defect(
        "abandoning_ends",
        "a sale abandoned for cash stays open at the terminal",
        Budget(sales=1, tears=1, abandons=1),
        "at_most_one_outcome",
    ),
    Defect(
        "newer_statements_only",
        "any signed statement replaces the card's",
        Budget(sales=2, bonus_sales=2, statements=1),
        "old_statements_gain_nothing",
    ),
    Defect(
        "hotlist_refuses",
        "the hotlist is stored, but not looked at",
        Budget(sales=1, blocks=1),
        "listed_cards_are_refused",
    ),
    Defect(
        "lease_holds",
        "the lease is not counted",
        Budget(sales=3),
        "exposure_is_leased",
    ),
    Defect(
        "keep_until_accepted",
        "pages are erased once the gateway has them",
        Budget(sales=1),
        "card_changes_only_after_intent",
    ),
    Defect(
        "once_per_page",
        "a repeated page is booked again",
        Budget(sales=1),
        "every_posting_balances",
    ),
    Defect(
        "no_gaps",
        "a page is taken although one before it is missing",
        Budget(sales=1),
        "success_is_durable",
    ),
    Defect(
        "conflicts_refused",
        "a page of a known number is taken, whatever it says",
        Budget(sales=2, restores=1),
        "every_posting_balances",
    ),
    Defect(
        "proof_or_suspense",
        "a terminal's word that a sale is done is paid without the card's proof",
        Budget(sales=1, thefts=1, forgeries=1),
        "verdicts_are_true",
    ),
    Defect(
        "proven_witness",
        "a terminal's unproven word for what it read on a card is proof",
        Budget(sales=1, tears=1, thefts=1, forgeries=1),
        "verdicts_are_true",
    ),
    Defect(
        "proof_reaches_back",
        "a proven tap says nothing about the one that it went on from",
        Budget(sales=2, tears=1),
        "next_tap_resolves",
    ),
    Defect(
        "one_record_a_place",
        "a proven tap says nothing about others that wanted its place",
        Budget(sales=2, tears=1),
        "next_tap_resolves",
    ),
    Defect(
        "every_leg",
        "the branch's leg is forgotten when a doubt turns out done",
        Budget(sales=1),
        "every_posting_balances",
    ),
    Defect(
        "booked_before_commit",
        "a credit is booked when the card's answer has come",
        Budget(top_ups=1, tears=1),
        "cash_and_credit_agree",
    ),
    Defect(
        "presumed_given",
        "the cash of a top-up goes back when its answer is lost",
        Budget(top_ups=1, tears=1),
        "cash_back_means_no_credit",
    ),
    Defect(
        "one_credit_a_request",
        "a repeated request id credits again",
        Budget(top_ups=1, tears=1),
        "cards_obey_their_log",
    ),
    Defect(
        "refund_after_proof",
        "an abandoned sale is refunded although nobody knows that it was debited",
        Budget(sales=1, tears=1, abandons=1),
        "no_refund_without_debit",
    ),
    Defect(
        "refund_once",
        "a refund is due for as long as somebody asks",
        Budget(sales=1, returns=1),
        "no_refund_without_debit",
    ),
    Defect(
        "refund_by_itself",
        "nobody refunds an abandoned sale that turned out debited",
        Budget(sales=1, tears=1, abandons=1),
        "customers_paid_once",
    ),
    Defect(
        "moved_once",
        "a replaced card's balance stays with the old card too",
        Budget(sales=1, blocks=1, replacements=1),
        "every_posting_balances",
    ),
    Defect(
        "window_follows_cut",
        "a window pays again what an earlier one has paid",
        Budget(sales=1, windows=2),
        "positions_sum_to_zero",
    ),
    Defect(
        "office_balances",
        "the head office's leg of a settlement is forgotten",
        Budget(sales=1, windows=1),
        "positions_sum_to_zero",
    ),
    Defect(
        "float_counted",
        "the uses of the float key are not counted",
        Budget(thefts=1, forgeries=2),
        "theft_is_bounded",
    ),
)
