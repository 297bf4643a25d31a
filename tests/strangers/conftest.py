"""A running model reader for each test, and the strangers' programs, or the reason they lack."""

from __future__ import annotations

import ctypes.util
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tools.strangers import install

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(__file__).parent / "peers"
START_S = 30
RUN_S = 120


def lacking(what, remedy):
    """A stranger is not here: a failure where everything must be tested, else a skip."""
    message = f"{what} is not installed: {remedy}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


def program(name, package):
    path = shutil.which(name)
    if path is None:
        lacking(name, f"apt-get install {package}")
    return path


def libraries(*names):
    for name, package in names:
        if ctypes.util.find_library(name) is None:
            lacking(f"lib{name}", f"apt-get install {package}")


class Reader:
    """`python -m tools.sim.reader` as a process of its own."""

    def __init__(self, folder, cards, personality):
        self.link = folder / "reader"
        self.cards = [folder / f"card-{number}.json" for number in range(cards)]
        command = [sys.executable, "-m", "tools.sim.reader", "--link", str(self.link)]
        command += ["--new-personality", personality]
        for card in self.cards:
            command += ["--card", str(card)]
        self.environment = {**os.environ, "LIBNFC_DEVICE": f"pn532_uart:{self.link}:115200"}
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        words = self._process.stdout.readline()
        if not words.startswith("reader ready with "):
            pytest.fail(f"the reader did not start: {words}{self._process.communicate()[1]}")
        self.uids = words.removeprefix("reader ready with ").split(";")[0].split(" and ")

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        _, errors = self._process.communicate(timeout=START_S)
        return self._process.returncode, errors

    def run(self, command):
        """A program that talks to the reader through libnfc; what it printed."""
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=RUN_S,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def drive(self, script, python=sys.executable):
        """One of peers/ against this reader; what its library saw."""
        return json.loads(self.run([str(python), str(PEERS / script), str(self.link)]))

    def drive_in(self, environment, script):
        if not install.installed(environment):
            lacking(environment, "python -m tools.strangers.install")
        return self.drive(script, install.interpreter(environment))


@pytest.fixture
def start_reader(tmp_path):
    """Start readers; at the end each must stop without a word and take its link away."""
    readers = []

    def start(cards=1, personality="desfire-ev2"):
        folder = tmp_path / str(len(readers))
        folder.mkdir()
        readers.append(Reader(folder, cards, personality))
        return readers[-1]

    yield start
    ends = [reader.stop() for reader in readers]
    assert ends == [(0, "")] * len(readers)
    assert not any(reader.link.is_symlink() for reader in readers)


@pytest.fixture
def reader(start_reader):
    return start_reader()
