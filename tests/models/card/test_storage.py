import json

import pytest

from tests.models.card.host import AID, UID, commit, debit, get_value, purse_card, tap
from tools.models.card import Card, CardFileError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "card.json"
    host = purse_card(path)
    tap(host)
    debit(host, 1)
    commit(host)
    return path


def test_a_card_survives_its_program(path):
    card = Card.load(path)
    host = purse_card()
    host.card = card
    tap(host)
    assert get_value(host) == 999
    assert card.truth(AID).tmc == 1


def test_pending_changes_are_not_written(path):
    host = purse_card()
    host.card = Card.load(path)
    before = path.read_bytes()
    tap(host)
    debit(host, 5)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[: len(data) // 2],
        lambda _: b"",
        lambda data: b"\xff\xfe" + data,
        lambda data: data.replace(b'"value": 999', b'"value": 998'),
        lambda data: data.replace(b'"format": "vafa model card"', b'"format": "x"'),
        lambda _: b"[]",
    ],
)
def test_a_damaged_file_is_named_and_kept(path, damage):
    damaged = damage(path.read_bytes())
    assert damaged != path.read_bytes()
    path.write_bytes(damaged)
    with pytest.raises(CardFileError, match=r"card\.json.*(restore a copy|create)"):
        Card.load(path)
    assert path.read_bytes() == damaged


def test_other_versions_and_missing_files(path):
    document = json.loads(path.read_text())
    document["version"] = 2
    path.write_text(json.dumps(document))
    with pytest.raises(CardFileError, match="version 2"):
        Card.load(path)
    path.unlink()
    with pytest.raises(CardFileError, match="no such card file"):
        Card.load(path)


def test_a_card_is_never_overwritten(path):
    with pytest.raises(FileExistsError):
        Card.create(path, UID)


def test_a_write_that_fails_leaves_the_balance_as_it_was(path, monkeypatch):
    host = purse_card()
    host.card = Card.load(path)
    tap(host)
    debit(host, 9)

    def full(*_):
        raise OSError("disk full")

    monkeypatch.setattr("tools.models.card.storage.os.fsync", full)
    with pytest.raises(OSError, match="disk full"):
        commit(host)
    assert host.card.truth(AID).values == {2: 999}
    assert Card.load(path).truth(AID).values == {2: 999}


def test_a_key_is_not_in_the_repr(path):
    assert "10101010" not in repr(Card.load(path).state)
