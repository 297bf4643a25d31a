"""The set of generated files, and the question whether those on disk are current.

Called by `make proto`, which writes the set, and by a test, which compares it.
"""

from pathlib import Path

from tools.protogen import compile as protoc
from tools.protogen import firmware

ROOT = Path(__file__).resolve().parents[2]
GENERATED = Path("host/gen")
FIRMWARE_TABLES = "firmware/terminal/link/messages.py"


def generate(protos: Path) -> dict[str, str]:
    """Everything that protos/ determines: path from the root -> text."""
    found = {
        (GENERATED / path).as_posix(): text for path, text in protoc.python_files(protos).items()
    }
    found[FIRMWARE_TABLES] = firmware.tables(protoc.descriptors(protos))
    return found


def stale(root: Path, files: dict[str, str]) -> list[str]:
    """Paths whose file on disk differs from the fresh one, is missing, or should not be there."""
    on_disk = {
        path.relative_to(root).as_posix()
        for path in (root / GENERATED).rglob("*.py*")
        if "__pycache__" not in path.parts
    }
    differing = {
        path
        for path, text in files.items()
        if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text
    }
    return sorted(differing | (on_disk - files.keys()))
