"""Why a benchmark can't be measured; raised by the suites, told by the command."""


class BenchError(Exception):
    """The message says what was found instead of what is to be measured."""
