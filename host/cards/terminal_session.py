"""The host's side of the sealed session with a terminal: handshake, then sealing and opening.

Owns one session's state. Never knows what is said inside. Wire forms and keys are in
`firmware.core.link_session`; P-256 is `host.p256`. Called by the servicer of the terminal link.
"""

from collections.abc import Callable
from typing import Protocol

from firmware.core import link_session
from firmware.core.errors import LINK_SESSION, LINK_TERMINAL, VafaError
from host import p256
from host.crypto import Aes


class Identities(Protocol):
    """Who the terminals are."""

    def branch_of(self, terminal_id: int) -> str | None:
        """Return the branch of an enrolled terminal."""

    def identity_key(self, terminal_id: int) -> bytes | None:
        """Return the public point of a terminal's secure element."""


class TerminalSession:
    """One session: `hello`, `finish`, then `open` and `seal` for as long as it lives.

    Every method raises 302 for a packet that is forged, repeated, out of order or malformed; the
    session is of no use afterwards.
    """

    def __init__(
        self, identities: Identities, signer: p256.PrivateKey, draw: Callable[[int], bytes]
    ) -> None:
        self._identities = identities
        self._signer = signer
        self._draw = draw
        self._identity = b""
        self._expected_digest = b""
        self._keys: tuple[tuple[bytes, bytes], tuple[bytes, bytes]] | None = None
        self._receiving: link_session.Direction | None = None
        self._sending: link_session.Direction | None = None

    def hello(
        self, terminal_id: int, branch: str, nonce: bytes, ephemeral: bytes
    ) -> tuple[bytes, bytes, bytes]:
        """Answer a terminal's greeting with (nonce, ephemeral point, signature).

        Raises 303 unless the terminal is enrolled at the branch whose gateway carries the session.
        """
        if self._keys is not None:
            raise VafaError(LINK_SESSION, "a second greeting")
        identity = self._identities.identity_key(terminal_id)
        if identity is None or self._identities.branch_of(terminal_id) != branch:
            raise VafaError(LINK_TERMINAL, f"terminal {terminal_id} at branch {branch}")
        own_nonce = self._draw(link_session.NONCE)
        own = p256.PrivateKey(p256.scalar_from(self._draw(p256.SEED)))
        try:
            h1 = link_session.host_digest(terminal_id, nonce, ephemeral, own_nonce, own.point)
            shared_x = own.shared_x(ephemeral)
        except (link_session.SessionError, ValueError) as problem:
            raise VafaError(LINK_SESSION, str(problem)) from None
        signature = self._signer.sign(h1)
        self._identity = identity
        self._expected_digest = link_session.terminal_digest(h1, signature)
        self._keys = link_session.derive(shared_x, nonce, own_nonce, h1)
        return own_nonce, own.point, signature

    def finish(self, signature: bytes) -> None:
        """Check the terminal's proof; from here on packets can be opened and sealed."""
        if self._keys is None or self._receiving is not None:
            raise VafaError(LINK_SESSION, "a finish out of turn")
        if not p256.verify(self._identity, self._expected_digest, signature):
            raise VafaError(LINK_SESSION, "the terminal's proof is wrong")
        to_host, to_terminal = self._keys
        self._receiving = link_session.Direction(Aes, to_host)
        self._sending = link_session.Direction(Aes, to_terminal)

    def open(self, counter: int, ciphertext: bytes, tag: bytes) -> bytes:
        """Return what the terminal sealed."""
        if self._receiving is None:
            raise VafaError(LINK_SESSION, "no handshake yet")
        try:
            return bytes(self._receiving.open(counter, ciphertext, tag))
        except link_session.SessionError as problem:
            raise VafaError(LINK_SESSION, str(problem)) from None

    def seal(self, plain: bytes) -> tuple[int, bytes, bytes]:
        """Return (counter, ciphertext, tag) for the terminal."""
        if self._sending is None:
            raise VafaError(LINK_SESSION, "no handshake yet")
        try:
            counter, ciphertext, tag = self._sending.seal(plain)
        except link_session.SessionError as problem:
            raise VafaError(LINK_SESSION, str(problem)) from None
        return counter, ciphertext, tag
