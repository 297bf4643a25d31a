"""`vafa vectors`: all vectors pass in both interpreters, and no mistake in a file passes."""

import json
from pathlib import Path

import pytest

from firmware.core.errors import VafaError
from tools import micropython
from tools.vectors import against_models, portable, suite
from tools.vectors.__main__ import main

VECTORS = Path(__file__).parents[1] / "vectors"
GOOD = {
    "id": "crc",
    "function": "crc32",
    "inputs": {"data": "00000000000000000000000000000000"},
    "expected": {"crc_le": "AAB44413"},
}
INTERPRETERS = pytest.mark.parametrize("interpreter", suite.INTERPRETERS)


def run(folder, capsys, interpreter="cpython"):
    code = suite.run(folder, interpreter)
    lines = capsys.readouterr().out.splitlines()
    return code, lines[-1], lines


def write(folder, *vectors):
    (folder / "some.json").write_text(json.dumps({"vectors": vectors}))


@INTERPRETERS
def test_all_vectors_pass(interpreter, capsys):
    code, last, lines = run(VECTORS, capsys, interpreter)
    count = sum(len(json.loads(path.read_text())["vectors"]) for path in VECTORS.glob("*.json"))
    assert (code, last) == (0, f"{count} passed, 0 failed"), "\n".join(lines)
    assert count >= 116


@INTERPRETERS
def test_a_wrong_value_is_listed_with_what_came_out(interpreter, tmp_path, capsys):
    write(tmp_path, GOOD, {**GOOD, "id": "bad", "expected": {"crc_le": "AAB44414"}})
    code, last, lines = run(tmp_path, capsys, interpreter)
    assert (code, last) == (1, "1 passed, 1 failed")
    assert "FAIL some.json bad (core)" in lines
    assert "FAIL some.json bad (models)" in lines
    assert any("expected AAB44414" in line for line in lines)
    assert any("got      AAB44413" in line for line in lines)


@INTERPRETERS
@pytest.mark.parametrize(
    "wrong",
    [
        {"function": "no_such_kind"},
        {"function": None},
        {"expected": {}},
        {"expected": {"crc_le": "AAB44413", "never_computed": "00"}},
        {"expected": {"reject": "nothing is wrong with it"}},
        {"inputs": {}},
        {"inputs": {"data": "0G"}},
        {"inputs": 5},
    ],
)
def test_a_vector_that_checks_nothing_fails(wrong, interpreter, tmp_path, capsys):
    write(tmp_path, {**GOOD, **wrong})
    assert run(tmp_path, capsys, interpreter)[:2] == (1, "0 passed, 1 failed")


@INTERPRETERS
@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"vectors": []}', '{"vectors": [1]}'])
def test_a_broken_file_counts_as_failed(text, interpreter, tmp_path, capsys):
    write(tmp_path, GOOD)
    (tmp_path / "broken.json").write_text(text)
    assert run(tmp_path, capsys, interpreter)[:2] == (1, "1 passed, 1 failed")


def test_a_folder_without_vectors_counts_as_failed(tmp_path, capsys):
    assert run(tmp_path, capsys)[:2] == (1, "0 passed, 1 failed")
    assert run(tmp_path / "missing", capsys)[:2] == (1, "0 passed, 1 failed")


def test_a_crash_of_the_interpreter_fails_the_vectors_it_lost(tmp_path, capsys, monkeypatch):
    write(tmp_path, GOOD, GOOD)
    monkeypatch.setattr(suite, "_HEAP", "64K")
    code, last, lines = run(tmp_path, capsys, "micropython")
    assert (code, last) == (1, "0 passed, 2 failed")
    assert any("the interpreter gave none" in line for line in lines)


def test_a_missing_interpreter_is_said(tmp_path, capsys, monkeypatch):
    def missing(*_args, **_kwargs):
        raise micropython.MicroPythonError("no MicroPython interpreter")

    write(tmp_path, GOOD)
    monkeypatch.setattr(micropython, "run", missing)
    assert main([str(tmp_path), "--interpreter", "micropython"]) == 2
    assert "no MicroPython interpreter" in capsys.readouterr().err


