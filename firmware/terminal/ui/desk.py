"""The desk: leads a cashier and a customer through sale, balance and top-up.

A flow object: its current method is its state and returns the next one. Owns keys, what is shown
when, and that a card must leave before the next operation. The amount shown is the very variable
that goes into the sale, fixed before the field is on. An ending is heard, then shown (a screen
takes a tenth of a second to draw), and only then is the card let go. Decides nothing about cards:
pay does. Runs as a task of app; it is the one that may never die.

Keys: digits then # sell; T then digits then # top up; B balance; L language; * clears or cancels.
"""

from firmware.core.errors import CARDS_TWO, DOUBT_OTHER_CARD
from firmware.terminal.hal.api import (
    KEY_BALANCE,
    KEY_CANCEL,
    KEY_ENTER,
    KEY_LANGUAGE,
    KEY_TOP_UP,
)
from firmware.terminal.pay import policy, result, topup
from firmware.terminal.pay.balance import inquire
from firmware.terminal.pay.result import Result
from firmware.terminal.pay.sale import Sale
from firmware.terminal.ui import views
from firmware.terminal.ui.front import Field, Keys

_KEY_MS = 20
_FIND_MS = 40
_AWAY_MS = 40
_SHOW_MS = 3000
_RETRY_MS = 500
_DIGITS_MAX = 9
_TRIES = 3
"""Visits that end too early before a sale is given up."""


