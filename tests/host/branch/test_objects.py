"""The gateway's cache of signed objects."""

import pytest

from firmware.core import errors
from firmware.core.errors import VafaError
from host.branch.objects import CHUNK, MAX_OBJECT, ObjectCache
from host.branch.retry import Backoff
from host.gen.vafa.v1 import config_pb2

CONFIG, HOTLIST = 1, 2


def _object(
    kind: int = CONFIG, version: int = 3, terminal: int = 101, body: bytes = b"x"
) -> bytes:
    signed = config_pb2.SignedObject(
        kind=kind, version=version, terminal_id=terminal, body=body, signature=bytes(64)
    )
    return signed.SerializeToString()


def test_an_object_survives_the_process_and_goes_to_its_terminal_only(tmp_path):
    ObjectCache(tmp_path).put(_object())
    cache = ObjectCache(tmp_path)
    assert cache.chunk(CONFIG, 101, 0, 0).data == _object()
    assert cache.chunk(CONFIG, 102, 0, 0).total == 0
    assert cache.version(CONFIG, 101) == 3


def test_the_hotlist_is_for_every_terminal(tmp_path):
    cache = ObjectCache(tmp_path)
    cache.put(_object(HOTLIST, terminal=0))
    assert cache.chunk(HOTLIST, 101, 2, 0).data == cache.chunk(HOTLIST, 7, 0, 0).data


def test_a_terminal_that_is_up_to_date_gets_nothing(tmp_path):
    cache = ObjectCache(tmp_path)
    cache.put(_object())
    assert cache.chunk(CONFIG, 101, 3, 0).total == 0
    assert cache.chunk(CONFIG, 101, 4, 0).total == 0


def test_parts_join_to_the_whole(tmp_path):
    cache = ObjectCache(tmp_path)
    whole = _object(body=bytes(range(256)) * 9)
    cache.put(whole)
    parts = [cache.chunk(CONFIG, 101, 0, at).data for at in range(0, len(whole), CHUNK)]
    assert b"".join(parts) == whole
    with pytest.raises(VafaError) as caught:
        cache.chunk(CONFIG, 101, 0, len(whole))
    assert caught.value.code == errors.LINK_MESSAGE


def test_an_older_version_never_replaces_a_newer_one(tmp_path):
    cache = ObjectCache(tmp_path)
    cache.put(_object(version=3))
    cache.put(_object(version=2))
    assert cache.version(CONFIG, 101) == 3
    assert ObjectCache(tmp_path).version(CONFIG, 101) == 3


@pytest.mark.parametrize(
    "serialized",
    [b"", b"\xff\xff", _object(version=0), _object(kind=0), _object(body=bytes(MAX_OBJECT))],
)
def test_what_is_no_object_is_refused(tmp_path, serialized):
    with pytest.raises(VafaError) as caught:
        ObjectCache(tmp_path).put(serialized)
    assert caught.value.code == errors.LINK_MESSAGE
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_passed_over_and_replaced_by_the_next_pull(tmp_path):
    ObjectCache(tmp_path).put(_object())
    (tmp_path / "1-101.object").write_bytes(b"\xff" * 20)
    cache = ObjectCache(tmp_path)
    assert cache.version(CONFIG, 101) == 0
    cache.put(_object())
    assert ObjectCache(tmp_path).version(CONFIG, 101) == 3


@pytest.mark.parametrize("bit", range(0, 8 * 12, 7))
def test_a_flipped_bit_keeps_no_newer_object_away(tmp_path, bit):
    """A version number that reads higher than any to come must not close the branch for good."""
    ObjectCache(tmp_path).put(_object())
    path = tmp_path / "1-101.object"
    content = bytearray(path.read_bytes())
    content[32 + bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    cache = ObjectCache(tmp_path)
    assert cache.version(CONFIG, 101) == 0
    cache.put(_object(version=4))
    assert cache.version(CONFIG, 101) == 4


def test_waits_double_up_to_a_bound_and_start_small_after_a_success():
    backoff = Backoff(lambda _: 0, first_ms=100, most_ms=500)
    assert [backoff.next_ms() for _ in range(5)] == [100, 200, 400, 500, 500]
    backoff.reset()
    assert backoff.next_ms() == 100


def test_waits_are_cut_by_chance_and_never_below_half():
    longest_cut = Backoff(lambda bound: bound - 1, first_ms=100, most_ms=500)
    assert [longest_cut.next_ms() for _ in range(3)] == [50, 100, 200]
