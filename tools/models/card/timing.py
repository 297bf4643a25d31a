"""Owns how long a real card would work on a command, for callers that model time.

Never sleeps; the model answers at once. All figures are estimates in milliseconds: no
per-command figures are public (planned with: 5 to 10 an exchange, 10 to 30 a commit).
"""

DEFAULT_MS = 5

PROCESSING_MS = {
    0x71: 8,  # authentication: AES and a random number
    0x77: 8,
    0xAA: 8,
    0xAF: 8,  # mostly the second half of an authentication
    0xAD: 6,
    0xBD: 6,
    0x8D: 8,
    0x3D: 8,
    0x6C: 5,
    0x0C: 6,
    0xDC: 6,
    0x1C: 6,
    0x8B: 8,
    0x3B: 8,
    0xAB: 6,
    0xBB: 6,
    0xC7: 20,  # the only command of a sale that writes all changed files
    0xC4: 15,
    0xCA: 25,
    0xCB: 25,
    0xCC: 20,
    0xCD: 20,
    0xC0: 25,
    0xC1: 25,
    0xCE: 20,
    0xDA: 25,
    0xFC: 300,
}


def processing_ms(apdu: bytes) -> int:
    """Estimated card time for one native or wrapped command."""
    ins = apdu[1] if apdu[:1] == b"\x90" and len(apdu) > 1 else apdu[0] if apdu else 0
    return PROCESSING_MS.get(ins, DEFAULT_MS)
