"""Field tables of the messages a terminal speaks. Written by `make proto`; never edited.

One table a message: (number, name, kind, table of the nested message or None), by number. The
kinds and the codec are in pb.py beside this file; what a field means is in protos/vafa/v1.
"""

OBJECT_KIND_UNSPECIFIED = 0
OBJECT_KIND_CONFIG = 1
OBJECT_KIND_HOTLIST = 2

TOP_UP_OUTCOME_UNSPECIFIED = 0
TOP_UP_OUTCOME_DONE = 1
TOP_UP_OUTCOME_NOT_DONE = 2
TOP_UP_OUTCOME_PRESUMED = 3

HELLO = (
    (1, "terminal_id", 0x01, None),
    (2, "link_version", 0x01, None),
    (3, "first_unacknowledged", 0x01, None),
    (4, "next_sequence", 0x01, None),
    (5, "config_version", 0x01, None),
    (6, "hotlist_version", 0x01, None),
)

JOURNAL_PAGES = ((1, "pages", 0x19, None),)

OBJECT_REQUEST = (
    (1, "kind", 0x08, None),
    (2, "have_version", 0x01, None),
    (3, "offset", 0x01, None),
)

SESSION_HELLO = (
    (1, "terminal_id", 0x01, None),
    (2, "nonce", 0x09, None),
    (3, "ephemeral", 0x09, None),
)

SESSION_ANSWER = (
    (1, "nonce", 0x09, None),
    (2, "ephemeral", 0x09, None),
    (3, "signature", 0x09, None),
)

SESSION_FINISH = ((1, "signature", 0x09, None),)

SEALED = (
    (1, "counter", 0x01, None),
    (2, "ciphertext", 0x09, None),
    (3, "tag", 0x09, None),
)

LINK_ERROR = ((1, "code", 0x01, None),)

SESSION_PACKET = (
    (1, "hello", 0x6B, SESSION_HELLO),
    (2, "answer", 0x6B, SESSION_ANSWER),
    (3, "finish", 0x6B, SESSION_FINISH),
    (4, "sealed", 0x6B, SEALED),
    (5, "refused", 0x6B, LINK_ERROR),
)

TERMINAL_FRAME = (
    (1, "request_id", 0x01, None),
    (2, "hello", 0x6B, HELLO),
    (3, "journal_pages", 0x6B, JOURNAL_PAGES),
    (4, "object_request", 0x6B, OBJECT_REQUEST),
    (5, "session", 0x6B, SESSION_PACKET),
)

WELCOME = ((1, "host_reachable", 0x07, None),)

JOURNAL_STORED = ((1, "through_sequence", 0x01, None),)

JOURNAL_ACK = (
    (1, "terminal_id", 0x01, None),
    (2, "through_sequence", 0x01, None),
    (3, "mac", 0x09, None),
)

OBJECT_CHUNK = (
    (1, "kind", 0x08, None),
    (2, "version", 0x01, None),
    (3, "total", 0x01, None),
    (4, "offset", 0x01, None),
    (5, "data", 0x09, None),
)

SALE_ORDER = (
    (1, "amount_minor", 0x01, None),
    (2, "order_ref", 0x01, None),
)

GATEWAY_FRAME = (
    (1, "request_id", 0x01, None),
    (2, "welcome", 0x6B, WELCOME),
    (3, "journal_stored", 0x6B, JOURNAL_STORED),
    (4, "journal_ack", 0x6B, JOURNAL_ACK),
    (5, "object_chunk", 0x6B, OBJECT_CHUNK),
    (6, "session", 0x6B, SESSION_PACKET),
    (7, "error", 0x6B, LINK_ERROR),
    (8, "sale_order", 0x6B, SALE_ORDER),
)

TIME_REQUEST = ()

TOP_UP_OPEN = (
    (1, "request_id", 0x09, None),
    (2, "amount_minor", 0x01, None),
    (3, "uid", 0x09, None),
    (4, "opening_replies", 0x19, None),
)

CARD_REPLIES = ((1, "replies", 0x19, None),)

TERMINAL_REQUEST = (
    (1, "time", 0x6B, TIME_REQUEST),
    (2, "top_up_open", 0x6B, TOP_UP_OPEN),
    (3, "card_replies", 0x6B, CARD_REPLIES),
)

TIME_REPLY = ((1, "now", 0x01, None),)

CARD_SCRIPT = ((1, "commands", 0x19, None),)

TOP_UP_RESULT = (
    (1, "outcome", 0x08, None),
    (2, "paid_after_minor", 0x03, None),
    (3, "reason", 0x01, None),
)

HOST_REPLY = (
    (1, "time", 0x6B, TIME_REPLY),
    (2, "card_script", 0x6B, CARD_SCRIPT),
    (3, "top_up_result", 0x6B, TOP_UP_RESULT),
    (4, "error", 0x6B, LINK_ERROR),
)

SIGNED_OBJECT = (
    (1, "kind", 0x08, None),
    (2, "version", 0x01, None),
    (3, "terminal_id", 0x01, None),
    (4, "body", 0x09, None),
    (5, "signature", 0x09, None),
)

LEASE = (
    (1, "lease_id", 0x01, None),
    (2, "max_records", 0x01, None),
    (3, "max_value_minor", 0x02, None),
    (4, "expires_at", 0x01, None),
)

TERMINAL_CONFIG = (
    (1, "currency_unit", 0x01, None),
    (2, "issued_at", 0x01, None),
    (3, "max_tap_minor", 0x01, None),
    (4, "lease", 0x2B, LEASE),
    (5, "language", 0x0A, None),
    (6, "branch_name", 0x0A, None),
)
