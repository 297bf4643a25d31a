"""Defects to plant into the real programs, one at a time: mistakes that somebody may make.

A defect is a function that patches the code with pytest's monkeypatch. Used by test_planted.
"""

from dataclasses import replace

from firmware.core import record
from firmware.terminal.journal.journal import Journal
from firmware.terminal.pay import resolve, result, sale, topup
from firmware.terminal.pay.result import Result
from host.branch.gateway import Gateway
from host.branch.store import PageStore
from host.cards import relay
from host.cards.desk import CardDesk, Outcome
from host.intake import booking, interpret, verify
from host.intake.batch import Booking
from host.intake.history import History, State
from host.ledger import rules
from host.settlement import store as settlement_store


def skip_the_intent(patch):
    def open_intent(journal, intent):
        return record.Header(record.INTENT, journal._terminal, 1, 1, 1, 0, 1, 0)

    patch.setattr(Journal, "open_intent", open_intent)


def success_before_the_outcome(patch):
    async def conclude(self):
        paid_after = self._snapshot.paid - self._amount
        self._committing = False
        return self._end(Result(result.DONE, 0, self._amount, paid_after))

    patch.setattr(sale.Sale, "_conclude", conclude)


def silence_after_commit_means_not_done(patch):
    fail = sale.Sale._fail

    def hopeful(self, error):
        self._committing = False
        fail(self, error)

    patch.setattr(sale.Sale, "_fail", hopeful)


def never_ask_the_card_about_a_doubt(patch):
    async def forget(visit, snapshot, journal, terminal):
        return resolve.Resolution(resolve.NONE)

    patch.setattr(resolve, "resolve", forget)


def forget_doubts_in_a_restart(patch):
    """The next sale of the same amount then looks like a repetition, and is paid twice."""
    patch.setattr(Journal, "_see", lambda *_: None)


def any_foreign_record_means_not_done(patch):
    async def search(visit, journal, terminal, doubt):
        resolve._close_not_done(journal, doubt)
        return resolve.Resolution(resolve.NOT_DONE, doubt)

    patch.setattr(resolve, "_search", search)
    patch.setattr(resolve, "_is_ours", lambda *_: False)


def a_new_request_at_each_visit_of_a_top_up(patch):
    visit = topup.TopUp.visit

    async def forgetful(self, target):
        self._request_id = self._terminal.rng.bytes(16)
        return await visit(self, target)

    patch.setattr(topup.TopUp, "visit", forgetful)
    patch.setattr(CardDesk, "has_open_top_up", lambda *_: False)


def a_lost_answer_means_no_top_up(patch):
    end = topup.TopUp._end

    def hopeless(self, kind, reason, visit):
        return end(self, result.NOT_TOPPED_UP if kind == result.PRESUMED else kind, reason, visit)

    patch.setattr(topup.TopUp, "_end", hopeless)


def a_sent_commit_means_topped_up(patch):
    top_up = relay.top_up

    def eager(*arguments):
        answer = yield from top_up(*arguments)
        return replace(answer, outcome=Outcome.DONE) if answer.outcome == 3 else answer

    patch.setattr(relay, "top_up", eager)


def forget_what_was_not_done(patch):
    make = booking.postings_for

    def some(taps):
        return make(tap for tap in taps if tap.state is not State.NOT_DONE)

    patch.setattr("host.intake.batch.postings_for", some)


def book_a_sale_at_another_branch(patch):
    patch.setattr(rules, "clearing", lambda _: "branch:b1:clearing")


def a_missing_leg_is_made_up_from_the_float(patch):
    make = booking.postings_for

    def crooked(taps):
        for posting in make(taps):
            first, second = posting.legs
            yield (
                posting
                if posting.kind != "sale.done"
                else rules.Posting(
                    posting.kind,
                    posting.key,
                    (first, rules.Leg("float", second.amount_minor)),
                    posting.terminal,
                    posting.cause,
                )
            )

    patch.setattr("host.intake.batch.postings_for", lambda taps: list(crooked(taps)))


def a_claim_is_worth_a_proof(patch):
    patch.setattr(History, "prove", lambda self, tap, _, cause: self.claim(tap, 0, cause))


def sightings_prove_nothing(patch):
    patch.setattr(History, "sight", lambda *_: None)


def an_outcome_in_a_later_batch_is_lost(patch):
    add = interpret.Reading.add_intents
    patch.setattr(interpret.Reading, "add_intents", lambda self, _, needs: add(self, (), needs))


def pages_are_marked_sent_before_they_are(patch):
    async def hasty(self):
        while batch := self.store.unsent(256):
            self.store.mark_sent([(page, 0) for page in batch])
            response = await self.uplink.upload([page.content for page in batch])
            await self._take_answers(batch, response)

    patch.setattr(Gateway, "_forward_all", hasty)
    patch.setattr(PageStore, "acknowledge", lambda *_: None)


def pages_are_kept_before_they_are_booked(patch):
    """Two transactions where there must be one: a host killed between them forgets the money."""
    book = Booking._book

    def halves(self, conn, entries, now):
        book(self, conn, entries, now)
        conn.commit()
        conn.begin()

    patch.setattr(Booking, "_book", halves)


def an_upload_is_answered_without_being_booked(patch):
    book = Booking._book

    def lazy(self, conn, entries, now):
        book(self, conn, entries[: len(entries) - len(entries) // 3], now)

    patch.setattr(Booking, "_book", lazy)


def a_terminal_is_in_no_window(patch):
    movements = settlement_store.movements

    def punctual(conn, held):
        return [item for item in movements(conn, held) if item.terminal != 2]

    patch.setattr(settlement_store, "movements", punctual)


def any_mac_is_right(patch):
    patch.setattr(verify, "prove_sale", lambda *_: verify.Proof.RIGHT)


# Defects with the faults under which, and the number of seeds within which, each must be found.
DEFECTS = {
    skip_the_intent: ("harsh", 1),
    success_before_the_outcome: ("harsh", 1),
    silence_after_commit_means_not_done: ("harsh", 6),
    never_ask_the_card_about_a_doubt: ("harsh", 6),
    forget_doubts_in_a_restart: ("harsh", 6),
    any_foreign_record_means_not_done: ("harsh", 6),
    a_new_request_at_each_visit_of_a_top_up: ("harsh", 12),
    a_lost_answer_means_no_top_up: ("harsh", 12),
    a_sent_commit_means_topped_up: ("harsh", 12),
    forget_what_was_not_done: ("harsh", 3),
    book_a_sale_at_another_branch: ("harsh", 1),
    a_missing_leg_is_made_up_from_the_float: ("harsh", 1),
    a_claim_is_worth_a_proof: ("harsh", 12),
    an_outcome_in_a_later_batch_is_lost: ("harsh", 6),
    pages_are_marked_sent_before_they_are: ("harsh", 6),
    pages_are_kept_before_they_are_booked: ("harsh", 6),
    an_upload_is_answered_without_being_booked: ("harsh", 1),
    a_terminal_is_in_no_window: ("harsh", 1),
    any_mac_is_right: ("frauds", 6),
}
