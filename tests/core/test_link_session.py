"""The link session: both sides agree on keys, and only the next untouched packet is opened."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from firmware.core import hmac256, link_session
from host.crypto import Aes

KEYS = (bytes(range(16)), bytes(range(32)))


def pair() -> tuple[link_session.Direction, link_session.Direction]:
    return link_session.Direction(Aes, KEYS), link_session.Direction(Aes, KEYS)


@given(st.lists(st.binary(max_size=200), max_size=5))
def test_messages_arrive_in_order(messages: list[bytes]) -> None:
    sender, receiver = pair()
    for message in messages:
        assert receiver.open(*sender.seal(message)) == message


def test_a_long_message_is_carried_and_a_longer_one_refused() -> None:
    sender, receiver = pair()
    message = bytes(link_session.MAX_PLAIN)
    assert receiver.open(*sender.seal(message)) == message
    with pytest.raises(link_session.SessionError, match="too long"):
        sender.seal(message + b"x")


def test_replay_reorder_and_loss_end_the_session() -> None:
    sender, receiver = pair()
    first, second = sender.seal(b"1"), sender.seal(b"2")
    with pytest.raises(link_session.SessionError, match="lost or repeated"):
        receiver.open(*second)
    sender, receiver = pair()
    first = sender.seal(b"1")
    receiver.open(*first)
    with pytest.raises(link_session.SessionError, match="lost or repeated"):
        receiver.open(*first)


@given(st.integers(0, 3), st.integers(0, 255), st.integers(1, 255))
def test_changed_packets_are_refused(part: int, at: int, flip: int) -> None:
    sender, receiver = pair()
    counter, ciphertext, tag = sender.seal(b"pay 250000")
    if part == 0:
        counter ^= flip
    elif part == 1:
        ciphertext = bytearray(ciphertext)
        ciphertext[at % len(ciphertext)] ^= flip
    elif part == 2:
        tag = bytearray(tag)
        tag[at % len(tag)] ^= flip
    else:
        ciphertext = ciphertext[: at % len(ciphertext)]
    with pytest.raises(link_session.SessionError):
        receiver.open(counter, bytes(ciphertext), bytes(tag))


def test_directions_have_different_keys_bound_to_the_transcript() -> None:
    nonce = bytes(32)
    to_host, to_terminal = link_session.derive(b"x" * 32, nonce, nonce, bytes(32))
    assert to_host != to_terminal
    assert link_session.derive(b"x" * 32, nonce, nonce, bytes(31) + b"\1")[0] != to_host


def test_handshake_parts_have_fixed_sizes() -> None:
    with pytest.raises(link_session.SessionError, match="wrong size"):
        link_session.host_digest(1, bytes(31), bytes(64), bytes(32), bytes(64))


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=40))
def test_hkdf_agrees_with_a_library(salt: bytes, secret: bytes, info: bytes) -> None:
    theirs = HKDF(hashes.SHA256(), 96, salt or bytes(32), info).derive(secret)
    assert hmac256.hkdf(salt, secret, info, 96) == theirs
