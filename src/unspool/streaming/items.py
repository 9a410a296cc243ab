"""Items of a source, converted to chunks.

Sources yield chunks of ours, of an SDK's or of litellm's, plain dicts, LiteLLM's generic chunks, whole
responses, or just text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel

from unspool.errors import MockError
from unspool.models import NO_FINISH, ModelResponse, ModelResponseStream
from unspool.providers.openai.chat import chunk_from

_GENERIC_KEYS = frozenset(
    {"text", "tool_use", "is_finished", "finish_reason", "usage", "index", "provider_specific_fields"}
)


def is_empty(item: object) -> bool:
    """Whether an item is empty and is skipped: None, `b""`, `""`."""
    return item is None or (isinstance(item, (str, bytes)) and not item)


def has_no_finish(chunk: ModelResponseStream) -> bool:
    """Whether the chunk's source has no finish reasons, so that none is missing at the end."""
    return "_hidden_params" in chunk.__dict__ and chunk._hidden_params.get(NO_FINISH) is True


def as_chunk(item: Any) -> ModelResponseStream:
    """Convert one item of a source to a chunk. The item isn't changed.

    Raises:
        ProviderError: the item reports an error.
        MalformedEventError: a chunk with a field of the wrong type.
        MockError: the item can't be streamed, such as a dict that is no chunk.
    """
    if isinstance(item, ModelResponseStream):
        return item
    if isinstance(item, str):
        return ModelResponseStream(id="", choices=[{"delta": {"content": item}}])
    if isinstance(item, ModelResponse):
        return _from_response(item.model_dump())
    if isinstance(item, BaseModel):  # an SDK's chunk, without the SDK's defaults
        item = item.model_dump(exclude_unset=True, warnings=False)
    if isinstance(item, bytes):
        raise MockError(
            "expected a chunk from the stream's source, got a provider's bytes; let a FakeStream decode them:"
            " FakeStream([data, …], provider='openai')"
        )
    if not isinstance(item, Mapping):
        raise MockError(
            "expected a chunk (ModelResponseStream, an SDK's chunk, a dict or text) from the stream's source,"
            f" got {type(item).__name__}: {item!r:.200}"
        )
    if is_generic(item):
        return _from_generic(item)
    _refuse_others(item)
    return _from_response(item) if item.get("object") == "chat.completion" else chunk_from(item)


# Fields of a chunk without choices: usage, or metadata such as Azure's.
_ENVELOPE = frozenset(
    {"id", "object", "created", "model", "system_fingerprint", "service_tier", "provider", "choices", "usage"}
    | {"provider_specific_fields", "prompt_filter_results", "citations", "timings", "x_groq", "nvext"}
)

# Content outside a choice, which no chunk has. Other fields may occur beside `choices: []`:
# OpenAI's usage chunk has `obfuscation`, Venice's has `cost`.
_SAYING = frozenset({"delta", "content", "role", "message", "text", "type", "tool_calls", "output"})

# Alternatives to a delta in a choice: Azure's filters and a finish reason may be alone.
_INSTEAD_OF_DELTA = ("message", "finish_reason", "content_filter_results", "content_filter_offsets", "usage")


def _refuse_others(item: Mapping[str, Any]) -> None:
    """Reject a dict that is no chunk: read as one, it would be an empty response.

    Raises:
        MockError: it's a message, a delta without its choice, a provider's raw event or anything else.
    """
    if item.get("error") or item.get("object") == "error":
        return
    choices = item.get("choices")
    if choices is None or choices == []:
        is_chunk = item.get("object") in _OBJECTS or "choices" in item or item.get("usage") is not None
        is_whole = "choices" in item and (item.get("object") in _OBJECTS or item.get("usage") is not None)
        if is_chunk and (item.keys() <= _ENVELOPE or (is_whole and _SAYING.isdisjoint(item))):
            return
        keys = sorted(map(str, item))
        raise MockError(f"{_EXPECTED}, got a dict with the keys {keys!s:.200}{_advice(item)}")
    if not isinstance(choices, list | tuple) or not all(isinstance(choice, Mapping) for choice in choices):
        raise MockError(f"{_EXPECTED}, got choices that are no list of dicts: {choices!r:.200}")
    for choice in choices:
        if choice.get("delta") is None and (
            choice.get("text") or not any(choice.get(key) for key in _INSTEAD_OF_DELTA)
        ):
            raise MockError(f"{_EXPECTED}, got a choice without a delta: {choice!r:.200}")


_OBJECTS = ("chat.completion.chunk", "chat.completion")
_EXPECTED = 'expected a chunk, as in {"choices": [{"delta": {"content": "Hello"}, "finish_reason": None}]}'


def _advice(item: Mapping[str, Any]) -> str:
    """Suggest what to write instead, if known."""
    text = item.get("content")
    if isinstance(text, str):
        return f"; for a chunk of text, give the text itself as an item: {text[:40]!r}"
    if "delta" in item and "type" not in item:
        return '; put the delta into a choice: {"choices": [{"delta": …}]}'
    return (
        "; a provider's own event goes in as bytes or as a WireEvent: FakeStream([…], provider='anthropic')"
    )


def is_generic(item: object) -> bool:
    """Whether it is a LiteLLM `GenericStreamingChunk`."""
    return isinstance(item, dict) and "text" in item and item.keys() <= _GENERIC_KEYS


def _from_generic(item: Mapping[str, Any]) -> ModelResponseStream:
    missing = {"text", "is_finished", "finish_reason", "usage"} - item.keys()
    if missing:
        raise MockError(f"a generic chunk needs {', '.join(sorted(missing))} too, got only {sorted(item)}")
    tool = item.get("tool_use")
    delta = {"content": item["text"] or None, "tool_calls": [tool] if tool else None}
    reason = (item["finish_reason"] or "stop") if item["is_finished"] else None  # else the core stores it
    return ModelResponseStream(
        id="",
        choices=[{"index": item.get("index") or 0, "delta": delta, "finish_reason": reason}],
        usage=item["usage"],
        provider_specific_fields=item.get("provider_specific_fields"),
    )


def _from_response(data: Mapping[str, Any]) -> ModelResponseStream:
    """Convert a whole response to a single chunk."""
    choices = [{**choice, "delta": _delta_of(choice)} for choice in data["choices"]]
    for choice in choices:
        choice.pop("message", None)
    return chunk_from({**data, "object": "chat.completion.chunk", "choices": choices})


def _delta_of(choice: Mapping[str, Any]) -> Mapping[str, Any]:
    if choice.get("delta"):  # litellm 1.110 makes a whole response of its own documented fake chunk
        delta: Mapping[str, Any] = choice["delta"]
        return delta
    message = choice.get("message") or {}
    calls = message.get("tool_calls")
    numbered = [{**call, "index": place} for place, call in enumerate(calls)] if calls else None
    return {**message, "tool_calls": numbered}


def refuse_wrong_items(items: Iterable[Any]) -> None:
    """Refuse items with a dict that isn't a chunk, before they are played.

    Raises:
        MockError: a dict isn't a chunk.
    """
    for item in items:
        if isinstance(item, Mapping) and not is_generic(item):
            _refuse_others(item)
