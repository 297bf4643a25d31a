"""Keeps the standing system running and carries out what comes over the control socket.

Owns the tray's first filling and the translation between requests and a counter. Started by
`vafa run`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from firmware.core.errors import VafaError
from host.settlement.render import readable
from tools.live import control
from tools.live.control import Request
from tools.models.card import CardFileError, Tear
from tools.models.nor import NorError
from tools.models.se import StateError
from tools.station_reader import ModelStationReader
from tools.vafa.failure import CommandError
from tools.world import Counter, Ending, ProcessError, World, WorldConfig

TERMINAL = 101
BRANCH = "a"
NAMES = ("ali", "maryam", "neda", "reza", "sara")
TEARS = {
    "before-commit": Tear(at=8, phase="after"),
    "after-commit": Tear(at=9, phase="after"),
}
"""When `vafa tap --tear` pulls the card away: the commit is a sale's ninth exchange."""

_CHECK_S = 0.5
_SYNC_S = 10.0
_REFRESH_MS = 2_000

Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """Where the system stands, and which language its terminal speaks when first set up."""

    directory: Path
    language: str = "fa"


async def run(settings: Settings, say: Say) -> None:
    """Start, serve until Ctrl-C or SIGTERM, stop. CommandError when something stops by itself."""
    directory = settings.directory
    control.check(directory)
    directory.mkdir(parents=True, exist_ok=True)
    if await control.is_answering(directory):
        raise CommandError(f"a system stands in {directory} already; stop it first")
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    say("starting host, gateway and terminal …")
    config = WorldConfig(
        directory,
        {TERMINAL: BRANCH},
        # A secure element must not draw the same random numbers at each start.
        seed=secrets.randbits(64),
        policy={"language": settings.language},
        refresh_ms=_REFRESH_MS,
    )
    try:
        await _stand(config, stopped, say)
    except (ProcessError, StateError, NorError) as error:
        raise CommandError(str(error)) from None
    say("stopped; `vafa run` goes on from here")


async def _stand(config: WorldConfig, stopped: asyncio.Event, say: Say) -> None:
    directory = config.directory
    async with World(config) as world:
        await _fill_tray(world, say)
        await Counter(world.boards[TERMINAL], world.tray).ready()
        desk = _Desk(world)
        server = await control.serve(directory, desk.handle)
        try:
            say(_welcome(world))
            await _watch(world, stopped)
        finally:
            server.close()
            (directory / control.SOCKET).unlink(missing_ok=True)
            say("stopping …")


async def _watch(world: World, stopped: asyncio.Event) -> None:
    while not stopped.is_set():
        if failed := world.failed():
            log = world.config.directory / "log"
            raise CommandError(f"{', '.join(failed)} stopped by itself; look into {log}")
        try:
            await asyncio.wait_for(stopped.wait(), _CHECK_S)
        except TimeoutError:
            continue


async def _fill_tray(world: World, say: Say) -> None:
    """Issue the cards that aren't yet: all at the first start, none later."""
    station = world.station(BRANCH)
    try:
        for name in NAMES:
            if name not in world.tray.names():
                world.tray.add(name)
            if world.tray.truth(name) is None:
                say(f"issuing a card for {name}")
                with ModelStationReader(world.tray.hold(name)) as reader:
                    result = await station.personalise(reader, station.new_request_id())
                if not result.done:
                    raise VafaError(result.reason, f"card {name} could not be issued")
    except CardFileError as error:
        raise CommandError(str(error)) from None


def _welcome(world: World) -> str:
    directory = world.config.directory
    return f"""
everything stands in {directory}
  host      127.0.0.1:{world.host_port}, database {directory / "host" / "host.db"}
  gateway   127.0.0.1:{world.gateway_ports[BRANCH]}, branch {BRANCH}
  terminal  {TERMINAL}, real MicroPython; its flash is in {world.terminal_directory(TERMINAL)}
  cards     {", ".join(world.tray.names())}
  logs      {directory / "log"}

in another shell:
  ./vafa topup   --card {NAMES[-1]} --amount 1000000
  ./vafa tap     --card {NAMES[-1]} --amount 250000
  ./vafa tap     --card {NAMES[-1]} --amount 50000 --tear after-commit
  ./vafa balance --card {NAMES[-1]}
  ./vafa status
  ./vafa settle

Ctrl-C stops everything; started again it goes on with the same state."""


class _Desk:
    """One request at a time: there is one counter."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._counter = Counter(world.boards[TERMINAL], world.tray)
        self._turn = asyncio.Lock()

    async def handle(self, request: Request) -> Request:
        actions = {
            "tap": self._tap,
            "topup": self._top_up,
            "balance": self._balance,
            "settle": self._settle,
            "status": self._status,
        }
        action = actions.get(str(request.get("do")))
        if action is None:
            raise CommandError(f"unknown request {request.get('do')!r}")
        async with self._turn:
            return await action(request)

    async def _tap(self, request: Request) -> Request:
        tear = request.get("tear")
        ending = await self._counter.sell(
            str(int(request["amount"])),
            self._card(request),
            tear=TEARS[str(tear)] if tear else None,
            returns=not request.get("walk_away", False),
        )
        return _shown(ending)

    async def _top_up(self, request: Request) -> Request:
        return _shown(await self._counter.top_up(str(int(request["amount"])), self._card(request)))

    async def _balance(self, request: Request) -> Request:
        return _shown(await self._counter.balance(self._card(request)))

    async def _settle(self, request: Request) -> Request:
        del request
        # What was just sold should be in; a terminal without a link must not hold up the night.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SYNC_S):
                await self._world.synced()
        statement = await self._world.operator.settle(secrets.token_bytes(16))
        return {
            "window": statement.window,
            "statement": statement.canonical_json.decode(),
            "readable": readable(statement.canonical_json),
        }

    async def _status(self, request: Request) -> Request:
        del request
        status = await self._world.operator.status()
        by_uid = {self._world.tray.uid(name): name for name in self._world.tray.names()}
        return {
            "cards": [
                {
                    "name": by_uid.get(card.uid, ""),
                    "number": card.card_number,
                    "state": card.state,
                    "paid_minor": card.paid_minor,
                    "unknown_minor": card.unknown_minor,
                }
                for card in await self._world.operator.cards()
            ],
            "terminals": [
                {
                    "terminal": item.terminal_id,
                    "branch": item.branch,
                    "through_sequence": item.through_sequence,
                    "waiting": item.waiting,
                }
                for item in status.terminals
            ],
            **{
                name: int(getattr(status, name))
                for name in (
                    "paid_minor",
                    "in_doubt",
                    "in_doubt_minor",
                    "suspense",
                    "suspense_minor",
                    "quarantined",
                    "duplicates_ignored",
                    "refusals",
                    "alarms",
                    "last_window",
                    "held_window",
                )
            },
        }

    def _card(self, request: Request) -> str:
        name = str(request.get("card", ""))
        self._world.tray.load(name)
        return name


def _shown(ending: Ending) -> dict[str, Any]:
    return {
        "view": ending.view,
        "lines": list(ending.lines),
        "visits": ending.visits,
        "reason": ending.reason,
    }
