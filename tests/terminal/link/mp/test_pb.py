"""The terminal's protobuf codec on fixed bytes, in both interpreters."""

from firmware.terminal.link import messages, pb
from tests.mp_runner import raises

# (number, name, kind, nested): every kind once, field numbers of one and two bytes.
LEAF = ((1, "n", pb.UINT32, None),)
ALL = (
    (1, "u32", pb.UINT32, None),
    (2, "u64", pb.UINT64, None),
    (3, "i32", pb.INT32, None),
    (4, "i64", pb.INT64, None),
    (5, "s32", pb.SINT32, None),
    (6, "s64", pb.SINT64, None),
    (7, "flag", pb.BOOL, None),
    (8, "choice", pb.ENUM, None),
    (9, "raw", pb.BYTES, None),
    (10, "text", pb.STRING, None),
    (11, "leaf", pb.MESSAGE | pb.PRESENCE, LEAF),
    (12, "many", pb.UINT32 | pb.REPEATED, None),
    (200, "blobs", pb.BYTES | pb.REPEATED, None),
)
FULL = {
    "u32": 0xFFFFFFFF,
    "u64": 0xFFFFFFFFFFFFFFFF,
    "i32": -1,
    "i64": -0x8000000000000000,
    "s32": -2,
    "s64": 3,
    "flag": True,
    "choice": 3,
    "raw": b"\x00\xff",
    "text": "وفا",
    "leaf": {"n": 0},
    "many": [1, 300, 0],
    "blobs": [b"", b"a"],
}
# Written by Google's library from a schema with the same fields.
FULL_BYTES = (
    b"\x08\xff\xff\xff\xff\x0f"
    b"\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
    b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
    b"\x20\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"
    b"\x28\x03\x30\x06\x38\x01\x40\x03"
    b"\x4a\x02\x00\xff"
    b"\x52\x06\xd9\x88\xd9\x81\xd8\xa7"
    b"\x5a\x00"
    b"\x62\x04\x01\xac\x02\x00"
    b"\xc2\x0c\x00\xc2\x0c\x01a"
)
PAIR = (
    (1, "left", pb.UINT32 | pb.PRESENCE | 1 << pb.ONEOF_SHIFT, None),
    (2, "right", pb.MESSAGE | pb.PRESENCE | 1 << pb.ONEOF_SHIFT, LEAF),
)


def test_every_kind_encodes_to_the_known_bytes():
    assert pb.encode(ALL, FULL) == FULL_BYTES


def test_every_kind_decodes_from_the_known_bytes():
    assert pb.decode(ALL, FULL_BYTES) == FULL
    assert pb.decode(ALL, memoryview(FULL_BYTES)) == FULL


def test_absent_fields_have_their_defaults_and_messages_are_absent():
    values = pb.decode(ALL, b"")
    assert values["u32"] == 0
    assert values["raw"] == b""
    assert values["text"] == ""
    assert values["flag"] is False
    assert values["many"] == []
    assert "leaf" not in values
    assert pb.encode(ALL, values) == b""


def test_lists_of_two_decoded_messages_are_not_shared():
    pb.decode(ALL, b"")["many"].append(1)
    assert pb.decode(ALL, b"")["many"] == []


def test_a_member_of_a_oneof_is_sent_even_when_zero():
    assert pb.encode(PAIR, {"left": 0}) == b"\x08\x00"
    assert pb.decode(PAIR, b"\x08\x00") == {"left": 0}
    assert pb.decode(PAIR, b"") == {}


def test_two_members_of_a_oneof_are_refused():
    raises(pb.MalformedError, pb.encode, PAIR, {"left": 1, "right": {"n": 1}})
    raises(pb.MalformedError, pb.decode, PAIR, b"\x08\x01\x12\x00")


def test_repeated_integers_may_come_unpacked():
    assert pb.decode(ALL, b"\x60\x01\x62\x02\x02\x03\x60\x04")["many"] == [1, 2, 3, 4]


def test_unknown_fields_of_every_wire_type_are_skipped():
    unknown = b"\x08\x96\x01" + b"\x11" + bytes(8) + b"\x1a\x02ab" + b"\x25" + bytes(4)
    table = ((15, "n", pb.UINT32, None),)
    assert pb.decode(table, unknown + b"\x78\x05" + unknown) == {"n": 5}


