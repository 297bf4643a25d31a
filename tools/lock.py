"""`make lock`: writes the hash-locked requirements from requirements/*.in.

Every Python version and platform that Vafa supports gets the same lock. No address of an index is
written: where packages come from is a setting of the machine that installs them.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST_PYTHON = "3.11"


def _order(source: Path) -> tuple[bool, str]:
    """The base first: the lock of the tests is bound to it."""
    return source.stem != "base", source.stem


def lock(source: Path) -> None:
    """Compiles one list of wishes to its lock beside it."""
    command = [
        str(Path(sys.executable).parent / "uv"),
        *("pip", "compile", "--quiet", "--universal", "--python-version", OLDEST_PYTHON),
        *("--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"),
        *("--custom-compile-command", "make lock", "--upgrade"),
        *(str(source.relative_to(ROOT)), "-o", str(source.with_suffix(".txt").relative_to(ROOT))),
    ]
    subprocess.run(command, check=True, cwd=ROOT)


def main() -> int:
    """Locks all lists."""
    for source in sorted((ROOT / "requirements").glob("*.in"), key=_order):
        print(f"locking {source.name}")
        try:
            lock(source)
        except subprocess.CalledProcessError as error:
            return error.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
