"""The AES of whichever interpreter runs a test file."""

import sys

if sys.implementation.name == "micropython":
    from firmware.core.crypto_micropython import Aes
else:
    from host.crypto import Aes

__all__ = ["Aes"]
