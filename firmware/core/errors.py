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

# --- 280-289: parts of the terminal -----------------------------------------------------
FLASH_FAULT = 280
SE_FAULT = 281
READER_FAULT = 282
PERIPHERAL_FAULT = 283

HARDWARE_ERRORS = (
    (
        FLASH_FAULT,
        "FLASH_FAULT",
        "حافظهٔ پایانه نوشته یا پاک نشد. فروش ثبت‌نشده انجام نمی‌شود؛ پایانه را به تعمیر بدهید.",
        (
            "The terminal's flash did not take a change. No sale goes on without its record; "
            "send the terminal for repair."
        ),
    ),
    (
        SE_FAULT,
        "SE_FAULT",
        "تراشهٔ امن پاسخ درستی نداد. پولی جابه‌جا نشد؛ پایانه را خاموش و روشن کنید.",
        (
            "The secure element did not answer as it should. No money moved; "
            "switch the terminal off and on."
        ),
    ),
    (
        READER_FAULT,
        "READER_FAULT",
        "کارت‌خوان فرمان را به کارت نرساند. این فرمان پولی جابه‌جا نکرد؛ دوباره تلاش کنید.",
        (
            "The reader chip did not pass the command on to the card. It moved no money; "
            "try again, and have the reader checked if this repeats."
        ),
    ),
    (
        PERIPHERAL_FAULT,
        "PERIPHERAL_FAULT",
        "ساعت یا صفحه‌کلید پایانه پاسخ نمی‌دهد. پول‌ها امن‌اند؛ اتصال‌های پایانه را بررسی کنید.",
        (
            "The clock or the keypad of the terminal does not answer. Money is safe; "
            "have the wiring checked."
        ),
    ),
)

# --- 200-279: terminal ------------------------------------------------------------------
AMOUNT_ZERO = 200
AMOUNT_LIMIT = 201
PURSE_TOO_SMALL = 202
PURSE_BLOCKED = 203
PURSE_HOTLISTED = 204
PURSE_EXPIRED = 205
PURSE_CURRENCY = 206
PURSE_FORMAT = 207
CARDS_TWO = 208
SALE_REPEATED = 209
CONFIG_MISSING = 210
LEASE_EXPIRED = 211
LEASE_RECORDS = 212
LEASE_VALUE = 213
JOURNAL_FULL = 214
JOURNAL_ROLLED_BACK = 215
DOUBTS_FULL = 216
DOUBT_OTHER_CARD = 217
DOUBT_DONE = 218
DOUBT_NOT_DONE = 219
COUNTER_JUMP = 220
STARTED = 221
JOURNAL_DAMAGED = 222
DOUBT_HANDED_OVER = 223
OBJECT_REFUSED = 224
TASK_FAILED = 225
TOP_UP_OFFLINE = 226
TOP_UP_UNKNOWN = 227
CLOCK_STEPPED = 228
RANDOM_STUCK = 229

