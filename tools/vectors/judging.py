"""Compares what a vector expects with what a check computed. Runs on both interpreters.

Owns the rules of passing: every expected value must be computed and equal, a vector that
expects a rejection needs one, an unknown kind fails. Called by portable and against_models.
"""

TYPE_CHECKING = False  # MicroPython has no typing; type checkers know the name
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.vectors.shapes import Check, Difference, Values

NOT_COMPUTED = "(nothing computes this)"
_BROKEN_VECTOR = (KeyError, ValueError, TypeError, IndexError, AttributeError)


def judge(
    vector: "Values", checks: "dict[str, Check]", refusals: "tuple[type[Exception], ...]"
) -> "list[Difference]":
    """The differences of one vector as (what, expected, got) strings; empty if it passes.

    `checks` maps a kind to a function of inputs and expected values that gives the computed
    values; one of the exceptions in `refusals` is how it says that the input is rejected.
    """
    kind, expected = vector.get("function"), vector.get("expected")
    if kind not in checks:
        return [("function", "a known kind", str(kind))]
    if not isinstance(expected, dict) or not expected:
        return [("expected", "values", str(expected))]
    try:
        got = checks[kind](vector["inputs"], expected)
    except refusals as error:
        return [] if "reject" in expected else [("result", "values", f"refused: {error}")]
    except _BROKEN_VECTOR as error:
        return [("vector", "well-formed", f"{type(error).__name__}: {error}")]
    if "reject" in expected:
        got = {"reject": "accepted"}
    return list(_differences("", expected, got))


def _differences(path: str, expected: object, got: object) -> "Iterator[Difference]":
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected):
            found = got.get(key, NOT_COMPUTED)
            yield from _differences(path + "." + key if path else key, expected[key], found)
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index in range(len(expected)):
            yield from _differences(f"{path}[{index}]", expected[index], got[index])
    elif type(expected) is not type(got) or expected != got:
        yield path, str(expected), str(got)
