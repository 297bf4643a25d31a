"""The link's task against a small gateway and host of the test's own, over an unsure pipe."""

import asyncio
import contextlib
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from firmware.core import errors, frame, link_session, record
from firmware.core.hmac256 import hmac_sha256
from firmware.core.link_session import Direction
from firmware.terminal import flashmap
from firmware.terminal.objects import ObjectStore
from firmware.terminal.pay import hotlist, result
from firmware.terminal.pay.topup import TopUp
from host.crypto import Aes
from host.gen.vafa.v1 import link_pb2
from tests.terminal.fakes import JOURNAL_ROOT, point_of, public_of, sign
from tests.terminal.rig import (
    HOST_KEY,
    NOW,
    TERMINAL,
    Rig,
    config_body,
    install,
    issued_card,
    paid_on,
    signed,
    tear,
)
from tools.models.power import PowerCutError

CONFIG, HOTLIST = 1, 2
STRANGER = ec.derive_private_key(999, ec.SECP256R1())


class Gateway:
    """Answers frames at once; is the terminal's pipe at the same time."""

    def __init__(self):
        self.is_up = True
        self.pages = {}
        self.objects = {CONFIG: (0, b""), HOTLIST: (0, b"")}
        self.hellos = []
        self.host = Host()
        self.reachable = True
        self.garble = None
        self.mute = 0
        self._reader = frame.Reader()
        self._out = b""

    def up(self):
        return self.is_up

    def read(self):
        data, self._out = self._out, b""
        return data

    def write(self, data):
        for _, _, body in self._reader.feed(data):
            message = link_pb2.TerminalFrame.FromString(body)
            if self.mute:
                self.mute -= 1
                continue
            answer = getattr(self, message.WhichOneof("body"))(message)
            if answer is not None:
                answer.request_id = message.request_id
                self.send(answer)

    def send(self, message):
        wire = frame.encode(frame.CONTROL, 1, message.SerializeToString())
        if self.garble is not None:
            wire, self.garble = self.garble(wire), None
        self._out += wire

    def hello(self, message):
        self.hellos.append(message.hello)
        return link_pb2.GatewayFrame(welcome=link_pb2.Welcome(host_reachable=self.reachable))

    def journal_pages(self, message):
        for page in message.journal_pages.pages:
            self.pages[record.parse_header(page).sequence] = page
        through = self.hellos[-1].first_unacknowledged - 1
        while through + 1 in self.pages:
            through += 1
        return link_pb2.GatewayFrame(
            journal_stored=link_pb2.JournalStored(through_sequence=through)
        )

    def acknowledge(self, through, key=JOURNAL_ROOT):
        mac = hmac_sha256(
            hmac_sha256(key, record.ACK_KEY_LABEL), record.ack_label(TERMINAL, through)
        )[:16]
        message = link_pb2.GatewayFrame()
        message.journal_ack.terminal_id = TERMINAL
        message.journal_ack.through_sequence = through
        message.journal_ack.mac = mac
        self.send(message)

    def object_request(self, message):
        request = message.object_request
        version, data = self.objects[request.kind]
        chunk = link_pb2.ObjectChunk(kind=request.kind, version=version, offset=request.offset)
        if version > request.have_version:
            chunk.total = len(data)
            chunk.data = data[request.offset : request.offset + 1024]
        return link_pb2.GatewayFrame(object_chunk=chunk)

    def session(self, message):
        if not self.reachable:
            return link_pb2.GatewayFrame(error=link_pb2.LinkError(code=errors.LINK_HOST_AWAY))
        answer = self.host.take(message.session)
        return None if answer is None else link_pb2.GatewayFrame(session=answer)