# (number, name, Persian text, English text)
TERMINAL_ERRORS = (
    (
        AMOUNT_ZERO,
        "AMOUNT_ZERO",
        "مبلغ صفر است. چیزی کم نشد؛ مبلغ را وارد کنید.",
        "The amount is zero. Nothing was taken; enter an amount.",
    ),
    (
        AMOUNT_LIMIT,
        "AMOUNT_LIMIT",
        "مبلغ از سقف یک خرید این پایانه بیشتر است. چیزی کم نشد؛ مبلغ کمتری وارد کنید.",
        (
            "The amount is above this terminal's limit for one sale. Nothing was taken; enter "
            "a smaller amount."
        ),
    ),
    (
        PURSE_TOO_SMALL,
        "PURSE_TOO_SMALL",
        "موجودی کارت کافی نیست. چیزی کم نشد؛ کارت را شارژ کنید.",
        "The card holds too little for this. Nothing was taken; top the card up.",
    ),
    (
        PURSE_BLOCKED,
        "PURSE_BLOCKED",
        "این کارت مسدود شده است. چیزی کم نشد و موجودی محفوظ است؛ به باجه مراجعه کنید.",
        "This card is blocked. Nothing was taken and its balance is safe; go to the service desk.",
    ),
    (
        PURSE_HOTLISTED,
        "PURSE_HOTLISTED",
        "این کارت در فهرست کارت‌های گمشده است. چیزی کم نشد؛ به باجه مراجعه کنید.",
        "This card is on the list of lost cards. Nothing was taken; go to the service desk.",
    ),
    (
        PURSE_EXPIRED,
        "PURSE_EXPIRED",
        "اعتبار زمانی کارت تمام شده است. موجودی محفوظ است؛ برای کارت تازه به باجه مراجعه کنید.",
        "The card has expired. Its balance is safe; get a new card at the service desk.",
    ),
    (
        PURSE_CURRENCY,
        "PURSE_CURRENCY",
        "واحد پول کارت با این پایانه یکی نیست. چیزی کم نشد؛ کارت را به باجه بدهید.",
        (
            "The card's currency unit differs from the terminal's. Nothing was taken; take "
            "the card to the service desk."
        ),
    ),
    (
        PURSE_FORMAT,
        "PURSE_FORMAT",
        "پرونده‌های کارت با هم نمی‌خوانند. چیزی کم نشد؛ کارت را به باجه بدهید.",
        (
            "The card's files disagree with each other. Nothing was taken; take the card to "
            "the service desk."
        ),
    ),
    (
        CARDS_TWO,
        "CARDS_TWO",
        "بیش از یک کارت روی دستگاه است. چیزی کم نشد؛ فقط یک کارت نگه دارید.",
        "More than one card is on the reader. Nothing was taken; hold one card only.",
    ),
    (
        SALE_REPEATED,
        "SALE_REPEATED",
        (
            "همین کارت همین مبلغ را همین حالا پرداخت. چیز دیگری کم نشد؛ برای پرداخت دوباره "
            "تأیید کنید."
        ),
        (
            "The same card paid the same amount a moment ago. Nothing more was taken; confirm "
            "to pay again."
        ),
    ),
    (
        CONFIG_MISSING,
        "CONFIG_MISSING",
        "این پایانه هنوز تنظیمات خود را نگرفته است. چیزی کم نشد؛ آن را به میزبان وصل کنید.",
        "The terminal has no configuration yet. Nothing was taken; connect it to the host.",
    ),
    (
        LEASE_EXPIRED,
        "LEASE_EXPIRED",
        "مهلت کار بی‌اتصال این پایانه تمام شده است. چیزی کم نشد؛ آن را به میزبان وصل کنید.",
        "The terminal's time for working without the host is over. Nothing was taken; connect it.",
    ),
    (
        LEASE_RECORDS,
        "LEASE_RECORDS",
        "شمار خریدهای فرستاده‌نشده به سقف رسیده است. چیزی کم نشد؛ پایانه را به میزبان وصل کنید.",
        "Too many sales wait to reach the host. Nothing was taken; connect the terminal.",
    ),
    (
        LEASE_VALUE,
        "LEASE_VALUE",
        "ارزش خریدهای فرستاده‌نشده به سقف رسیده است. چیزی کم نشد؛ پایانه را به میزبان وصل کنید.",
        (
            "The sales that wait to reach the host are worth too much. Nothing was taken; "
            "connect the terminal."
        ),
    ),
    (
        JOURNAL_FULL,
        "JOURNAL_FULL",
        "دفتر پایانه پر است. چیزی کم نشد و همهٔ ثبت‌ها محفوظ است؛ پایانه را به میزبان وصل کنید.",
        (
            "The terminal's journal is full. Nothing was taken and all its records are safe; "
            "connect the terminal."
        ),
    ),
    (
        JOURNAL_ROLLED_BACK,
        "JOURNAL_ROLLED_BACK",
        "حافظهٔ پایانه کهنه‌تر از شمارندهٔ امن آن است. فروش بسته شد؛ پایانه را به سرویس بفرستید.",
        (
            "The terminal's flash is older than its secure counter says. Sales are closed; "
            "send the terminal to service."
        ),
    ),
    (
        DOUBTS_FULL,
        "DOUBTS_FULL",
        (
            "خریدهای نامعلوم این پایانه زیاد است. چیزی کم نشد؛ آن کارت‌ها را دوباره نگه دارید "
            "یا وصل شوید."
        ),
        (
            "Too many sales are in doubt here. Nothing was taken; hold those cards again or "
            "connect the terminal."
        ),
    ),
    (
        DOUBT_OTHER_CARD,
        "DOUBT_OTHER_CARD",
        (
            "نتیجهٔ کارت دیگری نامعلوم است. از این کارت چیزی کم نشد؛ همان کارت را نگه دارید "
            "یا لغو کنید."
        ),
        (
            "Another card's sale is in doubt. Nothing was taken from this card; hold the same "
            "card or cancel."
        ),
    ),
    (
        DOUBT_DONE,
        "DOUBT_DONE",
        "خرید پیشین این کارت انجام شده بود. جز آن چیزی کم نشد؛ برای خرید تازه دوباره مبلغ بزنید.",
        (
            "This card's earlier sale had been done. Nothing else was taken; enter the new "
            "sale again."
        ),
    ),
    (
        DOUBT_NOT_DONE,
        "DOUBT_NOT_DONE",
        "خرید پیشین این کارت انجام نشده بود و چیزی برای آن کم نشده است.",
        "This card's earlier sale had not been done; nothing was taken for it.",
    ),
    (
        COUNTER_JUMP,
        "COUNTER_JUMP",
        (
            "شمارندهٔ کارت بیش از انتظار بود: تراکنشی گزارش نشده است. این خرید درست ثبت شد؛ "
            "میزبان بررسی می‌کند."
        ),
        (
            "The card's counter was beyond the expected: some commit is unreported. This sale "
            "is booked; the host looks into it."
        ),
    ),
    (
        STARTED,
        "STARTED",
        "پایانه روشن شد. همهٔ ثبت‌ها محفوظ است؛ کاری لازم نیست.",
        "The terminal started. All records are safe; nothing to do.",
    ),
    (
        JOURNAL_DAMAGED,
        "JOURNAL_DAMAGED",
        "صفحه‌ای از دفتر پایانه خوانده نمی‌شود. میزبان کمبود آن را می‌بیند؛ پایانه را بررسی کنید.",
        (
            "A page of the terminal's journal is unreadable. The host sees what is missing; "
            "have the terminal checked."
        ),
    ),
    (
        DOUBT_HANDED_OVER,
        "DOUBT_HANDED_OVER",
        "جای خرید نامعلوم کهنه‌ای در دفتر لازم شد. ثبت آن نزد میزبان است و آنجا روشن می‌شود.",
        "The room of an old sale in doubt was needed. The host holds its record and resolves it.",
    ),
    (
        OBJECT_REFUSED,
        "OBJECT_REFUSED",
        "تنظیمات یا فهرست تازه امضای درستی نداشت و کنار گذاشته شد. نسخهٔ پیشین به‌جاست.",
        (
            "A new configuration or list was not properly signed and was dropped. The earlier "
            "one stays in force."
        ),
    ),
    (
        TASK_FAILED,
        "TASK_FAILED",
        (
            "بخشی از برنامهٔ پایانه از کار افتاد و دوباره آغاز شد. ثبت‌ها محفوظ است؛ اگر "
            "تکرار شد سرویس کنید."
        ),
        (
            "A part of the terminal's program failed and was restarted. All records are safe; "
            "if it repeats, send it to service."
        ),
    ),
    (
        TOP_UP_OFFLINE,
        "TOP_UP_OFFLINE",
        "شارژ کارت به میزبان نیاز دارد و اتصال نیست. پولی نگیرید؛ پس از اتصال دوباره تلاش کنید.",
        (
            "A top-up needs the host and there is no connection. Take no money; try again "
            "once connected."
        ),
    ),
    (
        TOP_UP_UNKNOWN,
        "TOP_UP_UNKNOWN",
        (
            "پاسخ پایان شارژ نرسید و شارژ انجام‌شده فرض می‌شود. پول را پس ندهید؛ رسید را نگه "
            "دارید و کارت را دوباره نگه دارید."
        ),
        (
            "The end of the top-up was lost; it is presumed given. Give no cash back, keep "
            "the receipt, hold the card again."
        ),
    ),
    (
        CLOCK_STEPPED,
        "CLOCK_STEPPED",
        "ساعت پایانه نادرست بود و تنظیم شد. ترتیب ثبت‌ها به ساعت وابسته نیست؛ کاری لازم نیست.",
        (
            "The terminal's clock was wrong and was set. The order of records does not depend "
            "on it; nothing to do."
        ),
    ),
    (
        RANDOM_STUCK,
        "RANDOM_STUCK",
        "مولد عدد تصادفی پایانه درست کار نمی‌کند. چیزی کم نشد؛ پایانه را به سرویس بفرستید.",
        (
            "The terminal's random source does not work properly. Nothing was taken; send the "
            "terminal to service."
        ),
    ),
)

