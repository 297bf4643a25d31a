"""A model of the PN532 reader chip at the wire, with up to two cards in its field.

    field = Field();  field.insert(card)          # any Picc: see field.Picc
    chip = Chip(field, sleeps_at_reset=True)      # True on HSU, False on SPI
    line = HsuLine(chip)                          # line.receive(bytes); line.send() -> bytes
    bus = SpiBus(chip)                            # bus.select(on); bus.transfer(mosi) -> miso
    chip.faults.place(Fault(command=3, part=Part.ANSWER, action=Action.DROP))
    serve(line, PtyEndpoint(path), stopped)       # to programs outside

Here belong the chip's frames, commands, radio protocol and host interfaces. Cards belong to
`tools.models.card`, timing to the bench. Nothing is shared with `firmware/`, nothing waits,
and nothing is random. What the sources leave open is said where it is decided.
"""

from tools.models.pn532.chip import Chip
from tools.models.pn532.endpoints import LinkError, PtyEndpoint, TcpEndpoint, serve
from tools.models.pn532.faults import Action, Fault, FaultPlan, Part
from tools.models.pn532.field import Field, FieldError, Picc
from tools.models.pn532.hsu import HsuLine
from tools.models.pn532.spi import SpiBus

__all__ = [
    "Action",
    "Chip",
    "Fault",
    "FaultPlan",
    "Field",
    "FieldError",
    "HsuLine",
    "LinkError",
    "Part",
    "Picc",
    "PtyEndpoint",
    "SpiBus",
    "TcpEndpoint",
    "serve",
]
