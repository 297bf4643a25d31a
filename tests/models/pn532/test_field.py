import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.pn532.echo_card import ATS, EchoCard
from tools.models.pn532 import activation
from tools.models.pn532.field import Field, FieldError, crc_a

UID_A = bytes.fromhex("04112233445566")
UID_B = bytes.fromhex("04112233445567")


def field_with(*cards, **options):
    field = Field(**options)
    for card in cards:
        field.insert(card)
    field.switch(on=True)
    return field


def with_crc(text):
    data = bytes.fromhex(text)
    return data + crc_a(data)


def test_crc_a_of_the_standard_s_example():
    assert crc_a(bytes.fromhex("1234")) == bytes.fromhex("26CF")  # 14443-3 annex B.1


def test_selection_of_a_seven_byte_uid_frame_by_frame():
    field = field_with(EchoCard())
    assert field.short(0x26).data == bytes.fromhex("4403")
    assert field.send(b"\x93\x20").data == bytes.fromhex("88041122BF")
    assert field.send(with_crc("9370 88041122BF")).data == with_crc("04")
    assert field.send(b"\x95\x20").data == bytes.fromhex("3344556644")
    assert field.send(with_crc("9570 3344556644")).data == with_crc("20")
    assert field.send(with_crc("E050")).data == ATS + crc_a(ATS)
    assert field.short(0x52) is None  # in the block protocol a card ignores it


def test_hlta_halts_and_only_wupa_wakes():
    field = field_with(EchoCard())
    assert activation.select_any(field).uid == UID_A
    activation.halt(field)
    assert field.short(0x26) is None
    assert field.short(0x52) is not None


def test_reqa_to_a_selected_card_is_lost_and_the_next_one_answered():
    field = field_with(EchoCard())
    activation.select_any(field)
    assert field.short(0x26) is None
    assert field.short(0x26) is not None


def test_a_wrong_crc_in_select_gets_no_answer():
    field = field_with(EchoCard())
    field.short(0x26)
    assert field.send(bytes.fromhex("937088041122BF0000")) is None


def test_two_cards_collide_and_are_told_apart():
    field = field_with(EchoCard(UID_A), EchoCard(UID_B))
    first = activation.select_any(field)
    activation.halt(field)
    second = activation.select_any(field)
    assert {first.uid, second.uid} == {UID_A, UID_B}


uids = st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=7, max_size=7)).filter(
    # A single-size UID never starts with the cascade tag.
    lambda uid: uid[0] != 0x88
)


@given(pair=st.lists(uids, min_size=2, max_size=2, unique=True))
def test_anticollision_finds_either_card_when_both_are_halted(pair):
    field = field_with(EchoCard(pair[0]), EchoCard(pair[1]))
    first = activation.select_any(field)
    activation.halt(field)
    other = activation.select_any(field, avoid=first.uid)
    assert {first.uid, other.uid} == set(pair)
    activation.halt(field)
    assert activation.select_any(field, avoid=other.uid).uid == first.uid
    for uid in pair:
        activation.halt(field)
        chosen = activation.select_uid(field, activation.with_cascade_tags(uid))
        assert chosen.uid == uid


def test_nothing_happens_without_power():
    card = EchoCard()
    field = Field()
    field.insert(card)
    assert field.short(0x52) is None
    assert not card.powered
    field.switch(on=True)
    assert card.powered
    field.remove(card)
    assert not card.powered


def test_the_field_holds_two_cards_each_once():
    cards = [EchoCard(bytes((4, *[n] * 6))) for n in range(3)]
    field = field_with(cards[0])
    with pytest.raises(FieldError, match="already"):
        field.insert(cards[0])
    field.insert(cards[1])
    with pytest.raises(FieldError, match="2 cards"):
        field.insert(cards[2])
    with pytest.raises(FieldError, match="not in the field"):
        field.remove(cards[2])


def test_the_listener_hears_the_air_with_crc():
    heard = []
    field = field_with(EchoCard(), listener=lambda way, data: heard.append((way, data.hex())))
    activation.select_any(field)
    assert [way for way, _ in heard] == [*itertools.islice(itertools.cycle("><"), 10)]
    assert heard[0] == (">", "26")
    assert heard[-1] == ("<", "20fc70")
