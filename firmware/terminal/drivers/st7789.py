"""The display, an ST7789 of 320 by 240 pixels, as lines of text.

Owns the controller's commands and one strip of pixels. Decides nothing about what is shown. Called
through hal.panel. Letters come from MicroPython's built-in 8 x 8 font, which has ASCII only: any
other letter shows as a box.
Source: ST7789V data sheet version 1.3, section 9.
"""

import framebuf

WIDTH, HEIGHT = 320, 240
LINE_HEIGHT = 16

_SLEEP_OUT, _INVERT_ON, _DISPLAY_ON = 0x11, 0x21, 0x29
_COLUMNS, _ROWS, _WRITE_PIXELS = 0x2A, 0x2B, 0x2C
_ORIENTATION, _PIXEL_FORMAT = 0x36, 0x3A
_LANDSCAPE = b"\x60"
_RGB565 = b"\x55"
_WAKE_MS = 120
_RESET_MS = 10

_BLACK, _WHITE = 0x0000, 0xFFFF
_MARGIN = 4
_BOX = "\x7f"


class St7789:
    """See hal.api, panel. `select`, `data_command`, `reset` are pins; `pause_ms` blocks."""

    def __init__(self, spi, select, data_command, reset, pause_ms):
        self._spi = spi
        self._select = select
        self._is_data = data_command
        self._strip = bytearray(WIDTH * LINE_HEIGHT * 2)
        self._canvas = framebuf.FrameBuffer(self._strip, WIDTH, LINE_HEIGHT, framebuf.RGB565)
        reset(0)
        pause_ms(_RESET_MS)
        reset(1)
        pause_ms(_WAKE_MS)
        self._send(_SLEEP_OUT)
        pause_ms(_WAKE_MS)
        self._send(_PIXEL_FORMAT, _RGB565)
        self._send(_ORIENTATION, _LANDSCAPE)
        self._send(_INVERT_ON)
        self._send(_DISPLAY_ON)

    def show(self, view, lines):  # noqa: ARG002 - the view's name is for simulations
        """Draw the lines from the top; rows below them turn black."""
        for row in range(HEIGHT // LINE_HEIGHT):
            self._canvas.fill(_BLACK)
            if row < len(lines):
                text = "".join(letter if letter < _BOX else _BOX for letter in lines[row])
                self._canvas.text(text, _MARGIN, _MARGIN, _WHITE)
            self._push(row * LINE_HEIGHT)

    def _push(self, top):
        bottom = top + LINE_HEIGHT - 1
        self._send(_COLUMNS, (WIDTH - 1).to_bytes(4, "big"))
        self._send(_ROWS, top.to_bytes(2, "big") + bottom.to_bytes(2, "big"))
        self._send(_WRITE_PIXELS, self._strip)

    def _send(self, code, data=b""):
        self._select(0)
        self._is_data(0)
        self._spi.write(bytes((code,)))
        if data:
            self._is_data(1)
            self._spi.write(data)
        self._select(1)
