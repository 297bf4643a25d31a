"""Owns one card: its state, its power, its file, and the way of an APDU through the layers.

Never knows a command or a block. `Picc` (isodep) puts the block protocol in front of it;
tests and programs without a reader chip call `exchange` directly.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tools.models.card import framing, storage
from tools.models.card.commands.picc import RANDOM_UID
from tools.models.card.context import Context
from tools.models.card.framing import Form, Request
from tools.models.card.iso7816 import SW_OK, IsoCommands
from tools.models.card.personality import PERSONALITIES
from tools.models.card.power import Supply, Tear
from tools.models.card.processor import Processor
from tools.models.card.profile import CardProfile
from tools.models.card.state import CardState, RecordFile, ValueFile
from tools.models.card.status import IsoError, PowerLostError

UID_LENGTH = 7
RANDOM_UID_START = b"\x08"


@dataclass(frozen=True)
class Truth:
    """What an oracle may know of an application: committed state, read without protocol."""

    values: dict[int, int]
    newest_records: dict[int, bytes | None]
    tmc: int | None
    tmv: bytes | None


class Card:
    """A model card, in memory or backed by a file.

    `random_bytes(n)` is the only randomness. An authentication draws RndB (16 bytes) and,
    for EV2First, then TI (4 bytes), both in its first half. `slow` maps an INS to the number
    of waiting-time extensions that the block layer asks for before it answers. `tear` is the
    next planned loss of power.
    """

    def __init__(
        self,
        state: CardState,
        path: Path | None = None,
        profile: CardProfile | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.path = path
        self.supply = Supply()
        self.slow: dict[int, int] = {}
        self._personality = PERSONALITIES[state.personality]
        self._context = Context(
            state,
            self._personality,
            profile or CardProfile(),
            random_bytes,
            self._save,
            self.supply,
        )
        self._processor = Processor(self._context)
        self._iso = IsoCommands(self._context)
        self._shown_uid = state.uid
        self._form: Form | None = None

    @classmethod
    def create(
        cls,
        path: Path | None,
        uid: bytes,
        personality: str = "desfire-ev2",
        profile: CardProfile | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> Self:
        """A card in factory state: AES zero keys of version 0. Without a path, in memory.

        Raises:
            FileExistsError: there is a file at `path`; a card is never overwritten.
            ValueError: the UID is not 7 bytes, or the personality is unknown.
        """
        if len(uid) != UID_LENGTH:
            raise ValueError("a card's UID has 7 bytes")
        if personality not in PERSONALITIES:
            raise ValueError(f"unknown personality {personality!r}")
        if path is not None and path.exists():
            raise FileExistsError(f"{path}: exists already; load it or move it away")
        state = PERSONALITIES[personality].factory(personality, uid)
        card = cls(state, path, profile, random_bytes)
        card._save()
        return card

    @classmethod
    def load(
        cls,
        path: Path,
        profile: CardProfile | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> Self:
        """A card from its file.

        Raises:
            storage.CardFileError: missing or damaged; never silently made anew.
        """
        state = storage.load(path)
        if state.personality not in PERSONALITIES:
            raise storage.CardFileError(f"{path}: unknown personality {state.personality!r}")
        return cls(state, path, profile, random_bytes)

    @property
    def state(self) -> CardState:
        """What the card remembers without power."""
        return self._context.state

    @property
    def profile(self) -> CardProfile:
        """The reading of uncertain facts that this card follows."""
        return self._context.profile

    @property
    def tear(self) -> Tear | None:
        """The planned loss of power, until it has happened."""
        return self.supply.plan

    @tear.setter
    def tear(self, plan: Tear | None) -> None:
        self.supply.plan = plan

    @property
    def shown_uid(self) -> bytes:
        """UID in anticollision; a random one, drawn at power-up, if so configured."""
        return self._shown_uid

    @property
    def ats(self) -> bytes:
        """Answer to select with its length byte."""
        return self.state.user_ats or self._personality.ats

    def field_on(self) -> None:
        """Power up: PICC level, no session, no transaction."""
        self.supply.field_on()
        self._shown_uid = self.state.uid
        if self.state.configuration & RANDOM_UID:
            self._shown_uid = RANDOM_UID_START + self._context.random_bytes(3)
        self.activate()

    def field_off(self) -> None:
        """Power down."""
        self.lose_power()

    def lose_power(self) -> None:
        """Silence from now on; everything that is not in memory is gone."""
        self.supply.lose()
        self.activate()

    def activate(self) -> None:
        """A fresh activation: nothing of an earlier one is left."""
        self._context.reset()
        self._processor.reset()
        self._iso.reset()
        self._form = None

    deactivate = activate

    def waiting_time_requests(self, apdu: bytes) -> int:
        """How many S(WTX) the block layer sends before this command is answered."""
        if not self.slow or not apdu:
            return 0
        ins = apdu[1] if apdu[0] in {0x00, 0x90} and len(apdu) > 1 else apdu[0]
        return self.slow.get(ins, 0)

    def exchange(self, apdu: bytes) -> bytes | None:
        """One APDU, native, wrapped or ISO; its answer, or None for silence."""
        if not self.supply.on:
            return None
        phase = self.supply.begin("exchange")
        if phase == "before":
            self.lose_power()
            return None
        before = deepcopy(self.state) if self.supply.failing else self.state
        try:
            answer = self._answer(apdu)
        except PowerLostError:
            if self.supply.failing == "rolled_back":
                self._roll_back(before)
            self.lose_power()
            return None
        if phase is not None:
            self.lose_power()
            return None
        return answer

    def _answer(self, apdu: bytes) -> bytes:
        try:
            request = framing.parse(apdu)
            if request.form is Form.ISO:
                self._processor.reset()
                return framing.iso_answer(SW_OK, self._iso.run(request))
        except IsoError as refusal:
            self._processor.fail()
            return framing.iso_answer(refusal.sw)
        if self._is_other_form(request):
            self._processor.fail()
            return framing.answer(request.form, self.profile.other_framing_status, b"")
        status, data = self._processor.run(request.ins, request.data)
        return framing.answer(request.form, status, data)

    def _is_other_form(self, request: Request) -> bool:
        """Whether the reader has left the form it started this activation with."""
        self._form = self._form or request.form
        return self.profile.single_framing and request.form is not self._form

    def _save(self) -> None:
        """The moment at which the card's memory changes, and at which a tear can hit it."""
        if self.supply.failing == "rolled_back":
            raise PowerLostError
        if self.path is not None:
            storage.save(self.path, self.state)
        if self.supply.failing == "done":
            raise PowerLostError

    def _roll_back(self, before: CardState) -> None:
        """As the card does from its own backup when it next has power."""
        self.supply.failing = None
        self._context.state = before
        if self.profile.rolled_back_status is not None:
            before.rolled_back = True
            self._save()

    def truth(self, aid: int) -> Truth:
        """Committed state of an application, straight from memory.

        Raises:
            KeyError: the card has no such application.
        """
        application = self.state.applications[aid]
        mac_file = application.transaction_mac_file()
        files = application.files.items()
        return Truth(
            values={number: file.value for number, file in files if isinstance(file, ValueFile)},
            newest_records={
                number: file.records[-1] if file.records else None
                for number, file in files
                if isinstance(file, RecordFile)
            },
            tmc=mac_file.counter if mac_file else None,
            tmv=mac_file.mac_value if mac_file else None,
        )

    def alter_value(self, aid: int, file_no: int, value: int) -> None:
        """Plant a fault: change a balance behind the card's back, limits and MACs ignored.

        Raises:
            KeyError: no such application or file.
            TypeError: the file is not a value file.
        """
        file = self.state.applications[aid].files[file_no]
        if not isinstance(file, ValueFile):
            raise TypeError(f"file {file_no:02X} is not a value file")
        file.value = value
        self._save()
