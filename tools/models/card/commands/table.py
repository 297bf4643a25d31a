"""Owns the table of commands: lengths, mode, right, level and handler of each INS.

Never executes anything. The processor walks it in the order of checks; authentication and
SelectApplication are there too, the former with steps of its own in the processor.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tools.models.card.commands import data, files, keys, picc, records, transactions, values
from tools.models.card.context import FREE_CREATE, FREE_LISTING, Context
from tools.models.card.rights import access
from tools.models.card.session import Mode
from tools.models.card.state import TransactionMacFile
from tools.models.card.status import CardError, Status

Lengths = Callable[[Context, bytes, int], bool]
ModeRule = Callable[[Context, int, bytes], Mode]
Right = Callable[[Context, int, bytes], None]
Handler = Callable[[Context, int, bytes], "bytes | list[bytes]"]

ANY_LEVEL, PICC_ONLY, APPLICATION_ONLY = "any", "picc", "application"


@dataclass(frozen=True)
class Command:
    """One row of the table.

    `header` is the length that stays plain in full mode; `minimum` is what must be there
    before lengths and mode can be told at all.
    """

    handler: Handler
    lengths: Lengths
    mode: ModeRule
    right: Right
    level: str
    header: int = 0
    minimum: int = 0
    sends_data: bool = False
    changes_key: bool = False
    chained_in: bool = False  # the reader may continue it with AF frames
    chained_out: bool = True  # long answers continue with AF frames


def _exactly(*lengths: int) -> Lengths:
    return lambda _ctx, _body, length: length in lengths


def _counted(header: int) -> Lengths:
    """Header, whose last three bytes count the data that follows."""
    return lambda _ctx, body, length: (
        length == header + int.from_bytes(body[header - 3 : header], "little")
    )


def _always(mode: Mode) -> ModeRule:
    return lambda _ctx, _ins, _body: mode


def _by_file(ctx: Context, ins: int, body: bytes) -> Mode:
    return access(ctx.file(body[0]), ins, ctx.key_no, ctx.profile).mode


def _by_change_right(ctx: Context, _ins: int, body: bytes) -> Mode:
    return files.change_settings_mode(ctx, body)


def _get_version_mode(ctx: Context, _ins: int, _body: bytes) -> Mode:
    return Mode.MAC if ctx.profile.get_version_in_session_mac else Mode.PLAIN


def _free(_ctx: Context, _ins: int, _body: bytes) -> None:
    """No right needed."""


def _session(ctx: Context, _ins: int, _body: bytes) -> None:
    if ctx.session is None:
        raise CardError(Status.AUTHENTICATION)


def _master(ctx: Context, _ins: int, _body: bytes) -> None:
    ctx.require_master()


def _listing(ctx: Context, _ins: int, _body: bytes) -> None:
    ctx.require_setting(FREE_LISTING)


def _creating(ctx: Context, _ins: int, _body: bytes) -> None:
    ctx.require_setting(FREE_CREATE)


def _by_rights(ctx: Context, ins: int, body: bytes) -> None:
    file = ctx.file(body[0])
    access(file, ins, ctx.key_no, ctx.profile).require(in_session=ctx.session is not None)
    if not isinstance(file, TransactionMacFile):
        transactions.require_counter_left(ctx)


def _reader_id_right(ctx: Context, ins: int, body: bytes) -> None:
    transactions.may_commit_reader_id(ctx, ins, body)
    transactions.require_counter_left(ctx)


def _management(
    handler: Handler,
    lengths: Lengths,
    right: Right,
    level: str = APPLICATION_ONLY,
    minimum: int = 0,
) -> Command:
    """Plain outside a session, MAC inside."""
    return Command(handler, lengths, _always(Mode.MAC), right, level, minimum=minimum)


def _secret(
    handler: Handler, lengths: Lengths, right: Right, level: str, header: int, **more: bool
) -> Command:
    """Data enciphered."""
    return Command(
        handler, lengths, _always(Mode.FULL), right, level, header, header, sends_data=True, **more
    )


def _reading(handler: Handler, header: int, *, chained: bool = True) -> Command:
    return Command(
        handler,
        _exactly(header),
        _by_file,
        _by_rights,
        APPLICATION_ONLY,
        header,
        minimum=1,
        chained_out=chained,
    )


def _writing(handler: Handler, lengths: Lengths, header: int, *, chained: bool = False) -> Command:
    return Command(
        handler,
        lengths,
        _by_file,
        _by_rights,
        APPLICATION_ONLY,
        header,
        minimum=header,
        sends_data=True,
        chained_in=chained,
    )


_VALUE_CHANGE = _writing(values.change_value, _exactly(5), 1)
_CREATE_DATA = _management(files.create_file, files.fits_create_data(7), _creating)
_CREATE_RECORDS = _management(files.create_file, files.fits_create_data(10), _creating)
_CHANGE_SETTINGS = Command(
    files.change_file_settings,
    files.fits_change_settings,
    _by_change_right,
    files.may_change_settings,
    APPLICATION_ONLY,
    header=1,
    minimum=1,
    sends_data=True,
)

COMMANDS: dict[int, Command] = {
    0x60: Command(picc.get_version, _exactly(0), _get_version_mode, _free, ANY_LEVEL),
    0x51: Command(picc.get_card_uid, _exactly(0), _always(Mode.FULL), _session, ANY_LEVEL),
    0x6E: _management(picc.get_free_memory, _exactly(0), _free, ANY_LEVEL),
    0x6A: _management(picc.get_application_ids, _exactly(0), _listing, PICC_ONLY),
    0x6D: _management(picc.get_df_names, _exactly(0), _free, PICC_ONLY),
    0xCA: _management(
        picc.create_application, picc.fits_create_application, _creating, PICC_ONLY, minimum=5
    ),
    0xDA: _management(
        picc.delete_application, _exactly(3), picc.may_delete_application, ANY_LEVEL
    ),
    0xFC: _management(picc.format_picc, _exactly(0), _master, PICC_ONLY),
    0x5C: _secret(picc.set_configuration, picc.fits_configuration, _master, PICC_ONLY, 1),
    0x45: _management(keys.get_key_settings, _exactly(0), _listing, ANY_LEVEL),
    0x54: _secret(
        keys.change_key_settings, _exactly(1), keys.may_change_key_settings, ANY_LEVEL, 0
    ),
    0x64: _management(keys.get_key_version, _exactly(1, 2), _free, ANY_LEVEL),
    0xC4: _secret(
        keys.change_key,
        keys.fits_change_key(1),
        keys.may_change_key,
        ANY_LEVEL,
        1,
        changes_key=True,
    ),
    0xC6: _secret(
        keys.change_key,
        keys.fits_change_key(2),
        keys.may_change_key,
        ANY_LEVEL,
        2,
        changes_key=True,
    ),
    0x6F: _management(files.get_file_ids, _exactly(0), _listing),
    0x61: _management(files.get_iso_file_ids, _exactly(0), _listing),
    0xF5: _management(files.get_file_settings, _exactly(1), _listing),
    0x5F: _CHANGE_SETTINGS,
    0xCD: _CREATE_DATA,
    0xCB: _CREATE_DATA,
    0xCC: _management(files.create_file, _exactly(17), _creating),
    0xC0: _CREATE_RECORDS,
    0xC1: _CREATE_RECORDS,
    0xCE: _secret(files.create_file, _exactly(22), _creating, APPLICATION_ONLY, 5),
    0xDF: _management(files.delete_file, _exactly(1), _creating),
    0xBD: _reading(data.read_data, 7),
    0xAD: _reading(data.read_data, 7, chained=False),
    0x3D: _writing(data.write_data, _counted(7), 7, chained=True),
    0x8D: _writing(data.write_data, _counted(7), 7),
    0x6C: _reading(values.get_value, 1),
    0x0C: _VALUE_CHANGE,
    0xDC: _VALUE_CHANGE,
    0x1C: _VALUE_CHANGE,
    0xBB: _reading(records.read_records, 7),
    0xAB: _reading(records.read_records, 7, chained=False),
    0x3B: _writing(records.write_record, _counted(7), 7, chained=True),
    0x8B: _writing(records.write_record, _counted(7), 7),
    0xDB: _writing(records.update_record, _counted(10), 10, chained=True),
    0xBA: _writing(records.update_record, _counted(10), 10),
    0xEB: Command(
        records.clear_record_file,
        _exactly(1),
        # ClearRecordFile has no data of its own: a MAC at most.
        _always(Mode.MAC),
        _by_rights,
        APPLICATION_ONLY,
        minimum=1,
    ),
    0xC7: _management(transactions.commit, _exactly(0, 1), _free),
    0xA7: _management(transactions.abort, _exactly(0), _free),
    0xC8: _management(transactions.commit_reader_id, _exactly(16), _reader_id_right),
}
