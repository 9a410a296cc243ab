"""A stream's response, as plain data that is the same in every run: for snapshots."""

from __future__ import annotations

from typing import Any, Protocol

from pydantic import BaseModel

from unspool import stream_chunk_builder

_PLACEHOLDERS: dict[str, Any] = {"created": 0, "expires_at": 0, "system_fingerprint": "<fingerprint>"}


class Rebuilt(Protocol):
    """The type of the fixture `rebuilt`."""

    def __call__(self, stream: Any) -> dict[str, Any] | Any:
        """Rebuild a stream's response; None if nothing has come, which the annotation's `Any` stands for."""


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
    return _stable(response.model_dump(mode="json", exclude_none=True, warnings=False))


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


def _stable(response: dict[str, Any]) -> dict[str, Any]:
    """The response with placeholders where the provider makes up a value, and nowhere else.

    What applications and tools write may hold an `id` or a `created` too: it stays.
    """
    ids: dict[str, str] = {}
    _replace(response, ids, "id", "created", "system_fingerprint")
    for choice in response.get("choices") or ():
        message = choice.get("message") or choice.get("delta") or {}
        for made_up in (*_dicts(message.get("tool_calls")), *_dicts(message.get("reasoning_items"))):
            _replace(made_up, ids, "id")
        for audio in _dicts([message.get("audio")]):
            _replace(audio, ids, "id", "expires_at")
    return response


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []


def _replace(record: dict[str, Any], ids: dict[str, str], *names: str) -> None:
    for name in names:
        if name in _PLACEHOLDERS and name in record:
            record[name] = _PLACEHOLDERS[name]
        elif isinstance(record.get(name), str):
            record[name] = ids.setdefault(record[name], f"<id {len(ids) + 1}>")
