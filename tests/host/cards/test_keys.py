"""The key file and what is derived from it."""

import json
import stat

import pytest

from firmware.core import errors, purse
from firmware.core.errors import VafaError
from host.cards import keyfile, keys
from tests.host.club import SeededRandomness
from tools.models.card import crypto as model_crypto

UID = bytes.fromhex("045A1B2C3D4E80")


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "keys.json"
    keyfile.write(path, keyfile.generate(SeededRandomness()))
    return path


def _code(path) -> int:
    with pytest.raises(VafaError) as caught:
        keyfile.read(path)
    return caught.value.code


def test_a_key_file_is_read_back_and_only_its_owner_can_read_it(path):
    assert keyfile.read(path) == keyfile.generate(SeededRandomness())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_file_is_never_written_over(path):
    before = path.read_bytes()
    with pytest.raises(VafaError) as caught:
        keyfile.write(path, keyfile.generate(SeededRandomness(2)))
    assert caught.value.code == errors.HOST_EXISTS
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_file_open_to_others_is_refused(path, mode):
    path.chmod(mode)
    assert _code(path) == errors.KEYS_EXPOSED


def test_a_missing_key_file_is_named(tmp_path):
    assert _code(tmp_path / "keys.json") == errors.HOST_FILES


def _changed(path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content["masters"]["debit"].update({"1": "00" * 16}),
        lambda content: content["masters"]["debit"].update({"1": "00" * 15}),
        lambda content: content["masters"].pop("credit"),
        lambda content: content["masters"].update(credit={}),
        lambda content: content.update(signing="11" * 32),
        lambda content: content.update(layout=2),
        lambda content: content.pop("check"),
    ],
)
def test_a_damaged_key_file_is_refused(path, change):
    _changed(path, change)
    assert _code(path) == errors.KEYS_DAMAGED


@pytest.mark.parametrize("content", ["", "[]", "{", "null"])
def test_a_file_that_holds_no_keys_is_refused(path, content):
    path.write_text(content)
    assert _code(path) == errors.KEYS_DAMAGED


def test_nothing_shows_a_key(path):
    content = json.loads(path.read_text())
    loaded = keyfile.read(path)
    host_keys = keys.HostKeys(loaded, SeededRandomness())
    card_keys = host_keys.card_keys(UID, 1)
    shown = repr(loaded) + repr(host_keys) + repr(card_keys) + repr(host_keys.signer)
    secrets = [key for versions in content["masters"].values() for key in versions.values()]
    secrets += [content["wrapping"], content["signing"], card_keys.picc.hex()]
    for secret in secrets:
        assert secret not in shown
        assert str(bytes.fromhex(secret)) not in shown


def test_card_keys_are_diversified_by_uid_role_and_application(path):
    host_keys = keys.load(path, SeededRandomness())
    loaded = keyfile.read(path)
    aid = bytes.fromhex("464156")
    for role, application in ((purse.KEY_CREDIT, aid), (purse.KEY_PICC, bytes(3))):
        m = UID + application + bytes((role,)) + b"VAFA.1"
        expected = model_crypto.an10922(loaded.masters[role][1], m)
        assert host_keys.card_key(UID, role, 1) == expected


def test_two_cards_share_no_key(path):
    host_keys = keys.load(path, SeededRandomness())
    first = host_keys.card_keys(UID, 1)
    second = host_keys.card_keys(UID[:-1] + b"\x81", 1)
    both = [*first.application, first.picc, first.transaction_mac]
    both += [*second.application, second.picc, second.transaction_mac]
    assert len(set(both)) == 2 * (purse.KEY_COUNT + 2)


def test_a_new_version_serves_only_when_every_role_has_it(path):
    loaded = keyfile.read(path)
    loaded.masters[purse.KEY_CREDIT][2] = bytes(range(16))
    assert keys.HostKeys(loaded, SeededRandomness()).version == 1
    for versions in loaded.masters.values():
        versions[2] = bytes(range(16))
    assert keys.HostKeys(loaded, SeededRandomness()).version == 2


def test_an_unknown_version_is_refused(path):
    with pytest.raises(VafaError) as caught:
        keys.load(path, SeededRandomness()).card_key(UID, purse.KEY_CREDIT, 9)
    assert caught.value.code == errors.HOST_FILES


def test_a_wrapped_secret_opens_under_its_own_label_only(path):
    host_keys = keys.load(path, SeededRandomness())
    wrapped = host_keys.wrap(b"secret" * 5, b"terminal 1")
    assert b"secret" not in wrapped
    assert host_keys.unwrap(wrapped, b"terminal 1") == b"secret" * 5
    damaged = wrapped[:-1] + bytes((wrapped[-1] ^ 1,))
    for content, label in ((wrapped, b"terminal 2"), (damaged, b"terminal 1"), (b"", b"")):
        with pytest.raises(VafaError) as caught:
            host_keys.unwrap(content, label)
        assert caught.value.code == errors.KEYS_DAMAGED


def test_the_check_value_is_the_cmac_of_a_zero_block(path):
    loaded = keyfile.read(path)
    expected = model_crypto.cmac(loaded.masters[purse.KEY_DEBIT][1], bytes(16))[:3].hex()
    assert loaded.check_values()["debit/1"] == expected
