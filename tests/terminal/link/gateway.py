"""A small gateway and host of the tests' own, at the other end of a pipe that may be bad."""

import asyncio

from cryptography.hazmat.primitives.asymmetric import ec

from firmware.core import errors, frame, link_session, record
from firmware.core.hmac256 import hmac_sha256
from firmware.core.link_session import Direction
from host.crypto import Aes
from host.gen.vafa.v1 import link_pb2
from tests.terminal.fakes import JOURNAL_ROOT, point_of, public_of, sign
from tests.terminal.rig import HOST_KEY, NOW, TERMINAL, Rig

CONFIG, HOTLIST = 1, 2


class Gateway:
    """Answers frames at once; is the terminal's pipe at the same time."""

    def __init__(self):
        self.is_up = True
        self.pages = {}
        self.objects = {CONFIG: (0, b""), HOTLIST: (0, b"")}
        self.hellos = []
        self.host = Host()
        self.reachable = True
        self.garble = None
        self.mute = 0
        self._reader = frame.Reader()
        self._out = b""

    def up(self):
        return self.is_up

    def read(self):
        data, self._out = self._out, b""
        return data

    def write(self, data):
        for _, _, body in self._reader.feed(data):
            message = link_pb2.TerminalFrame.FromString(body)
            if self.mute:
                self.mute -= 1
                continue
            answer = getattr(self, message.WhichOneof("body"))(message)
            if answer is not None:
                answer.request_id = message.request_id
                self.send(answer)

    def send(self, message):
        wire = frame.encode(frame.CONTROL, 1, message.SerializeToString())
        if self.garble is not None:
            wire, self.garble = self.garble(wire), None
        self._out += wire

    def hello(self, message):
        self.hellos.append(message.hello)
        return link_pb2.GatewayFrame(welcome=link_pb2.Welcome(host_reachable=self.reachable))

    def journal_pages(self, message):
        for page in message.journal_pages.pages:
            self.pages[record.parse_header(page).sequence] = page
        through = self.hellos[-1].first_unacknowledged - 1
        while through + 1 in self.pages:
            through += 1
        return link_pb2.GatewayFrame(
            journal_stored=link_pb2.JournalStored(through_sequence=through)
        )

    def acknowledge(self, through, key=JOURNAL_ROOT):
        mac = hmac_sha256(
            hmac_sha256(key, record.ACK_KEY_LABEL), record.ack_label(TERMINAL, through)
        )[:16]
        message = link_pb2.GatewayFrame()
        message.journal_ack.terminal_id = TERMINAL
        message.journal_ack.through_sequence = through
        message.journal_ack.mac = mac
        self.send(message)

    def object_request(self, message):
        request = message.object_request
        version, data = self.objects[request.kind]
        chunk = link_pb2.ObjectChunk(kind=request.kind, version=version, offset=request.offset)
        if version > request.have_version:
            chunk.total = len(data)
            chunk.data = data[request.offset : request.offset + 1024]
        return link_pb2.GatewayFrame(object_chunk=chunk)

    def session(self, message):
        if not self.reachable:
            return link_pb2.GatewayFrame(error=link_pb2.LinkError(code=errors.LINK_HOST_AWAY))
        answer = self.host.take(message.session)
        return None if answer is None else link_pb2.GatewayFrame(session=answer)


class Host:
    """The far end of the sealed session. `script` are the replies to top-up requests, in turn."""

    def __init__(self):
        self.key = HOST_KEY
        self.script = []
        self.requests = []
        self._ephemeral = ec.derive_private_key(17, ec.SECP256R1())
        self._in = self._out = None

    def take(self, packet):
        return getattr(self, packet.WhichOneof("body"))(packet)

    def hello(self, packet):
        hello, nonce, point = packet.hello, bytes(32), point_of(self._ephemeral)
        h1 = link_session.host_digest(TERMINAL, hello.nonce, hello.ephemeral, nonce, point)
        shared = self._ephemeral.exchange(ec.ECDH(), public_of(hello.ephemeral))
        keys = link_session.derive(shared, hello.nonce, nonce, h1)
        self._in, self._out = Direction(Aes, keys[0]), Direction(Aes, keys[1])
        answer = link_pb2.SessionAnswer(nonce=nonce, ephemeral=point, signature=sign(self.key, h1))
        return link_pb2.SessionPacket(answer=answer)

    def finish(self, packet):
        return None

    def sealed_reply(self, reply):
        counter, ciphertext, tag = self._out.seal(reply.SerializeToString())
        sealed = link_pb2.Sealed(counter=counter, ciphertext=ciphertext, tag=tag)
        return link_pb2.SessionPacket(sealed=sealed)

    def sealed(self, packet):
        sealed = packet.sealed
        request = link_pb2.TerminalRequest.FromString(
            self._in.open(sealed.counter, sealed.ciphertext, sealed.tag)
        )
        self.requests.append(request)
        if request.WhichOneof("body") == "time":
            return self.sealed_reply(link_pb2.HostReply(time=link_pb2.TimeReply(now=NOW + 9)))
        return self.sealed_reply(self.script.pop(0))


def linked(**options):
    gateway = Gateway()
    return gateway, Rig(pipe=gateway, **options)


def run_until(rig, condition, also=None):
    """Run the link's task until the condition holds; `also` is awaited beside it."""

    async def run():
        task = asyncio.create_task(rig.terminal.sync.run())
        beside = asyncio.create_task(also()) if also else None
        for _ in range(20_000):
            if condition() and (beside is None or beside.done()):
                break
            assert not task.done(), task.exception()
            await asyncio.sleep(0)
        else:
            raise AssertionError("it never came to that")
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return beside.result() if beside else None

    return asyncio.run(run())
