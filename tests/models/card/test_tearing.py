import pytest

from tests.models.card.host import (
    AID,
    DEBIT,
    FULL,
    Host,
    SilenceError,
    commit,
    debit,
    get_value,
    purse_card,
    tap,
    u24,
    write_record,
)
from tools.models.card import Card, CardProfile, Picc, Tear

SALE = ["select", "challenge", "response", "value", "debit", "backup", "record", "commit"]
COMMIT = SALE.index("commit") + 1


def sale(host):
    """One exchange for each name in `SALE`."""
    tap(host)
    get_value(host)
    debit(host, 100)
    # Longer than one block, so that the frame test tears inside a chain.
    host.secure(0x8D, b"\x03" + u24(0) + u24(40), bytes(40), FULL)
    write_record(host, b"sale")
    commit(host, 1)


def after_tear(host, plan):
    """The committed balance and record after a sale with this tear, and whether it was torn."""
    host.card.tear = plan
    with pytest.raises(SilenceError):
        sale(host)
    # Out of the field: silence until field off and on.
    with pytest.raises(SilenceError):
        host.raw(0x60)
    truth = host.card.truth(AID)
    tap(host)
    assert get_value(host) == truth.values[2]
    return truth


def nothing_happened(truth):
    return (truth.values, truth.newest_records, truth.tmc) == ({2: 1_000}, {4: None}, 0)


def everything_happened(truth):
    record = b"sale".ljust(16, b"\0")
    return (truth.values, truth.newest_records, truth.tmc) == ({2: 900}, {4: record}, 1)


@pytest.mark.parametrize("phase", ["before", "after"])
@pytest.mark.parametrize("at", range(1, COMMIT + 1))
def test_a_tear_at_any_exchange_is_all_or_nothing(at, phase):
    truth = after_tear(purse_card(), Tear(at, phase))
    done = at == COMMIT and phase == "after"
    assert everything_happened(truth) if done else nothing_happened(truth)


@pytest.mark.parametrize("outcome", ["rolled_back", "done"])
def test_power_lost_while_committing(tmp_path, outcome):
    host = purse_card(tmp_path / "card.json")
    truth = after_tear(host, Tear(COMMIT, "during", outcome))
    assert everything_happened(truth) if outcome == "done" else nothing_happened(truth)
    assert Card.load(tmp_path / "card.json").truth(AID) == truth


def test_a_rolled_back_commit_may_be_reported_once():
    host = purse_card(profile=CardProfile(rolled_back_status=0xEE))
    host.card.tear = Tear(COMMIT, "during", "rolled_back")
    with pytest.raises(SilenceError):
        sale(host)
    host.card.field_off()
    host.card.field_on()
    assert host.raw(0x60)[0] == 0xEE
    assert host.raw(0x5A, u24(AID))[0] == 0


def test_a_torn_standard_file_is_half_written():
    host = purse_card()
    tap(host, 2)
    host.card.tear = Tear(4, "during", "rolled_back")
    with pytest.raises(SilenceError):
        host.secure(0x8D, b"\x01" + u24(0) + u24(8), b"abcdefgh", FULL)
    tap(host, 2)
    assert host.secure(0xAD, b"\x01" + u24(0) + u24(8), mode=FULL) == b"abcd\0\0\0\0"


def blocks(picc, apdu, number):
    """Send an APDU in blocks of at most 61 bytes; the answer, or None for silence."""
    parts = [apdu[i : i + 61] for i in range(0, len(apdu), 61)]
    for part in parts[:-1]:
        if picc.transceive(bytes([0x12 | number[0]]) + part) is None:
            return None
        number[0] ^= 1
    answer = picc.transceive(bytes([0x02 | number[0]]) + parts[-1])
    number[0] ^= 1
    out = b""
    while answer is not None:
        out += answer[1:]
        if not answer[0] & 0x10:
            return out
        answer = picc.transceive(bytes([0xA2 | number[0]]))
        number[0] ^= 1
    return None


class BlockCard:
    """A card behind the block protocol, with the two methods that `Host` uses."""

    def __init__(self, card):
        self.card, self.picc, self.number, self.frames = card, Picc(card), [0], 0
        self.truth = card.truth

    def field_off(self):
        self.picc.field_off()

    def field_on(self):
        self.picc.field_on()
        self.number = [0]
        self.picc.transceive(b"\xe0\x50")

    def exchange(self, apdu):
        return blocks(self.picc, apdu, self.number)


def frames_of_a_sale():
    host = purse_card()
    host.card.field_off()
    front = BlockCard(host.card)
    count = 0
    plain = front.picc.transceive

    def counted(frame):
        nonlocal count
        count += 1
        return plain(frame)

    front.picc.transceive = counted
    sale(Host(front))
    return count


def test_a_tear_at_any_frame_is_all_or_nothing():
    total = frames_of_a_sale()
    assert total > len(SALE) + 1  # at least one chained block
    for at in range(1, total + 1):
        for phase in ("before", "during", "after"):
            card = purse_card().card
            card.field_off()
            front = BlockCard(card)
            card.tear = Tear(at, phase, "rolled_back", unit="frame")
            with pytest.raises(SilenceError):
                sale(Host(front))
            truth = card.truth(AID)
            if at == total and phase == "after":
                assert everything_happened(truth)
            else:
                assert nothing_happened(truth), (at, phase)


def test_a_planted_fault_shows_to_the_terminal():
    host = purse_card()
    host.card.alter_value(AID, 2, 123_456)
    tap(host, DEBIT)
    assert get_value(host) == 123_456
    with pytest.raises(TypeError):
        host.card.alter_value(AID, 4, 1)


@pytest.mark.parametrize("outcome", ["rolled_back", "done"])
def test_immediate_changes_are_all_or_nothing_too(tmp_path, outcome):
    host = purse_card(tmp_path / "card.json")
    tap(host, 0)
    host.card.tear = Tear(4, "during", outcome)
    with pytest.raises(SilenceError):
        host.secure(0xDF, data=b"\x02")
    present = 2 in host.card.truth(AID).values
    assert present == (outcome == "rolled_back")
    assert Card.load(tmp_path / "card.json").truth(AID) == host.card.truth(AID)
