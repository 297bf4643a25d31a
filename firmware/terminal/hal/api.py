"""The contract between the terminal's program and its hardware; sim and rp2 both build this.

Owns the names, units and errors below and the object that carries them. Never touches hardware.
The program gets one `Hal` from its main module and passes it on; tests pass one with fakes.

Time
    ticks_ms() -> int          monotonic, wraps; compare with ticks_diff(later, earlier) only
    await sleep_ms(ms)         let other tasks run; 0 only yields

nor     drivers.nor.Nor        size (bytes); erase(sector_address); program(page_address, data), at
                               most 256 bytes and never across a page; read_into(address, buffer).
                               Each change is read back: error 280 when it did not take.
se      drivers.atecc.Atecc    random(n); sign(digest) -> 64; verify(public, digest, signature)
                               -> bool; ephemeral() -> public 64; ecdh(public) -> x 32;
                               aes(slot, block16) -> 16; hmac(slot, message) -> 32;
                               counter() -> int; bump() -> int; public_key(slot) -> 64;
                               number(slot) -> u32; serial() -> 9. Blocking, up to 120 ms
                               a call on a real part. Error 281.
reader  drivers.pn532.Pn532    await start(); await find(max_cards) -> [Target]; await
                               exchange(tg, apdu) -> answer; await release(); await field(on).
                               CardLost (100): the outcome of this APDU is unknown.
                               ReaderFault (282): the APDU surely did not reach the card.
rtc     drivers.ds3231.Ds3231  read() -> seconds since 2020-01-01T00:00:00Z, or None when it was
                               never set or has stopped since; set(seconds)
panel   show(view, lines)      the view's name and its lines of text, top to bottom
tone    play(name)             one of TONES; returns at once
keys    poll() -> [str]        the keys pressed since the last call, each one of KEYS
pipe    up() -> bool           whether the gateway is connected; also makes and repairs the
                               connection, so call it regularly. write(data) queues at most
                               PIPE_QUEUE bytes. read() -> what has come, maybe nothing.
                               Neither blocks nor raises: a broken pipe is down.
Aes     class                  AES for the core, see firmware.core.crypto_micropython
"""

TONES = ("success", "refused", "again", "key")

KEY_ENTER = "#"
KEY_CANCEL = "*"
KEY_BALANCE = "B"
KEY_TOP_UP = "T"
KEY_LANGUAGE = "L"
KEYS = "0123456789" + KEY_ENTER + KEY_CANCEL + KEY_BALANCE + KEY_TOP_UP + KEY_LANGUAGE

PIPE_QUEUE = 8192

# Slots of the secure element. A public key needs 72 bytes, which slots 0 to 7 do not have.
SLOT_IDENTITY = 0  # P-256 private key, made inside
SLOT_DEBIT = 1  # debit master, AES-128
SLOT_DEBIT_NEXT = 2  # debit master of the next version, AES-128
SLOT_JOURNAL = 3  # journal root, 32 bytes, HMAC only
SLOT_HOST = 9  # the host's public key
SLOT_TERMINAL = 10  # this terminal's number


class Hal:
    """Carries the parts; which they are is described above."""

    def __init__(self, time, nor, se, reader, rtc, panel, tone, keys, pipe, aes):
        self.ticks_ms = time.ticks_ms
        self.ticks_diff = time.ticks_diff
        self.sleep_ms = time.sleep_ms
        self.nor = nor
        self.se = se
        self.reader = reader
        self.rtc = rtc
        self.panel = panel
        self.tone = tone
        self.keys = keys
        self.pipe = pipe
        self.Aes = aes
