import pytest

from firmware.core import errors
from firmware.terminal.pay import result
from firmware.terminal.pay.topup import TopUp
from host.gen.vafa.v1 import link_pb2
from tests.terminal.link.gateway import linked, run_until
from tests.terminal.rig import issued_card, paid_on, tear


def top_up(rig, card, amount=500_000):
    async def visit():
        rig.reader.cards = [card]
        ending = await TopUp(rig.terminal, amount).visit((await rig.reader.find())[0])
        await rig.reader.release()
        return ending

    return run_until(rig, lambda: True, visit)


def reply(outcome=None, commands=None, paid=0, reason=0, error=None):
    message = link_pb2.HostReply()
    if commands is not None:
        message.card_script.commands.extend(commands)
    elif error is not None:
        message.error.code = error
    else:
        message.top_up_result.outcome = outcome
        message.top_up_result.paid_after_minor = paid
        message.top_up_result.reason = reason
    return message


def test_a_top_up_carries_what_the_card_said_and_shows_the_hosts_word():
    gateway, rig = linked()
    card = issued_card(paid=0)
    gateway.host.script = [
        reply(commands=[bytes.fromhex("90AF00002000") + bytes(31) + b"\0"]),
        reply(link_pb2.TOP_UP_OUTCOME_DONE, paid=500_000),
    ]
    ending = top_up(rig, card)
    assert (ending.kind, ending.paid_after) == (result.TOPPED_UP, 500_000)
    opened = next(r.top_up_open for r in gateway.host.requests if r.HasField("top_up_open"))
    assert (opened.amount_minor, opened.uid, len(opened.request_id)) == (
        500_000,
        card.state.uid,
        16,
    )
    assert opened.opening_replies[0] == b"\x91\x00"
    assert (len(opened.opening_replies[1]), opened.opening_replies[1][-2:]) == (18, b"\x91\xaf")
    (replies,) = [r.card_replies for r in gateway.host.requests if r.HasField("card_replies")]
    assert len(replies.replies) == 1
    assert paid_on(card) == 0  # nothing the terminal could do by itself


@pytest.mark.parametrize(("ins", "kind"), [("C7", result.PRESUMED), ("AF", result.NOT_TOPPED_UP)])
def test_a_lost_host_means_presumed_only_after_a_commit_was_carried(ins, kind):
    gateway, rig = linked()
    script = reply(commands=[bytes.fromhex("90" + ins + "000000")])
    gateway.host.script = [script]
    rig.reader.on_exchange = lambda n: setattr(gateway, "reachable", n < 3)
    ending = top_up(rig, issued_card(paid=0))
    assert ending.kind == kind


@pytest.mark.parametrize(("ins", "kind"), [("C7", result.PRESUMED), ("AF", result.NOT_TOPPED_UP)])
def test_an_error_of_the_host_denies_nothing_after_a_commit_was_carried(ins, kind):
    gateway, rig = linked()
    gateway.host.script = [
        reply(commands=[bytes.fromhex("90" + ins + "000000")]),
        reply(error=errors.REQUEST_INVALID),
    ]
    assert top_up(rig, issued_card(paid=0)).kind == kind


def test_a_silent_card_is_told_to_the_host_as_an_empty_answer():
    gateway, rig = linked()
    card = issued_card(paid=0)
    card.tear = tear(3, "before")
    gateway.host.script = [
        reply(commands=[bytes.fromhex("9060000000")] * 3),
        reply(link_pb2.TOP_UP_OUTCOME_NOT_DONE, reason=errors.CARD_LOST),
    ]
    ending = top_up(rig, card)
    assert (ending.kind, ending.reason) == (result.NOT_TOPPED_UP, errors.CARD_LOST)
    (replies,) = [r.card_replies for r in gateway.host.requests if r.HasField("card_replies")]
    assert list(replies.replies) == [b""]


def test_a_session_that_the_host_forgot_costs_a_handshake_and_not_the_top_up():
    gateway, rig = linked()
    run_until(rig, lambda: True, rig.terminal.session.prepare)
    sealed, refusals = gateway.host.sealed, []

    def forget_once(packet):
        if not refusals:
            refusals.append(packet)
            refused = link_pb2.LinkError(code=errors.LINK_SESSION)
            return link_pb2.SessionPacket(refused=refused)
        return sealed(packet)

    gateway.host.sealed = forget_once
    gateway.host.script = [reply(link_pb2.TOP_UP_OUTCOME_DONE, paid=9)]
    assert top_up(rig, issued_card(paid=0)).kind == result.TOPPED_UP
    assert len(refusals) == 1


def test_a_presumed_top_up_is_asked_about_again_under_the_same_id():
    gateway, rig = linked()
    card = issued_card(paid=0)
    gateway.host.script = [
        reply(link_pb2.TOP_UP_OUTCOME_PRESUMED, reason=errors.TOP_UP_PRESUMED),
        reply(link_pb2.TOP_UP_OUTCOME_DONE, paid=500_000),
    ]
    rig.reader.cards = [card]
    one = TopUp(rig.terminal, 500_000)

    async def hold():
        ending = await one.visit((await rig.reader.find())[0])
        await rig.reader.release()
        return ending.kind

    assert run_until(rig, lambda: True, hold) == result.PRESUMED
    assert run_until(rig, lambda: True, hold) == result.TOPPED_UP
    opened = [r.top_up_open for r in gateway.host.requests if r.HasField("top_up_open")]
    assert len(opened) == 2
    assert opened[0].request_id == opened[1].request_id
    assert TopUp(rig.terminal, 1)._request_id != opened[0].request_id


@pytest.mark.parametrize(
    ("reason", "kind"),
    [(errors.TOP_UP_NOT_GIVEN, result.NOT_TOPPED_UP), (errors.CARD_LOST, result.PRESUMED)],
)
def test_after_a_commit_only_the_cards_own_log_sends_the_cash_back(reason, kind):
    """A later session that fails credits nothing, and says nothing of the one that committed."""
    gateway, rig = linked()
    gateway.host.script = [
        reply(commands=[bytes.fromhex("90C7000000")]),
        reply(link_pb2.TOP_UP_OUTCOME_PRESUMED, reason=errors.TOP_UP_PRESUMED),
        reply(link_pb2.TOP_UP_OUTCOME_NOT_DONE, reason=reason),
    ]
    rig.reader.cards = [issued_card(paid=0)]
    one = TopUp(rig.terminal, 500_000)

    async def hold():
        ending = await one.visit((await rig.reader.find())[0])
        await rig.reader.release()
        return ending.kind

    assert run_until(rig, lambda: True, hold) == result.PRESUMED
    assert run_until(rig, lambda: True, hold) == kind