class Host:
    """The far end of the sealed session. `script` are the replies to top-up requests, in turn."""

    def __init__(self):
        self.key = HOST_KEY
        self.script = []
        self.requests = []
        self._ephemeral = ec.derive_private_key(17, ec.SECP256R1())
        self._in = self._out = None

    def take(self, packet):
        return getattr(self, packet.WhichOneof("body"))(packet)

    def hello(self, packet):
        hello, nonce, point = packet.hello, bytes(32), point_of(self._ephemeral)
        h1 = link_session.host_digest(TERMINAL, hello.nonce, hello.ephemeral, nonce, point)
        shared = self._ephemeral.exchange(ec.ECDH(), public_of(hello.ephemeral))
        keys = link_session.derive(shared, hello.nonce, nonce, h1)
        self._in, self._out = Direction(Aes, keys[0]), Direction(Aes, keys[1])
        answer = link_pb2.SessionAnswer(nonce=nonce, ephemeral=point, signature=sign(self.key, h1))
        return link_pb2.SessionPacket(answer=answer)

    def finish(self, packet):
        return None

    def sealed_reply(self, reply):
        counter, ciphertext, tag = self._out.seal(reply.SerializeToString())
        sealed = link_pb2.Sealed(counter=counter, ciphertext=ciphertext, tag=tag)
        return link_pb2.SessionPacket(sealed=sealed)

    def sealed(self, packet):
        sealed = packet.sealed
        request = link_pb2.TerminalRequest.FromString(
            self._in.open(sealed.counter, sealed.ciphertext, sealed.tag)
        )
        self.requests.append(request)
        if request.WhichOneof("body") == "time":
            return self.sealed_reply(link_pb2.HostReply(time=link_pb2.TimeReply(now=NOW + 9)))
        return self.sealed_reply(self.script.pop(0))


def linked(**options):
    gateway = Gateway()
    return gateway, Rig(pipe=gateway, **options)


def run_until(rig, condition, also=None):
    """Run the link's task until the condition holds; `also` is awaited beside it."""

    async def run():
        task = asyncio.create_task(rig.terminal.sync.run())
        beside = asyncio.create_task(also()) if also else None
        for _ in range(20_000):
            if condition() and (beside is None or beside.done()):
                break
            assert not task.done(), task.exception()
            await asyncio.sleep(0)
        else:
            raise AssertionError("it never came to that")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return beside.result() if beside else None

    return asyncio.run(run())


def fill(rig, count):
    for value in range(count):
        rig.terminal.journal.append(record.EVENT, record.Event(221, value))


def test_pages_go_up_as_they_lie_in_flash_and_wait_for_the_hosts_word():
    gateway, rig = linked()
    fill(rig, 30)
    last = rig.terminal.journal.next_sequence - 1
    run_until(rig, lambda: last in gateway.pages)
    assert [s for s, _ in rig.terminal.journal.pages_from(1, 4)] == [1, 2, 3, 4]
    assert all(
        gateway.pages[sequence] == page
        for start in range(1, last, 4)
        for sequence, page in rig.terminal.journal.pages_from(start, 4)
    )
    assert rig.terminal.journal.first_unacknowledged == 1  # stored is not acknowledged
    gateway.acknowledge(last - 2)
    run_until(rig, lambda: rig.terminal.journal.first_unacknowledged == last - 1)


def test_a_forged_acknowledgement_changes_nothing():
    gateway, rig = linked()
    fill(rig, 5)
    run_until(rig, lambda: 5 in gateway.pages)
    gateway.acknowledge(5, key=bytes(32))
    gateway.acknowledge(3)
    run_until(rig, lambda: rig.terminal.journal.first_unacknowledged == 4)


