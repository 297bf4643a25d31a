"""Clock, randomness, configuration and policy: small parts with a rule each."""

import pytest

from firmware.core import errors, purse, record
from firmware.core.errors import VafaError
from firmware.terminal import config
from firmware.terminal.clock import Clock
from firmware.terminal.link import messages, pb
from firmware.terminal.pay import policy
from firmware.terminal.rng import Rng
from tests.terminal.fakes import FakeSe
from tests.terminal.rig import NOW, FakeRtc, FakeTime, Rig, config_body

DAY = 86400


class Hal:
    def __init__(self, seconds):
        time = FakeTime()
        self.time = time
        self.ticks_ms, self.ticks_diff = time.ticks_ms, time.ticks_diff
        self.rtc = FakeRtc(seconds)


def test_time_is_graded_by_where_it_comes_from():
    hal = Hal(None)
    clock = Clock(hal)
    assert clock.now() == (0, record.TIME_NONE)
    clock.not_before(500)
    hal.time.now_ms += 2500
    assert clock.now() == (502, record.TIME_GUESS)
    hal.time.now_ms += 600
    assert clock.now() == (503, record.TIME_GUESS)  # the rest of a second is not lost
    hal.rtc.seconds = NOW
    assert clock.now() == (NOW, record.TIME_CLOCK)
    assert clock.set(NOW + 60) == 0
    assert clock.now() == (NOW + 60, record.TIME_HOST)
    hal.rtc.seconds += DAY
    assert clock.now()[1] == record.TIME_CLOCK


def test_no_time_before_the_newest_record_is_believed():
    hal = Hal(1000)
    clock = Clock(hal)
    clock.not_before(NOW)
    assert clock.now() == (NOW, record.TIME_GUESS)


def test_the_host_corrects_a_clock_that_ran_ahead_and_large_steps_are_told():
    hal = Hal(NOW + 5000)
    clock = Clock(hal)
    clock.not_before(NOW + 5000)
    assert clock.set(NOW) == 5000
    assert clock.now() == (NOW, record.TIME_HOST)


def test_without_a_battery_clock_time_goes_on_from_the_newest_record():
    rig = Rig()
    rig.terminal.journal.append(record.EVENT, record.Event(221, 0))
    rig.rtc.seconds = None
    rig.boot()
    assert rig.terminal.clock.now() == (NOW, record.TIME_GUESS)
    assert rig.pages()[-1][0].grade == record.TIME_GUESS


@pytest.mark.parametrize("stuck", [bytes(32), b"\x07" * 32, b"short"])
def test_a_random_source_that_shows_no_randomness_is_refused(stuck):
    se = FakeSe()
    se.random = lambda _: stuck
    with pytest.raises(VafaError) as refused:
        Rng(se).bytes(16)
    assert refused.value.code == errors.RANDOM_STUCK


def test_a_random_source_that_repeats_itself_is_refused():
    se = FakeSe()
    se.random = lambda count: bytes(range(count))
    rng = Rng(se)
    assert rng.bytes(16) == bytes(range(16))
    with pytest.raises(VafaError):
        rng.bytes(16)


def test_randomness_comes_from_the_secure_element_and_nowhere_else():
    se = FakeSe()
    assert Rng(se).bytes(32) != Rng(se).bytes(32)
    assert se.draws == 2


class Store:
    def __init__(self, body, version=3):
        self.body, self.version, self.size = body, version, len(body)

    def read_into(self, offset, buffer):
        buffer[:] = self.body[offset : offset + len(buffer)]


def test_a_configuration_is_read_with_its_lease():
    loaded = config.load(Store(config_body(max_tap_minor=7, lease={"max_records": 9})))
    assert (loaded.version, loaded.max_tap_minor, loaded.lease_records) == (3, 7, 9)
    assert (loaded.language, loaded.branch_name) == ("en", "Valiasr")
    assert config.load(Store(b"", version=0)) is None


