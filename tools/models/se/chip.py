"""The part on its bus: asleep or awake, taking packets, busy, answering.

Owns wake, idle and sleep, the word address, the answer buffer and the faults a test places.
Carries out no command itself. Called by the board's I2C or by a test.
Source: cryptoauthlib lib/hal/hal_i2c_*.c and calib_basic.c (wake, idle, sleep).
"""

from collections.abc import Callable
from pathlib import Path

from tools.models.se import packet, state
from tools.models.se.commands import Commands, RefusedError
from tools.models.se.packet import Status

_RESET, _SLEEP, _IDLE, _COMMAND = 0x00, 0x01, 0x02, 0x03
_SERIAL_HEAD, _SERIAL_TAIL = b"\x01\x23", b"\xee"
_PADDING = 0xFF


class NackError(Exception):
    """The part does not acknowledge its address: asleep, or busy."""


class SecureElement:
    """One part. `path` keeps its state; without one it lives in memory only.

    `busy_reads` is how many reads it refuses before each answer; `damage` names how many of the
    next answers arrive with a wrong checksum.
    """

    def __init__(self, path: Path | None, randbytes: Callable[[int], bytes]) -> None:
        self._path = path
        if path is not None and path.exists():
            memory = state.load(path)
        else:
            memory = state.State.new(_SERIAL_HEAD + randbytes(6) + _SERIAL_TAIL)
        self._commands = Commands(memory, randbytes)
        self._awake = False
        self._answer = b""
        self._position = 0
        self._refusals = 0
        self.busy_reads = 0
        self.damage = 0
        self.commands_run = 0
        self._save()

    @property
    def locked(self) -> bool:
        """Whether configuration and keys are fixed."""
        return self._commands.state.data_locked

    def power_off(self) -> None:
        """Lose the supply: everything volatile is gone."""
        self._commands.forget()
        self._awake = False
        self._answer = b""

    def wake(self) -> None:
        """The line was held low; a part that was awake notices nothing."""
        if not self._awake:
            self._awake = True
            self._put(bytes((Status.AFTER_WAKE,)))

    def write(self, data: bytes) -> None:
        """A write to the part's address: word address, then maybe a packet.

        Raises:
            NackError: it sleeps.
        """
        if not self._awake:
            raise NackError("asleep")
        word = data[0] if data else _RESET
        if word == _COMMAND:
            self._run(data[1:])
        elif word == _RESET:
            self._position = 0
        elif word in {_IDLE, _SLEEP}:
            self._awake = False
            if word == _SLEEP:
                self._commands.forget()

    def read(self, count: int) -> bytes:
        """A read from the part's address, padded where the answer is shorter.

        Raises:
            NackError: it sleeps or is still busy.
        """
        if not self._awake:
            raise NackError("asleep")
        if self._refusals:
            self._refusals -= 1
            raise NackError("busy")
        answer = self._answer
        if self.damage and self._position == 0 and len(answer) > 1:
            self.damage -= 1
            answer = answer[:-1] + bytes((answer[-1] ^ 0x10,))
        part = answer[self._position : self._position + count]
        self._position += len(part)
        return part + bytes((_PADDING,)) * (count - len(part))

    def _run(self, raw: bytes) -> None:
        command = packet.parse(raw)
        if command is None:
            self._put(bytes((Status.COMMUNICATION,)))
            return
        self.commands_run += 1
        before = self._fingerprint()
        try:
            answer = self._commands.run(command)
        except RefusedError as refusal:
            answer = bytes((refusal.status,))
        if self._fingerprint() != before:
            self._save()
        self._put(answer)
        self._refusals = self.busy_reads

    def _put(self, data: bytes) -> None:
        self._answer = packet.answer(data)
        self._position = 0

    def _fingerprint(self) -> tuple[bytes, bytes, tuple[int, ...]]:
        memory = self._commands.state
        return bytes(memory.zone), b"".join(memory.slots), tuple(memory.counters)

    def _save(self) -> None:
        if self._path is not None:
            state.save(self._path, self._commands.state)
