from firmware.core import settings
from firmware.core.errors import CARD_FORMAT, VafaError
from tests.mp_runner import raises

ANSWERS = (
    "00034014600000",
    "0203301200000000009435770000000001",
    "040130112000000A0000090000",
    "0500101F0201",
    "0520101F020164000000",
)


def version(hardware_type, major):
    return bytes((4, hardware_type, 1, major, 0, 0x1A, 5)) + bytes(21)


def test_every_short_answer_is_refused():
    for text in ANSWERS:
        whole = bytes.fromhex(text)
        settings.FileSettings(whole)
        for size in range(len(whole)):
            assert raises(VafaError, settings.FileSettings, whole[:size]).code == CARD_FORMAT


def test_unknown_file_type_is_refused():
    raises(VafaError, settings.FileSettings, bytes.fromhex("06034014600000"))


def test_negative_limits_are_read_as_signed():
    answer = "02033012" + "00000000" + "FFFFFFFF" + "FEFFFFFF" + "00"
    read = settings.FileSettings(bytes.fromhex(answer))
    assert (read.lower, read.upper, read.limited_credit_value) == (0, -1, -2)


def test_counter_limit_only_with_its_flag():
    assert settings.FileSettings(bytes.fromhex(ANSWERS[3])).tmc_limit is None
    assert settings.FileSettings(bytes.fromhex(ANSWERS[4])).tmc_limit == 100


def test_extra_rights_are_read_after_the_known_fields():
    read = settings.FileSettings(bytes.fromhex("00834014600000" + "02F0F420EE"))
    assert read.extra_rights() == [(15, 4, 15, 0), (14, 14, 2, 0)]
    assert settings.FileSettings(bytes.fromhex(ANSWERS[0])).extra_rights() == []
    cut = settings.FileSettings(bytes.fromhex("00834014600000" + "02F0F4"))
    raises(VafaError, cut.extra_rights)


def test_rights_beyond_a_nibble_are_refused():
    raises(VafaError, settings.pack_rights, 16, 0, 0, 0)
    raises(VafaError, settings.pack_rights, 0, -1, 0, 0)


def test_only_ev2_and_ev3_are_supported():
    for major, name, supported in (
        (0x00, "MF3ICD40", False),
        (0x01, "EV1", False),
        (0x12, "EV2", True),
        (0x22, "EV2", True),
        (0x33, "EV3", True),
        (0x77, "", False),
    ):
        read = settings.Version(version(1, major))
        assert (read.generation, read.is_supported()) == (name, supported)
    assert not settings.Version(version(4, 0x33)).is_supported()
    assert settings.Version(version(1, 0x33)).storage_bytes == 8192
    raises(VafaError, settings.Version, bytes(27))
