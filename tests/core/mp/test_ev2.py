from firmware.core import apdu, ev2
from firmware.core.apdu import Command
from firmware.core.bits import rotate_left
from firmware.core.cmac import Cmac
from firmware.core.errors import (
    CARD_AUTH,
    CARD_COUNTER,
    CARD_FORMAT,
    CARD_MAC,
    CARD_REQUEST,
    CARD_SESSION,
    CardStatusError,
    VafaError,
)
from tests.core.mp.aes import Aes
from tests.mp_runner import raises

KEY = bytes(range(16))
RND_A = bytes(range(0x40, 0x50))
RND_B = bytes(range(0x80, 0x90))
TI = b"\x0a\x0b\x0c\x0d"
ENC, MAC = bytes(range(1, 17)), bytes(range(2, 18))
READ = Command(0xAD, b"\x01\x00\x00\x00\x08\x00\x00", b"", apdu.MAC)


def first_answer(proof=None, echo=bytes(6), key=KEY):
    plain = TI + (rotate_left(RND_A) if proof is None else proof) + bytes(6) + echo
    return Aes(key).cbc_encrypt(bytes(16), plain) + b"\x91\x00"


def challenged(**kwargs):
    handshake = ev2.Authentication(Aes, KEY, RND_A, **kwargs)
    handshake.answer_challenge(Aes(KEY).cbc_encrypt(bytes(16), RND_B) + b"\x91\xaf")
    return handshake


def sealed(counter, data=b"", status=0):
    """A card's answer in MAC mode; data may be a ciphertext."""
    tag = Cmac(Aes, MAC).tag8(ev2.mac_input(status, counter, TI, data))
    return data + tag + bytes((0x91, status))


def session(counter=0):
    return ev2.Session(Aes, ENC, MAC, TI, counter)


def test_first_starts_a_session_at_zero():
    started = challenged().finish(first_answer())
    assert (started.ti, started.counter, started.alive) == (TI, 0, True)


def test_a_card_that_cannot_prove_the_key_is_refused():
    wrong = bytearray(rotate_left(RND_A))
    wrong[15] ^= 1
    assert raises(VafaError, challenged().finish, first_answer(bytes(wrong))).code == CARD_AUTH
    assert raises(VafaError, challenged().finish, first_answer(RND_A)).code == CARD_AUTH
    assert raises(VafaError, challenged().finish, first_answer(key=MAC)).code == CARD_AUTH


def test_capabilities_must_come_back():
    handshake = challenged(pcd_cap2=b"\x01\x05")
    error = raises(VafaError, handshake.finish, first_answer())
    assert error.code == CARD_AUTH
    handshake = challenged(pcd_cap2=b"\x01\x05")
    assert handshake.finish(first_answer(echo=b"\x01\x05" + bytes(4))).alive


def test_lrp_and_long_capabilities_are_never_asked_for():
    raises(VafaError, ev2.first_begin, 0, b"\x02")
    raises(VafaError, ev2.first_begin, 0, bytes(7))


def test_refused_key_is_an_authentication_error_and_others_keep_their_status():
    handshake = ev2.Authentication(Aes, KEY, RND_A)
    assert raises(VafaError, handshake.answer_challenge, b"\x91\xae").code == CARD_AUTH
    assert raises(CardStatusError, handshake.answer_challenge, b"\x91\x40").status == 0x40
    assert raises(VafaError, challenged().finish, b"\x91\xae").code == CARD_AUTH


def test_answers_of_wrong_length_are_refused():
    handshake = ev2.Authentication(Aes, KEY, RND_A)
    short = raises(VafaError, handshake.answer_challenge, bytes(15) + b"\x91\xaf")
    assert short.code == CARD_FORMAT
    long = raises(VafaError, challenged().finish, bytes(48) + b"\x91\x00")
    assert long.code == CARD_FORMAT


def test_proof_before_challenge_is_a_mistake_of_ours():
    handshake = ev2.Authentication(Aes, KEY, RND_A)
    assert raises(VafaError, handshake.finish, first_answer()).code == CARD_REQUEST


def test_non_first_keeps_ti_and_counter_and_ends_the_old_session():
    old = session(counter=5)
    answer = Aes(KEY).cbc_encrypt(bytes(16), rotate_left(RND_A)) + b"\x91\x00"
    new = challenged(session=old).finish(answer)
    assert (new.ti, new.counter) == (TI, 5)
    assert not old.alive
    raises(VafaError, ev2.Authentication, Aes, KEY, RND_A, b"", old)


