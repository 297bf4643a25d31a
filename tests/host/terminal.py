"""The terminal's side of the sealed session, for tests: an identity key and link_session."""

from firmware.core import link_session
from host import p256
from host.crypto import Aes
from host.gen.vafa.v1 import link_pb2
from tests.host.served import World


class FakeTerminal:
    """Speaks the session as a terminal does; its identity is enrolled by `enrol`."""

    def __init__(self, world: World, terminal_id: int = 101) -> None:
        self._world = world
        self.terminal_id = terminal_id
        self.identity = self._fresh_key()

    def _fresh_key(self) -> p256.PrivateKey:
        return p256.PrivateKey(p256.scalar_from(self._world.randomness.bytes(p256.SEED)))

    def enrol(self, branch: str = "a") -> None:
        self._world.app.terminals.enrol(self.terminal_id, branch, self.identity.point)

    def hello(self) -> link_pb2.SessionPacket:
        self.nonce = self._world.randomness.bytes(32)
        self.ephemeral = self._fresh_key()
        hello = link_pb2.SessionHello(
            terminal_id=self.terminal_id, nonce=self.nonce, ephemeral=self.ephemeral.point
        )
        return link_pb2.SessionPacket(hello=hello)

    def finish(self, answer: link_pb2.SessionAnswer) -> link_pb2.SessionPacket:
        h1 = link_session.host_digest(
            self.terminal_id, self.nonce, self.ephemeral.point, answer.nonce, answer.ephemeral
        )
        assert p256.verify(self._world.app.keys.public_point, h1, answer.signature)
        shared = self.ephemeral.shared_x(answer.ephemeral)
        to_host, to_terminal = link_session.derive(shared, self.nonce, answer.nonce, h1)
        self._out = link_session.Direction(Aes, to_host)
        self._in = link_session.Direction(Aes, to_terminal)
        digest = link_session.terminal_digest(h1, answer.signature)
        finish = link_pb2.SessionFinish(signature=self.identity.sign(digest))
        return link_pb2.SessionPacket(finish=finish)

    def seal(self, request: link_pb2.TerminalRequest) -> link_pb2.SessionPacket:
        counter, ciphertext, tag = self._out.seal(request.SerializeToString())
        sealed = link_pb2.Sealed(counter=counter, ciphertext=ciphertext, tag=tag)
        return link_pb2.SessionPacket(sealed=sealed)

    def open(self, packet: link_pb2.SessionPacket) -> link_pb2.HostReply:
        sealed = packet.sealed
        plain = self._in.open(sealed.counter, sealed.ciphertext, sealed.tag)
        return link_pb2.HostReply.FromString(plain)


def ask_time() -> link_pb2.TerminalRequest:
    return link_pb2.TerminalRequest(time=link_pb2.TimeRequest())
