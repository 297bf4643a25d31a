"""A statement for people: English and Persian headings, grouped numbers.

Reads the canonical JSON and nothing else, so whoever holds a statement can print it. Called by the
command line and the demo.
"""

import json
from typing import Any

from firmware.core.errors import text_of

_WIDTH = 78


def readable(canonical_json: bytes) -> str:
    """Return a statement as text of several lines, amounts in the minor unit it names."""
    raw = json.loads(canonical_json)
    lines = [
        "=" * _WIDTH,
        f"Statement of window {raw['window']}    صورت‌حساب تسویهٔ دورهٔ {raw['window']}",
        f"Amounts in {raw['unit']}    مبلغ‌ها به ریال",
        "=" * _WIDTH,
    ]
    lines += _positions(raw)
    lines += _terminals(raw)
    lines += _open_items("In doubt    نامعلوم", raw["in_doubt"])
    lines += _open_items("In suspense    معلق", raw["suspense"])
    return "\n".join([*lines, "=" * _WIDTH, ""])


def _positions(raw: dict[str, Any]) -> list[str]:
    lines = [
        "",
        "Positions    وضعیت شعبه‌ها",
        f"{'party':<16}{'topped up':>20}{'redeemed':>20}{'net':>20}",
        f"{'طرف':<16}{'شارژ':>20}{'خرید':>20}{'خالص':>20}",
    ]
    lines += [
        f"{position['party']:<16}{position['topped_up_minor']:>20,}"
        f"{position['redeemed_minor']:>20,}{position['net_minor']:>+20,}"
        for position in raw["positions"]
    ]
    total = raw["totals"]["net_sum_minor"]
    return [*lines, "-" * _WIDTH, f"{'sum  جمع':<56}{total:>20,}"]


def _terminals(raw: dict[str, Any]) -> list[str]:
    lines = [
        "",
        "Terminals: sales    پایانه‌ها: خریدها",
        f"{'terminal':<16}{'proven':>20}{'in doubt':>20}{'suspense':>20}",
        f"{'پایانه':<16}{'تأییدشده':>20}{'نامعلوم':>20}{'معلق':>20}",
    ]
    for row in raw["terminals"]:
        name = f"{row['terminal']} ({row['branch']})"
        shares = (row[what] for what in ("proven", "in_doubt", "suspense"))
        cells = (f"{share['count']} × {share['sum_minor']:,}" for share in shares)
        lines.append(f"{name:<16}" + "".join(f"{cell:>20}" for cell in cells))
    return lines


def _open_items(title: str, items: list[dict[str, Any]]) -> list[str]:
    if not items:
        return ["", f"{title}: 0"]
    lines = ["", f"{title}: {len(items)}"]
    for item in items:
        lines.append(
            f"  card {item['card_number']:010}  {item['kind']}  {item['amount_minor']:,}"
            f"  terminal {item['terminal']} no. {item['sequence']}  owner {item['owner'] or '?'}"
        )
        lines.append(f"    {item['reason']}: {text_of(item['reason'])}")
    return lines