class Desk:
    """One terminal's front. `terminal` is the app's Terminal."""

    def __init__(self, terminal):
        self._terminal = terminal
        self._hal = terminal.hal
        self._keys = Keys(terminal.hal)
        self._field = Field(terminal.hal)
        self._amount = 0
        self._order_ref = 0
        self._is_top_up = False
        self._top_up = None
        # DOUBT or PRESUMED: how a visit ended that left open what became of it.
        self._open_ending = None
        self._is_confirmed = False
        self._tries = 0

    async def run(self):
        """Serve for ever; goes on asking for the card of a doubt that a faulty part broke off."""
        await self._hal.reader.start()
        state = self._idle if self._open_ending is None else self._asking
        while True:
            state = await state()

    # --- without a card -------------------------------------------------------------------

    async def _idle(self):
        self._amount = 0
        self._is_top_up = False
        self._open_ending = None
        self._show_welcome()
        shown_config = self._terminal.config
        while True:
            if self._terminal.order:
                self._amount, self._order_ref = self._terminal.order
                self._terminal.order = None
                return self._selling
            key = self._keys.next()
            if key is None:
                await self._hal.sleep_ms(_KEY_MS)
                if shown_config is not self._terminal.config:
                    return self._idle
                continue
            if key == KEY_BALANCE:
                return self._inquiring
            if key == KEY_LANGUAGE:
                self._terminal.switch_language()
                return self._idle
            if key == KEY_TOP_UP:
                self._is_top_up = True
                return self._entering
            if key.isdigit():
                self._amount = int(key)
                return self._entering

    async def _entering(self):
        self._show(views.entry, self._amount, self._is_top_up)
        while True:
            key = self._keys.next()
            if key is None:
                await self._hal.sleep_ms(_KEY_MS)
            elif key == KEY_ENTER:
                self._order_ref = 0
                return self._topping_up if self._is_top_up else self._selling
            elif key == KEY_CANCEL:
                return self._idle
            elif key == KEY_TOP_UP:
                self._is_top_up = not self._is_top_up
                return self._entering
            elif key.isdigit() and len(str(self._amount)) < _DIGITS_MAX:
                self._amount = self._amount * 10 + int(key)
                return self._entering

    # --- operations -----------------------------------------------------------------------

    async def _selling(self):
        terminal = self._terminal
        now, _ = terminal.clock.now()
        refusal = policy.refuse_terminal(self._amount, terminal.config, terminal.journal, now)
        if refusal:
            return self._ended(Result(result.REFUSED, refusal))
        self._is_confirmed = False
        self._tries = 0
        self._show(views.present, self._amount)
        return self._sale_visit

    async def _sale_visit(self):
        """One visit of a card for the sale; it may take several to learn how it ended."""
        ending = await self._visit(self._sell_to)
        if ending is None:
            return self._idle
        if ending.kind == result.DOUBT:
            self._show(views.doubt, self._amount, tone="again")
            if self._open_ending is not None:
                await self._away()  # this card, held on, would only fail again
            self._open_ending = ending
            return self._sale_visit
        if ending.kind == result.CONFIRM:
            self._show(views.confirm, self._amount, tone="again")
            await self._field.release()
            return self._confirming
        if ending.kind == result.AGAIN:
            return self._again(ending, self._sale_visit)
        return self._ended(ending)

    async def _sell_to(self, target):
        resumes = self._open_ending.sequence if self._open_ending else 0
        how = self._order_ref, self._is_confirmed, resumes
        return await Sale(self._terminal, target, self._amount, *how).run()

    async def _confirming(self):
        key = self._keys.next()
        if key == KEY_CANCEL:
            return self._leaving
        if key == KEY_ENTER:
            self._is_confirmed = True
            self._show(views.present, self._amount)
            return self._sale_visit
        await self._hal.sleep_ms(_KEY_MS)
        return self._confirming

    def _again(self, ending, visit):
        """The card left too early: the same visit once more, or enough of it."""
        if self._open_ending is not None:
            return visit  # the screen asks for the same card already
        self._tries += 1
        if self._tries >= _TRIES:
            return self._ended(Result(result.REFUSED, ending.reason))
        self._show(views.again, self._amount or None, tone="again")
        return visit

    async def _inquiring(self):
        self._tries = 0
        self._show(views.present)
        return self._inquiry_visit

    async def _inquiry_visit(self):
        ending = await self._visit(lambda target: inquire(self._terminal, target))
        if ending is None:
            return self._idle
        if ending.kind == result.AGAIN:
            return self._again(ending, self._inquiry_visit)
        return self._ended(ending)

    async def _topping_up(self):
        terminal = self._terminal
        refusal = await topup.refuse(terminal, self._amount)
        if refusal:
            return self._ended(Result(result.REFUSED, refusal))
        self._tries = 0
        self._top_up = topup.TopUp(terminal, self._amount)
        self._show(views.present, self._amount)
        return self._top_up_visit

    async def _top_up_visit(self):
        ending = await self._visit(self._top_up.visit)
        if ending is None:
            return self._idle
        if ending.kind == result.AGAIN:
            return self._again(ending, self._top_up_visit)
        if ending.kind != result.PRESUMED:
            return self._ended(ending)
        if self._open_ending is None:
            self._open_ending = ending
            self._show(views.presumed, self._amount, ending.reason, tone="again")
        await self._hal.sleep_ms(_RETRY_MS)
        return self._top_up_visit

    async def _asking(self):
        """Ask once more for the card of the open ending."""
        if self._is_top_up:
            self._show(views.presumed, self._amount, self._open_ending.reason)
            return self._top_up_visit
        self._show(views.doubt, self._amount)
        return self._sale_visit

    # --- a card ---------------------------------------------------------------------------

    async def _visit(self, operation):
        """Wait for a card and run `operation(target)`; its Result, or None when cancelled.

        While an ending is open, other cards are turned away: that doubt comes first.
        """
        targets = await self._found()
        while (
            targets and self._open_ending and [at.uid for at in targets] != [self._open_ending.uid]
        ):
            reason = CARDS_TWO if len(targets) > 1 else DOUBT_OTHER_CARD
            self._show(views.refused, reason, tone="refused")
            await self._away()
            await self._asking()
            targets = await self._found()
        if targets is None:
            return None
        if len(targets) > 1:
            return Result(result.REFUSED, CARDS_TWO)
        self._terminal.busy = True
        try:
            return await operation(targets[0])
        finally:
            self._terminal.busy = False

    async def _found(self):
        """Targets as soon as there are any; None when somebody cancels."""
        await self._field.release()
        while True:
            if self._keys.next() == KEY_CANCEL:
                await self._field.release()
                return None
            targets = await self._field.look()
            if targets:
                return targets
            await self._hal.sleep_ms(_FIND_MS)

    async def _away(self):
        """Wait until no card is in the field; keys pressed meanwhile are kept."""
        await self._field.release()
        while await self._field.look():
            await self._field.release()
            self._keys.collect()
            await self._hal.sleep_ms(_AWAY_MS)
        await self._field.release()

    # --- endings and screens --------------------------------------------------------------

    def _ended(self, ending):
        """Show an ending; what follows is that the card leaves."""
        kind, amount, paid = ending.kind, ending.amount, ending.paid_after
        if kind == result.DONE:
            self._show(views.done, amount, paid, tone="success")
        elif kind == result.TOPPED_UP:
            self._show(views.topped_up, amount, paid, tone="success")
        elif kind == result.BALANCE:
            self._show(views.balance, paid, tone="success")
        elif kind == result.EARLIER:
            self._show(views.earlier, amount, paid, tone="again")
        else:
            self._show(views.refused, ending.reason, tone="refused")
        return self._leaving

    async def _leaving(self):
        """The card must leave; then the ending stays on show until somebody wants something."""
        await self._away()
        self._terminal.after_operation()
        started = self._hal.ticks_ms()
        while self._hal.ticks_diff(self._hal.ticks_ms(), started) < _SHOW_MS:
            self._keys.collect()
            if self._keys.pending() or self._terminal.order:
                break
            await self._hal.sleep_ms(_KEY_MS)
        return self._idle

    def _show(self, view, *state, tone=None):
        if tone is not None:
            self._hal.tone.play(tone)
        self._hal.panel.show(*view(self._terminal.language, *state))

    def _show_welcome(self):
        terminal = self._terminal
        now, _ = terminal.clock.now()
        config = terminal.config
        reason = policy.refuse_terminal(1, config, terminal.journal, now)
        self._show(views.welcome, config.branch_name if config else "", reason)
