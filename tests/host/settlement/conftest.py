"""A host with a day of business at two branches, and its settlement."""

import pytest

from firmware.core import purse
from host.db.engine import writing
from host.intake import top_ups
from host.settlement.service import Settlement
from tests.host.journals import NOW, Host, World, copy_of, hmac_of, template


@pytest.fixture(scope="session")
def empty_books(tmp_path_factory):
    return template(tmp_path_factory.mktemp("books"))


@pytest.fixture
def world():
    return World()


@pytest.fixture
def host(world, empty_books, tmp_path):
    host = Host(world, copy_of(empty_books, tmp_path / "host.db"))
    yield host
    host.engine.dispose()


def sign(digest):
    return hmac_of(b"host", digest) * 2


@pytest.fixture
def settlement(host):
    return Settlement(host.engine, sign, host.clock)


@pytest.fixture
def upload(world, host):
    def send(*numbers):
        for number in numbers or world.terminals:
            terminal = world.terminals[number]
            if terminal.pages:
                host.intake.upload(terminal.pages, terminal.branch)

    return send


@pytest.fixture
def top_up(host):
    def run(card, branch, amount, done=True):
        request = hmac_of(b"request", bytes([card.number]) + card.log[-1])[:16]
        with writing(host.engine) as conn:
            number = top_ups.next_record_number(conn)
            written = card.next(purse.KIND_TOP_UP, 0, number, amount)
            top_ups.start_top_up(
                conn,
                request_id=request,
                sequence=number,
                card_number=card.number,
                branch=branch,
                amount_minor=amount,
                predecessor=card.newest,
                as_of=number - 1,
                now=NOW,
            )
        if done is not None:
            with writing(host.engine) as conn:
                if done:
                    top_ups.finish_top_up(conn, request, now=NOW)
                else:
                    top_ups.seen(conn, card.number, [card.newest], as_of=number, now=NOW)
        if done or done is None:
            card.commit(written)
        return request

    return run
