"""Owns what is true while the card has power: selected application, session, transaction.

Never checks lengths or MACs. Command modules read and change the card through it, so that
they need not know where the state is stored.
"""

from collections.abc import Callable
from typing import TypeVar

from tools.models.card.personality import Personality
from tools.models.card.power import Supply
from tools.models.card.profile import CardProfile
from tools.models.card.session import Session
from tools.models.card.state import MAX_FILE_NO, PICC_LEVEL, Application, CardState, File
from tools.models.card.status import CardError, Status
from tools.models.card.transaction import Pending, Transaction

MASTER_KEY = 0
FREE_LISTING, FREE_CREATE = 0x02, 0x04  # bits of KS1

F = TypeVar("F", bound=File)


class Context:
    """One powered card. `save` writes the state; `random_bytes(n)` is the only randomness."""

    def __init__(
        self,
        state: CardState,
        personality: Personality,
        profile: CardProfile,
        random_bytes: Callable[[int], bytes],
        save: Callable[[], None],
        supply: Supply,
    ) -> None:
        self.state = state
        self.personality = personality
        self.profile = profile
        self.random_bytes = random_bytes
        self.save = save
        self.supply = supply
        self.reset()

    def reset(self) -> None:
        """Power-up: PICC level, or the only application of a tag that has no PICC level."""
        self.select(self.personality.default_application)

    def select(self, aid: int) -> None:
        """Make an application current; session and noted changes are gone."""
        self.aid = aid
        self.session: Session | None = None
        self.transaction = Transaction()

    @property
    def application(self) -> Application:
        """The current application; the PICC level counts as one without files."""
        if self.aid == PICC_LEVEL:
            return self.state.picc
        return self.state.applications[self.aid]

    @property
    def key_no(self) -> int | None:
        """Key of the session, or None without a session."""
        return None if self.session is None else self.session.key_no

    def file(self, file_no: int) -> File:
        """A committed file of the current application; F0 when there is none."""
        if file_no > MAX_FILE_NO or file_no not in self.application.files:
            raise CardError(Status.NO_FILE)
        return self.application.files[file_no]

    def typed(self, file_no: int, kind: type[F]) -> F:
        """A committed file that must be of one kind; 9E for a command of another kind."""
        file = self.file(file_no)
        if not isinstance(file, kind):
            raise CardError(Status.PARAMETER)
        return file

    def pending(self, file_no: int, kind: type[F]) -> tuple[F, Pending]:
        """The pending form of a file, made at its first change."""
        pending = self.transaction.change(file_no, self.typed(file_no, kind))
        if not isinstance(pending.file, kind):
            raise CardError(Status.PARAMETER)
        return pending.file, pending

    def visible(self, file_no: int, kind: type[F]) -> F:
        """The file as reads see it: the last commit, unless the profile says otherwise."""
        file = self.typed(file_no, kind)
        changed = self.transaction.changes.get(file_no)
        if self.profile.reads_see_pending and changed and isinstance(changed.file, kind):
            return changed.file
        return file

    def note(self, header: bytes, data: bytes = b"") -> None:
        """Add a command to the transaction MAC input, where there is a transaction MAC."""
        if self.application.transaction_mac_file() is None:
            return
        if self.session is not None or self.profile.tmi_outside_session:
            self.transaction.note(header, data)

    def require_master(self) -> None:
        """AE without a session, 9D unless it was made with the current master key."""
        if self.session is None:
            raise CardError(Status.AUTHENTICATION)
        if self.session.key_no != MASTER_KEY:
            raise CardError(Status.PERMISSION)

    def require_setting(self, bit: int) -> None:
        """The master key, unless a bit of the key settings frees the command."""
        if not self.application.settings & bit:
            self.require_master()
