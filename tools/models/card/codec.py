"""Owns the translation between the state's dataclasses and JSON values.

Never touches a file. Bytes become hex text, integer keys decimal text, and a dataclass of a
union is named by its class. Called by `storage`.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from tools.models.card.state import CardState

KIND = "kind"


def encode(value: object) -> Any:
    """JSON value of a state object."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        content = {item.name: encode(getattr(value, item.name)) for item in fields(value)}
        return {KIND: type(value).__name__, **content}
    return value


def decode_card(value: object) -> CardState:
    """State of a card from its JSON value.

    Raises:
        ValueError: a field is missing, unknown, or of the wrong kind.
    """
    state = _decode(CardState, value)
    if not isinstance(state, CardState):
        raise ValueError("not a card")  # noqa: TRY004 one kind of error for a bad file
    return state


def _decode(wanted: Any, value: object) -> Any:
    origin = get_origin(wanted)
    if origin is UnionType:
        return _decode_union(get_args(wanted), value)
    if origin is list and isinstance(value, list):
        (item_type,) = get_args(wanted)
        return [_decode(item_type, item) for item in value]
    if origin is dict and isinstance(value, dict):
        _, item_type = get_args(wanted)
        return {int(key): _decode(item_type, item) for key, item in value.items()}
    if is_dataclass(wanted) and isinstance(wanted, type):
        return _decode_dataclass(wanted, value)
    if wanted is bytes and isinstance(value, str):
        return bytes.fromhex(value)
    # bool is an int to Python, not to the format.
    if type(value) is wanted:
        return value
    raise ValueError(f"{value!r:.40} is not a {wanted}")


def _decode_union(choices: tuple[Any, ...], value: object) -> Any:
    if value is None and NoneType in choices:
        return None
    named = value.get(KIND) if isinstance(value, dict) else None
    for choice in choices:
        if choice is not NoneType and (named is None or choice.__name__ == named):
            return _decode(choice, value)
    raise ValueError(f"unknown kind {named!r}")


def _decode_dataclass(wanted: Callable[..., object], value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError(f"{wanted} needs an object")  # noqa: TRY004 one kind of error
    hints = get_type_hints(wanted)
    if set(value) != {KIND, *hints}:
        raise ValueError(f"fields of {wanted} do not match")
    return wanted(**{name: _decode(hint, value[name]) for name, hint in hints.items()})
