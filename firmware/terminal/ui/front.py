"""What the desk works with: the keys that were pressed, and the field in front of the reader.

Owns a bounded buffer of keys and the restart of a reader that fails. Decides nothing. Called by
the desk.
"""

from firmware.core.errors import VafaError

_KEYS_MAX = 32


class Keys:
    """Keys in the order they were pressed; when nobody takes them the latest are dropped."""

    def __init__(self, hal):
        self._hal = hal
        self._waiting = []

    def collect(self):
        """Keep what was pressed meanwhile."""
        self._waiting.extend(self._hal.keys.poll())
        del self._waiting[_KEYS_MAX:]

    def pending(self):
        """Tell whether a key waits to be taken."""
        return bool(self._waiting)

    def next(self):
        """The next key, or None."""
        if not self._waiting:
            self.collect()
        return self._waiting.pop(0) if self._waiting else None


class Field:
    """The reader's field. A reader that fails is started anew; that may fail loudly."""

    def __init__(self, hal):
        self._reader = hal.reader

    async def look(self):
        """Look once for cards: up to two targets, maybe none. The field is on afterwards."""
        try:
            return await self._reader.find(2)
        except VafaError:
            await self._reader.start()
            return []

    async def release(self):
        """Let go of the cards and switch the field off."""
        try:
            await self._reader.release()
        except VafaError:
            await self._reader.start()
