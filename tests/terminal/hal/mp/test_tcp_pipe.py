"""The link's pipe against a socket in the same process: down, up, broken, up again."""

import socket

from firmware.terminal.hal.api import PIPE_QUEUE
from firmware.terminal.hal.tcp_pipe import TcpPipe

_STEPS = 2000


class FakeTime:
    def __init__(self):
        self.now_ms = 0

    def ticks_ms(self):
        return self.now_ms

    def ticks_diff(self, later, earlier):
        return later - earlier


def listen():
    """A listening socket and a port: MicroPython cannot ask which port it got."""
    for port in range(20_000, 20_200):
        server = socket.socket()
        try:
            server.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        except OSError:
            server.close()
            continue
        server.listen(4)
        return server, port
    raise OSError("no free port")


def until_up(pipe, clock):
    for _ in range(_STEPS):
        clock.now_ms += 1
        if pipe.up():
            return
    raise AssertionError("never up")


def read_until(pipe, size):
    data = b""
    for _ in range(_STEPS * 50):
        data += pipe.read()
        if len(data) >= size:
            return data
    raise AssertionError("%d of %d bytes came" % (len(data), size))


def test_bytes_go_both_ways_and_a_closed_pipe_comes_back():
    server, port = listen()
    clock = FakeTime()
    pipe = TcpPipe("127.0.0.1", port, clock)
    for _ in range(2):
        until_up(pipe, clock)
        peer, _ = server.accept()
        pipe.write(b"to the gateway")
        assert peer.recv(100) == b"to the gateway"
        assert pipe.read() == b""
        peer.send(bytes(3000))
        assert read_until(pipe, 3000) == bytes(3000)
        peer.close()
        for _ in range(_STEPS):
            assert pipe.read() == b""
        assert not pipe.up()
        pipe.write(b"into the void")
    server.close()


def test_nobody_listening_is_down_and_tried_again_in_a_while():
    server, port = listen()
    server.close()
    clock = FakeTime()
    pipe = TcpPipe("127.0.0.1", port, clock)
    for _ in range(_STEPS):
        clock.now_ms += 1
        assert not pipe.up()
    assert pipe.read() == b""


def test_peer_that_never_reads_drops_the_pipe_instead_of_filling_memory():
    server, port = listen()
    clock = FakeTime()
    pipe = TcpPipe("127.0.0.1", port, clock)
    until_up(pipe, clock)
    peer, _ = server.accept()
    for _ in range(10_000):
        pipe.write(bytes(PIPE_QUEUE // 2))
        if not pipe.up():
            break
    else:
        raise AssertionError("still up")
    peer.close()
    server.close()
