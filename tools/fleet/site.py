"""The host: one or more processes on one database, any of which may die at any commit.

Owns their life: a killed one is built anew from the directory, as a restarted program would be.
Calls the real servicers; gRPC and TLS between them and the caller are left out, the caller's role
is not. Called by the branches' uplinks, the stations and the settlement.
"""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator, Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ParamSpec, TypeVar, cast

from sqlalchemy import Engine

from host import application
from host.application import Application
from host.cards import keyfile
from host.db.engine import open_engine
from host.db.migrate import migrate
from host.gen.vafa.v1 import config_pb2, journal_pb2, link_pb2
from host.grpc.config import ConfigServicer
from host.grpc.identity import Context
from host.grpc.journal import JournalServicer
from host.grpc.link import TerminalLinkServicer
from host.home import Home
from host.ports import Clock
from host.worker import Worker
from tools.fleet.weather import Weather

P = ParamSpec("P")
T = TypeVar("T")


class HostKilledError(Exception):
    """The host's process ended in the middle of what it was asked."""


class DirectWorker(Worker):
    """Does the blocking work at once: there is no other thread in this world."""

    def __init__(self) -> None:
        """There is no pool to make."""

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return call(*args, **kwargs)

    def close(self) -> None:
        """There is no pool to end."""


class SeededRandomness:
    """The host's random bytes, from a seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def bytes(self, size: int) -> bytes:
        return self._random.randbytes(size)


class Site:
    """All host processes over one directory."""

    def __init__(self, directory: Path, clock: Clock, weather: Weather, seed: int) -> None:
        self.home = Home(directory)
        self.randomness = SeededRandomness(f"host {seed}")
        self._clock = clock
        self._weather = weather
        self._dice = weather.dice("host")
        _make_home(self.home, self.randomness)
        # One engine for all processes, each call on a connection of its own: what SQLAlchemy has
        # compiled once needn't be compiled again for every restart.
        self._engine = open_engine(self.home.default_database)
        _watch_commits(self._engine, self._fate)
        self._processes = [_Process(self._build()) for _ in range(weather.profile.hosts)]

    @property
    def application(self) -> Application:
        """The services of one process, any of them."""
        return self._process().application

    async def upload(self, branch: str, pages: list[bytes]) -> journal_pb2.UploadResponse:
        """JournalService.Upload as a branch's gateway calls it."""
        request = journal_pb2.UploadRequest(pages=pages)
        process = self._process()
        answer = process.journal.Upload(request, _caller(branch))
        response: journal_pb2.UploadResponse = await self.surviving(process, answer)
        return response

    async def pull(self, branch: str, request: config_pb2.PullRequest) -> config_pb2.PullResponse:
        """ConfigService.Pull as a branch's gateway calls it."""
        process = self._process()
        answer = process.config.Pull(request, _caller(branch))
        response: config_pb2.PullResponse = await self.surviving(process, answer)
        return response

    def connect(
        self, branch: str, requests: AsyncIterator[link_pb2.ConnectRequest]
    ) -> tuple[_Process, AsyncIterator[link_pb2.ConnectResponse]]:
        """TerminalLinkService.Connect; the process with it, for `surviving`."""
        process = self._process()
        return process, process.link.Connect(requests, _caller(branch))

    async def surviving(self, process: _Process, answer: Any) -> Any:
        """Await an answer; when its process dies over it, start that one anew and raise."""
        if not process.lives:
            raise HostKilledError
        try:
            return await answer
        except HostKilledError:
            self._restart(process)
            raise

    def tried(self, call: Callable[[Application], T]) -> T:
        """Ask a service until no process dies over it; for callers that may ask again."""
        while True:
            process = self._process()
            try:
                return call(process.application)
            except HostKilledError:
                self._restart(process)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _process(self) -> _Process:
        return self._processes[self._dice.randrange(len(self._processes))]

    def _build(self) -> Application:
        return application.build(self.home, self._clock, self.randomness, self._engine)

    def _fate(self) -> str:
        if not self._weather.strikes("host_killed", self._dice):
            return ""
        return self._dice.choice(("before", "after"))

    def _restart(self, process: _Process) -> None:
        process.lives = False
        self._engine.dispose()
        self._processes[self._processes.index(process)] = _Process(self._build())


class _Process:
    """One host process: its services behind the real servicers."""

    def __init__(self, built: Application) -> None:
        worker = DirectWorker()
        self.application = built
        self.lives = True
        self.journal = JournalServicer(built.intake, worker)
        self.config = ConfigServicer(built.terminals, built.hotlist, worker)
        self.link = TerminalLinkServicer(built, worker)


class _Caller:
    """What gRPC would tell a servicer of a gateway's certificate."""

    def __init__(self, branch: str) -> None:
        self._name = f"vafa://gateway/{branch}".encode()

    def auth_context(self) -> dict[str, list[bytes]]:
        return {"x509_subject_alternative_name": [self._name]}


def _caller(branch: str) -> Context:
    return cast("Context", _Caller(branch))


def _watch_commits(engine: Engine, fate: Callable[[], str]) -> None:
    """Have the process die before or after a commit takes effect, when `fate` says so."""
    dialect: Any = engine.dialect
    commit = dialect.do_commit

    def do_commit(connection: Any) -> None:
        end = fate()
        if end == "before":
            raise HostKilledError
        commit(connection)
        if end == "after":
            raise HostKilledError

    dialect.do_commit = do_commit


def _make_home(home: Home, randomness: SeededRandomness) -> None:
    """A host's directory but for certificates, which nobody looks at here."""
    home.directory.mkdir(mode=0o700, parents=True)
    (home.directory / "host.db").write_bytes(_empty_database())
    home.config.write_text(json.dumps({"policy": {"language": "en"}}), encoding="utf-8")
    keyfile.write(home.keys, keyfile.generate(randomness))


@cache
def _empty_database() -> bytes:
    """A migrated database: made once a process, since every world wants one."""
    with TemporaryDirectory() as directory:
        path = Path(directory) / "host.db"
        migrate(f"sqlite:///{path}")
        return path.read_bytes()
