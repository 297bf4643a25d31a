"""A card desk: holds cards straight to the host's relay, to issue, top up and read them.

Owns the carrying of scripts to a model card. Tries again with the same request while hosts die
over it. Called by the world, before the first day and after the last.
"""

from __future__ import annotations

from collections.abc import Callable

from host.application import Application
from host.cards import relay
from host.cards.desk import Answer, Outcome, Request
from host.cards.scripts import Dialogue
from tools.fleet.oracle import Oracle, paid_on
from tools.fleet.site import Site
from tools.models.card import Card

_GOOD = (b"\x91\x00", b"\x91\xaf")


class Station:
    """The desk of one branch. `oracle` sees every card that money moved on."""

    def __init__(self, branch: str, site: Site, oracle: Oracle) -> None:
        self._branch = branch
        self._site = site
        self._oracle = oracle
        self._requests = 0

    def issue(self, card: Card) -> int:
        """Make a factory-new card one of the club's; its number."""
        request = self._request(card)
        return self._done(card, lambda app, draw: relay.issue_card(app.desk, request, draw))

    def top_up(self, card: Card, amount_minor: int) -> None:
        """Take cash and credit the card."""
        before_minor = paid_on(card)
        request = self._request(card, amount_minor)
        self._done(card, lambda app, draw: relay.top_up(app.desk, request, draw))
        self._oracle.visited(self._branch, card, before_minor)

    def read(self, card: Card) -> None:
        """Read the card: what it says settles what is open about it."""
        request = self._request(card)
        self._done(card, lambda app, draw: relay.read_card(app.desk, request, draw))

    def _request(self, card: Card, amount_minor: int = 0) -> Request:
        self._requests += 1
        name = f"{self._branch} {self._requests}".encode().rjust(16, b".")[-16:]
        return Request(name, card.state.uid, self._branch, amount_minor)

    def _done(
        self,
        card: Card,
        dialogue: Callable[[Application, Callable[[int], bytes]], Dialogue[Answer]],
    ) -> int:
        draw = self._site.randomness.bytes
        answer = self._site.tried(lambda app: _hold(card, dialogue(app, draw)))
        if answer.outcome is not Outcome.DONE:
            self._oracle.violated(f"station {self._branch}: {answer}")
        return answer.card_number


def _hold(card: Card, dialogue: Dialogue[Answer]) -> Answer:
    session = relay.RelaySession(dialogue)
    card.field_on()
    try:
        step = session.start()
        while not isinstance(step, Answer):
            replies = []
            for command in step:
                replies.append(card.exchange(command) or b"")
                if replies[-1][-2:] not in _GOOD:
                    break
            step = session.advance(replies)
        return step
    finally:
        card.field_off()
