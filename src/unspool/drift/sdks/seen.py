"""What an SDK's user gets of a stream, as plain data."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin

Read = Callable[[bytes], "Seen"]
"""Reads a stream's bytes with an SDK."""

_KINDS = frozenset({"type", "event", "event_type", "object"})
"""The fields that name the type of an event or of a part."""


@dataclass
class Seen:
    """What an SDK made of a stream.

    Attributes:
        items: its events as JSON, in order, with the wire's names.
        error: what it raised; None if it reached the end.
        result: what its accumulator came to: `text`, `reasoning`, `calls` as lists of name and arguments;
            None if it has none.
        helper_error: what its accumulator raised.
        unmodelled: fields that it passes on without declaring them, by path, each with its number.
        unknown: values that its models don't declare, as `path=value`, each with its number.
    """

    items: list[Any] = field(default_factory=list)
    error: str | None = None
    result: dict[str, Any] | None = None
    helper_error: str | None = None
    unmodelled: dict[str, int] = field(default_factory=dict)
    unknown: dict[str, int] = field(default_factory=dict)


def collect(items: Callable[[], Iterable[Any]], plain: Callable[[Any], Any]) -> Seen:
    """Read an SDK's stream to its end, or until it raises.

    Args:
        items: starts the stream.
        plain: from one of the SDK's objects to JSON with the wire's names.
    """
    seen = Seen()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's, of values that aren't what an SDK declares
        try:
            for item in items():
                seen.items.append(plain(item))
                _note_models(item, "", seen)
        except Exception as error:  # noqa: BLE001 - whatever an SDK raises is its reading of the stream
            seen.error = shown(error)
    return seen


def attempt(seen: Seen, result: Callable[[], dict[str, Any]]) -> Seen:
    """Add what an SDK's accumulator comes to."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        try:
            seen.result = result()
        except Exception as error:  # noqa: BLE001 - as above
            seen.helper_error = shown(error)
    return seen


def shown(error: Exception) -> str:
    """Write an error in one short line."""
    lines = f"{error}".strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"[:200]


def _note_models(item: Any, path: str, seen: Seen) -> None:
    """Note what the models of pydantic in an item don't declare."""
    if isinstance(item, list | tuple):
        for one in item:
            _note_models(one, f"{path}[*]", seen)
    elif isinstance(item, dict):
        for key, one in item.items():
            _note_models(one, f"{path}.{key}" if path else str(key), seen)
    elif hasattr(type(item), "model_fields"):
        for name, value, annotation in _fields(item):
            place = f"{path}.{name}" if path else name
            if annotation is None:
                seen.unmodelled[place] = seen.unmodelled.get(place, 0) + 1
            elif isinstance(value, str) and value and (known := _literals(annotation)) and value not in known:
                seen.unknown[f"{place}={value}"] = seen.unknown.get(f"{place}={value}", 0) + 1
            else:
                _note_models(value, place, seen)


def _fields(model: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield the wire's name, the value and the annotation of each field that was sent; None for extras."""
    declared = type(model).model_fields
    for name, known in declared.items():
        if name in model.model_fields_set:
            yield known.alias or name, getattr(model, name), known.annotation
    for name, value in (model.__pydantic_extra__ or {}).items():
        if value is not None:
            yield name, value, None


def _literals(annotation: Any) -> frozenset[str]:
    """Return the texts that an annotation lists; empty if it admits any text."""
    if annotation is str:
        return frozenset()
    if get_origin(annotation) is Literal:
        return frozenset(get_args(annotation))
    parts = [part for part in get_args(annotation) if part is not type(None)]
    if str in parts:
        return frozenset()
    return frozenset(text for part in parts for text in _literals(part) if get_origin(annotation) is not list)


def is_kind(unknown: str) -> bool:
    """Whether `path=value` is about the type of an event or a part."""
    return unknown.partition("=")[0].rpartition(".")[2] in _KINDS
