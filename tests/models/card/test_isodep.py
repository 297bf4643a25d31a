import pytest

from tests.models.card.host import UID, wrapped
from tools.models.card import Card, Picc

GET_VERSION = bytes.fromhex("9060000000")
ATS = bytes.fromhex("067577810280")
FIRST = bytes.fromhex("04010112001A0591AF")


@pytest.fixture
def picc():
    picc = Picc(Card.create(None, UID))
    picc.field_on()
    return picc


@pytest.fixture
def active(picc):
    assert picc.transceive(b"\xe0\x50") == ATS
    return picc


def test_identity_and_activation(picc):
    assert (picc.uid, picc.sak, picc.atqa) == (UID, 0x20, b"\x03\x44")
    assert picc.transceive(b"\x02" + GET_VERSION) is None  # not activated
    assert picc.transceive(b"\xe0\x50") == ATS
    assert picc.transceive(b"\xe0\x50") is None  # activated already
    picc.field_off()
    assert picc.transceive(b"\xe0\x50") is None


def test_block_numbers_follow_the_reader(active):
    assert active.transceive(b"\x02" + GET_VERSION) == b"\x02" + FIRST
    assert active.transceive(b"\x03" + wrapped(0xAF))[0] == 0x03
    assert active.transceive(b"\x02" + wrapped(0xAF))[0] == 0x02


def test_a_lost_answer_is_repeated_and_not_executed_again(active):
    first = active.transceive(b"\x02" + GET_VERSION)
    assert active.transceive(b"\xb2") == first
    assert active.transceive(b"\xb2") == first
    # The chain goes on where it was: AF was not consumed.
    assert active.transceive(b"\x03" + wrapped(0xAF))[1:6].hex() == "0401010201"


def test_a_lost_command_is_asked_for_again(active):
    # The reader sent block 0, the card never saw it: the card's number is still 1.
    assert active.transceive(b"\xb2") == b"\xa3"
    assert active.transceive(b"\x02" + GET_VERSION) == b"\x02" + FIRST


def test_chaining_towards_the_card(active):
    apdu = wrapped(0x60) + b""
    assert active.transceive(b"\x12" + apdu[:2]) == b"\xa2"
    assert active.transceive(b"\xb2") == b"\xa2"  # R(ACK) lost
    assert active.transceive(b"\x13" + apdu[2:4]) == b"\xa3"
    assert active.transceive(b"\x02" + apdu[4:]) == b"\x02" + FIRST


@pytest.fixture
def long_answer(picc):
    """A card with a free file of 100 bytes, its application selected, activated with FSD 64."""
    for apdu in (
        wrapped(0xCA, bytes.fromhex("5634120F81")),
        wrapped(0x5A, bytes.fromhex("563412")),
        wrapped(0xCD, bytes.fromhex("0100EEEE640000")),
        wrapped(0x8D, bytes.fromhex("01000000640000") + bytes(range(100))),
    ):
        assert picc.card.exchange(apdu) == b"\x91\x00"
    picc.transceive(b"\xe0\x50")
    picc.transceive(b"\x02" + wrapped(0x5A, bytes.fromhex("563412")))
    return picc


READ = wrapped(0xAD, bytes.fromhex("01000000000000"))


def test_chaining_towards_the_reader(long_answer):
    first = long_answer.transceive(b"\x03" + READ)
    assert (first[0], len(first)) == (0x13, 62)
    assert long_answer.transceive(b"\xb3") == first
    second = long_answer.transceive(b"\xa2")
    assert second[0] == 0x02
    assert first[1:] + second[1:] == bytes(range(100)) + b"\x91\x00"
    assert long_answer.transceive(b"\xa3") is None  # nothing left to go on with


def test_small_reader_frames(picc):
    assert picc.transceive(b"\xe0\x00") == ATS  # FSDI 0: 16 bytes
    answer = picc.transceive(b"\x02" + GET_VERSION)
    assert len(answer) == 10
    assert picc.transceive(b"\x03" + wrapped(0xAF)) is not None


def test_waiting_time_extension(active):
    active.card.slow = {0x60: 2}
    assert active.transceive(b"\x02" + GET_VERSION) == b"\xf2\x01"
    assert active.transceive(b"\xb2") == b"\xf2\x01"  # lost on the way
    assert active.transceive(b"\x03" + GET_VERSION) is None  # not now
    assert active.transceive(b"\xf2\x01") == b"\xf2\x01"
    assert active.transceive(b"\xf2\x01") == b"\x02" + FIRST
    assert active.transceive(b"\xf2\x01") is None


def test_deselect_halts_until_wup(active):
    active.transceive(b"\x02" + wrapped(0x60))
    assert active.transceive(b"\xc2") == b"\xc2"
    assert active.halted
    assert active.transceive(b"\xe0\x50") is None
    assert active.transceive(b"\x26") is None
    assert active.transceive(b"\x52") == b"\x03\x44"
    assert active.transceive(b"\xe0\x50") == ATS
    assert active.transceive(b"\x02" + wrapped(0xAF))[-2:] == b"\x91\x1c"  # chain forgotten


def test_cid(picc):
    assert picc.transceive(b"\xe0\x53") == ATS
    assert picc.transceive(b"\x02" + GET_VERSION) is None
    assert picc.transceive(b"\x0a\x02" + GET_VERSION) is None
    assert picc.transceive(b"\x0a\x03" + GET_VERSION) == b"\x0a\x03" + FIRST
    assert picc.transceive(b"\xca\x03") == b"\xca\x03"


def test_cid_takes_room_in_a_full_block(long_answer):
    long_answer.field_off()
    long_answer.field_on()
    long_answer.transceive(b"\xe0\x53")
    long_answer.transceive(b"\x0a\x03" + wrapped(0x5A, bytes.fromhex("563412")))
    first = long_answer.transceive(b"\x0b\x03" + READ)
    assert (first[:2], len(first)) == (b"\x1b\x03", 62)
    second = long_answer.transceive(b"\xaa\x03")
    assert first[2:] + second[2:] == bytes(range(100)) + b"\x91\x00"


def test_pps_only_before_the_first_block(active):
    assert active.transceive(bytes.fromhex("d0110a")) == b"\xd0"
    assert active.transceive(bytes.fromhex("d0110a")) is None


@pytest.mark.parametrize(
    "frame", [b"", b"\x02" + bytes(62), b"\x06\x00" + GET_VERSION, b"\xff", b"\xa2\x00", b"\xe2"]
)
def test_nonsense_is_met_with_silence(active, frame):
    assert active.transceive(frame) is None
    assert active.transceive(b"\x02" + GET_VERSION) == b"\x02" + FIRST


def test_an_endless_chain_is_cut(active):
    number = 0
    for _ in range(100):
        if active.transceive(bytes([0x12 | number]) + bytes(61)) is None:
            return
        number ^= 1
    pytest.fail("the card keeps collecting")
