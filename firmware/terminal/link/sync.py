"""Keeps terminal and host in step while there is a link: pages, acknowledgements, objects, time.

Owns the order of that work and its pace. Never erases a page of the journal, and while a card is
in the field it only takes in what comes. Runs as a task of app.
"""

from firmware.core import frame, record
from firmware.core.errors import CLOCK_STEPPED, LINK_MESSAGE, OBJECT_REFUSED, VafaError
from firmware.terminal.link import messages

LINK_VERSION = 1
PAGES_A_MESSAGE = 4
_IDLE_MS = 10
_DOWN_MS = 100
_PING_MS = 5000
_OBJECTS_MS = 2000
# What is missing is asked for more often: the host's presence, and a first configuration.
_MISSING_MS = 500
_TIME_MS = 3600000
_HOLE_MS = 60000
_RETRY_MS = 5000
_BACKOFF_MS = 500
_BACKOFF_MAX_MS = 8000


class Timer:
    """Says when something is due again."""

    def __init__(self, hal):
        self._hal = hal
        self._since = None
        self._period_ms = 0

    def due(self):
        if self._since is None:
            return True
        return self._hal.ticks_diff(self._hal.ticks_ms(), self._since) >= self._period_ms

    def again_in(self, period_ms):
        self._since = self._hal.ticks_ms()
        self._period_ms = period_ms

    def now(self):
        """Make it due at once."""
        self._since = None


class Sync:
    """The link's task. `terminal` is the app's Terminal."""

    def __init__(self, terminal, client, session):
        self._terminal = terminal
        self._journal = terminal.journal
        self._hal = terminal.hal
        self._client = client
        self._session = session
        self._client.unasked = self._unasked
        self._uploaded = 0
        # The host's newest word, until there is time to check it.
        self._ack = None
        self._host_reachable = False
        self._ping = Timer(self._hal)
        self._objects = Timer(self._hal)
        self._time = Timer(self._hal)
        self._hole = Timer(self._hal)
        # Versions that were refused are not fetched again until another one is offered.
        self._refused = {}

    async def run(self):
        """Serve the link for ever."""
        backoff_ms = _BACKOFF_MS
        while True:
            if not self._client.up():
                self._host_reachable = False
                await self._hal.sleep_ms(_DOWN_MS)
                continue
            try:
                await self._connected()
                backoff_ms = _BACKOFF_MS
            except VafaError:
                self._host_reachable = False
                await self._hal.sleep_ms(backoff_ms)
                backoff_ms = min(2 * backoff_ms, _BACKOFF_MAX_MS)

    async def _connected(self):
        """Greet, then work until the connection ends."""
        self._client.restart()
        self._session.drop()
        self._objects.now()
        self._time.now()
        self._uploaded = self._journal.first_unacknowledged - 1
        await self._greet()
        while self._client.up():
            self._client.pump()
            if self._terminal.busy:
                await self._hal.sleep_ms(_IDLE_MS)
                continue
            self._take_ack()
            if await self._upload():
                continue
            if self._objects.due():
                await self._fetch_objects()
            elif self._time.due():
                await self._ask_time()
            elif self._ping.due():
                await self._greet()
            else:
                await self._hal.sleep_ms(_IDLE_MS)

    async def _greet(self):
        terminal = self._terminal
        hello = {
            "terminal_id": terminal.id,
            "link_version": LINK_VERSION,
            "first_unacknowledged": self._journal.first_unacknowledged,
            "next_sequence": self._journal.next_sequence,
            "config_version": terminal.config_store.version,
            "hotlist_version": terminal.hotlist.version,
        }
        answer = await self._client.request(frame.CONTROL, "hello", hello)
        if "welcome" not in answer:
            raise VafaError(LINK_MESSAGE, "no welcome")
        self._host_reachable = answer["welcome"]["host_reachable"]
        self._ping.again_in(_PING_MS if self._host_reachable else _MISSING_MS)

    async def _upload(self):
        """Send the next pages, if there are any; True if it did."""
        first = max(self._uploaded + 1, self._journal.first_unacknowledged)
        pages = self._journal.pages_from(first, PAGES_A_MESSAGE)
        if not pages:
            return False
        answer = await self._client.request(
            frame.JOURNAL, "journal_pages", {"pages": [page for _, page in pages]}
        )
        if "journal_stored" not in answer:
            raise VafaError(LINK_MESSAGE, "pages not stored")
        self._uploaded = pages[-1][0]
        if answer["journal_stored"]["through_sequence"] < self._uploaded and self._hole.due():
            # The gateway misses earlier pages. Send all of them again, but not without end: a page
            # may be unreadable here, and later ones must go up all the same.
            self._uploaded = self._journal.first_unacknowledged - 1
            self._hole.again_in(_HOLE_MS)
        return True

    async def _ask_time(self):
        if not self._host_reachable:
            self._time.again_in(_RETRY_MS)
            return
        try:
            reply = await self._session.ask("time", {})
        except VafaError:
            self._time.again_in(_RETRY_MS)
            return
        if "time" not in reply:
            self._time.again_in(_RETRY_MS)
            return
        off = self._terminal.clock.set(reply["time"]["now"])
        if off:
            self._journal.note(record.EVENT, record.Event(CLOCK_STEPPED, off))
        self._time.again_in(_TIME_MS)

    async def _fetch_objects(self):
        terminal = self._terminal
        if await self._fetch(messages.OBJECT_KIND_CONFIG, terminal.config_store):
            terminal.load_config()
        await self._fetch(messages.OBJECT_KIND_HOTLIST, terminal.hotlist)
        self._objects.again_in(_OBJECTS_MS if terminal.config is not None else _MISSING_MS)

    async def _fetch(self, kind, store):
        """Fetch a newer object, if there is one, and put it in force; True if it did."""
        chunk = await self._chunk(kind, store.version, 0)
        version = chunk["version"]
        if not chunk["total"] or self._refused.get(kind) == version:
            return False
        try:
            await self._terminal.quiet()
            store.begin(chunk["total"])
            offset = 0
            while not store.is_whole():
                await self._terminal.quiet()
                taken = store.put(chunk["data"])
                offset += taken
                if store.is_whole():
                    break
                chunk = await self._chunk(kind, store.version, offset)
                if not taken or chunk["version"] != version or chunk["offset"] != offset:
                    return False  # another version came meanwhile: from the start, next time
            store.finish()
        except VafaError as error:
            if error.code != OBJECT_REFUSED:
                raise
            self._refused[kind] = version
            self._journal.note(record.EVENT, record.Event(OBJECT_REFUSED, version))
            return False
        return True

    async def _chunk(self, kind, have_version, offset):
        request = {"kind": kind, "have_version": have_version, "offset": offset}
        answer = await self._client.request(frame.OBJECTS, "object_request", request)
        if "object_chunk" not in answer or answer["object_chunk"]["kind"] != kind:
            raise VafaError(LINK_MESSAGE, "no object")
        return answer["object_chunk"]

    def _unasked(self, message):
        """Take in what the gateway sends by itself."""
        if "journal_ack" in message:
            ack = message["journal_ack"]
            if ack["terminal_id"] == self._terminal.id:
                self._ack = ack
        elif "sale_order" in message:
            order = message["sale_order"]
            self._terminal.order = (order["amount_minor"], order["order_ref"])

    def _take_ack(self):
        """Check the host's word, outside a tap: to release some thousand pages takes seconds."""
        if self._ack is not None:
            self._journal.acknowledge(self._ack["through_sequence"], self._ack["mac"])
            self._ack = None
