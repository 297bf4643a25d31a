"""Enrolment, configurations with their leases, and the hotlist."""

import struct

import pytest

from firmware.core import errors, record
from firmware.core.errors import VafaError
from firmware.core.hmac256 import hmac_sha256
from host import p256
from host.cards import objects, policy
from host.gen.vafa.v1 import config_pb2
from tests.host.club import Club


@pytest.fixture
def club(tmp_path):
    return Club(tmp_path)


@pytest.fixture
def identity(club):
    return p256.PrivateKey(p256.scalar_from(club.randomness.bytes(p256.SEED)))


def _signed(club, stored) -> config_pb2.SignedObject:
    message = config_pb2.SignedObject.FromString(stored.content)
    over = objects.digest(message.kind, message.version, message.terminal_id, message.body)
    assert p256.verify(club.keys.public_point, over, message.signature)
    assert message.version == stored.version
    return message


def _config(club, stored) -> config_pb2.TerminalConfig:
    return config_pb2.TerminalConfig.FromString(_signed(club, stored).body)


def test_enrolling_again_gives_the_same_bundle(club, identity):
    first = club.terminals.enrol(101, "a", identity.point)
    assert club.terminals.enrol(101, "a", identity.point) == first
    assert first.host_point == club.keys.public_point
    assert first.journal_root.hex() not in repr(first)


def test_two_terminals_have_different_roots(club, identity):
    first = club.terminals.enrol(101, "a", identity.point)
    second = club.terminals.enrol(102, "a", identity.point)
    assert first.journal_root != second.journal_root


def test_a_number_stands_with_one_identity_and_branch(club, identity):
    club.terminals.enrol(101, "a", identity.point)
    other = p256.PrivateKey(p256.scalar_from(club.randomness.bytes(p256.SEED)))
    for branch, point in (("b", identity.point), ("a", other.point)):
        with pytest.raises(VafaError) as caught:
            club.terminals.enrol(101, branch, point)
        assert caught.value.code == errors.TERMINAL_ENROLLED


@pytest.mark.parametrize(
    ("terminal", "branch", "point"),
    [
        (0, "a", None),
        (2**32, "a", None),
        (1, "", None),
        (1, "a" * 33, None),
        (1, "a b", None),
        # A party to every settlement already.
        (1, "float", None),
        (1, "a", bytes(64)),
    ],
)
def test_values_that_no_terminal_has_are_refused(club, identity, terminal, branch, point):
    with pytest.raises(VafaError) as caught:
        club.terminals.enrol(terminal, branch, point or identity.point)
    assert caught.value.code == errors.REQUEST_INVALID


def test_the_directory_answers_what_the_intake_asks(club, identity):
    bundle = club.terminals.enrol(101, "a", identity.point)
    directory = club.directory
    assert directory.branch_of(101) == "a"
    assert directory.identity_key(101) == identity.point
    assert directory.journal_root(101) == bundle.journal_root
    assert directory.ack_key(101) == hmac_sha256(bundle.journal_root, record.ACK_KEY_LABEL)
    assert directory.branch_of(9) is directory.journal_root(9) is directory.ack_key(9) is None


def test_only_issued_cards_are_known_to_the_intake(club):
    card = club.issued()
    club.issue(club.blank(2), club.request(club.blank(3)))
    assert club.directory.uids_of([1_000_000_001, 1_000_000_002, 5]) == {
        1_000_000_001: card.state.uid
    }


def test_a_configuration_carries_the_policy_and_a_lease(club, identity):
    club.terminals.enrol(101, "a", identity.point)
    config = _config(club, club.terminals.config(101, "a"))
    assert config.max_tap_minor == club.policy.max_tap_minor
    assert config.lease.max_records == club.policy.lease_records
    assert config.lease.expires_at == club.clock.seconds + club.policy.lease_s


def test_a_lease_is_renewed_when_due_and_not_before(club, identity):
    club.terminals.enrol(101, "a", identity.point)
    first = club.terminals.config(101, "a")
    club.clock.seconds += club.policy.lease_renewal_s - 1
    assert club.terminals.config(101, "a") == first
    club.clock.seconds += 1
    second = club.terminals.config(101, "a")
    assert second.version == first.version + 1
    renewed = _config(club, second).lease
    assert renewed.lease_id == 2
    assert renewed.expires_at == club.clock.seconds + club.policy.lease_s


def test_a_configuration_is_for_the_terminals_own_branch(club, identity):
    club.terminals.enrol(101, "a", identity.point)
    for terminal, branch in ((101, "b"), (102, "a")):
        with pytest.raises(VafaError) as caught:
            club.terminals.config(terminal, branch)
        assert caught.value.code == errors.LINK_TERMINAL


def test_the_hotlist_is_sorted_signed_and_grows_by_versions(club):
    for number in (1, 2, 3):
        club.issued(number)
    club.hotlist.publish_first()
    club.hotlist.publish_first()
    assert _signed(club, club.hotlist.newest()).body == b""
    assert club.hotlist.block(1_000_000_003, "lost") == 2
    assert club.hotlist.block(1_000_000_001, "stolen") == 3
    assert club.hotlist.block(1_000_000_001, "again") == 3
    message = _signed(club, club.hotlist.newest())
    assert struct.unpack("<2I", message.body) == (1_000_000_001, 1_000_000_003)
    assert message.terminal_id == 0


def test_a_card_that_was_never_issued_cannot_be_blocked(club):
    with pytest.raises(VafaError) as caught:
        club.hotlist.block(7, "?")
    assert caught.value.code == errors.CARD_UNKNOWN


def test_an_object_of_another_kind_or_terminal_has_another_digest():
    base = (1, 1, 101, b"body")
    others = [(2, 1, 101, b"body"), (1, 2, 101, b"body"), (1, 1, 102, b"body"), (1, 1, 101, b"b")]
    assert objects.digest(*base) not in [objects.digest(*other) for other in others]


@pytest.mark.parametrize(
    "settings",
    [
        {"paid_limit_minor": 2**31},
        {"max_tap_minor": 0},
        {"max_tap_minor": True},
        {"lease_s": 60},
        {"language": "de"},
        {"colour": "green"},
        {"lease_records": "many"},
    ],
)
def test_a_policy_that_cannot_be_is_refused(settings):
    with pytest.raises(VafaError) as caught:
        policy.parse(settings)
    assert caught.value.code == errors.HOST_FILES
