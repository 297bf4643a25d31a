"""The link's task against a small gateway and host of the test's own, over an unsure pipe."""

import contextlib
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from firmware.core import errors, record
from firmware.terminal import flashmap
from firmware.terminal.objects import ObjectStore
from firmware.terminal.pay import hotlist
from host.gen.vafa.v1 import link_pb2
from tests.terminal.link.gateway import CONFIG, HOTLIST, linked, run_until
from tests.terminal.rig import NOW, TERMINAL, Rig, config_body, install, signed
from tools.models.power import PowerCutError

STRANGER = ec.derive_private_key(999, ec.SECP256R1())


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


def test_while_a_card_is_in_the_field_nothing_is_released_and_nothing_goes_up():
    gateway, rig = linked()
    fill(rig, 5)
    last = rig.terminal.journal.next_sequence - 1
    run_until(rig, lambda: last in gateway.pages)
    gateway.acknowledge(last)
    fill(rig, 1)
    rig.terminal.busy = True
    rounds = []

    def has_pumped():
        rounds.append(gateway._out)
        return len(rounds) > 50

    run_until(rig, has_pumped)
    assert rounds[-1] == b""
    assert rig.terminal.journal.first_unacknowledged == 1
    assert last + 1 not in gateway.pages
    rig.terminal.busy = False
    run_until(rig, lambda: last + 1 in gateway.pages)
    assert rig.terminal.journal.first_unacknowledged == last + 1


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


def test_a_hotlist_of_fifty_thousand_fits_each_slot_and_is_searched_in_flash():
    rig = Rig()
    count = flashmap.HOTLIST_ENTRIES
    for version in (1, 2, 3):
        entries = b"".join(struct.pack("<I", version + 7 * at) for at in range(count))
        install(rig.terminal.hotlist, signed(HOTLIST, version, 0, entries))
        listed = [number for number in range(60) if hotlist.contains(rig.terminal.hotlist, number)]
        assert listed == list(range(version, 60, 7))
    assert hotlist.contains(rig.terminal.hotlist, 3 + 7 * (count - 1))
    rig.boot()
    assert rig.terminal.hotlist.version == 3


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


def test_a_secure_element_that_fails_at_the_start_does_not_cost_the_hotlist():
    rig = Rig(hotlist=(3, 7))
    verify = rig.se.verify

    def fail(*_):
        raise errors.VafaError(errors.SE_FAULT)

    rig.se.verify = fail
    with pytest.raises(errors.VafaError) as stopped:
        rig.boot()  # and the board starts the program anew
    assert stopped.value.code == errors.SE_FAULT
    rig.se.verify = verify
    rig.boot()
    assert hotlist.contains(rig.terminal.hotlist, 7)


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


def test_the_till_orders_a_sale():
    gateway, rig = linked()
    order = link_pb2.SaleOrder(amount_minor=4200, order_ref=7)
    run_until(rig, lambda: gateway.hellos)
    gateway.send(link_pb2.GatewayFrame(sale_order=order))
    run_until(rig, lambda: rig.terminal.order == (4200, 7))
