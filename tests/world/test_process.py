"""A child that dies at its start is reported with what it said; a stopped one is gone."""

import asyncio
from pathlib import Path

import pytest

from tools.world.process import Process, ProcessError


def test_a_child_that_dies_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    child = Process(
        "host", "host.serve", ["--directory", str(tmp_path / "none")], tmp_path / "log"
    )

    with pytest.raises(ProcessError, match=r"host stopped at its start, exit code 1:\n.*439"):
        asyncio.run(child.start("listening"))


def test_a_child_gets_ready_and_is_stopped(tmp_path: Path) -> None:
    async def scenario() -> None:
        child = Process("server", "http.server", ["0", "--bind", "127.0.0.1"], tmp_path / "log")
        line = await child.start("Serving")
        assert "127.0.0.1" in line
        assert child.running
        await child.stop()
        assert not child.running

    asyncio.run(scenario())
