"""The core's own arithmetic against an independent library, over random inputs."""

import zlib

from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from hypothesis import given
from hypothesis import strategies as st

from firmware.core import apdu, ev2, pn532_frame
from firmware.core.cmac import Cmac
from firmware.core.crc32 import crc32
from firmware.core.errors import VafaError
from firmware.core.settings import FileSettings
from host.crypto import Aes

keys = st.binary(min_size=16, max_size=16)


@given(keys, st.binary(max_size=100))
def test_cmac(key, message):
    reference = CMAC(AES(key))
    reference.update(message)
    tag = reference.finalize()
    mac = Cmac(Aes, key)
    assert mac.tag(message) == tag
    assert mac.tag(bytearray(message)) == tag
    assert mac.tag8(message) == tag[1::2]


@given(st.binary(max_size=40))
def test_crc32(data):
    assert int.from_bytes(crc32(data), "little") == zlib.crc32(data) ^ 0xFFFFFFFF


@given(st.binary(max_size=300))
def test_reader_bytes_never_break_the_parser(data):
    try:
        parsed = pn532_frame.parse(data)
    except VafaError:
        return
    assert parsed is None or parsed[2] <= len(data)


@given(st.binary(max_size=80))
def test_card_bytes_never_break_a_session(answer):
    session = ev2.Session(Aes, bytes(16), bytes(16), bytes(4))
    session.wrap(apdu.Command(0x6C, b"\x02", b"", apdu.FULL))
    try:
        session.unwrap(answer)
    except VafaError:
        assert not session.alive
    else:
        raise AssertionError("random bytes passed as the card's")


@given(st.binary(max_size=40))
def test_settings_bytes_never_break_the_reader(answer):
    try:
        settings = FileSettings(answer)
        settings.extra_rights()
    except VafaError:
        return
    assert 0 <= settings.read <= 15
