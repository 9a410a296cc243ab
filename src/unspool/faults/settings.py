"""Check a fault's settings against its annotations when it is made, not when it breaks its first response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from math import inf, isfinite
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from unspool.cassette.model import Headers
from unspool.errors import FaultError


def check_settings(fault: Any, *, endless: str = "") -> None:
    """Compare each field of a fault with its annotation.

    Args:
        fault: a dataclass.
        endless: a field that may be infinite.

    Raises:
        FaultError: a value has another type than its annotation, isn't one of its literals, or is a number
            below 0 or not finite.
    """
    for name, hint in _hints(type(fault)).items():
        value = getattr(fault, name)
        if name == endless and value == inf:
            continue
        if not any(_fits(value, one) for one in _options(hint)):
            wanted = " or ".join(map(_wanted, _options(hint)))
            raise FaultError(f"expected {name} to be {wanted}, got {value!r}{_advice(hint, value)}")


def _hints(kind: type) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _options(hint: Any) -> tuple[Any, ...]:
    """Return the alternatives of a union; the annotation itself, if it isn't one."""
    return get_args(hint) if get_origin(hint) in {Union, UnionType} else (hint,)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _are_pairs(value: object) -> bool:
    return isinstance(value, tuple | list) and all(
        isinstance(pair, tuple | list) and len(pair) == 2 and all(isinstance(text, str) for text in pair)
        for pair in value
    )


_CHECKS: dict[Any, tuple[Callable[[Any], bool], str]] = {
    bool: (lambda value: isinstance(value, bool), "True or False"),
    bytes: (lambda value: isinstance(value, bytes), "bytes"),
    float: (lambda value: _is_number(value) and isfinite(value) and value >= 0, "a number of at least 0"),
    int: (
        lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
        "a whole number of at least 0",
    ),
    str: (lambda value: isinstance(value, str), "text"),
    NoneType: (lambda value: value is None, "None"),
    Headers: (_are_pairs, "a tuple of pairs of text"),
}


def _fits(value: object, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in get_args(hint)
    if hint in _CHECKS:
        return _CHECKS[hint][0](value)
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        return isinstance(value, tuple) and all(_fits(one, get_args(hint)[0]) for one in value)
    # Anything else belongs to a user's own fault, or to a fault that contains others.
    return not isinstance(hint, type) or isinstance(value, hint)


def _wanted(hint: Any) -> str:
    if get_origin(hint) is Literal:
        return f"one of {', '.join(map(repr, get_args(hint)))}"
    return _CHECKS[hint][1] if hint in _CHECKS else f"a {getattr(hint, '__name__', hint)}"


def _advice(hint: Any, value: object) -> str:
    if hint == Headers and isinstance(value, Mapping):
        return "; write tuple(headers.items())"
    return ""