@pytest.mark.parametrize("body", [b"\xff\xff", b"\x08" * 3, bytes(config.BODY_MAX + 1)])
def test_an_unreadable_configuration_is_an_error_of_its_own(body):
    with pytest.raises(VafaError) as refused:
        config.load(Store(body))
    assert refused.value.code == errors.OBJECT_REFUSED


def test_a_configuration_without_lease_allows_no_sale():
    body = pb.encode(messages.TERMINAL_CONFIG, {"currency_unit": 1, "max_tap_minor": 10})
    assert policy.refuse_lease(1, config.load(Store(body)), Exposure(), NOW)


class Exposure:
    def __init__(self, records=0, value=0):
        self.records, self.value_minor = records, value


def settings(**changes):
    return config.load(Store(config_body(**changes)))


def snapshot(paid=1000, paid_after=1000, **statement):
    fields = {"currency_unit": 1, "card_number": 5, "expiry_day": purse.NEVER} | statement
    return purse.Snapshot(
        purse.Statement(**fields).pack(), purse.LogRecord(paid_after=paid_after).pack(), paid
    )


LEASE = {"max_records": 3, "max_value_minor": 100, "expires_at": NOW + 10}


@pytest.mark.parametrize(
    ("amount", "exposure", "now", "reason"),
    [
        (100, Exposure(), NOW, 0),
        (101, Exposure(), NOW, errors.LEASE_VALUE),
        (1, Exposure(2, 99), NOW, 0),
        (1, Exposure(3, 0), NOW, errors.LEASE_RECORDS),
        (1, Exposure(0, 100), NOW, errors.LEASE_VALUE),
        (1, Exposure(), NOW + 9, 0),
        (1, Exposure(), NOW + 10, errors.LEASE_EXPIRED),
        (1, Exposure(), 0, 0),  # without any time only count and value bind
        (101, Exposure(9, 9), NOW + 10, errors.LEASE_EXPIRED),
    ],
)
def test_the_lease_at_its_limits(amount, exposure, now, reason):
    assert policy.refuse_lease(amount, settings(lease=LEASE), exposure, now) == reason


@pytest.mark.parametrize(
    ("amount", "limit", "reason"),
    [
        (0, 10, errors.AMOUNT_ZERO),
        (-5, 10, errors.AMOUNT_ZERO),
        (10, 10, 0),
        (11, 10, errors.AMOUNT_LIMIT),
        (2**31 - 1, 2**32 - 1, 0),
        (2**31, 2**32 - 1, errors.AMOUNT_LIMIT),
    ],
)
def test_the_amount_at_its_limits(amount, limit, reason):
    assert policy.refuse_amount(amount, settings(max_tap_minor=limit)) == reason


def test_without_configuration_nothing_is_sold():
    assert policy.refuse_amount(1, None) == errors.CONFIG_MISSING
    assert policy.refuse_top_up(1, None) == errors.CONFIG_MISSING


TODAY = NOW // DAY


@pytest.mark.parametrize(
    ("card", "listed", "now", "reason"),
    [
        (snapshot(), False, NOW, 0),
        (snapshot(paid_after=999), False, NOW, errors.PURSE_FORMAT),
        (snapshot(), True, NOW, errors.PURSE_HOTLISTED),
        (snapshot(flags=purse.FLAG_BLOCKED), False, NOW, errors.PURSE_BLOCKED),
        (snapshot(expiry_day=TODAY), False, NOW, 0),
        (snapshot(expiry_day=TODAY - 1), False, NOW, errors.PURSE_EXPIRED),
        (snapshot(expiry_day=TODAY - 1), False, 0, 0),
        (snapshot(currency_unit=2), False, NOW, errors.PURSE_CURRENCY),
        (snapshot(paid=99, paid_after=99), False, NOW, errors.PURSE_TOO_SMALL),
        (snapshot(paid=100, paid_after=100), False, NOW, 0),
        (snapshot(flags=purse.FLAG_BLOCKED), True, NOW, errors.PURSE_HOTLISTED),
    ],
)
def test_what_a_card_is_refused_for(card, listed, now, reason):
    def is_hotlisted(number):
        return listed and number == 5

    assert policy.refuse_card(100, card, settings(), is_hotlisted, now) == reason
