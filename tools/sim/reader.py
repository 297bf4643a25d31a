"""`vafa sim reader`: model cards on a model PN532 behind a pseudo-terminal or a TCP port.

Owns the command line, the card files' opening and an orderly end. Knows neither the chip's nor
the card's protocol. Started by a person or by the strangers' tests.
"""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.models.card import PERSONALITIES, Card, CardFileError, Picc
from tools.models.pn532 import Chip, Field, HsuLine, LinkError, PtyEndpoint, TcpEndpoint, serve
from tools.models.pn532.field import MAX_CARDS

_MANUFACTURER = b"\x04"  # first UID byte of NXP (ISO/IEC 7816-6)
_UID_SIZE = 7


class ReaderError(Exception):
    """The simulator cannot start; the message says why and what to do."""


def main(argv: Sequence[str]) -> int:
    """Run until interrupted. 0 after an orderly end, 1 if it could not start, 2 for bad usage."""
    try:
        options = _parser().parse_args(argv)
    except SystemExit as end:  # argparse has printed its message or the help
        return int(end.code or 0)
    try:
        _run(options)
    except (CardFileError, LinkError, ReaderError) as error:
        print(f"vafa sim reader: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="vafa sim reader",
        description="Model cards on a model PN532 reader chip, for programs that speak to real "
        "ones: libnfc, nfcpy and others. Ends on Ctrl-C.",
    )
    parser.add_argument(
        "--card",
        action="append",
        required=True,
        type=Path,
        metavar="FILE",
        help=f"a card's file, made anew if it is not there; up to {MAX_CARDS} of them",
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--link",
        type=Path,
        metavar="PATH",
        help="symbolic link to the pseudo-terminal, removed at the end",
    )
    where.add_argument(
        "--tcp",
        type=int,
        metavar="PORT",
        help="serve the same bytes on this loopback port (0: any free one)",
    )
    parser.add_argument(
        "--new-personality",
        choices=sorted(PERSONALITIES),
        default="desfire-ev2",
        help="what a card that is made anew becomes (default: %(default)s)",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    field = Field()
    uids = []
    for path in _distinct(options.card):
        picc = Picc(_open_card(path, options.new_personality))
        field.insert(picc)
        uids.append(picc.uid.hex())
    line = HsuLine(Chip(field, sleeps_at_reset=True))
    with _ending() as stopped:
        if options.link is not None:
            with PtyEndpoint(options.link) as terminal:
                _announce(uids, f"try: LIBNFC_DEVICE=pn532_uart:{options.link}:115200 nfc-list")
                serve(line, terminal, lambda: bool(stopped))
        else:
            port = _open_port(options.tcp)
            try:
                _announce(uids, f"at 127.0.0.1:{port.port}")
                serve(line, port, lambda: bool(stopped))
            finally:
                port.close()


def _distinct(paths: list[Path]) -> list[Path]:
    if len(paths) > MAX_CARDS:
        raise ReaderError(f"the field holds {MAX_CARDS} cards at most; {len(paths)} were given")
    if len({path.resolve() for path in paths}) < len(paths):
        raise ReaderError("the same card file was given twice; a card is in one place only")
    return paths


def _open_card(path: Path, personality: str) -> Card:
    if path.exists():
        return Card.load(path, random_bytes=secrets.token_bytes)
    if not path.parent.is_dir():
        raise ReaderError(f"{path}: there is no folder {path.parent} to make the card in")
    uid = _MANUFACTURER + secrets.token_bytes(_UID_SIZE - len(_MANUFACTURER))
    try:
        return Card.create(path, uid, personality, random_bytes=secrets.token_bytes)
    except OSError as error:
        raise ReaderError(f"{path}: the card cannot be made here ({error.strerror})") from error


def _open_port(number: int) -> TcpEndpoint:
    try:
        return TcpEndpoint(number)
    except (OSError, OverflowError) as error:
        raise ReaderError(
            f"port {number} cannot be used ({error}); choose another, or 0 for any free one"
        ) from error


@contextmanager
def _ending() -> Iterator[list[int]]:
    """A list that holds a signal's number once one has asked for the end."""
    received: list[int] = []
    wanted = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, lambda n, _: received.append(n)) for number in wanted]
    try:
        yield received
    finally:
        for number, handler in zip(wanted, before, strict=True):
            signal.signal(number, handler)


def _announce(uids: list[str], how: str) -> None:
    print(f"reader ready with {' and '.join(uids)}; {how}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
