"""Types of the vector checks, for the type checker and CPython only.

The portable modules import them under TYPE_CHECKING, which MicroPython skips, and quote
them, since it knows no generics at run time.
"""

from collections.abc import Callable
from typing import Any, Protocol

Values = dict[str, Any]
Check = Callable[[Values, Values], Values]
Difference = tuple[str, str, str]


class BlockCipher(Protocol):
    """The AES shape that the core takes."""

    def encrypt(self, data: bytes) -> bytes: ...

    def decrypt(self, data: bytes) -> bytes: ...

    def cbc_encrypt(self, iv: bytes, data: bytes) -> bytes: ...

    def cbc_decrypt(self, iv: bytes, data: bytes) -> bytes: ...


NewAes = Callable[[bytes], BlockCipher]
