"""The board's end of the wires: one connection, requests answered in order, at once.

Owns the framing of the bus on this side. Never decides what a request does, nor what a power cut
means: both are given. Called by the board.
"""

import asyncio
import struct
from collections.abc import Callable

from firmware.terminal.hal import board_bus as wires
from tools.models.power import PowerCutError

Handle = Callable[[int, int, bytes], tuple[int, bytes]]


class BusProtocol(asyncio.Protocol):
    """Serves one connection of the interpreter; `on_cut` is called when the supply fails."""

    def __init__(self, handle: Handle, on_cut: Callable[[str], None]) -> None:
        self._handle = handle
        self._on_cut = on_cut
        self._pending = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        pending = self._pending
        pending += data
        while len(pending) >= wires.REQUEST_SIZE:
            device, operation, size = struct.unpack_from(wires.REQUEST, pending)
            end = wires.REQUEST_SIZE + size
            if len(pending) < end:
                return
            payload = bytes(pending[wires.REQUEST_SIZE : end])
            del pending[:end]
            if not self._serve(device, operation, payload):
                return

    def abort(self) -> None:
        """Drop the connection without another byte."""
        if self._transport is not None:
            self._transport.abort()

    def _serve(self, device: int, operation: int, payload: bytes) -> bool:
        """Answer one request; False when the supply failed and there is nobody to answer."""
        if self._transport is None or self._transport.is_closing():
            return False
        try:
            status, answer = self._handle(device, operation, payload)
        except PowerCutError as cut:
            self._on_cut(str(cut))
            return False
        self._transport.write(struct.pack(wires.ANSWER, status, len(answer)) + answer)
        return True
