"""Owns the order in which a command is checked, and what an error ends.

Never knows a command's meaning (the table and handlers do) nor its framing. The order on
silicon is not published; this one is: known at all, length, MAC, rights, parameters and
limits. It is written down once, in `Processor._execute`.
"""

from copy import deepcopy
from dataclasses import dataclass

from tools.models.card.commands import keys, picc
from tools.models.card.commands.table import ANY_LEVEL, COMMANDS, PICC_ONLY, Command
from tools.models.card.context import Context
from tools.models.card.session import Handshake, Session, Terms
from tools.models.card.state import PICC_LEVEL
from tools.models.card.status import CardError, Status
from tools.models.card.transaction import Transaction

SELECT_APPLICATION = 0x5A
CONTINUE = 0xAF
MAX_BODY = 8192 + 64  # no command can be longer than the largest memory


@dataclass
class _Incoming:
    """A command whose first frames have come."""

    ins: int
    body: bytes
    wanted: int


class Processor:
    """Runs native commands. At most one chain is open: an answer, a command, a handshake."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.reset()

    def reset(self) -> None:
        """Forget an open chain."""
        self._open: _Incoming | Handshake | list[bytes] | None = None

    def run(self, ins: int, body: bytes) -> tuple[int, bytes]:
        """Execute one frame: the status byte and the data to answer."""
        ctx = self._ctx
        before = None if ctx.profile.error_drops_pending else deepcopy(ctx.transaction)
        try:
            self._report_rollback()
            return self._frame(ins, body)
        except CardError as refusal:
            self.fail(before)
            return refusal.status, b""

    def _report_rollback(self) -> None:
        """Some cards tell once, at the next command, that a torn commit was undone."""
        ctx = self._ctx
        if ctx.state.rolled_back and ctx.profile.rolled_back_status is not None:
            ctx.state.rolled_back = False
            ctx.save()
            raise CardError(ctx.profile.rolled_back_status)

    def fail(self, before: Transaction | None = None) -> None:
        """What every error status ends: the chain, the session, the noted changes.

        `before` is the transaction as it was before the command that failed.
        """
        self.reset()
        if self._ctx.profile.error_drops_session:
            self._ctx.session = None
        if self._ctx.profile.error_drops_pending:
            self._ctx.transaction = Transaction()
        elif before is not None:
            self._ctx.transaction = before

    def _frame(self, ins: int, body: bytes) -> tuple[int, bytes]:
        chain, self._open = self._open, None
        if chain is None:
            return self._first_frame(ins, body)
        if ins != CONTINUE:
            raise CardError(Status.ABORTED)
        if isinstance(chain, _Incoming):
            return self._collect(chain.ins, chain.body + body, chain.wanted)
        if isinstance(chain, list):
            if body:
                raise CardError(Status.LENGTH)
            return self._answer(chain)
        data, session = chain.finish(body)
        self._ctx.session = session
        if not chain.keeps_pending:
            self._ctx.transaction = Transaction()
        return Status.OK, data

    def _first_frame(self, ins: int, body: bytes) -> tuple[int, bytes]:
        ctx = self._ctx
        allowed = ctx.personality.commands
        if allowed is not None and ins not in allowed:
            raise CardError(Status.ILLEGAL_COMMAND)
        if ins in {keys.AUTHENTICATE_FIRST, keys.AUTHENTICATE_NON_FIRST} or (
            ins == keys.AUTHENTICATE_AES and ctx.profile.ev1_messaging
        ):
            handshake = keys.begin_authentication(ctx, ins, body)
            self._open = handshake
            return Status.MORE, handshake.challenge()
        if ins == SELECT_APPLICATION:
            if len(body) != picc.AID_LENGTH:
                raise CardError(Status.LENGTH)
            return Status.OK, picc.select_application(ctx, ins, body)
        command = COMMANDS.get(ins)
        if command is None:
            raise CardError(Status.ILLEGAL_COMMAND)
        at_picc = ctx.aid == PICC_LEVEL
        if command.level != ANY_LEVEL and at_picc != (command.level == PICC_ONLY):
            raise CardError(ctx.profile.wrong_level_status)
        if len(body) < command.minimum:
            raise CardError(Status.LENGTH)
        if command.chained_in:
            return self._collect(ins, body, self._whole_length(ins, body, command))
        return self._execute(ins, body)

    def _whole_length(self, ins: int, body: bytes, command: Command) -> int:
        """Length of a chained command's body on the wire, from the count in its header."""
        header = body[: command.header]
        plain = command.header + int.from_bytes(header[-3:], "little")
        session = self._ctx.session
        if session is None:
            return plain
        return session.wire_length(plain, self._terms(ins, header, command))

    def _collect(self, ins: int, body: bytes, wanted: int) -> tuple[int, bytes]:
        if len(body) >= wanted or wanted > MAX_BODY:
            return self._execute(ins, body)
        self._open = _Incoming(ins, body, wanted)
        return Status.MORE, b""

    def _terms(self, ins: int, body: bytes, command: Command) -> Terms:
        return Terms(
            mode=command.mode(self._ctx, ins, body),
            header=command.header,
            fits=lambda length: command.lengths(self._ctx, body, length),
            sends_data=command.sends_data,
            changes_key=command.changes_key,
        )

    def _execute(self, ins: int, body: bytes) -> tuple[int, bytes]:
        """A whole command: length, MAC, rights, then parameters and limits (the handler)."""
        ctx, command = self._ctx, COMMANDS[ins]
        terms = self._terms(ins, body, command)
        session = ctx.session
        if session is None:
            terms.require(len(body))
        else:
            body = self._opened(session, ins, body, terms)
        command.right(ctx, ins, body)
        answer = command.handler(ctx, ins, body)
        parts = answer if isinstance(answer, list) else [answer]
        if session is not None and ctx.session is session:
            parts = _sealed(parts, session.seal(terms.mode, b"".join(parts)))
        if isinstance(answer, bytes) and command.chained_out:
            room, whole = ctx.profile.frame_data_length, parts[0]
            parts = [whole[start : start + room] for start in range(0, len(whole), room)]
        return self._answer(parts or [b""])

    def _opened(self, session: Session, ins: int, body: bytes, terms: Terms) -> bytes:
        try:
            return session.open(ins, body, terms)
        except CardError as refusal:
            if refusal.status == Status.LENGTH and terms.fits(len(body)):
                raise CardError(self._ctx.profile.missing_mac_status) from None
            raise

    def _answer(self, parts: list[bytes]) -> tuple[int, bytes]:
        first, rest = parts[0], parts[1:]
        if rest:
            self._open = rest
            return Status.MORE, first
        return Status.OK, first


def _sealed(parts: list[bytes], sealed: bytes) -> list[bytes]:
    """The sealed answer cut where the plain parts were; what sealing added ends the last."""
    cuts: list[bytes] = []
    for part in parts[:-1]:
        cuts.append(sealed[: len(part)])
        sealed = sealed[len(part) :]
    return [*cuts, sealed]
