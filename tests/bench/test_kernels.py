"""The timed kernels do the work whose time on the board is published."""

from tools.bench.interpreter import measure_ratio
from tools.bench.kernels import arrangements, fannkuch, queens


def test_answers_are_the_known_ones():
    # Anderson and Rettig, table of maximal flips; the numbers of solutions for n queens.
    assert [fannkuch(size) for size in (2, 3, 4, 5, 6, 7)] == [1, 2, 4, 7, 10, 16]
    assert [queens(size) for size in (4, 5, 6, 7)] == [2, 10, 4, 40]


def test_every_order_comes_once():
    orders = list(arrangements(5))
    assert len(orders) == len(set(orders)) == 120


def test_the_real_interpreter_runs_them():
    assert set(measure_ratio().by_kernel) == {"fannkuch", "nqueens"}
