"""`vafa vectors`: all vectors pass in both interpreters, and no mistake in a file passes."""

import json
from pathlib import Path

import pytest

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
    return ("0" if value[0] != "0" else "1") + value[1:] if value else "00"


def leaves(value, path=()):
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path


def test_every_expected_value_is_really_compared():
    """Damage each expected value of each vector, one at a time: the core must notice."""
    checks = portable.core_checks(portable.interpreter_aes())
    copied = {"name", "mode", "header", "data"}  # of an exchange: inputs, not results
    unnoticed = []
    for path in sorted(VECTORS.glob("*.json")):
        for vector in json.loads(path.read_text())["vectors"]:
            for leaf in leaves(vector["expected"]):
                if leaf[-1] in {"reject"} or (leaf[0] == "exchanges" and leaf[-1] in copied):
                    continue
                changed = json.loads(json.dumps(vector))
                node = changed["expected"]
                for step in leaf[:-1]:
                    node = node[step]
                node[leaf[-1]] = damaged(node[leaf[-1]])
                if not suite.judge(changed, checks, portable_refusals()):
                    unnoticed.append((vector["id"], leaf))
    assert unnoticed == []


def portable_refusals():
    from firmware.core.errors import VafaError

    return (VafaError,)


def test_models_answer_every_kind_that_has_a_card_or_reader_side():
    kinds = {
        vector["function"]
        for path in VECTORS.glob("*.json")
        for vector in json.loads(path.read_text())["vectors"]
    }
    # Layouts that only our side reads or builds; the bit order belongs to a bus, not a frame.
    core_only = {"access_rights", "amount_le32", "file_settings", "get_version", "subkeys"}
    assert kinds - set(against_models.CHECKS) <= core_only | {"spi_bit_order", "session", "tmv"}
