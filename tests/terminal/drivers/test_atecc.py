"""The secure element driver against the model: waiting, damage, refusals."""

import random

import pytest

from firmware.core.errors import SE_FAULT, VafaError
from firmware.terminal.drivers.atecc import ADDRESS, Atecc, crc16
from firmware.terminal.drivers.atecc_factory import AteccFactory
from firmware.terminal.hal import api
from tests.terminal.drivers.bench import VirtualTime
from tools.board.i2c import I2cBus
from tools.board.provision import Bundle, identity_of, install_into
from tools.models.se import SecureElement

BUNDLE = Bundle(bytes(range(32)), bytes(range(16)), bytes(range(64)), bytes(16))


@pytest.fixture
def part():
    return SecureElement(None, random.Random(3).randbytes)


@pytest.fixture
def element(part):
    install_into(part, BUNDLE)
    return driver_of(part)


def driver_of(part):
    return Atecc(I2cBus({ADDRESS: part}, part), VirtualTime().pause_ms)


def fails(function, *args):
    with pytest.raises(VafaError) as error:
        function(*args)
    assert error.value.code == SE_FAULT
    return str(error.value)


def test_checksum_of_the_wake_answer_is_the_published_one():
    assert crc16(b"\x04\x11") == b"\x33\x43"


def test_busy_part_is_polled(part, element):
    part.busy_reads = 30
    before = element.counter()
    assert element.bump() == before + 1


def test_part_that_never_answers_is_a_fault(part, element):
    part.busy_reads = 10_000
    assert "damaged" in fails(element.bump)


def test_damaged_answer_is_read_again_and_the_command_runs_once(part, element):
    ran = part.commands_run
    part.damage = 2  # the wake answer is damaged as well
    assert element.bump() == 1
    assert part.commands_run == ran + 1


def test_answers_that_stay_damaged_are_a_fault(part, element):
    part.damage = 1000
    fails(element.bump)
    part.damage = 0
    assert element.counter() == 0


def test_command_damaged_on_its_way_is_sent_again(part, element):
    write, damaged = part.write, []

    def spoil(data):
        if data[0] == 3 and not damaged:
            damaged.append(data)
            data = data[:-1] + bytes((data[-1] ^ 1,))
        write(data)

    part.write = spoil
    assert element.bump() == 1
    assert damaged
    part.write = write
    assert element.counter() == 1


def test_missing_part_is_a_fault():
    assert "gone" in fails(Atecc(I2cBus({}), VirtualTime().pause_ms).counter)


def test_part_left_awake_by_a_restart_is_woken_again(part, element):
    part.wake()
    part.write(b"\x03")
    assert element.counter() == 0


def test_test_pattern_is_not_taken_for_randomness(part):
    assert "no randomness" in fails(driver_of(part).random, 8)


def test_random_gives_as_many_as_asked_and_never_the_same(element):
    drawn = [element.random(count) for count in (1, 32, 33, 33)]
    assert [len(piece) for piece in drawn] == [1, 32, 33, 33]
    assert drawn[2] != drawn[3]


def test_signature_of_another_digest_or_key_is_refused(element):
    digest = bytes(range(32))
    signature = element.sign(digest)
    public = element.public_key(api.SLOT_IDENTITY)
    assert element.verify(public, digest, signature)
    assert not element.verify(public, bytes(32), signature)
    assert not element.verify(element.ephemeral(), digest, signature)
    assert not element.verify(public[:63], digest, signature)
    assert not element.verify(public, digest, signature + b"\x00")


def test_point_off_the_curve_is_a_fault_not_a_shared_secret(element):
    element.ephemeral()
    fails(element.ecdh, bytes(range(64)))
    fails(element.verify, bytes(range(64)), bytes(32), bytes(range(1, 65)))


def test_shared_secret_needs_an_ephemeral_key(element):
    fails(element.ecdh, element.public_key(api.SLOT_IDENTITY))


def test_refusal_leaves_the_part_usable(element):
    fails(element.aes, api.SLOT_JOURNAL, bytes(16))
    fails(element.hmac, api.SLOT_DEBIT, b"")
    fails(element.sign, b"short")
    assert len(element.aes(api.SLOT_DEBIT, bytes(16))) == 16


def test_public_key_of_the_host_comes_back_as_given(element):
    assert element.public_key(api.SLOT_HOST) == BUNDLE.host_public_key


def test_nothing_changes_after_provisioning(part, element):
    factory = AteccFactory(I2cBus({ADDRESS: part}, part), VirtualTime().pause_ms)
    fails(factory.write_slot, api.SLOT_DEBIT, bytes(16))
    fails(factory.write_public, api.SLOT_HOST, bytes(64))
    fails(factory.make_key, api.SLOT_IDENTITY)
    fails(factory.write_config, bytes(128))
    fails(factory.lock_data)
    assert element.public_key(api.SLOT_HOST) == BUNDLE.host_public_key


class StoppedError(Exception):
    """Provisioning was interrupted."""


def stop_at(part, number):
    """Let the part stop the world when it gets its `number`-th packet from now."""
    write, count = part.write, [0]

    def counting(data):
        count[0] += data[0] == 3
        if count[0] == number:
            raise StoppedError
        write(data)

    part.write = counting
    return write


def test_provisioning_interrupted_anywhere_is_taken_up_where_it_stands():
    for number in range(1, 200):
        part = SecureElement(None, random.Random(3).randbytes)
        write = stop_at(part, number)
        try:
            install_into(part, BUNDLE)
        except StoppedError:
            part.write = write
            part.power_off()
        else:
            break
        identity = install_into(part, BUNDLE)
        element = driver_of(part)
        assert element.public_key(api.SLOT_IDENTITY) == identity
        assert element.public_key(api.SLOT_HOST) == BUNDLE.host_public_key
        assert element.verify(identity, bytes(32), element.sign(bytes(32)))
    assert number > 40


def test_identity_is_made_once(part):
    assert identity_of(part) == identity_of(part)


def test_bundle_of_wrong_sizes_is_refused_and_shows_no_key():
    with pytest.raises(ValueError, match=r"\(31, 16, 64\)"):
        Bundle(bytes(31), bytes(16), bytes(64))
    assert "journal_root" not in repr(BUNDLE)
    assert "debit_master" not in repr(BUNDLE)
