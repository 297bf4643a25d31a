"""Owns every choice that public sources leave open about a real card's behaviour.

Never holds what two sources agree on: that is simply coded. `CardProfile()` is the
recommended reading; tests and the card laboratory vary single fields. Marks: [?] sources
disagree, [m] from memory of NXP documents, [1] one public source.
"""

from dataclasses import dataclass

from tools.models.card.status import Status

GET_VALUE = 0x6C
CREDIT = 0x0C
DEBIT = 0xDC
LIMITED_CREDIT = 0x1C


@dataclass(frozen=True)
class CardProfile:
    """One reading of the uncertain facts; statuses are native status bytes."""

    # Access to value files [?]: commands that each nibble covers.
    value_read_covers: frozenset[int] = frozenset({GET_VALUE, DEBIT})
    value_write_covers: frozenset[int] = frozenset({GET_VALUE, DEBIT, LIMITED_CREDIT})
    value_read_write_covers: frozenset[int] = frozenset({GET_VALUE, DEBIT, LIMITED_CREDIT, CREDIT})

    # What a session and a transaction survive.
    error_drops_session: bool = True  # [1]
    error_drops_pending: bool = True  # [1]
    first_keeps_pending: bool = False  # not documented
    non_first_keeps_pending: bool = True  # [?]
    get_version_in_session_mac: bool = True  # [m]

    # Transactions and the transaction MAC.
    pending_counts_to_limits: bool = True  # [m]
    reads_see_pending: bool = False  # [m] for data and record files, [2] for GetValue
    cyclic_spare_record: bool = True  # [m] max n holds n-1 readable records
    tmi_outside_session: bool = True  # configurable on silicon, the default is not published
    reader_id_required: bool = True  # [1]
    unchanged_commit_status: int = Status.NO_CHANGES
    unchanged_abort_status: int = Status.NO_CHANGES
    commit_without_reader_id_status: int = Status.PERMISSION
    commit_option_without_tmac_status: int = Status.PARAMETER
    reader_id_without_tmac_status: int = Status.PERMISSION
    reader_id_off_status: int = Status.PERMISSION  # [1]
    second_reader_id_status: int = Status.PERMISSION
    tmc_limit_status: int = Status.PERMISSION
    write_after_clear_status: int = Status.BOUNDARY
    limited_credit_off_status: int = Status.PERMISSION
    rolled_back_status: int | None = None  # [1] EE on the first command after a torn commit

    # Management.
    free_delete_needs_application_key: bool = True  # [m] KS1 bit 2 of the PICC, DeleteApplication
    wrong_level_status: int = Status.PERMISSION  # file command without an application, or reverse
    random_uid_hides_version_uid: bool = True  # [m]
    maximum_applications: int | None = None  # EV1 had 28; EV2 is bounded by memory
    format_disabled_by_bit_0: bool = True  # [?] libnxpsc reads it the other way round

    # Framing.
    single_framing: bool = True  # [m] native or wrapped for a whole activation
    other_framing_status: int = Status.ILLEGAL_COMMAND
    frame_data_length: int = 59  # data bytes in one AF-chained answer frame
    missing_mac_status: int = Status.LENGTH  # [1] 7E; another source has 1E

    pd_cap2: bytes = bytes(6)  # zeros on factory cards
    ev1_messaging: bool = True  # AuthenticateAES (AAh) for tools older than EV2
