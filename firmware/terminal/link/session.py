"""The sealed session with the host: handshake by the secure element, then question and answer.

Owns when a session is opened and when it is given up: any failure ends it, the next question opens
a new one. A sealed packet is never sent twice. The protocol and its cryptography are
firmware/core/link_session.py. Called by sync (time) and pay/topup (relay).
"""

import asyncio

from firmware.core import frame, link_session
from firmware.core.errors import LINK_SESSION, VafaError
from firmware.core.link_session import Direction, SessionError
from firmware.terminal.hal.api import SLOT_HOST
from firmware.terminal.link import messages, pb

TIMEOUT_MS = 8000
"""The host may work on one answer for some seconds while the gateway waits for it."""


class HostSession:
    """At most one session at a time; questions wait for each other."""

    def __init__(self, hal, rng, client, terminal):
        self._hal = hal
        self._rng = rng
        self._client = client
        self._terminal = terminal
        self._lock = asyncio.Lock()
        self._out = None
        self._in = None

    def drop(self):
        """Forget the session, if there is one."""
        self._out = self._in = None

    async def prepare(self):
        """Open a session unless one is open, so that no customer waits for the handshake."""
        async with self._lock:
            await self._ensure()

    async def ask(self, name, value):
        """Send a TerminalRequest and return the HostReply, decoded.

        Raises the host's or gateway's error number, LINK_SILENT, or LINK_SESSION for a packet
        that isn't the next one of this session.
        """
        async with self._lock:
            await self._ensure()
            try:
                return await self._ask(name, value)
            except (SessionError, pb.PbError) as error:
                self.drop()
                raise VafaError(LINK_SESSION, str(error))
            except VafaError:
                self.drop()
                raise

    async def _ask(self, name, value):
        plain = pb.encode(messages.TERMINAL_REQUEST, {name: value})
        counter, ciphertext, tag = self._out.seal(plain)
        sealed = {"counter": counter, "ciphertext": ciphertext, "tag": tag}
        packet = (await self._packet({"sealed": sealed})).get("sealed")
        if packet is None:
            raise SessionError("not a sealed packet")
        reply = self._in.open(packet["counter"], packet["ciphertext"], packet["tag"])
        return pb.decode(messages.HOST_REPLY, reply)

    async def _ensure(self):
        if self._out is not None:
            return
        try:
            await self._handshake()
        except (SessionError, pb.PbError) as error:
            self.drop()
            raise VafaError(LINK_SESSION, str(error))

    async def _handshake(self):
        se = self._hal.se
        nonce = self._rng.bytes(link_session.NONCE)
        ephemeral = se.ephemeral()
        hello = {"terminal_id": self._terminal, "nonce": nonce, "ephemeral": ephemeral}
        answer = (await self._packet({"hello": hello})).get("answer")
        if answer is None or len(answer["signature"]) != link_session.SIGNATURE:
            raise SessionError("not an answer to hello")
        h1 = link_session.host_digest(
            self._terminal, nonce, ephemeral, answer["nonce"], answer["ephemeral"]
        )
        if not se.verify(se.public_key(SLOT_HOST), h1, answer["signature"]):
            raise SessionError("not our host")
        shared = se.ecdh(answer["ephemeral"])
        out_keys, in_keys = link_session.derive(shared, nonce, answer["nonce"], h1)
        signature = se.sign(link_session.terminal_digest(h1, answer["signature"]))
        self._client.send(frame.SESSION, "session", {"finish": {"signature": signature}})
        self._out = Direction(self._hal.Aes, out_keys)
        self._in = Direction(self._hal.Aes, in_keys)

    async def _packet(self, packet):
        """Send a packet of the session and return the host's."""
        answer = await self._client.request(
            frame.SESSION, "session", packet, timeout_ms=TIMEOUT_MS, tries=1
        )
        packet = answer.get("session", {})
        if "refused" in packet:
            raise VafaError(packet["refused"]["code"], "refused by the host")
        return packet
