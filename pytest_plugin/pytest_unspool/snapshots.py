"""A stream's response, as plain data that is the same in every run: for snapshots."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from unspool import stream_chunk_builder

_PLACEHOLDERS: dict[str, Any] = {"created": 0, "expires_at": 0, "system_fingerprint": "<fingerprint>"}


def stable_response(stream: Any) -> dict[str, Any] | None:
    """What a stream adds up to; None if nothing has come.

    Ids become `<id 1>`, `<id 2>` in the order of their first use, so that equal ones stay equal; times and
    fingerprints become placeholders; what is None is left out.

    Args:
        stream: a stream, whose rest is read if it isn't over; chunks; or a response.

    Raises:
        TypeError: it can only be read with `async for`.
        Exception: the stream's own. What had come before it is what asking once more gives.
    """
    response = stream if isinstance(stream, BaseModel) else stream_chunk_builder(_chunks(stream))
    if response is None:
        return None
    stable: dict[str, Any] = _stable(response.model_dump(mode="json", exclude_none=True, warnings=False), {})
    return stable


def _chunks(stream: Any) -> list[Any]:
    """All that has come out of a stream and will: a canned one keeps the former, and so does any wrapper."""
    came: list[Any] = list(getattr(stream, "delivered", getattr(stream, "chunks", ())))
    if getattr(stream, "ended", False):
        return came
    if not hasattr(stream, "__iter__"):
        raise TypeError(
            f"expected a stream, its chunks or a response, got {type(stream).__name__}; what is read with"
            " 'async for' goes in as its chunks: rebuilt([chunk async for chunk in stream])"
        )
    return [*came, *stream]


def _stable(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _stable_field(key, item, ids) for key, item in value.items()}
    return [_stable(item, ids) for item in value] if isinstance(value, list) else value


def _stable_field(key: str, value: Any, ids: dict[str, str]) -> Any:
    if key == "id" and isinstance(value, str):
        return ids.setdefault(value, f"<id {len(ids) + 1}>")
    return _PLACEHOLDERS[key] if key in _PLACEHOLDERS else _stable(value, ids)
