"""A journal on the flash model, and the host's look at its pages; shared by the tests beside."""

from cryptography.hazmat.primitives.asymmetric import utils

from firmware.core import record
from firmware.core.hmac256 import hmac_sha256
from firmware.terminal.journal.journal import Journal
from tests.terminal.fakes import _PREHASHED, JOURNAL_ROOT, FakeSe, Stamp, public_of

TERMINAL = 101
SLOTS = 5


class Slice:
    def __init__(self, sectors: int = SLOTS, address: int = 0) -> None:
        self.address = address
        self.sectors = sectors


def boot(nor, se, slots=SLOTS):
    journal = Journal(nor, Slice(slots), se, TERMINAL, Stamp())
    journal.recover()
    return journal


def intent(card=1, amount=500):
    return record.Intent(
        operation=record.SALE,
        key_version=1,
        currency_unit=1,
        flags=0,
        card_number=card,
        uid=b"uid%04d" % card,
        script=1,
        paid_before=10000,
        amount=amount,
        bonus_amount=0,
        points_amount=0,
        counter=card + 5,
        hotlist_version=0,
        config_version=1,
        lease=1,
        operator=0,
        order_ref=0,
        statement=bytes(64),
        record=bytes(64),
    )


def outcome(ref, result=record.DONE):
    return record.Outcome(ref, result, record.BY_ANSWER, 0, 9500, 6, bytes(8))


def event(value):
    return record.Event(221, value)


def ack_mac(through):
    return hmac_sha256(
        hmac_sha256(JOURNAL_ROOT, record.ACK_KEY_LABEL), record.ack_label(TERMINAL, through)
    )[:16]


def all_pages(journal, start=1):
    pages = []
    while found := journal.pages_from(start, 4):
        assert len(found) <= 4
        pages.extend(found)
        start = found[-1][0] + 1
    return pages


def check_as_the_host_does(pages):
    """Tags, chain, sequences and signatures, by the record format alone."""
    chain = record.genesis(TERMINAL)
    for expected, (sequence, page) in enumerate(pages, 1):
        header = record.parse_header(page)
        assert header.sequence == sequence == expected
        assert record.chain_follows(page, chain)
        key = record.page_key(
            hmac_sha256(JOURNAL_ROOT, record.sector_label(header.epoch)), header.index
        )
        assert record.tag_is_right(page, key)
        if header.kind == record.CLOSE:
            signature = record.parse_content(page, record.CLOSE).signature
            r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
            public_of(FakeSe().public_key(0)).verify(
                utils.encode_dss_signature(r, s), record.close_digest(chain), _PREHASHED
            )
        chain = record.chain_of(page)