def damaged(value):
    """The same shape with one digit, bit or word changed."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if not value:
        return "00"
    middle = len(value) // 2
    digit = "0" if value[middle] != "0" else "1"
    return value[:middle] + digit + value[middle + 1 :]


def leaves(value, path=()):
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def unnoticed(checks, refusals, skipped):
    """Expected values that can be damaged, one at a time, without the checks noticing."""
    for path in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            for leaf in leaves(vector["expected"]):
                if vector["function"] not in checks or skipped(vector["function"], leaf):
                    continue
                changed = json.loads(json.dumps(vector))
                node = changed["expected"]
                for step in leaf[:-1]:
                    node = node[step]
                node[leaf[-1]] = damaged(node[leaf[-1]])
                if not suite.judge(changed, checks, refusals):
                    yield vector["id"], leaf


def test_the_core_notices_any_damaged_value():
    def skipped(_kind, leaf):
        # "reject" is a comment; the others are inputs of an exchange, not results
        return leaf[-1] in {"reject", "name", "mode", "header", "data"} and leaf != ("data",)

    checks = portable.core_checks(portable.interpreter_aes())
    assert list(unnoticed(checks, (VafaError,), skipped)) == []


def test_the_models_notice_any_damaged_answer_of_the_card():
    answers = {
        "auth_ev2_first": {"resp1", "resp2", "apdu2", "ses_auth_enc", "ses_auth_mac"},
        "secure_messaging": {"apdu", "response"},
        "session": {"apdu", "response", "tmv"},
        "tmv": {"tmv", "enc_tmri"},
        "an10922_aes128": {"diversified_key"},
        "pn532_frame": {"frame"},
        "cmac": {"cmac"},
    }

    def skipped(kind, leaf):
        return leaf[-1] not in answers.get(kind, set())

    checks, refusals = against_models.CHECKS, against_models.REFUSALS
    assert list(unnoticed(checks, refusals, skipped)) == []


READER = {"cmd": "C8", "reader_id": "11" * 16}
TRANSACTIONS = {
    "native codes": [
        {"cmd": "BD", "file": 1, "offset": 3, "data": "AA" * 21},
        {"cmd": "3D", "file": 3, "offset": 5, "data": "BB" * 70},
        {"cmd": "3B", "file": 4, "offset": 2, "data": "CC" * 60},
    ],
    "records": [
        {"cmd": "BB", "file": 4, "record": 1, "count_actual": 2, "data": "01" * 20 + "02" * 20},
        {"cmd": "8B", "file": 4, "offset": 0, "data": "CC" * 20},
    ],
    "update": [{"cmd": "BA", "file": 4, "record": 0, "offset": 3, "data": "DD" * 5}],
    "update, native code": [{"cmd": "DB", "file": 4, "record": 1, "offset": 0, "data": "DD" * 16}],
    "credit": [{"cmd": "0C", "file": 2, "value": 5}, {"cmd": "6C", "file": 2, "value": -7}],
    "clear": [{"cmd": "EB", "file": 4}],
    "reader without session": [{"cmd": "DC", "file": 2, "value": 3}, READER],
    "reader in a session": [
        {"cmd": "1C", "file": 2, "value": 3},
        {**READER, "previous_reader_id": "22" * 16},
    ],
}


@pytest.mark.parametrize("name", TRANSACTIONS)
def test_core_and_card_agree_where_no_vector_exists(name):
    """The TMV that the core computes is the one the model card commits, command by command."""
    inputs = {
        "app_tm_key": "3C4D5E6F708192A3B4C5D6E7F8091A2B",
        "uid": "045A1B2C3D4E80",
        "counter_used": 5,
        "commands": TRANSACTIONS[name],
    }
    core = portable.core_checks(portable.interpreter_aes())["tmv"](inputs, {})
    card = against_models.CHECKS["tmv"](inputs, {"tmv": "", "enc_tmri": ""})
    assert card["tmv"] == core["tmv"]
    assert card["enc_tmri"] == core.get("enc_tmri", "")


def test_models_answer_every_kind_that_has_a_card_or_reader_side():
    kinds = {
        vector["function"]
        for path in VECTORS.glob("*.json")
        for vector in json.loads(path.read_text())["vectors"]
    }
    # Layouts that only our side reads or builds; the bit order belongs to a bus, not a frame.
    core_only = {"access_rights", "amount_le32", "file_settings", "get_version", "subkeys"}
    assert kinds - set(against_models.CHECKS) <= core_only | {"spi_bit_order"}
