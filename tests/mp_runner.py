"""Runs the `test_*` functions of test files, on MicroPython and on CPython alike.

    micropython tests/mp_runner.py tests/core/mp/test_bits.py …

A test file for both interpreters lives in a folder called `mp`, imports nothing but firmware,
this module and what MicroPython has, and checks with plain `assert`. pytest runs such a file
twice: natively, and as one process of the real interpreter (tests/conftest.py).
"""

import gc
import sys


def raises(kind, function, *args, **kwargs):
    """Calls the function, which must raise this kind of exception; returns the exception."""
    try:
        function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError("no %s was raised" % kind.__name__)


def _show(error):
    if hasattr(sys, "print_exception"):
        sys.print_exception(error)
    else:
        import traceback

        traceback.print_exception(error)


def _load(path):
    name = path[:-3] if path.endswith(".py") else path
    name = name.strip("/").replace("/", ".")
    __import__(name)
    return sys.modules[name]


def _run_file(path):
    """Prints a line a test; returns (number passed, number failed)."""
    module = _load(path)
    passed = failed = 0
    for name in sorted(dir(module)):
        if not name.startswith("test_"):
            continue
        gc.collect()
        try:
            getattr(module, name)()
        except Exception as error:
            failed += 1
            print("FAIL", path, name)
            _show(error)
        else:
            passed += 1
            print("PASS", path, name)
    return passed, failed


def main(paths):
    """Exit code 0 when every file has tests and all of them pass."""
    passed = failed = 0
    for path in paths:
        more_passed, more_failed = _run_file(path)
        passed += more_passed
        failed += more_failed
        if not more_passed and not more_failed:
            print("FAIL", path, "has no tests")
            failed += 1
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