@pytest.mark.parametrize("bad", ["flipped", "cut", "doubled", "lost"])
def test_bad_frames_only_cost_a_repetition(bad):
    gateway, rig = linked()
    fill(rig, 9)

    def garble(wire):
        flipped = bytearray(wire)
        flipped[len(wire) // 2] ^= 0x40
        return {"flipped": bytes(flipped), "cut": wire[:7], "doubled": wire * 2, "lost": b""}[bad]

    gateway.garble = garble
    last = rig.terminal.journal.next_sequence - 1
    run_until(rig, lambda: last in gateway.pages)


def test_a_new_connection_starts_again_where_the_hosts_word_ends():
    gateway, rig = linked()
    fill(rig, 8)
    run_until(rig, lambda: 8 in gateway.pages)
    gateway.acknowledge(4)
    run_until(rig, lambda: rig.terminal.journal.first_unacknowledged == 5)
    gateway.pages.clear()
    rig.boot()  # the mark was only in memory: everything goes up once more, which is harmless
    last = rig.terminal.journal.next_sequence - 1
    run_until(rig, lambda: set(gateway.pages) == set(range(1, last + 1)))


def test_a_page_that_rotted_here_does_not_keep_the_others_from_the_host():
    gateway, rig = linked()
    fill(rig, 20)
    rig.nor._cells[flashmap.JOURNAL.address + 5 * flashmap.PAGE + 40] ^= 8
    rig.boot()
    last = rig.terminal.journal.next_sequence - 1
    gateway.objects[CONFIG] = (2, signed(CONFIG, 2, TERMINAL, config_body()))
    run_until(rig, lambda: last in gateway.pages and rig.terminal.config.version == 2)
    assert 6 not in gateway.pages


def test_a_gateway_that_lost_pages_gets_them_again():
    gateway, rig = linked()
    fill(rig, 12)
    keep = gateway.journal_pages

    def lose_once(message):
        answer = keep(message)
        if 8 in gateway.pages and gateway.journal_pages is lose_once:
            gateway.pages.clear()
            gateway.journal_pages = keep
        return answer

    gateway.journal_pages = lose_once
    last = rig.terminal.journal.next_sequence - 1
    run_until(rig, lambda: set(gateway.pages) == set(range(1, last + 1)))


def test_configuration_and_hotlist_come_down_are_checked_and_put_in_force():
    gateway, rig = linked()
    cards = range(10, 10_000, 3)
    entries = b"".join(struct.pack("<I", card) for card in cards)
    gateway.objects = {
        CONFIG: (4, signed(CONFIG, 4, TERMINAL, config_body(max_tap_minor=77, language="fa"))),
        HOTLIST: (2, signed(HOTLIST, 2, 0, entries)),
    }
    run_until(rig, lambda: rig.terminal.hotlist.version == 2)
    assert rig.terminal.config.max_tap_minor == 77
    assert rig.terminal.language == "fa"
    for card in (10, 13, cards[-1], cards[len(cards) // 2]):
        assert hotlist.contains(rig.terminal.hotlist, card)
    for card in (0, 9, 11, 12, cards[-1] + 1, 0xFFFFFFFF):
        assert not hotlist.contains(rig.terminal.hotlist, card)
    rig.boot()
    assert (rig.terminal.config.version, rig.terminal.hotlist.version) == (4, 2)
    run_until(rig, lambda: gateway.hellos[-1].hotlist_version == 2)


def _tampered(serialized):
    changed = bytearray(serialized)
    changed[12] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    "make",
    [
        lambda: signed(CONFIG, 9, TERMINAL, config_body(), key=STRANGER),
        lambda: _tampered(signed(CONFIG, 9, TERMINAL, config_body())),
        lambda: signed(CONFIG, 9, TERMINAL + 1, config_body()),
        lambda: signed(HOTLIST, 9, TERMINAL, config_body()),
        lambda: signed(CONFIG, 1, TERMINAL, config_body()),
        lambda: signed(CONFIG, 9, TERMINAL, config_body())[:-10],
        lambda: b"\xff" * 40,
        lambda: bytes(flashmap.CONFIG_A.size),
    ],
)  # fmt: skip
def test_an_object_that_is_not_right_leaves_the_old_one_in_force(make):
    gateway, rig = linked()
    gateway.objects[CONFIG] = (9, make())
    run_until(rig, lambda: errors.OBJECT_REFUSED in [e.code for e in rig.contents(record.EVENT)])
    assert rig.terminal.config.version == 1
    rig.boot()
    assert rig.terminal.config.version == 1
    assert rig.terminal.config.max_tap_minor == 5_000_000


def test_a_cut_at_any_flash_operation_of_a_switch_leaves_one_good_object():
    for operation in range(1, 5):
        for effect in ("none", "torn", "complete"):
            rig = Rig()
            store = rig.terminal.config_store
            data = signed(CONFIG, 2, TERMINAL, config_body(max_tap_minor=5))
            rig.nor.cut_at(operation, effect)
            with contextlib.suppress(PowerCutError):
                install(store, data)
            rig.nor.forget_cut()
            again = ObjectStore(
                rig.nor, (flashmap.CONFIG_A, flashmap.CONFIG_B), rig.se, CONFIG, TERMINAL
            )
            again.recover()
            assert again.version in (1, 2)


def test_time_comes_from_the_host_through_the_sealed_session():
    _, rig = linked()
    rig.rtc.seconds = None
    rig.boot()
    run_until(rig, lambda: rig.rtc.seconds == NOW + 9)
    assert rig.terminal.clock.now() == (NOW + 9, record.TIME_HOST)


def test_a_host_with_another_key_gets_no_session():
    gateway, rig = linked()
    gateway.host.key = STRANGER
    with pytest.raises(errors.VafaError) as refused:
        run_until(rig, lambda: True, lambda: rig.terminal.session.ask("time", {}))
    assert refused.value.code == errors.LINK_SESSION
    assert not gateway.host.requests


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


def test_the_till_orders_a_sale():
    gateway, rig = linked()
    order = link_pb2.SaleOrder(amount_minor=4200, order_ref=7)
    run_until(rig, lambda: gateway.hellos)
    gateway.send(link_pb2.GatewayFrame(sale_order=order))
    run_until(rig, lambda: rig.terminal.order == (4200, 7))
