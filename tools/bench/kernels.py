"""Two small programs whose time on the board is published, to be timed by the interpreter here.

    micropython tools/bench/kernels.py        prints: NAME MICROSECONDS, a line each

Written anew from the well-known algorithms that MicroPython's bm_fannkuch and bm_nqueens carry
out, so that the work is the same though not the bytecode. Lists, slices, calls, generators and
sets: what a terminal's program does all day, but for its C functions. Runs on both interpreters;
started by tools.bench.interpreter.
"""

import time

TYPE_CHECKING = False  # MicroPython has no typing
if TYPE_CHECKING:
    from collections.abc import Iterator


def fannkuch(size: int) -> int:
    """Greatest number of prefix reversals over all permutations of `size` (Anderson, Rettig)."""
    order = list(range(size))
    turns = list(range(1, size + 1))
    most = 0
    depth = size
    while True:
        while depth > 1:
            turns[depth - 1] = depth
            depth -= 1
        if order[0] and order[-1] != size - 1:
            work = order[:]
            flips = 0
            first = work[0]
            while first:
                work[: first + 1] = work[first::-1]
                flips += 1
                first = work[0]
            most = max(most, flips)
        while True:
            if depth == size:
                return most
            order.insert(depth, order.pop(0))
            turns[depth] -= 1
            if turns[depth] > 0:
                break
            depth += 1


def arrangements(size: int) -> "Iterator[tuple[int, ...]]":
    """Yield every order of `size` numbers as a tuple, in place and in lexicographic order."""
    order = list(range(size))
    while True:
        yield tuple(value for value in order)
        low = size - 2
        while low >= 0 and order[low] > order[low + 1]:
            low -= 1
        if low < 0:
            return
        high = size - 1
        while order[high] < order[low]:
            high -= 1
        order[low], order[high] = order[high], order[low]
        order[low + 1 :] = list(reversed(order[low + 1 :]))


def queens(size: int) -> int:
    """Number of ways to place `size` queens: all orders tried, both diagonals counted."""
    rows = range(size)
    found = 0
    for order in arrangements(size):
        rising = {order[row] + row for row in rows}
        falling = {order[row] - row for row in rows}
        if len(rising) == size and len(falling) == size:
            found += 1
    return found


# (name, what to run, its argument as in the published figure, the right answer)
KERNELS = (("fannkuch", fannkuch, 6, 10), ("nqueens", queens, 6, 4))


def _now_us() -> int:
    ticks_us = getattr(time, "ticks_us", None)
    return int(ticks_us()) if ticks_us else time.perf_counter_ns() // 1000


def main(repeats: int) -> None:
    """Time each kernel `repeats` times and print its fastest run in microseconds."""
    for name, kernel, argument, answer in KERNELS:
        best = 0
        for _ in range(repeats):
            started = _now_us()
            got = kernel(argument)
            elapsed = _now_us() - started
            if got != answer:
                raise ValueError(f"{name} gave {got}")
            best = elapsed if not best else min(best, elapsed)
        print(name, best)


if __name__ == "__main__":
    main(15)
