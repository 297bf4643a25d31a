"""`python -m tools.vectors DIR --interpreter cpython|micropython`; exit code 1 on failures."""

import argparse
import sys
from pathlib import Path

from tools.micropython import MicroPythonError
from tools.vectors import suite


def main(arguments: list[str] | None = None) -> int:
    """Parses the command line and runs; 2 if the interpreter is missing."""
    parser = argparse.ArgumentParser(prog="vafa vectors", description=suite.__doc__)
    parser.add_argument("directory", type=Path, help="folder with *.json vector files")
    parser.add_argument(
        "--interpreter", choices=suite.INTERPRETERS, default="cpython", help="what runs the core"
    )
    options = parser.parse_args(arguments)
    try:
        return suite.run(options.directory, options.interpreter)
    except MicroPythonError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
