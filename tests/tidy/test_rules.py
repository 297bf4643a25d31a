"""Each rule finds what it is for, and lets pass what is right."""

import pytest

from tests.tidy import rules
from tests.tidy.source import Source

WRONG = [
    (rules.layers, "host/ledger/service.py", "import grpc"),
    (rules.layers, "host/ledger/service.py", "from host.grpc import server"),
    (rules.layers, "host/ledger/store.py", "from sqlalchemy.dialects import sqlite"),
    (rules.layers, "host/ledger/rules.py", "from tools.models import card"),
    (rules.layers, "host/intake/rules.py", "from firmware.terminal import tap"),
    (rules.layers, "firmware/core/ev2.py", "import os"),
    (rules.layers, "firmware/core/ev2.py", "import cryptolib"),
    (rules.layers, "firmware/core/ev2.py", "from firmware.terminal import tap"),
    (rules.layers, "firmware/terminal/tap/sale.py", "from machine import Pin"),
    (rules.layers, "firmware/terminal/tap/sale.py", "import dataclasses"),
    (rules.layers, "firmware/terminal/hal/unix.py", "from tools import models"),
    (rules.layers, "tools/models/card/crypto.py", "from firmware.core import cmac"),
    (rules.randomness, "host/cards/service.py", "import secrets"),
    (rules.randomness, "host/cards/service.py", "os.urandom(16)"),
    (rules.randomness, "firmware/terminal/tap/sale.py", "from os import urandom"),
    (rules.randomness, "firmware/terminal/pay/sale.py", "nonce = self._se.random(16)"),
    (rules.wall_clock, "host/cards/service.py", "now = datetime.now(UTC)"),
    (rules.wall_clock, "tools/demo/story.py", "now = time.time()"),
    (rules.money, "host/ledger/rules.py", "half = amount / 2"),
    (rules.money, "host/ledger/rules.py", "amount /= 2"),
    (rules.money, "firmware/core/purse.py", "fee = 0.5"),
    (rules.money, "firmware/core/purse.py", "fee = round(x)"),
    (rules.micropython, "firmware/core/purse.py", "x = [*a, 1]"),
    (rules.micropython, "firmware/core/purse.py", "x = {**a}"),
    (rules.micropython, "firmware/core/purse.py", "x = pow(a, -1, n)"),
    (rules.micropython, "firmware/core/purse.py", "x = n.bit_length()"),
    (rules.micropython, "firmware/core/purse.py", 'x = int.from_bytes(b, "big", signed=True)'),
    (rules.micropython, "firmware/core/purse.py", "def f(a, /): pass"),
    (rules.micropython, "tests/core/mp/test_x.py", "match x:\n    case 1: pass"),
    (rules.file_length, "host/ledger/rules.py", "x = 1\n" * 301),
    (rules.file_length, "firmware/core/errors.py", "x = 1\n"),
    (rules.function_length, "host/a.py", "def f():\n" + "    x = 1\n" * 70),
    (rules.package_docstring, "host/x/__init__.py", "x = 1"),
    (rules.shared_test_names, "tests/core/mp/bits.py", "def test_a(): pass"),
]
RIGHT = [
    (rules.layers, "host/grpc/server.py", "import grpc"),
    (rules.layers, "host/ledger/store.py", "import sqlalchemy"),
    (rules.layers, "host/intake/rules.py", "from firmware.core import record"),
    (rules.layers, "firmware/core/crypto_micropython.py", "import cryptolib"),
    (rules.layers, "firmware/terminal/hal/board.py", "from machine import Pin"),
    (rules.randomness, "host/ports.py", "import secrets"),
    (rules.randomness, "tools/demo/story.py", "import random"),
    (rules.randomness, "host/branch/__main__.py", "import random\njitter = random.Random()"),
    (rules.wall_clock, "host/ports.py", "now = datetime.now(UTC)"),
    (rules.money, "host/ledger/rules.py", "half, rest = divmod(amount, 2)"),
    (rules.money, "tools/bench/table.py", "mean = total / 2"),
    (rules.micropython, "firmware/core/purse.py", "f(*a)\nfirst, *rest = a"),
    (rules.micropython, "host/cards/keys.py", "x = n.bit_length()"),
    (rules.file_length, "host/ledger/rules.py", "x = 1\n" * 300),
    (rules.function_length, "host/a.py", "def f():\n" + "    x = 1\n" * 69),
    (rules.shared_test_names, "tests/core/mp/test_bits.py", "def test_a(): pass"),
    (rules.shared_test_names, "tests/core/mp/aes.py", "def key(): pass"),
]


@pytest.mark.parametrize(("rule", "path", "text"), WRONG)
def test_the_rule_finds_it(rule, path, text):
    assert list(rule(Source(path, text)))


@pytest.mark.parametrize(("rule", "path", "text"), RIGHT)
def test_the_rule_lets_it_pass(rule, path, text):
    assert not list(rule(Source(path, text)))