def test_counter_moves_with_plain_commands_too():
    running = session()
    running.wrap(Command(0xAD, b"\x01", b"", apdu.PLAIN))
    assert running.unwrap(b"free\x91\x00") == b"free"
    running.wrap(READ)
    assert running.unwrap(sealed(2, b"data")) == b"data"
    assert running.counter == 2


def test_any_flipped_bit_of_an_answer_is_found_and_ends_the_session():
    whole = sealed(1, b"data")
    for index in range(len(whole) - 2):
        for bit in range(8):
            running = session()
            running.wrap(READ)
            damaged = bytearray(whole)
            damaged[index] ^= 1 << bit
            assert raises(VafaError, running.unwrap, bytes(damaged)).code == CARD_MAC
            assert not running.alive
            assert raises(VafaError, running.wrap, READ).code == CARD_SESSION


def test_answer_to_the_command_before_is_refused():
    running = session()
    running.wrap(READ)
    old = sealed(1)
    running.unwrap(old)
    running.wrap(READ)
    assert raises(VafaError, running.unwrap, old).code == CARD_MAC


def test_answer_without_mac_is_refused():
    for data in (b"", b"1234567"):
        running = session()
        running.wrap(READ)
        assert raises(VafaError, running.unwrap, data + b"\x91\x00").code == CARD_MAC


def test_error_status_ends_the_session():
    running = session()
    running.wrap(READ)
    assert raises(CardStatusError, running.unwrap, b"\x91\xbe").status == 0xBE
    assert raises(VafaError, running.wrap, READ).code == CARD_SESSION


def test_a_mac_over_an_error_status_does_not_pass_as_success():
    running = session()
    running.wrap(READ)
    answer = sealed(1, status=0xBE)[:-1] + b"\x00"
    assert raises(VafaError, running.unwrap, answer).code == CARD_MAC


def test_counter_is_never_reused():
    running = session(counter=0xFFFE)
    running.wrap(READ)
    running.unwrap(sealed(0xFFFF))
    assert raises(VafaError, running.wrap, READ).code == CARD_COUNTER
    assert not running.alive


def test_commands_and_answers_take_turns():
    running = session()
    assert raises(VafaError, running.unwrap, sealed(1)).code == CARD_REQUEST
    running.wrap(READ)
    assert raises(VafaError, running.wrap, READ).code == CARD_REQUEST


def test_full_mode_checks_length_and_padding_after_the_mac():
    command = Command(0x6C, b"\x02", b"", apdu.FULL)
    iv = ev2.response_iv(Aes(ENC), TI, 1)
    unmarked = Aes(ENC).cbc_encrypt(iv, bytes(16))
    for data in (unmarked, unmarked[:8]):
        running = session()
        running.wrap(command)
        assert raises(VafaError, running.unwrap, sealed(1, data)).code == CARD_FORMAT
        assert not running.alive


def test_full_mode_without_data_sends_no_ciphertext():
    (request,) = session().wrap(Command(0x51, b"", b"", apdu.FULL))
    assert len(request) == 5 + 8 + 1


def test_own_key_change_ends_the_session_without_mac():
    command = Command(0xC4, b"\x00", bytes(17), apdu.FULL, drops_session=True)
    running = session()
    running.wrap(command)
    assert running.unwrap(b"\x91\x00") == b""
    assert not running.alive


def test_bare_command_goes_out_unprotected_and_ends_the_session():
    running = session()
    assert running.wrap(Command(0x5A, b"\x01\x02\x03", mode=apdu.BARE)) == [
        bytes.fromhex("905A00000301020300")
    ]
    assert not running.alive


def test_a_long_protected_command_is_cut_with_one_mac_at_its_end():
    parts = session().wrap(Command(0x3D, bytes(7), bytes(60), apdu.MAC))
    body = b"".join([part[5:-1] for part in parts])
    covered = ev2.mac_input(0x3D, 0, TI, bytes(67))
    assert [part[1] for part in parts] == [0x3D, 0xAF]
    assert body == bytes(67) + Cmac(Aes, MAC).tag8(covered)


def test_padding_survives_every_length():
    for size in range(34):
        data = b"\x80" * size
        padded = ev2.pad(data)
        assert len(padded) % 16 == 0 and len(padded) > size
        assert ev2.unpad(padded) == data


def test_padding_in_another_form_is_refused():
    block = b"\x11" * 16
    for padded in (
        b"",
        b"\x80",
        block,
        block + bytes(16),
        block[:15] + b"\x81",
        b"\x80" + bytes(31),
    ):
        assert raises(VafaError, ev2.unpad, padded).code == CARD_FORMAT
