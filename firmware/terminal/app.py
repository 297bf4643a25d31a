"""The terminal's program: builds every part once, runs its tasks, watches over them.

Owns the order of start-up and what happens when a task dies. Knows no hardware: the HAL comes in.
Called by main; a simulator may call `run` with a HAL of its own.

Start-up: clock, journal (recovery), signed objects, link, desk. Tasks: the desk may never die, so
its repeated death ends the program and the board starts it anew; link and house are restarted.
"""

import asyncio
import gc

from firmware.core import record
from firmware.core.errors import TASK_FAILED, VafaError
from firmware.terminal import config, flashmap
from firmware.terminal.clock import Clock
from firmware.terminal.journal.journal import Journal
from firmware.terminal.link import messages
from firmware.terminal.link.client import Client
from firmware.terminal.link.session import HostSession
from firmware.terminal.link.sync import Sync
from firmware.terminal.objects import ObjectStore
from firmware.terminal.pay.policy import Repeats
from firmware.terminal.rng import Rng
from firmware.terminal.ui import views
from firmware.terminal.ui.desk import Desk

_HOUSE_MS = 50
_QUIET_MS = 10
_RESTART_MS = 500
_DESK_DEATHS = 5


class Terminal:
    """The parts of one terminal, for those who work with several of them."""

    def __init__(self, hal, terminal_id):
        self.hal = hal
        self.id = terminal_id
        self.rng = Rng(hal.se)
        self.clock = Clock(hal)
        self.journal = Journal(hal.nor, flashmap.JOURNAL, hal.se, terminal_id, self.clock.now)
        self.config_store = self._store(
            messages.OBJECT_KIND_CONFIG, flashmap.CONFIG_A, flashmap.CONFIG_B
        )
        self.hotlist = self._store(
            messages.OBJECT_KIND_HOTLIST, flashmap.HOTLIST_A, flashmap.HOTLIST_B
        )
        client = Client(hal)
        self.session = HostSession(hal, self.rng, client, terminal_id)
        self.sync = Sync(self, client, self.session)
        self.repeats = Repeats(hal)
        self.config = None
        self.language = "fa"
        # A card is in the field: nobody starts slow work.
        self.busy = False
        # (amount, order reference) that the till sent and nobody has taken up yet.
        self.order = None

    def _store(self, kind, first, second):
        return ObjectStore(self.hal.nor, (first, second), self.hal.se, kind, self.id)

    def start(self):
        """Recover everything that is durable."""
        self.journal.recover()
        self.clock.not_before(self.journal.last_time)
        self.config_store.recover()
        self.hotlist.recover()
        self.load_config()
        if self.journal.doubts.last_done is not None:
            # The supply may have failed between its outcome and its tone: ask before a repetition.
            self.repeats.note(*self.journal.doubts.last_done)
        self.journal.note_start()

    def load_config(self):
        """Use the configuration in force; an unreadable one leaves the present one in use."""
        try:
            self.config = config.load(self.config_store)
        except VafaError as error:
            self.journal.note(record.EVENT, record.Event(error.code, self.config_store.version))
        if self.config is not None:
            self.language = self.config.language
            self.clock.not_before(self.config.issued_at)

    def switch_language(self):
        """The other language, until the next configuration."""
        self.language = "en" if self.language == "fa" else "fa"

    async def quiet(self):
        """Wait until no card is in the field."""
        while self.busy:
            await self.hal.sleep_ms(_QUIET_MS)

    def after_operation(self):
        """Collect garbage while nobody waits, and say how much memory is free."""
        gc.collect()
        if hasattr(gc, "mem_free"):
            report("heap_free", gc.mem_free())


def report(name, value):
    """One line for a developer on the console: never a key, an amount or a card number."""
    print("vafa: %s %s" % (name, value))  # noqa: T201 - the console is this function's purpose


async def _keep_house(terminal):
    """Work ahead while nobody waits: erase, close sectors."""
    while True:
        await terminal.quiet()
        if not terminal.journal.tidy():
            await terminal.hal.sleep_ms(_HOUSE_MS)
        await terminal.hal.sleep_ms(0)


async def _watch(terminal, name, run, deaths_allowed=None):
    """Run a task for ever; journal the first of several equal deaths.

    A part that fails (VafaError) is tried again for as long as it takes; after more than
    `deaths_allowed` deaths of other kinds the program itself ends.
    """
    deaths = 0
    noted = 0
    while True:
        try:
            await run()
        except Exception as error:
            # Whatever it is, the other tasks must go on.
            is_fault = isinstance(error, VafaError)
            code = getattr(error, "code", TASK_FAILED)
            report("task_failed", "%s %r" % (name, error))
            if deaths_allowed is not None:
                terminal.hal.panel.show(*views.out_of_order(terminal.language, code))
                deaths += not is_fault
                if deaths > deaths_allowed:
                    raise
            if code != noted:
                terminal.journal.note(record.EVENT, record.Event(TASK_FAILED, code))
                noted = code
        await terminal.hal.sleep_ms(_RESTART_MS)


async def serve(hal, terminal_id):
    """Start up and run until the desk can't be kept alive."""
    terminal = Terminal(hal, terminal_id)
    terminal.start()
    terminal.after_operation()
    desk = Desk(terminal)
    helpers = [
        asyncio.create_task(_watch(terminal, "link", terminal.sync.run)),
        asyncio.create_task(_watch(terminal, "house", lambda: _keep_house(terminal))),
    ]
    try:
        await _watch(terminal, "desk", desk.run, _DESK_DEATHS)
    finally:
        for task in helpers:
            task.cancel()


def run(hal, terminal_id):
    """Run the program; returns only by an exception."""
    asyncio.run(serve(hal, terminal_id))
