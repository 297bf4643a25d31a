"""Looks into a terminal's flash past its program, as an oracle may.

Owns knowing where to look; decides nothing.
"""

from __future__ import annotations

from firmware.core import record
from firmware.terminal import flashmap
from tools.board import Board

_ENTRY = 4


def last_sequence(board: Board) -> int:
    """The last sequence in the journal; 0 for an empty one."""
    area = flashmap.JOURNAL
    found = 0
    for address in range(area.address, area.address + area.size, record.PAGE):
        header = record.parse_header(board.devices.flash.read(address, record.PAGE))
        if header is not None:
            found = max(found, header.sequence)
    return found


def hotlist_names(board: Board, card_number: int) -> bool:
    """Whether a hotlist in the flash has this card."""
    entry = card_number.to_bytes(_ENTRY, "little")
    areas = (flashmap.HOTLIST_A, flashmap.HOTLIST_B)
    return any(entry in board.devices.flash.read(area.address, area.size) for area in areas)
