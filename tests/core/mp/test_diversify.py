from firmware.core import an10922
from firmware.core.cmac import cmac
from firmware.core.errors import VafaError
from tests.core.mp.aes import Aes
from tests.mp_runner import raises

MASTER = bytes.fromhex("00112233445566778899AABBCCDDEEFF")


def test_a_secure_element_needs_only_single_blocks():
    asked = []

    def encrypt_block(block):
        asked.append(len(block))
        return Aes(MASTER).encrypt(block)

    for size in range(1, 32):
        del asked[:]
        m = bytes(range(size))
        assert an10922.diversify_with(encrypt_block, m) == an10922.diversify(Aes, MASTER, m)
        assert asked == [16, 16, 16]


def test_agrees_with_a_plain_cmac_only_for_long_inputs():
    for size in range(1, 32):
        m = bytes(range(size))
        same = an10922.diversify(Aes, MASTER, m) == cmac(Aes, MASTER, b"\x01" + m)
        assert same == (size >= 16)


def test_empty_and_too_long_inputs_are_refused():
    for size in (0, 32):
        raises(VafaError, an10922.diversify, Aes, MASTER, bytes(size))