# --- 300-319: the link as the gateway and the host see it ----------------------------------
LINK_HOST_AWAY = 300
LINK_MESSAGE = 301
LINK_SESSION = 302
LINK_TERMINAL = 303
LINK_STORE_FULL = 304
LINK_BUSY = 305

LINK_ERRORS = (
    (
        LINK_HOST_AWAY,
        "LINK_HOST_AWAY",
        (
            "میزبان اکنون در دسترس نیست. فروش ادامه دارد و چیزی گم نشده است؛ شارژ را پس از "
            "وصل شدن دوباره امتحان کنید."
        ),
        (
            "The host cannot be reached now. Sales go on and nothing is lost; try the top-up "
            "again once the link is back."
        ),
    ),
    (
        LINK_MESSAGE,
        "LINK_MESSAGE",
        ("پیام پیوند نامفهوم بود و کنار گذاشته شد. پولی جابه‌جا نشد؛ نسخهٔ برنامه‌ها را بررسی کنید."),
        (
            "A link message could not be understood and was dropped. No money moved; compare "
            "the program versions."
        ),
    ),
    (
        LINK_SESSION,
        "LINK_SESSION",
        (
            "نشست با میزبان شکست: بسته‌ای جعلی، تکراری یا گم شده بود. حساب‌ها درست‌اند؛ "
            "پایانه نشست تازه‌ای می‌سازد."
        ),
        (
            "The session with the host broke: a packet was forged, repeated or lost. Accounts "
            "are right; the terminal opens a new session."
        ),
    ),
    (
        LINK_TERMINAL,
        "LINK_TERMINAL",
        "میزبان این پایانه را در این شعبه نمی‌شناسد. پولی جابه‌جا نشد؛ پایانه را ثبت کنید.",
        (
            "The host does not know this terminal at this branch. No money moved; enrol the "
            "terminal."
        ),
    ),
    (
        LINK_STORE_FULL,
        "LINK_STORE_FULL",
        (
            "انبارهٔ دروازهٔ شعبه پر است. فروش‌ها در پایانه محفوظ‌اند؛ راه دروازه به میزبان "
            "را باز کنید."
        ),
        (
            "The branch gateway's store is full. Sales are safe in the terminal; restore the "
            "gateway's way to the host."
        ),
    ),
    (
        LINK_BUSY,
        "LINK_BUSY",
        "دروازه پیوند بیشتری نمی‌پذیرد. پولی جابه‌جا نشد؛ پیوندهای اضافی را ببندید.",
        (
            "The gateway takes no more connections. No money moved; close connections that "
            "are not needed."
        ),
    ),
)

