"""Owns the ISO 7816-4 commands: SELECT, READ BINARY, UPDATE BINARY (NT4H2421Gx chapter 10.9).

Never takes part in secure messaging or transactions; only files with free access answer.
"""

from tools.models.card.context import Context
from tools.models.card.framing import SW_WRONG_LENGTH, SW_WRONG_P1P2, Request
from tools.models.card.rights import access
from tools.models.card.session import Mode
from tools.models.card.state import PICC_LEVEL, DataFile
from tools.models.card.status import IsoError

SELECT, READ_BINARY, UPDATE_BINARY = 0xA4, 0xB0, 0xD6
READ_DATA, WRITE_DATA = 0xAD, 0x8D  # whose rights the binary commands need

BY_FILE_ID, BY_CHILD_FILE, BY_DF_NAME = 0x00, 0x02, 0x04
MASTER_FILE = bytes.fromhex("3F00")
SHORT_FILE_ID = 0x80

SW_OK = 0x9000
SW_SECURITY = 0x6982
SW_NOT_FOUND = 0x6A82
SW_WRONG_OFFSET = 0x6B00
SW_NO_FILE_SELECTED = 0x6985
SW_UNKNOWN_INS = 0x6D00


class IsoCommands:
    """Executes ISO commands; remembers the selected elementary file."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._file_no: int | None = None

    def reset(self) -> None:
        """Forget the selected file."""
        self._file_no = None

    def run(self, request: Request) -> bytes:
        """Execute; the answer's data.

        Raises:
            IsoError: refused; the status word says why.
        """
        if request.ins == SELECT:
            return self._select(request)
        if request.ins == READ_BINARY:
            return self._read(request)
        if request.ins == UPDATE_BINARY:
            return self._update(request)
        raise IsoError(SW_UNKNOWN_INS)

    def _select(self, request: Request) -> bytes:
        if request.p2 not in {0x00, 0x0C}:
            raise IsoError(SW_WRONG_P1P2)
        if request.p1 == BY_DF_NAME:
            self._select_application(request.data)
        elif request.p1 in {BY_FILE_ID, BY_CHILD_FILE}:
            self._select_file(request.data)
        else:
            raise IsoError(SW_WRONG_P1P2)
        return b""

    def _select_application(self, name: bytes) -> None:
        for aid, application in self._ctx.state.applications.items():
            if application.df_name == name:
                self._ctx.select(aid)
                self._file_no = None
                return
        raise IsoError(SW_NOT_FOUND)

    def _select_file(self, file_id: bytes) -> None:
        if len(file_id) != 2:
            raise IsoError(SW_WRONG_LENGTH)
        if file_id == MASTER_FILE:
            self._ctx.select(self._ctx.personality.default_application)
            self._file_no = None
            return
        wire_id = file_id[::-1]
        for aid, application in self._ctx.state.applications.items():
            if aid != PICC_LEVEL and application.iso_id == wire_id:
                self._ctx.select(aid)
                self._file_no = None
                return
        for file_no, file in self._ctx.application.files.items():
            if isinstance(file, DataFile) and file.iso_id == wire_id:
                self._file_no = file_no
                return
        raise IsoError(SW_NOT_FOUND)

    def _addressed(self, request: Request, needed: int) -> tuple[DataFile, int]:
        """The file and offset that P1 and P2 name, if its access is free."""
        file_no, offset = self._file_no, request.p1 << 8 | request.p2
        if request.p1 & SHORT_FILE_ID:
            file_no, offset = request.p1 & 0x1F, request.p2
        if file_no is None:
            raise IsoError(SW_NO_FILE_SELECTED)
        file = self._ctx.application.files.get(file_no)
        if not isinstance(file, DataFile) or file.backup:
            raise IsoError(SW_NOT_FOUND)
        granted = access(file, needed, self._ctx.key_no, self._ctx.profile)
        if not granted.granted or granted.mode is not Mode.PLAIN:
            raise IsoError(SW_SECURITY)
        return file, offset

    def _read(self, request: Request) -> bytes:
        if request.data or request.le is None:
            raise IsoError(SW_WRONG_LENGTH)
        file, offset = self._addressed(request, READ_DATA)
        if offset >= len(file.content):
            raise IsoError(SW_WRONG_OFFSET)
        return file.content[offset : offset + request.le]

    def _update(self, request: Request) -> bytes:
        file, offset = self._addressed(request, WRITE_DATA)
        end = offset + len(request.data)
        if not request.data or end > len(file.content):
            raise IsoError(SW_WRONG_OFFSET if request.data else SW_WRONG_LENGTH)
        file.content = file.content[:offset] + request.data + file.content[end:]
        self._ctx.save()
        return b""
