"""Owns the model's accounting of user memory.

Never gives memory back but for FormatPICC, as on silicon. The block sizes are estimates; real
figures differ by product and are not published.
"""

from tools.models.card.state import Application, DataFile, File, RecordFile

BLOCK = 32
APPLICATION_BLOCKS = 2
KEY_LENGTH = 32


def _blocks(length: int) -> int:
    return -(-length // BLOCK) * BLOCK


def application_cost(application: Application) -> int:
    """Bytes that a new application takes."""
    return APPLICATION_BLOCKS * BLOCK + _blocks(KEY_LENGTH * len(application.keys))


def file_cost(file: File) -> int:
    """Bytes that a new file takes; backup files hold their content twice."""
    if isinstance(file, DataFile):
        return BLOCK + _blocks(len(file.content)) * (2 if file.backup else 1)
    if isinstance(file, RecordFile):
        return BLOCK + _blocks(file.record_size * file.max_records)
    return 2 * BLOCK
