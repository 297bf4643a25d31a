"""Signed objects from the host in flash: configuration and hotlist, each in two slots.

Owns the way from bytes that anyone may have sent to an object in force: written into the slot that
is not in use, checked (kind, addressee, newer version, the host's signature, by the secure
element), then put in force by programming the slot's first page. A cut before that leaves the old
object; a damaged slot is seen at boot, when the signature is checked again. Never reads what the
body means.

Slot: page 0 is "VO", layout, kind, version (u32), size (u32); the serialized SignedObject starts
at page 1, with its fields in order of number.
"""

import hashlib
import struct

from firmware.core.errors import OBJECT_REFUSED, VafaError
from firmware.terminal.flashmap import PAGE, SECTOR
from firmware.terminal.hal.api import SLOT_HOST

_NOTE = "<2sBBII"
_NOTE_SIZE = 12
_MAGIC = b"VO"
_LAYOUT = 1
_HEAD = 32  # three varints with their keys, key and length of the body
_TAIL = 66  # key, length and signature
_SIGNATURE = 64


class ObjectStore:
    """The newest valid object of one kind. `version` 0 says that there is none."""

    def __init__(self, nor, slices, se, kind, terminal):
        self._nor = nor
        self._slices = slices
        self._se = se
        self._kind = kind
        self._terminal = terminal
        self._page = bytearray(PAGE)
        self._current = None
        self._target = None
        self._total = 0
        self._written = 0
        self._body = 0
        self.version = 0
        self.size = 0

    def recover(self):
        """Put the newest object in force whose signature is right."""
        found = []
        for slice_ in self._slices:
            self._nor.read_into(slice_.address, self._page)
            note = struct.unpack(_NOTE, bytes(self._page[:_NOTE_SIZE]))
            magic, layout, kind, version, total = note
            if (
                magic == _MAGIC
                and layout == _LAYOUT
                and kind == self._kind
                and total <= slice_.size - PAGE
            ):
                found.append((version, total, slice_))
        found.sort(key=lambda note: -note[0])
        for _, total, slice_ in found:
            try:
                self._adopt(slice_, self._check(slice_, total))
                return
            except VafaError as error:
                # A part that fails says nothing of the object: no list must get lost over it.
                if error.code != OBJECT_REFUSED:
                    raise

    def read_into(self, offset, buffer):
        """Read a part of the body of the object in force."""
        self._nor.read_into(self._body + offset, buffer)

    def begin(self, total):
        """Start to take in a serialized object of `total` bytes. OBJECT_REFUSED if too large."""
        self._target = self._slices[1 if self._current is self._slices[0] else 0]
        if not 0 < total <= self._target.size - PAGE:
            raise VafaError(OBJECT_REFUSED, "object of %d bytes" % total)
        self._total = total
        self._written = 0
        self._nor.erase(self._target.address)

    def put(self, data):
        """Write the next bytes; returns how many were taken: whole pages, all at the end."""
        size = len(data)
        if self._written + size > self._total:
            raise VafaError(OBJECT_REFUSED, "more bytes than announced")
        if self._written + size < self._total:
            size -= size % PAGE
        for at in range(0, size, PAGE):
            address = self._target.address + PAGE + self._written
            if address % SECTOR == 0:
                self._nor.erase(address)
            page = data[at : min(at + PAGE, size)]
            self._nor.program(address, page)
            self._written += len(page)
        return size

    def is_whole(self):
        """Tell whether every announced byte is written."""
        return self._written == self._total

    def finish(self):
        """Check what was written and put it in force. OBJECT_REFUSED leaves the old one so."""
        fields = self._check(self._target, self._total)
        if fields[0] <= self.version:
            raise VafaError(OBJECT_REFUSED, "version %d is not newer" % fields[0])
        note = struct.pack(_NOTE, _MAGIC, _LAYOUT, self._kind, fields[0], self._total)
        self._nor.program(self._target.address, note)
        self._adopt(self._target, fields)

    def _adopt(self, slice_, fields):
        self.version, self._body, self.size = fields
        self._current = slice_

    def _check(self, slice_, total):
        """Return (version, flash address of the body, its size) of a valid object in a slot."""
        start = slice_.address + PAGE
        head = bytearray(min(_HEAD, total))
        self._nor.read_into(start, head)
        values, at = _parse_head(head)
        kind, version, terminal, size = values
        tail = bytearray(_TAIL)
        if kind != self._kind or terminal not in (0, self._terminal) or at + size + _TAIL != total:
            raise VafaError(OBJECT_REFUSED, "not an object for this terminal")
        self._nor.read_into(start + at + size, tail)
        if tail[0] != 5 << 3 | 2 or tail[1] != _SIGNATURE:
            raise VafaError(OBJECT_REFUSED, "no signature")
        digest = self._digest(struct.pack("<BII", kind, version, terminal), start + at, size)
        if not self._se.verify(self._se.public_key(SLOT_HOST), digest, bytes(tail[2:])):
            raise VafaError(OBJECT_REFUSED, "signature of version %d" % version)
        return version, start + at, size

    def _digest(self, head, address, size):
        digest = hashlib.sha256(b"vafa object 1" + head)
        view = memoryview(self._page)
        while size:
            count = min(size, PAGE)
            part = view[:count]
            self._nor.read_into(address, part)
            digest.update(part)
            address += count
            size -= count
        return digest.digest()


def _parse_head(head):
    """Return ((kind, version, terminal, body size), where the body starts)."""
    values = [0, 0, 0, 0]
    at = 0
    for number, wire in ((1, 0), (2, 0), (3, 0), (4, 2)):
        if at < len(head) and head[at] == number << 3 | wire:
            values[number - 1], at = _varint(head, at + 1)
    return values, at


def _varint(data, at):
    value = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:
            return value, at
    raise VafaError(OBJECT_REFUSED, "number cut short")
