"""Owns the card's file: versioned JSON with a checksum, replaced atomically.

Never repairs or recreates a file: a damaged one is an error that names it and says what to
do. Called by `Card`, after each commit and each immediate change.
"""

import hashlib
import json
import os
from pathlib import Path

from tools.models.card import codec
from tools.models.card.state import CardState

FORMAT = "vafa model card"
VERSION = 1


class CardFileError(Exception):
    """The card's file cannot be used; the message names it and says what to do."""


def save(path: Path, state: CardState) -> None:
    """Replace the file so that a crash leaves either the old or the new card."""
    card = codec.encode(state)
    document = {"format": FORMAT, "version": VERSION, "checksum": _checksum(card), "card": card}
    temporary = path.with_name(f".{path.name}.new")
    with temporary.open("w", encoding="utf-8") as stream:
        json.dump(document, stream, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def load(path: Path) -> CardState:
    """Read a card back.

    Raises:
        CardFileError: missing, unreadable, of another format or version, or damaged.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CardFileError(f"{path}: no such card file; create the card first") from None
    except OSError as error:
        raise CardFileError(f"{path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise _damaged(path, "it is not complete JSON") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _damaged(path, "it is not a model card")
    if document.get("version") != VERSION:
        raise CardFileError(
            f"{path}: written as version {document.get('version')!r}, this program reads "
            f"version {VERSION}; use the program that wrote it"
        )
    card = document.get("card")
    if document.get("checksum") != _checksum(card):
        raise _damaged(path, "its checksum does not match")
    try:
        return codec.decode_card(card)
    except (ValueError, TypeError) as error:
        raise _damaged(path, str(error)) from error


def _checksum(card: object) -> str:
    canonical = json.dumps(card, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _damaged(path: Path, why: str) -> CardFileError:
    return CardFileError(
        f"{path}: damaged card file ({why}); restore a copy, or move it away to make a new card"
    )
