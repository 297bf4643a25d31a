"""`python -m tools.setup run|test`: all that running, or testing too, needs.

Silent and quick when it is there. Called by ensure.sh, for `./vafa` and for make.
"""

import fcntl
import sys

from tools.setup import python, system
from tools.setup.python import ROOT, SetupError


def _system_packages(level: str) -> None:
    """Installs what is missing, or says what is; only what nothing works without is an error."""
    lacking = system.missing(system.read(ROOT / "requirements/system-packages.txt"), level)
    if not lacking or (system.install(lacking) and not system.missing(lacking, level)):
        return
    print(system.advice(lacking), file=sys.stderr, flush=True)
    if any(package.level == "run" for package in lacking):
        raise SetupError("Vafa does not run without these; install them and try again.")
    print("set-up: going on; tests that need them will say so.", file=sys.stderr, flush=True)


def main(arguments: list[str]) -> int:
    """Exit code 0 when the level is ready, 1 with what to do when it can't be made ready."""
    if len(arguments) != 1 or arguments[0] not in system.LEVELS:
        print("usage: python -m tools.setup run|test", file=sys.stderr)
        return 2
    level = arguments[0]
    # Two programs started at the same time must not both install.
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var/.set-up").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if level == "test" or not python.current(level):
                _system_packages(level)
            if not python.current(level):
                python.install(level)
        except (SetupError, system.ListError, OSError) as error:
            print(f"set-up: {error}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