# --- 420-449: card desk, relay and services of the host ------------------------------------
REQUEST_INVALID = 420
REQUEST_CONFLICT = 421
CARD_UNKNOWN = 422
CARD_BLOCKED = 423
CARD_ISSUED = 424
CARD_UNFINISHED = 425
TOP_UP_LIMIT = 426
TOP_UP_OPEN = 427
TOP_UP_PRESUMED = 428
TOP_UP_UNPROVEN = 429
TOP_UP_NOT_GIVEN = 430
CARD_INCONSISTENT = 431
CARD_GENERATION = 432
CALLER_UNKNOWN = 433
CALLER_FORBIDDEN = 434
DEADLINE_MISSING = 435
HOST_FAULT = 436
KEYS_EXPOSED = 437
KEYS_DAMAGED = 438
HOST_FILES = 439
PORT_IN_USE = 440
HOST_EXISTS = 441
TERMINAL_ENROLLED = 442
TLS_FILES = 443

SERVICE_ERRORS = (
    (
        REQUEST_INVALID,
        "REQUEST_INVALID",
        "درخواست نادرست است و انجام نشد. پولی جابه‌جا نشد؛ مقدارها را بررسی کنید.",
        "The request is not valid and was not carried out. No money moved; check its values.",
    ),
    (
        REQUEST_CONFLICT,
        "REQUEST_CONFLICT",
        "همین شناسهٔ درخواست پیش‌تر با محتوای دیگری آمده است. انجام نشد؛ شناسهٔ تازه بسازید.",
        (
            "The same request id came before with other content. It was not carried out; use "
            "a new id."
        ),
    ),
    (
        CARD_UNKNOWN,
        "CARD_UNKNOWN",
        "میزبان این کارت را نمی‌شناسد. پولی جابه‌جا نشد؛ کارت را نخست صادر کنید.",
        "The host does not know this card. No money moved; issue the card first.",
    ),
    (
        CARD_BLOCKED,
        "CARD_BLOCKED",
        "این کارت مسدود است. پولی جابه‌جا نشد؛ کارت را به باجه بدهید.",
        "This card is blocked. No money moved; take it to the service desk.",
    ),
    (
        CARD_ISSUED,
        "CARD_ISSUED",
        "این کارت پیش‌تر صادر شده است و دست نخورد. برای صدور، کارت تازه بگذارید.",
        "This card was issued before and was left as it is. To issue, present a new card.",
    ),
    (
        CARD_UNFINISHED,
        "CARD_UNFINISHED",
        ("صدور این کارت نیمه‌کاره مانده است. پولی روی آن نیست؛ صدور را با همین کارت تکرار کنید."),
        (
            "Issuing this card was not finished. There is no money on it; repeat the issue "
            "with the same card."
        ),
    ),
    (
        TOP_UP_LIMIT,
        "TOP_UP_LIMIT",
        "مبلغ از سقف کیف پول بیشتر می‌شود یا صفر است. چیزی افزوده نشد؛ مبلغ دیگری بدهید.",
        (
            "The amount is zero or would exceed the purse's limit. Nothing was credited; "
            "choose another amount."
        ),
    ),
    (
        TOP_UP_OPEN,
        "TOP_UP_OPEN",
        ("شارژ پیشین این کارت هنوز روشن نشده است. شارژ تازه انجام نشد؛ کارت را در باجه بخوانید."),
        (
            "An earlier top-up of this card is not resolved yet. Nothing new was credited; "
            "read the card at the desk."
        ),
    ),
    (
        TOP_UP_PRESUMED,
        "TOP_UP_PRESUMED",
        (
            "پاسخ ثبت گم شد. شارژ انجام‌شده فرض می‌شود و پول نقد پس داده نمی‌شود؛ همان کارت "
            "را دوباره نگه دارید."
        ),
        (
            "The commit's answer was lost. The credit is presumed given and no cash goes "
            "back; hold the same card again."
        ),
    ),
    (
        TOP_UP_UNPROVEN,
        "TOP_UP_UNPROVEN",
        (
            "گواه کارت با شارژ نمی‌خواند. شارژ انجام‌شده فرض می‌شود؛ کارت را دوباره بخوانید و "
            "مدیر را خبر کنید."
        ),
        (
            "The card's proof does not match the top-up. The credit is presumed given; read "
            "the card again and tell a manager."
        ),
    ),
    (
        TOP_UP_NOT_GIVEN,
        "TOP_UP_NOT_GIVEN",
        ("کارت نشان می‌دهد که شارژ انجام نشده است. پول نقد را پس بدهید یا شارژ تازه‌ای آغاز کنید."),
        (
            "The card shows that the top-up was not carried out. Return the cash or start a "
            "new top-up."
        ),
    ),
    (
        CARD_INCONSISTENT,
        "CARD_INCONSISTENT",
        (
            "پرونده‌های کارت با هم یا با میزبان نمی‌خوانند. پولی جابه‌جا نشد؛ کارت را نگه "
            "دارید و مدیر را خبر کنید."
        ),
        (
            "The card's files disagree with each other or with the host. No money moved; keep "
            "the card and tell a manager."
        ),
    ),
    (
        CARD_GENERATION,
        "CARD_GENERATION",
        "این تراشه DESFire EV2 یا تازه‌تر نیست. کارت دست نخورد؛ کارت دیگری بگذارید.",
        (
            "This chip is not a DESFire EV2 or later. The card was left as it is; present "
            "another card."
        ),
    ),
    (
        CALLER_UNKNOWN,
        "CALLER_UNKNOWN",
        "گواهی فراخواننده نقشی ندارد یا شناخته نیست. کاری انجام نشد؛ گواهی درست به کار ببرید.",
        (
            "The caller's certificate is missing or names no known role. Nothing was done; "
            "use the right certificate."
        ),
    ),
    (
        CALLER_FORBIDDEN,
        "CALLER_FORBIDDEN",
        "این گواهی اجازهٔ این کار را ندارد. کاری انجام نشد؛ با گواهی نقش لازم تکرار کنید.",
        (
            "This certificate may not do that. Nothing was done; repeat with a certificate of "
            "the needed role."
        ),
    ),
    (
        DEADLINE_MISSING,
        "DEADLINE_MISSING",
        "درخواست مهلت ندارد و پذیرفته نشد. کاری انجام نشد؛ با مهلت تکرار کنید.",
        ("The call has no deadline and was refused. Nothing was done; repeat it with a deadline."),
    ),
    (
        HOST_FAULT,
        "HOST_FAULT",
        (
            "خطای درونی میزبان. آنچه پذیرفته شده محفوظ است؛ دوباره بفرستید و گزارش میزبان را "
            "ببینید."
        ),
        (
            "Internal fault of the host. What was acknowledged is safe; send again and look "
            "at the host's log."
        ),
    ),
    (
        KEYS_EXPOSED,
        "KEYS_EXPOSED",
        "پروندهٔ کلید برای دیگران خواندنی است. میزبان آغاز نشد؛ دسترسی آن را 0600 کنید.",
        "The key file can be read by others. The host did not start; set its mode to 0600.",
    ),
    (
        KEYS_DAMAGED,
        "KEYS_DAMAGED",
        "پروندهٔ کلید خراب یا ناقص است. میزبان آغاز نشد؛ نسخهٔ پشتیبان را برگردانید.",
        "The key file is damaged or incomplete. The host did not start; restore its backup.",
    ),
    (
        HOST_FILES,
        "HOST_FILES",
        ("پرونده‌ای که میزبان لازم دارد نیست. چیزی آغاز نشد؛ نخست `vafa host init` را اجرا کنید."),
        (
            "A file that the program needs is missing. Nothing was started; run `vafa host "
            "init` first."
        ),
    ),
    (
        PORT_IN_USE,
        "PORT_IN_USE",
        ("درگاه شبکه در دست برنامهٔ دیگری است. چیزی آغاز نشد؛ آن را ببندید یا درگاه دیگری بدهید."),
        (
            "The network port is taken by another program. Nothing was started; stop it or "
            "choose another port."
        ),
    ),
    (
        HOST_EXISTS,
        "HOST_EXISTS",
        "میزبان در این پوشه پیش‌تر ساخته شده است. چیزی عوض نشد؛ پوشهٔ دیگری بدهید.",
        "There is a host in this folder already. Nothing was changed; choose another folder.",
    ),
    (
        TERMINAL_ENROLLED,
        "TERMINAL_ENROLLED",
        ("این پایانه پیش‌تر با هویت یا شعبهٔ دیگری ثبت شده است. چیزی عوض نشد؛ شمارهٔ دیگری بدهید."),
        (
            "This terminal is enrolled already with another identity or branch. Nothing was "
            "changed; choose another number."
        ),
    ),
    (
        TLS_FILES,
        "TLS_FILES",
        "گواهی یا کلید TLS خوانده نشد یا جفت نیست. چیزی آغاز نشد؛ گواهی تازه صادر کنید.",
        (
            "A TLS certificate or key is unreadable or does not match. Nothing was started; "
            "issue it again."
        ),
    ),
)

TABLE = CARD_ERRORS + TERMINAL_ERRORS + HARDWARE_ERRORS + LINK_ERRORS + SERVICE_ERRORS


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