def test_every_cut_of_a_message_is_an_error_or_a_shorter_message():
    for size in range(len(FULL_BYTES)):
        try:
            values = pb.decode(ALL, FULL_BYTES[:size])
        except pb.TruncatedError:
            continue
        assert FULL_BYTES[:size] == pb.encode(ALL, values)


def test_a_length_beyond_the_end_is_truncated():
    raises(pb.TruncatedError, pb.decode, ALL, b"\x4a\x05abcd")
    # The nested message's own field may not reach past the nested message.
    raises(pb.TruncatedError, pb.decode, ALL, b"\x5a\x01\x08\x05")
    raises(pb.TruncatedError, pb.decode, ALL, b"\xfa\x3f\x05abcd")
    raises(pb.TruncatedError, pb.decode, ALL, b"\x4a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")


def test_padded_and_endless_varints_are_refused():
    raises(pb.OverlongError, pb.decode, ALL, b"\x08\x80\x00")
    raises(pb.OverlongError, pb.decode, ALL, b"\x08" + b"\x80" * 10 + b"\x01")
    raises(pb.OverlongError, pb.decode, ALL, b"\x10" + b"\xff" * 9 + b"\x02")
    raises(pb.OverlongError, pb.decode, ALL, b"\xf8\x3f\x80\x00")


def test_integers_out_of_range_are_refused_both_ways():
    raises(pb.LimitError, pb.decode, ALL, b"\x08\x80\x80\x80\x80\x10")
    raises(pb.LimitError, pb.decode, ALL, b"\x18\x80\x80\x80\x80\x08")
    raises(pb.LimitError, pb.decode, ALL, b"\x38\x02")
    raises(pb.LimitError, pb.encode, ALL, {"u32": 1 << 32})
    raises(pb.LimitError, pb.encode, ALL, {"u32": -1})
    raises(pb.LimitError, pb.encode, ALL, {"i32": 1 << 31})
    raises(pb.LimitError, pb.encode, ALL, {"s32": -(1 << 31) - 1})


def test_wrong_wire_types_groups_and_field_zero_are_refused():
    raises(pb.MalformedError, pb.decode, ALL, b"\x0a\x01\x05")
    raises(pb.MalformedError, pb.decode, ALL, b"\x48\x05")
    raises(pb.MalformedError, pb.decode, ALL, b"\xfb\x3f")
    raises(pb.MalformedError, pb.decode, ALL, b"\x00\x05")
    raises(pb.MalformedError, pb.decode, ALL, b"\x0d\x00\x00\x00\x00")


def test_a_value_twice_is_refused():
    raises(pb.MalformedError, pb.decode, ALL, b"\x08\x01\x08\x01")
    raises(pb.MalformedError, pb.decode, ALL, b"\x5a\x00\x5a\x00")


def test_text_must_be_utf8():
    raises(pb.MalformedError, pb.decode, ALL, b"\x52\x02\xc3\x28")


def test_size_and_depth_are_bounded():
    raises(pb.LimitError, pb.decode, ALL, b"\x4a\x08" + bytes(8), 9)
    assert pb.decode(ALL, b"\x4a\x08" + bytes(8), 10)["raw"] == bytes(8)
    raises(pb.LimitError, pb.encode, ALL, {"raw": bytes(8)}, 9)
    table = LEAF
    values = {"n": 1}
    data = b"\x08\x01"
    for _ in range(pb.MAX_DEPTH - 1):
        table = ((1, "inner", pb.MESSAGE | pb.PRESENCE, table),)
        values = {"inner": values}
        data = bytes([0x0A, len(data)]) + data
    assert pb.encode(table, values) == data
    assert pb.decode(table, data) == values
    table = ((1, "inner", pb.MESSAGE | pb.PRESENCE, table),)
    raises(pb.LimitError, pb.encode, table, {"inner": values})
    raises(pb.LimitError, pb.decode, table, bytes([0x0A, len(data)]) + data)


def test_a_name_that_the_table_lacks_is_refused():
    raises(pb.MalformedError, pb.encode, messages.HELLO, {"terminal": 5})


def test_a_frame_of_the_link_goes_there_and_back():
    frame = {"request_id": 7, "journal_pages": {"pages": [bytes(256), b"\x01" * 256]}}
    data = pb.encode(messages.TERMINAL_FRAME, frame)
    assert pb.decode(messages.TERMINAL_FRAME, data) == frame
