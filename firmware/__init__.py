"""Everything that can run on the terminal: the portable core, the terminal program, board files.

No module below imports from host/ or tools/; what the host shares with the terminal is
firmware/core/, and the host imports it from there.
"""
