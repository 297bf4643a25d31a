"""Owns CommitTransaction, AbortTransaction and CommitReaderID (MF2DL(H)x0 10.3).

The commit is the only place that makes noted changes real: new files, counter, transaction
MAC and reader id take their place in one assignment and one replacement of the card's file.
"""

from tools.models.card import crypto
from tools.models.card.context import Context
from tools.models.card.rights import FREE, NEVER, read_write_nibble
from tools.models.card.state import File, TransactionMacFile
from tools.models.card.status import CardError, Status
from tools.models.card.transaction import Transaction

RETURN_MAC = 0x01


def commit(ctx: Context, _ins: int, body: bytes) -> bytes:
    """CommitTransaction; option 01 answers TMC(4) and TMV(8)."""
    option = body[0] if body else 0
    mac_file = ctx.application.transaction_mac_file()
    if option not in {0, RETURN_MAC}:
        raise CardError(Status.PARAMETER)
    if option == RETURN_MAC and mac_file is None:
        raise CardError(ctx.profile.commit_option_without_tmac_status)
    if not ctx.transaction.empty:
        if mac_file is not None:
            _require_reader_id(ctx, mac_file)
        _make_real(ctx, ctx.transaction.result(ctx.application, ctx.state.uid))
    elif ctx.profile.unchanged_commit_status != Status.OK:
        raise CardError(ctx.profile.unchanged_commit_status)
    mac_file = ctx.application.transaction_mac_file()
    if option != RETURN_MAC or mac_file is None:
        return b""
    return mac_file.counter.to_bytes(4, "little") + mac_file.mac_value


def _require_reader_id(ctx: Context, mac_file: TransactionMacFile) -> None:
    off = read_write_nibble(mac_file) == NEVER
    if ctx.profile.reader_id_required and not off and ctx.transaction.reader_id is None:
        raise CardError(ctx.profile.commit_without_reader_id_status)


def _make_real(ctx: Context, files: dict[int, File]) -> None:
    application = ctx.application
    before, application.files = application.files, files
    try:
        ctx.save()
    except OSError:
        application.files = before
        raise
    ctx.transaction = Transaction()


def abort(ctx: Context, _ins: int, _body: bytes) -> bytes:
    """AbortTransaction."""
    if ctx.transaction.empty and ctx.profile.unchanged_abort_status != Status.OK:
        raise CardError(ctx.profile.unchanged_abort_status)
    ctx.transaction = Transaction()
    return b""


def may_commit_reader_id(ctx: Context, _ins: int, _body: bytes) -> None:
    """The ReadWrite nibble of the transaction MAC file rules CommitReaderID."""
    mac_file = ctx.application.transaction_mac_file()
    if mac_file is None:
        raise CardError(ctx.profile.reader_id_without_tmac_status)
    nibble = read_write_nibble(mac_file)
    if nibble == NEVER:
        raise CardError(ctx.profile.reader_id_off_status)
    if nibble == FREE:
        return
    if ctx.session is None:
        raise CardError(Status.AUTHENTICATION)
    if ctx.key_no != nibble:
        raise CardError(Status.PERMISSION)


def commit_reader_id(ctx: Context, ins: int, body: bytes) -> bytes:
    """CommitReaderID; in a session it answers the enciphered previous reader id."""
    mac_file = ctx.application.transaction_mac_file()
    if mac_file is None or ctx.transaction.reader_id is not None:
        raise CardError(ctx.profile.second_reader_id_status)
    _, enc_key = crypto.tm_session_keys(mac_file.key.value, mac_file.counter + 1, ctx.state.uid)
    in_session = ctx.session is not None
    answer = crypto.enc_tmri(enc_key, mac_file.reader_id) if in_session else b""
    ctx.transaction.reader_id = body
    ctx.note(bytes([ins]) + body + answer)
    return answer


def require_counter_left(ctx: Context) -> None:
    """Data commands stop when the transaction counter has reached its limit."""
    mac_file = ctx.application.transaction_mac_file()
    if mac_file is None:
        return
    if mac_file.counter >= (0xFFFFFFFF if mac_file.limit is None else mac_file.limit):
        raise CardError(ctx.profile.tmc_limit_status)
