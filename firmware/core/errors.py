"""The one table of numbered errors, shared by terminal, host, contracts and documentation.

A number is never reused or given a new meaning. Each message says what happened, whether
money is safe and what to do. 100-199 card and reader protocol, 200-299 terminal,
300-399 link, 400-499 host. Every other module raises VafaError with one of these numbers.
"""

# --- 100-199: card and reader protocol -------------------------------------------------
CARD_LOST = 100
CARD_STATUS = 101
CARD_MAC = 102
CARD_AUTH = 103
CARD_FOREIGN = 104
CARD_FORMAT = 105
CARD_COUNTER = 106
CARD_SESSION = 107
CARD_REQUEST = 108
READER_FRAME = 109

# (number, name, Persian text, English text)
CARD_ERRORS = (
    (
        CARD_LOST,
        "CARD_LOST",
        "کارت پاسخ نداد. تا خواندن دوبارهٔ کارت نتیجه نامعلوم است؛ همان کارت را دوباره نگه دارید.",
        (
            "The card stopped answering. The outcome is unknown until the card is read again; "
            "hold the same card again."
        ),
    ),
    (
        CARD_STATUS,
        "CARD_STATUS",
        "کارت فرمان را نپذیرفت و تراکنش را کنار گذاشت. پولی جابه‌جا نشد؛ دوباره تلاش کنید.",
        "The card refused a command and dropped the transaction. No money moved; try again.",
    ),
    (
        CARD_MAC,
        "CARD_MAC",
        "پاسخ کارت دستکاری شده یا خراب رسیده است. نتیجه را با خواندن دوبارهٔ همان کارت روشن کنید.",
        (
            "The card's answer was altered or damaged on its way. Read the same card again to "
            "learn the outcome."
        ),
    ),
    (
        CARD_AUTH,
        "CARD_AUTH",
        "کارت و پایانه یکدیگر را نشناختند. پولی جابه‌جا نشد؛ کارت را به باجه بدهید.",
        (
            "Card and terminal did not recognise each other's key. No money moved; take the card "
            "to the service desk."
        ),
    ),
    (
        CARD_FOREIGN,
        "CARD_FOREIGN",
        "این کارت از این باشگاه نیست. پولی جابه‌جا نشد؛ کارت باشگاه را نگه دارید.",
        "This is not a card of this club. No money moved; use the club's card.",
    ),
    (
        CARD_FORMAT,
        "CARD_FORMAT",
        "پاسخ کارت ساختار درستی ندارد. جز پس از فرمان ثبت، پولی جابه‌جا نشد؛ دوباره نگه دارید.",
        (
            "The card's answer is malformed. No money moved unless the commit had been sent; "
            "hold the same card again."
        ),
    ),
    (
        CARD_COUNTER,
        "CARD_COUNTER",
        "شمارندهٔ این نشست کارت پر شده است. پولی جابه‌جا نشد؛ کارت را بردارید و دوباره نگه دارید.",
        (
            "The counter of this card session is used up. No money moved; take the card away and "
            "hold it again."
        ),
    ),
    (
        CARD_SESSION,
        "CARD_SESSION",
        "نشست امن با کارت پایان یافته است. این فرمان فرستاده نشد؛ دوباره از آغاز شروع کنید.",
        (
            "The secure session with the card has ended. The command was not sent; start over "
            "with the same card."
        ),
    ),
    (
        CARD_REQUEST,
        "CARD_REQUEST",
        "فرمان درخواستی برای کارت معتبر نیست و فرستاده نشد. پولی جابه‌جا نشد؛ مقدار را بررسی کنید.",
        (
            "The requested card command is not valid and was not sent. No money moved; check the "
            "value."
        ),
    ),
    (
        READER_FRAME,
        "READER_FRAME",
        "پیام کارت‌خوان خراب رسید. تا خواندن دوبارهٔ کارت نتیجه نامعلوم است؛ سیم را بررسی کنید.",
        (
            "A frame from the reader chip is damaged. The outcome is unknown until the card is "
            "read again; if this repeats, check the reader's wiring."
        ),
    ),
)

TABLE = CARD_ERRORS


def name_of(code):
    """Name of a numbered error, "UNKNOWN" for a number that the table lacks."""
    for row in TABLE:
        if row[0] == code:
            return row[1]
    return "UNKNOWN"


def text_of(code, language="en"):
    """Message for people in "fa" or "en"; the name where the table lacks the number."""
    for row in TABLE:
        if row[0] == code:
            return row[2] if language == "fa" else row[3]
    return name_of(code)


class VafaError(Exception):
    """A numbered error. `detail` is for logs and must never hold a key or other secret."""

    def __init__(self, code, detail=""):
        self.code = code
        self.detail = detail
        super().__init__(str(self))

    def __str__(self):
        head = "%d %s" % (self.code, name_of(self.code))
        return head + ": " + self.detail if self.detail else head


class CardStatusError(VafaError):
    """Error 101: the card answered `status`, one byte of the 91xx range.

    An ISO 7816 status word outside 91xx (6700, 6D00, 6A82 ...) is kept whole, so it is
    above FFh. Either way the card has dropped its session and its pending transaction.
    """

    def __init__(self, status, detail=""):
        self.status = status
        super().__init__(CARD_STATUS, detail)
