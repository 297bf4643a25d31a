"""All services of one host process, built in one place from its directory.

Owns the wiring and nothing else. Called by `host.serve`, by administration and by tests, which
hand in their own clock and randomness.
"""

from dataclasses import dataclass

from sqlalchemy import Engine

from firmware.core.errors import HOST_FILES, VafaError
from host.cards import keys as cards_keys
from host.cards.desk import CardDesk
from host.cards.directory import CardsDirectory
from host.cards.hotlist import Hotlist
from host.cards.keys import HostKeys
from host.cards.terminals import Terminals
from host.db.engine import open_engine
from host.home import Home, load_config
from host.intake.service import Intake
from host.ports import Clock, Randomness
from host.settlement.service import Settlement


@dataclass(frozen=True)
class Application:
    """The host's services. Each method of theirs is a transaction of its own."""

    engine: Engine
    keys: HostKeys
    clock: Clock
    randomness: Randomness
    directory: CardsDirectory
    desk: CardDesk
    hotlist: Hotlist
    terminals: Terminals
    intake: Intake
    settlement: Settlement


def build(
    home: Home, clock: Clock, randomness: Randomness, engine: Engine | None = None
) -> Application:
    """Open a host's directory. The database must be migrated by `vafa host init` or `migrate`.

    `engine` is one that is open on this database already; None opens one of its own.
    Raises 439 for a missing directory or file, 437 and 438 for an unusable key file.
    """
    if not home.directory.is_dir():
        raise VafaError(HOST_FILES, str(home.directory))
    config = load_config(home)
    keys = cards_keys.load(home.keys, randomness)
    engine = engine or open_engine(config.database)
    directory = CardsDirectory(engine, keys)
    return Application(
        engine=engine,
        keys=keys,
        clock=clock,
        randomness=randomness,
        directory=directory,
        desk=CardDesk(engine, keys, config.policy, clock),
        hotlist=Hotlist(engine, keys.signer, clock),
        terminals=Terminals(engine, keys, config.policy, clock, randomness),
        intake=Intake(engine, directory, clock),
        settlement=Settlement(engine, keys.signer.sign, clock),
    )
