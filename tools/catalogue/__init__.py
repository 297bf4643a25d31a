"""Turns the terminal's catalogue of texts into the module that the firmware carries.

Owns the check that every text exists in both languages and is short enough for the panel. Never
touches the firmware's other files. `python -m tools.catalogue` writes; a test compares.
"""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "firmware/terminal/ui/catalogue.json"
TARGET = ROOT / "firmware/terminal/ui/strings.py"

LANGUAGES = ("fa", "en")
LONGEST = 60

_HEAD = '''"""The terminal's texts. Written by `python -m tools.catalogue`: do not edit."""

'''


class CatalogueError(ValueError):
    """The catalogue lacks a text, or has one that doesn't fit."""


def module_of(catalogue: str) -> str:
    """The source of strings.py for the text of a catalogue.

    Raises:
        CatalogueError: a key lacks a language, has another one, or a text is empty or too long.
    """
    texts: dict[str, dict[str, str]] = json.loads(catalogue)
    for key, by_language in texts.items():
        if set(by_language) != set(LANGUAGES):
            raise CatalogueError(f"{key}: wants exactly {LANGUAGES}, has {sorted(by_language)}")
        for language, text in by_language.items():
            if not 0 < len(text) <= LONGEST:
                raise CatalogueError(f"{key}, {language}: {len(text)} characters, 1 to {LONGEST}")
    tables = []
    for language in LANGUAGES:
        rows = "".join(f'    "{key}": "{texts[key][language]}",\n' for key in sorted(texts))
        tables.append(f"{language.upper()} = {{\n{rows}}}\n")
    return _HEAD + "\n".join(tables)
