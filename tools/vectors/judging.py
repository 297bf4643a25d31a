"""Compares what a vector expects with what a check computed. Runs on both interpreters.

Owns the rules of passing: every expected value must be computed and equal, a vector that
expects a rejection needs one, an unknown kind fails. Called by portable and against_models.
"""

NOT_COMPUTED = "(nothing computes this)"
_BROKEN_VECTOR = (KeyError, ValueError, TypeError, IndexError, AttributeError)


def judge(vector, checks, refusals):
    """The differences of one vector as (what, expected, got) strings; empty if it passes.

    `checks` maps a kind to a function of inputs and expected values that gives the computed
    values; one of the exceptions in `refusals` is how it says that the input is rejected.
    """
    kind = vector.get("function")
    expected = vector.get("expected")
    if kind not in checks:
        return [("function", "a known kind", str(kind))]
    if not isinstance(expected, dict) or not expected:
        return [("expected", "values", str(expected))]
    try:
        got = checks[kind](vector["inputs"], expected)
    except refusals as error:
        if "reject" in expected:
            return []
        return [("result", "values", "refused: %s" % error)]
    except _BROKEN_VECTOR as error:
        return [("vector", "well-formed", "%s: %s" % (type(error).__name__, error))]
    if "reject" in expected:
        return [("reject", str(expected["reject"]), "accepted")]
    return list(_differences("", expected, got))


def _differences(path, expected, got):
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected):
            found = got.get(key, NOT_COMPUTED)
            yield from _differences(path + "." + key if path else key, expected[key], found)
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, pair in enumerate(zip(expected, got)):
            yield from _differences("%s[%d]" % (path, index), pair[0], pair[1])
    elif type(expected) is not type(got) or expected != got:
        yield path, str(expected), str(got)
