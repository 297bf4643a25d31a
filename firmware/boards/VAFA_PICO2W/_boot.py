"""Runs before everything else on the board: no filesystem, no code but the frozen one.

The stock file mounts the flash behind the image as a filesystem and formats it when that fails.
Here that flash holds the journal, raw; this file takes its place so that nothing ever formats it.
A module search that starts at a directory would also let a stray file shadow frozen code.
"""

import sys

sys.path[:] = [".frozen"]
