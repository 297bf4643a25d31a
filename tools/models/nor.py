"""A serial NOR flash: 4 KiB sectors to erase, 256-byte pages to program, ones to zeros only.

Owns the cells, their wear and the plan to cut the supply at one exact operation. Never retries,
checks or formats anything. Called by the simulated board and by tests of the journal.
Source: W25Q32JV data sheet, sections 8.2.12 (page program) and 8.2.14 (sector erase).

What a cut may leave behind, at worst: a torn program has cleared any subset of the bits it should
clear; a torn erase leaves any content in its sector. Other pages are untouched.
"""

import mmap
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tools.models.power import PowerCutError

SIZE = 4 << 20
SECTOR = 4096
PAGE = 256
ERASED = 0xFF

Effect = Literal["none", "torn", "complete"]


class NorError(ValueError):
    """An operation that a real part would carry out wrongly in silence, refused loudly."""


@dataclass(frozen=True)
class Cut:
    """The supply fails in erase or program number `operation`; `effect` is what gets done."""

    operation: int
    effect: Effect


class NorFlash:
    """The cells of one part, in memory or in a file that survives the process.

    `operations` counts erases and programs since construction; `erases` counts them by sector.
    """

    def __init__(self, path: Path | None = None, *, size: int = SIZE, seed: int = 0) -> None:
        if size <= 0 or size % SECTOR:
            raise NorError(f"a flash of {size} bytes has no whole number of sectors")
        self.size = size
        self.operations = 0
        self.erases = [0] * (size // SECTOR)
        self._random = random.Random(seed)
        self._cut: Cut | None = None
        self._cells: mmap.mmap | bytearray = (
            bytearray([ERASED]) * size if path is None else _map(path, size)
        )

    def cut_at(self, operation: int, effect: Effect) -> None:
        """Plan a cut at the `operation`-th erase or program from now, the next one being 1."""
        if operation < 1:
            raise NorError("the next operation is number 1")
        self._cut = Cut(self.operations + operation, effect)

    def forget_cut(self) -> None:
        """Take back a planned cut that has not come."""
        self._cut = None

    def read(self, address: int, count: int) -> bytes:
        """Read any range."""
        self._check_range(address, count)
        return bytes(self._cells[address : address + count])

    def read_into(self, address: int, buffer: bytearray | memoryview) -> None:
        """Fill the buffer from `address`."""
        buffer[:] = self.read(address, len(buffer))

    def erase(self, address: int) -> None:
        """Set every bit of one sector.

        Raises:
            NorError: the address is not the start of a sector.
            PowerCutError: a planned cut is due.
        """
        self._check_range(address, SECTOR)
        if address % SECTOR:
            raise NorError(f"erase at {address:#x}, which is no start of a sector")
        self.erases[address // SECTOR] += 1
        old = self.read(address, SECTOR)
        self._apply(address, old, bytes([ERASED]) * SECTOR, self._random.randbytes(SECTOR))

    def program(self, address: int, data: bytes) -> None:
        """Clear the bits of one page that are zero in `data`.

        Raises:
            NorError: no data, more than a page, or a range that crosses a page.
            PowerCutError: a planned cut is due.
        """
        self._check_range(address, len(data))
        if not data or address % PAGE + len(data) > PAGE:
            raise NorError(f"program of {len(data)} bytes at {address:#x} leaves its page")
        old = self.read(address, len(data))
        # A bit that is to be cleared stays set where the random mask has a one.
        masks = self._random.randbytes(len(data))
        new = bytes(a & b for a, b in zip(old, data, strict=True))
        torn = bytes(a & (b | m) for a, b, m in zip(old, data, masks, strict=True))
        self._apply(address, old, new, torn)

    def close(self) -> None:
        """Write the cells back and let go of the file."""
        if isinstance(self._cells, mmap.mmap) and not self._cells.closed:
            self._cells.flush()
            self._cells.close()

    def _apply(self, address: int, old: bytes, new: bytes, torn: bytes) -> None:
        self.operations += 1
        cut = self._cut if self._cut and self._cut.operation == self.operations else None
        left = new if cut is None else {"none": old, "torn": torn, "complete": new}[cut.effect]
        self._cells[address : address + len(left)] = left
        if cut is not None:
            self._cut = None
            raise PowerCutError(f"cut in flash operation {self.operations}, effect {cut.effect}")

    def _check_range(self, address: int, count: int) -> None:
        if address < 0 or count < 0 or address + count > self.size:
            raise NorError(f"{count} bytes at {address:#x} are not within {self.size} bytes")


def _map(path: Path, size: int) -> mmap.mmap:
    """The file as cells; a missing one is made with every bit set."""
    if not path.exists():
        path.write_bytes(bytes([ERASED]) * size)
    if path.stat().st_size != size:
        held = path.stat().st_size
        raise NorError(f"{path} holds {held} bytes, a flash has {size}; restore a copy of it")
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), size)
