"""A model DESFire EV2/EV3 (and NTAG 424 DNA) card that answers at the wire like the real part.

Shares no code with `firmware`: its cryptography, messaging and transaction MAC are written
from the data sheets a second time, so that one mistake cannot cancel itself out. Nothing
about readers belongs here (`tools.models.pn532` is the reader chip).

    card = Card.create(Path("card.json"), uid=bytes.fromhex("045A1B2C3D4E80"))
    card = Card.load(Path("card.json"))          # CardFileError names a damaged file
    card = Card.create(None, uid)                # in memory only

    picc = Picc(card)                            # ISO 14443-4 blocks, without CRC bytes
    picc.field_on(); picc.uid, picc.atqa, picc.sak, picc.ats
    picc.transceive(bytes.fromhex("E050"))       # RATS -> ATS; None is silence
    picc.field_off()

    card.field_on(); card.exchange(bytes.fromhex("9060000000"))   # APDUs without blocks

    card.tear = Tear(at=9, phase="during", outcome="done")        # see `power.Tear`
    card.slow = {0xC7: 2}                        # two S(WTX) before a commit is answered
    card.truth(0x123456)                         # committed balances, records, TMC: the oracle
    card.alter_value(0x123456, 2, 10)            # plant a fault

Choices that public sources leave open are the fields of `CardProfile`. Randomness is passed
in (`random_bytes`): each authentication draws RndB (16) and, for EV2First, then TI (4).
`timing.processing_ms` estimates a real card's time; the model itself never waits.
"""

from tools.models.card.card import Card, Truth
from tools.models.card.isodep import Picc
from tools.models.card.personality import PERSONALITIES
from tools.models.card.power import Tear
from tools.models.card.profile import CardProfile
from tools.models.card.storage import CardFileError
from tools.models.card.timing import processing_ms

__all__ = [
    "PERSONALITIES",
    "Card",
    "CardFileError",
    "CardProfile",
    "Picc",
    "Tear",
    "Truth",
    "processing_ms",
]
