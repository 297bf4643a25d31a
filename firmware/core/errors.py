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
        "مبلغ باید بیشتر از صفر باشد. چیزی کم نشد؛ مبلغ را وارد کنید.",
        "The amount must be above zero. Nothing was taken; enter an amount.",
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
LINK_SILENT = 306

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
    (
        LINK_SILENT,
        "LINK_SILENT",
        "دروازهٔ شعبه پاسخ نمی‌دهد. فروش ادامه دارد و چیزی گم نشده است؛ سیم و دروازه را بررسی کنید.",
        (
            "The branch gateway does not answer. Sales go on and nothing is lost; check the cable "
            "and the gateway."
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
CALLER_BUSY = 444

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
        CALLER_BUSY,
        "CALLER_BUSY",
        (
            "این فراخواننده درخواست‌های باز بیش از اندازه دارد و این یکی انجام نشد. "
            "پولی جابه‌جا نشد؛ پس از پایان آن‌ها دوباره بفرستید."
        ),
        (
            "This caller has too many calls open and this one was not carried out. "
            "No money moved; send again when some have ended."
        ),
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

# --- 400-409 database and ledger, 450-479 intake, doubt and settlement of the host ----------
DATABASE_BUSY = 400
DATABASE_DAMAGED = 401
DATABASE_NEWER = 402
POSTING_UNBALANCED = 403
POSTING_CONFLICT = 404
BALANCE_LIMIT = 405
CLOCK_FILE = 406
BATCH_TOO_LARGE = 450
PAGE_UNREADABLE = 451
PAGE_TERMINAL = 452
PAGE_BRANCH = 453
PAGE_TAG = 454
PAGE_CHAIN = 455
PAGE_CONFLICT = 456
PAGE_SIGNATURE = 457
PAGE_CONTENT = 458
PAGE_CARD = 459
PAGE_AHEAD = 460
PAGE_COUNTER = 461
TAP_MAC_WRONG = 462
TAP_MAC_UNKNOWN = 463
TAP_UNREPORTED = 464
TAP_CONTRADICTED = 465
TAP_OPEN = 466
TOP_UP_NOT_STARTED = 467
WINDOW_HELD = 470
WINDOW_STATE = 471
WINDOW_UNKNOWN = 472

LEDGER_ERRORS = (
    (
        DATABASE_BUSY,
        "DATABASE_BUSY",
        "پایگاه داده در دست برنامهٔ دیگری است. چیزی ثبت نشد؛ کمی بعد دوباره بفرستید.",
        "Another program holds the database. Nothing was booked; try again shortly.",
    ),
    (
        DATABASE_DAMAGED,
        "DATABASE_DAMAGED",
        "پروندهٔ پایگاه داده خراب است یا از وفا نیست. میزبان آغاز نشد؛ نسخهٔ پشتیبان را برگردانید.",
        (
            "The database file is damaged or not one of Vafa's. The host was not started; "
            "restore a backup."
        ),
    ),
    (
        DATABASE_NEWER,
        "DATABASE_NEWER",
        "پایگاه داده از نسخهٔ تازه‌تری است. چیزی عوض نشد؛ همان نسخهٔ تازه‌تر را اجرا کنید.",
        (
            "The database was made by a newer version of Vafa. Nothing was changed; run that "
            "version."
        ),
    ),
    (
        POSTING_UNBALANCED,
        "POSTING_UNBALANCED",
        "جمع ردیف‌های سند صفر نیست. سند ثبت نشد؛ این خطای برنامه را گزارش کنید.",
        "The legs of a posting do not sum to zero. It was not booked; report this fault.",
    ),
    (
        POSTING_CONFLICT,
        "POSTING_CONFLICT",
        "سندی با همین شناسه و محتوای دیگر ثبت شده است. سند تازه ثبت نشد؛ هر دو را بررسی کنید.",
        (
            "A posting of this identity stands with other content. The new one was not booked; "
            "compare the two."
        ),
    ),
    (
        BALANCE_LIMIT,
        "BALANCE_LIMIT",
        "ماندهٔ حساب از مرز مجاز می‌گذرد. سند ثبت نشد؛ مبلغ را بررسی کنید.",
        "A balance would leave its bounds. The posting was not booked; check the amount.",
    ),
    (
        CLOCK_FILE,
        "CLOCK_FILE",
        "پروندهٔ ساعت شبیه‌سازی خوانده نشد یا عدد نیست. پروندهٔ ساعت را بررسی کنید.",
        (
            "The simulation's clock file is unreadable or holds no number. Nothing was booked; "
            "check the file."
        ),
    ),
    (
        BATCH_TOO_LARGE,
        "BATCH_TOO_LARGE",
        "دسته بیش از اندازه بزرگ است. هیچ برگی پذیرفته نشد؛ دسته‌های کوچک‌تر بفرستید.",
        "The batch has too many pages. None was taken in; send smaller batches.",
    ),
    (
        PAGE_UNREADABLE,
        "PAGE_UNREADABLE",
        "برگ دفتر خوانا نیست. ثبت نشد؛ همان برگ را دوباره از پایانه بفرستید.",
        "This is no readable journal page. It was not booked; send it again from the terminal.",
    ),
    (
        PAGE_TERMINAL,
        "PAGE_TERMINAL",
        "میزبان این پایانه را نمی‌شناسد. برگ ثبت نشد؛ پایانه را ثبت‌نام کنید.",
        "The host does not know this terminal. The page was not booked; enrol the terminal.",
    ),
    (
        PAGE_BRANCH,
        "PAGE_BRANCH",
        "این پایانه از شعبهٔ دیگری است. برگ ثبت نشد؛ آن را از درگاه شعبهٔ خودش بفرستید.",
        (
            "This terminal belongs to another branch. The page was not booked; send it through "
            "that branch's gateway."
        ),
    ),
    (
        PAGE_TAG,
        "PAGE_TAG",
        "مهر برگ درست نیست: در راه خراب یا دستکاری شده. ثبت نشد؛ دوباره از پایانه بفرستید.",
        (
            "The page's tag is wrong: damaged or altered on its way. Kept as evidence, not "
            "booked; send it again from the terminal."
        ),
    ),
    (
        PAGE_CHAIN,
        "PAGE_CHAIN",
        "برگ به دنبالهٔ دفتر این پایانه نمی‌خورد. ثبت نشد؛ پایانه را بازرسی کنید.",
        (
            "The page does not continue this terminal's journal. Kept as evidence, not booked; "
            "inspect the terminal."
        ),
    ),
    (
        PAGE_CONFLICT,
        "PAGE_CONFLICT",
        "برگ دیگری با همین شماره پیش‌تر ثبت شده است. این یکی ثبت نشد؛ پایانه را بازرسی کنید.",
        (
            "Another page of this number was booked before. This one is kept as evidence, not "
            "booked; inspect the terminal for a restored or cloned journal."
        ),
    ),
    (
        PAGE_SIGNATURE,
        "PAGE_SIGNATURE",
        "امضای پایان بخش درست نیست. برگ ثبت نشد؛ پایانه را از کار بیندازید و بازرسی کنید.",
        (
            "The signature that closes a journal sector is wrong. Kept as evidence, not booked; "
            "revoke and inspect the terminal."
        ),
    ),
    (
        PAGE_CONTENT,
        "PAGE_CONTENT",
        "محتوای برگ پذیرفتنی نیست. برگ نگه داشته شد ولی در حساب‌ها نیامد؛ پایانه را بازرسی کنید.",
        (
            "The content of an authentic page makes no sense. It is kept and changes no "
            "account; inspect the terminal."
        ),
    ),
    (
        PAGE_CARD,
        "PAGE_CARD",
        "کارت این برگ را میزبان صادر نکرده است. برگ نگه داشته شد ولی در حساب‌ها نیامد.",
        (
            "The host did not issue the card of this page. It is kept and changes no account; "
            "look for a forged card."
        ),
    ),
    (
        PAGE_AHEAD,
        "PAGE_AHEAD",
        "شمارهٔ برگ از آنچه پایانه می‌تواند نگه دارد جلوتر است. ثبت نشد؛ برگ‌های پیشین را بفرستید.",
        (
            "The page is further ahead than a terminal can hold. Kept as evidence, not booked; "
            "send the pages before it."
        ),
    ),
    (
        PAGE_COUNTER,
        "PAGE_COUNTER",
        "شمارندهٔ سخت‌افزاری پایانه به عقب رفته است. برگ ثبت نشد؛ پایانه را بازرسی کنید.",
        (
            "The terminal's hardware counter went back. Kept as evidence, not booked; inspect "
            "the terminal for a restored journal."
        ),
    ),
    (
        TAP_MAC_WRONG,
        "TAP_MAC_WRONG",
        "امضای کارت برای این خرید درست نیست. مبلغ معلق ماند؛ تا خواندن دوبارهٔ کارت صبر کنید.",
        (
            "The card's transaction MAC does not prove this sale. The amount is in suspense "
            "until the card is seen again."
        ),
    ),
    (
        TAP_MAC_UNKNOWN,
        "TAP_MAC_UNKNOWN",
        "امضای کارت برای این خرید نرسیده است. مبلغ معلق ماند؛ تا خواندن دوبارهٔ کارت صبر کنید.",
        (
            "The card's transaction MAC of this sale is not known. The amount is in suspense "
            "until the card is seen again."
        ),
    ),
    (
        TAP_UNREPORTED,
        "TAP_UNREPORTED",
        "کارت تراکنشی را نشان داد که پایانه‌اش هنوز نفرستاده است. برگ‌های آن پایانه را بفرستید.",
        (
            "A card shows a transaction whose terminal has not reported it. It is not booked "
            "yet; get that terminal's journal."
        ),
    ),
    (
        TAP_CONTRADICTED,
        "TAP_CONTRADICTED",
        "گزارش پایانه با گواهی کارت نمی‌خواند. گواهی کارت پذیرفته شد؛ پایانه را بررسی کنید.",
        (
            "A terminal's report disagrees with what the card proves. The card's proof was "
            "booked; inspect the terminal."
        ),
    ),
    (
        TAP_OPEN,
        "TAP_OPEN",
        "نتیجهٔ این تراکنش هنوز روشن نیست. مبلغ در حساب نامعلوم ماند تا کارت دوباره خوانده شود.",
        (
            "The outcome of this transaction is not known yet. The amount stands in the unknown "
            "account until the card is read again."
        ),
    ),
    (
        TOP_UP_NOT_STARTED,
        "TOP_UP_NOT_STARTED",
        "شارژی با این شناسه آغاز نشده است. چیزی ثبت نشد؛ از آغاز شروع کنید.",
        "No top-up of this request was started. Nothing was booked; start over.",
    ),
    (
        WINDOW_HELD,
        "WINDOW_HELD",
        (
            "تسویه نگه داشته شد چون حساب‌ها با هم نمی‌خوانند. پولی جابه‌جا نشد و خرید ادامه دارد؛ "
            "تفاوت‌های نام‌برده را بررسی و دوباره تسویه کنید."
        ),
        (
            "The settlement is held because the books disagree. No position was settled, and "
            "sales go on; have the differences it names examined, then settle again."
        ),
    ),
    (
        WINDOW_STATE,
        "WINDOW_STATE",
        "دورهٔ تسویه در این وضعیت نیست. چیزی عوض نشد؛ وضعیت را ببینید.",
        "The settlement window is in another state. Nothing was changed; look at its state.",
    ),
    (
        WINDOW_UNKNOWN,
        "WINDOW_UNKNOWN",
        "چنین دورهٔ تسویه‌ای منتشر نشده است. شمارهٔ دوره را بررسی کنید.",
        "No statement of this window was published. Check the window's number.",
    ),
)

TABLE = (
    CARD_ERRORS + TERMINAL_ERRORS + HARDWARE_ERRORS + LINK_ERRORS + SERVICE_ERRORS + LEDGER_ERRORS
)


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
