"""`make seeds`: the demo over twenty seeds, then with each planted fault.

Judges only the demo's last line: an honest day leaves nothing unexplained and nets to zero; a day
with a planted fault must show something unexplained. Slow, so CI runs it apart from the tests.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEEDS = range(1, 21)
PLANTS = ("drop-record", "flip-leg", "alter-card")
TIMEOUT_S = 300
# What an honest day must leave at zero.
ZERO = ("unexplained", "net_sum", "suspense", "in_doubt", "exit code")

Judge = Callable[[dict[str, Any]], list[str]]


def demo(*options: str) -> dict[str, Any]:
    """The demo's closing line and its exit code, or {"failed": …} when there is no such line."""
    command = [str(ROOT / "vafa"), "demo", "--json", *options]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done after {TIMEOUT_S} s"}
    try:
        closing = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        closing = None
    if not isinstance(closing, dict):
        return {"failed": f"exit code {done.returncode}: {done.stderr[-2000:]}"}
    return {**closing, "exit code": done.returncode}


def honest_faults(closing: dict[str, Any]) -> list[str]:
    """What is wrong with an honest day's closing line."""
    if "failed" in closing:
        return [closing["failed"]]
    return [f"{name} is {closing.get(name)!r}" for name in ZERO if closing.get(name) != 0]


def planted_faults(closing: dict[str, Any]) -> list[str]:
    """What is wrong with the closing line of a day with a planted fault."""
    if "failed" in closing:
        return [closing["failed"]]
    return [] if closing.get("unexplained") else ["the planted fault was not found"]


def main() -> int:
    """Runs all days, a line each; exit code 1 when one is wrong."""
    days: list[tuple[tuple[str, ...], Judge]] = [
        (("--seed", str(seed)), honest_faults) for seed in SEEDS
    ]
    days += [(("--seed", "1", "--plant", plant), planted_faults) for plant in PLANTS]
    failed = 0
    for options, judge in days:
        started = time.monotonic()
        faults = judge(demo(*options))
        failed += bool(faults)
        took_s = time.monotonic() - started
        verdict = "; ".join(faults) or "ok"
        print(f"demo {' '.join(options)}: {verdict} ({took_s:.1f} s)", flush=True)
    print(f"{len(days) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
