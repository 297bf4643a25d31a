"""The suites by name.

Called by the command. A suite is a function that takes a progress callback and returns a Report.
"""

from collections.abc import Callable

from tools.bench import intake, tap
from tools.bench.errors import BenchError
from tools.bench.figures import Report

Suite = Callable[[Callable[[str], None]], Report]

SUITES: dict[str, Suite] = {"tap": tap.run, "intake": intake.run}
ALL = "all"


def named(name: str) -> list[Suite]:
    """The suites that a word on the command line means.

    Raises:
        BenchError: there is no such suite.
    """
    if name == ALL:
        return list(SUITES.values())
    if name not in SUITES:
        raise BenchError(f"no suite {name!r}; there are {', '.join((*SUITES, ALL))}")
    return [SUITES[name]]
