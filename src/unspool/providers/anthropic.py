"""Anthropic's Messages API: the events of a stream to chunks, a whole message to a `ModelResponse`.

https://docs.anthropic.com/en/docs/build-with-claude/streaming. A message is a list of content blocks.
A stream opens a block (`content_block_start`), fills it (`content_block_delta`) and ends it
(`content_block_stop`); `message_delta` says why the message ended and what it cost. New events,
blocks and deltas are announced to come at any time, so an unknown one is never an error.

The mapping is LiteLLM's: text is `content`, a `tool_use` block a tool call, a thinking block
`reasoning_content` and `thinking_blocks`. What OpenAI's shape has no place for is kept, as it was
sent, in the delta's or message's `provider_specific_fields`. Each list there holds all that came so
far, so that the last one is the whole:

    citation, citations     one `citation` a delta, as it comes; when its text block ends, `citations`
                            has one list a cited block, and each says which text it supports
    server_tool_use         calls of `server_tool_use` and `mcp_tool_use`, each with its whole input.
                            The provider has run them already, so they are no `tool_calls`
    web_search_results      `web_search_tool_result` and `web_fetch_tool_result` blocks
    tool_results            the results of all other tools that the provider ran
    compaction_blocks       summaries of an earlier part of the conversation
    other_blocks            `fallback`, and whatever is newer than this file
    stop_sequence, stop_details, container, context_management     from the message's end
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from unspool.error_mapping import error_from_body
from unspool.errors import APIResponseValidationError, MalformedEventError
from unspool.models import (
    Choices,
    Delta,
    Message,
    ModelResponse,
    ModelResponseStream,
    Record,
    StreamingChoices,
    Usage,
)
from unspool.providers.openai_chat import DONE, JSON, parse_event
from unspool.wire.event import WireEvent

_Chunks = Iterator[ModelResponseStream]

_PROVIDER = "anthropic"

# LiteLLM's names, where it has one. A type that isn't here: see `_list_for`.
_LIST_OF_BLOCK: dict[str, str] = {
    "compaction": "compaction_blocks",
    "mcp_tool_use": "server_tool_use",
    "server_tool_use": "server_tool_use",
    "web_fetch_tool_result": "web_search_results",
    "web_search_tool_result": "web_search_results",
}
_FIELDS_OF_END = ("stop_sequence", "stop_details", "container", "context_management")


@dataclass(slots=True)
class _OpenBlock:
    """A content block whose end hasn't come."""

    block: JSON
    call: int = 0  # its index among the tool calls, if it is one
    parts: list[str] = field(default_factory=list)  # of its text, or of its input's JSON
    citations: list[JSON] = field(default_factory=list)
    deltas: list[JSON] = field(default_factory=list)  # those of an unknown type

    @property
    def kind(self) -> str:
        return _text(self.block, "type")


class AnthropicNormalizer:
    """The events of an Anthropic Messages stream to chunks.

    Every chunk has one choice; id and model are the message's. Tool calls are numbered 0, 1, 2 …
    through the whole stream, whatever blocks are between them. Usage comes with the first chunk, as
    far as it is known by then, and complete with the finish reason; token counts are LiteLLM's:
    `prompt_tokens` includes what was read from the cache and written to it.

    Raises, while it is being fed:
        MalformedEventError: an event holds no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream has an `error` event; its class is that of the error's type.

    Args:
        created: the chunks' `created`, in seconds since 1970. A stage has no clock, and the stream
            has no time in it.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._created = created
        # These two last as long as the stream: several messages in one become one response.
        self._calls = 0
        self._kept: dict[str, list[Any]] = {}
        self._begin({})

    def _begin(self, message: JSON) -> None:
        self._id = _text(message, "id")
        self._model = _text(message, "model") or None
        self._reported: JSON = {}
        self._has_thinking = False
        self._open: dict[int, _OpenBlock] = {}

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        # OpenAI's end mark may stand here too: OpenRouter (rig's cassette "gateway_message_delta_metadata").
        body = None if event.data.strip() == DONE else parse_event(event)
        handle = None if body is None else _EVENTS.get(_kind(body, event))
        if body is None or handle is None:
            return
        try:
            yield from handle(self, body)
        except ValueError as error:  # pydantic's too
            raise MalformedEventError(
                f"an Anthropic {event.name!r} event isn't shaped as documented ({error});"
                " compare it with https://docs.anthropic.com/en/docs/build-with-claude/streaming",
                data=event.data,
            ) from error

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing: a block that the stream has cut off is no block. The missing finish reason tells of it."""
        return iter(())

    def _message_start(self, event: JSON) -> _Chunks:
        # There may be more than one: a gateway repeats it, a recorder has joined several responses
        # (vercel/ai's fixtures "duplicate-message-start" and "anthropic-tool-search-…").
        message = _object(event, "message")
        self._begin(message)
        self._count(message)
        yield self._chunk(usage=_usage(self._reported, silent=False))  # whether it will think isn't known yet
        # The message may be here as a whole, with nothing but `message_stop` after it: so Anthropic
        # answers when the code that it runs calls a tool again (vercel/ai's "programmatic-tool-calling").
        for index, block in enumerate(_objects(message, "content")):
            yield from self._open_block(index, block)
            yield from self._close_block(index)
        if _text(message, "stop_reason"):
            yield from self._end(message)

    def _message_delta(self, event: JSON) -> _Chunks:
        self._count(event)
        yield from self._end({**event, **_object(event, "delta")})

    def _error(self, event: JSON) -> _Chunks:
        raise error_from_body(event, llm_provider=_PROVIDER, model=self._model or "")

    def _content_block_start(self, event: JSON) -> _Chunks:
        return self._open_block(_index(event), _object(event, "content_block"))

    def _content_block_delta(self, event: JSON) -> _Chunks:
        # A delta without its block's start can still say something.
        opened = self._open.get(_index(event)) or _OpenBlock({})
        delta = _object(event, "delta")
        return _DELTAS.get(_text(delta, "type"), AnthropicNormalizer._unknown_delta)(self, opened, delta)

    def _content_block_stop(self, event: JSON) -> _Chunks:
        return self._close_block(_index(event))

    def _open_block(self, index: int, block: JSON) -> _Chunks:
        opened = self._open[index] = _OpenBlock(block)
        start = _STARTS.get(opened.kind)
        return iter(()) if start is None else start(self, opened)

    def _close_block(self, index: int) -> _Chunks:
        opened = self._open.pop(index, None)
        if opened is None:
            return iter(())
        return _STOPS.get(opened.kind, AnthropicNormalizer._stop_other)(self, opened)

    def _start_text(self, opened: _OpenBlock) -> _Chunks:
        for citation in _objects(opened.block, "citations"):
            yield from self._cite(opened, citation)
        yield from self._say(opened, _text(opened.block, "text"))

    def _start_call(self, opened: _OpenBlock) -> _Chunks:
        opened.call = self._calls
        self._calls += 1
        function = {"name": _text(opened.block, "name"), "arguments": ""}
        yield self._call_chunk(opened, function, id=_text(opened.block, "id"), **_caller(opened.block))

    def _start_thinking(self, opened: _OpenBlock) -> _Chunks:
        yield from self._think(_text(opened.block, "thinking"), _text(opened.block, "signature"))

    def _start_redacted(self, opened: _OpenBlock) -> _Chunks:
        self._has_thinking = True
        # With no reasoning_content at all the chunk would count as empty and be dropped.
        yield self._chunk(reasoning_content="", thinking_blocks=[opened.block])

    def _start_fallback(self, opened: _OpenBlock) -> _Chunks:
        # From here on another model speaks (anthropic-sdk-python's fixture "fallback-response").
        self._model = _text(_object(opened.block, "to"), "model") or self._model
        return iter(())

    def _text_delta(self, opened: _OpenBlock, delta: JSON) -> _Chunks:
        return self._say(opened, _text(delta, "text"))

    def _input_delta(self, opened: _OpenBlock, delta: JSON) -> _Chunks:
        part = _text(delta, "partial_json")
        opened.parts.append(part)
        if opened.kind == "tool_use":
            yield self._call_chunk(opened, {"arguments": part})

    def _thinking_delta(self, _: _OpenBlock, delta: JSON) -> _Chunks:
        return self._think(_text(delta, "thinking"), "")

    def _signature_delta(self, _: _OpenBlock, delta: JSON) -> _Chunks:
        return self._think("", _text(delta, "signature"))

    def _citations_delta(self, opened: _OpenBlock, delta: JSON) -> _Chunks:
        return self._cite(opened, _object(delta, "citation"))

    def _compaction_delta(self, opened: _OpenBlock, delta: JSON) -> _Chunks:
        # One delta holds the whole summary: https://docs.anthropic.com/en/docs/build-with-claude/compaction
        opened.block = {**opened.block, **delta, "type": "compaction"}
        return iter(())

    def _unknown_delta(self, opened: _OpenBlock, delta: JSON) -> _Chunks:
        opened.deltas.append(delta)
        return iter(())

    def _stop_text(self, opened: _OpenBlock) -> _Chunks:
        if opened.citations:
            yield self._keep("citations", _with_text(opened.citations, "".join(opened.parts)))

    def _stop_call(self, opened: _OpenBlock) -> _Chunks:
        # A call without arguments streams none; a call that Anthropic's own code makes has them in
        # the block's start (vercel/ai's "programmatic-tool-calling"). LiteLLM says "{}" to both.
        if not any(opened.parts):
            yield self._call_chunk(opened, {"arguments": _arguments(opened.block)})

    def _stop_thinking(self, _: _OpenBlock) -> _Chunks:
        return iter(())

    def _stop_other(self, opened: _OpenBlock) -> _Chunks:
        yield self._keep(_list_for(opened.kind), _whole(opened))

    def _say(self, opened: _OpenBlock, text: str) -> _Chunks:
        if text:
            opened.parts.append(text)
            yield self._chunk(content=text)

    def _think(self, text: str, signature: str) -> _Chunks:
        self._has_thinking = True
        if text or signature:
            block = {"type": "thinking", "thinking": text}
            signed = {**block, "signature": signature} if signature else block
            yield self._chunk(reasoning_content=text, thinking_blocks=[signed])

    def _cite(self, opened: _OpenBlock, citation: JSON) -> _Chunks:
        opened.citations.append(citation)
        yield self._chunk(provider_specific_fields={"citation": citation})

    def _keep(self, name: str, item: Any) -> ModelResponseStream:
        self._kept[name] = [*self._kept.get(name, ()), item]  # a new list: the old one is in a chunk
        return self._chunk(provider_specific_fields={name: self._kept[name]})

    def _end(self, message: JSON) -> _Chunks:
        fields = _fields_of_end(message)
        if fields:
            yield self._chunk(provider_specific_fields=fields)
        usage = _usage(self._reported, silent=not self._has_thinking)
        yield self._chunk(finish_reason=_text(message, "stop_reason") or None, usage=usage)

    def _count(self, holder: JSON) -> None:
        # The counts of message_delta are cumulative but not complete: what it lacks stays as it was.
        reported = _object(holder, "usage")
        self._reported |= {key: value for key, value in reported.items() if value is not None}

    def _call_chunk(self, opened: _OpenBlock, function: JSON, **extra: Any) -> ModelResponseStream:
        call = {"index": opened.call, "type": "function", "function": function, **extra}
        return self._chunk(tool_calls=[call])

    def _chunk(
        self, *, finish_reason: str | None = None, usage: Usage | None = None, **delta: Any
    ) -> ModelResponseStream:
        choice = StreamingChoices(delta=Delta(**delta), finish_reason=finish_reason)
        chunk = ModelResponseStream(id=self._id, created=self._created, model=self._model, choices=[choice])
        if usage is not None:
            chunk.usage = usage
        return chunk


_OnEvent = Callable[[AnthropicNormalizer, JSON], _Chunks]
_OnBlock = Callable[[AnthropicNormalizer, _OpenBlock], _Chunks]
_OnDelta = Callable[[AnthropicNormalizer, _OpenBlock, JSON], _Chunks]

_EVENTS: dict[str, _OnEvent] = {
    "content_block_delta": AnthropicNormalizer._content_block_delta,
    "content_block_start": AnthropicNormalizer._content_block_start,
    "content_block_stop": AnthropicNormalizer._content_block_stop,
    "error": AnthropicNormalizer._error,
    "message_delta": AnthropicNormalizer._message_delta,
    "message_start": AnthropicNormalizer._message_start,
}

# A block of any other type is kept as it is, once it has ended.
_STARTS: dict[str, _OnBlock] = {
    "fallback": AnthropicNormalizer._start_fallback,
    "redacted_thinking": AnthropicNormalizer._start_redacted,
    "text": AnthropicNormalizer._start_text,
    "thinking": AnthropicNormalizer._start_thinking,
    "tool_use": AnthropicNormalizer._start_call,
}
_STOPS: dict[str, _OnBlock] = {
    "redacted_thinking": AnthropicNormalizer._stop_thinking,
    "text": AnthropicNormalizer._stop_text,
    "thinking": AnthropicNormalizer._stop_thinking,
    "tool_use": AnthropicNormalizer._stop_call,
}

_DELTAS: dict[str, _OnDelta] = {
    "citations_delta": AnthropicNormalizer._citations_delta,
    "compaction_delta": AnthropicNormalizer._compaction_delta,
    "input_json_delta": AnthropicNormalizer._input_delta,
    "signature_delta": AnthropicNormalizer._signature_delta,
    "text_delta": AnthropicNormalizer._text_delta,
    "thinking_delta": AnthropicNormalizer._thinking_delta,
}


@dataclass(slots=True)
class _Spoken:
    """The blocks of a whole message, sorted."""

    text: list[str] = field(default_factory=list)
    thinking: list[JSON] = field(default_factory=list)
    calls: list[JSON] = field(default_factory=list)
    kept: dict[str, list[Any]] = field(default_factory=dict)


def response_from_anthropic(body: Mapping[str, Any], *, created: int | None = None) -> ModelResponse:
    """The body of a response that wasn't streamed, equal to what its stream would add up to.

    Args:
        body: the parsed JSON of a message.
        created: the response's `created`, in seconds since 1970; now, unless given.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it is neither an error nor a message.
    """
    if body.get("error"):
        raise error_from_body(body, llm_provider=_PROVIDER)
    try:
        return _response(dict(body), created)
    except ValueError as error:
        raise APIResponseValidationError(
            f"an Anthropic message isn't shaped as documented ({error});"
            " compare it with https://docs.anthropic.com/en/api/messages",
            llm_provider=_PROVIDER,
            body=body,
        ) from error


def _response(body: JSON, created: int | None) -> ModelResponse:
    if "content" not in body:
        raise ValueError("it has no 'content'")
    spoken = _Spoken()
    for block in _objects(body, "content"):
        _BLOCKS.get(_text(block, "type"), _read_other)(spoken, block)
    choice = Choices(message=_message(spoken, body), finish_reason=_text(body, "stop_reason") or None)
    usage = _usage(_object(body, "usage"), silent=not spoken.thinking)
    response = ModelResponse(
        id=_text(body, "id") or None, created=created, model=body.get("model"), choices=[choice]
    )
    if usage is not None:
        response.usage = usage
    return response


def _message(spoken: _Spoken, body: JSON) -> Message:
    reasoning = "".join(_text(block, "thinking") for block in spoken.thinking)
    nothing = None if spoken.calls else ""  # OpenAI's is null where there are calls instead
    return Message(
        content="".join(spoken.text) or nothing,
        tool_calls=spoken.calls or None,
        thinking_blocks=spoken.thinking or None,
        reasoning_content=reasoning if spoken.thinking else None,
        provider_specific_fields={**spoken.kept, **_fields_of_end(body)} or None,
    )


def _read_text(spoken: _Spoken, block: JSON) -> None:
    text = _text(block, "text")
    spoken.text.append(text)
    citations = _objects(block, "citations")
    if citations:
        spoken.kept.setdefault("citations", []).append(_with_text(citations, text))


def _read_thinking(spoken: _Spoken, block: JSON) -> None:
    spoken.thinking.append(block)


def _read_call(spoken: _Spoken, block: JSON) -> None:
    function = {"name": _text(block, "name"), "arguments": _arguments(block)}
    call = {"id": _text(block, "id"), "type": "function", "function": function}
    spoken.calls.append({**call, **_caller(block)})


def _read_other(spoken: _Spoken, block: JSON) -> None:
    spoken.kept.setdefault(_list_for(_text(block, "type")), []).append(block)


_BLOCKS: dict[str, Callable[[_Spoken, JSON], None]] = {
    "redacted_thinking": _read_thinking,
    "text": _read_text,
    "thinking": _read_thinking,
    "tool_use": _read_call,
}


def _usage(reported: JSON, *, silent: bool) -> Usage | None:
    """LiteLLM's counts of what Anthropic reports; every other counter stays as it was sent.

    Args:
        silent: the message is known to hold no thinking.
    """
    if not reported:
        return None
    # A message made in several passes reports at its top only the last one: with compaction, and when
    # another model is asked in between. LiteLLM adds them up.
    passes = _objects(reported, "iterations") or [reported]
    new, written, read, said = (
        sum(_tokens(each, key) for each in passes)
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    )
    extra = {key: value for key, value in reported.items() if value is not None}
    return Usage.model_validate(
        {
            **{key: value for key, value in extra.items() if key not in ("input_tokens", "output_tokens")},
            **_as_record(extra, "server_tool_use"),
            "prompt_tokens": new + written + read,
            "completion_tokens": said,
            "total_tokens": new + written + read + said,
            "prompt_tokens_details": {
                "text_tokens": new,
                "cached_tokens": read,
                "cache_creation_tokens": written,
                **_as_record(extra, "cache_creation", "cache_creation_token_details"),
            },
            "completion_tokens_details": _completion_details(reported, said, silent=silent),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
        }
    )


def _completion_details(reported: JSON, said: int, *, silent: bool) -> dict[str, int] | None:
    details = _object(reported, "output_tokens_details")
    if details.get("thinking_tokens") is None and not silent:
        return None  # older models don't say; LiteLLM would guess with a tokenizer
    thought = min(_tokens(details, "thinking_tokens"), said)
    return {"reasoning_tokens": thought, "text_tokens": said - thought}


def _as_record(reported: JSON, key: str, name: str | None = None) -> dict[str, Record]:
    """A counter's object such that `usage.server_tool_use.web_search_requests` works, as in LiteLLM."""
    found = _object(reported, key)
    return {name or key: Record.model_validate(found)} if found else {}


def _tokens(counts: JSON, key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) else 0


def _list_for(kind: str) -> str:
    known = _LIST_OF_BLOCK.get(kind)
    if known is not None:
        return known
    return "tool_results" if kind.endswith("_tool_result") else "other_blocks"


def _whole(opened: _OpenBlock) -> JSON:
    block = opened.block
    if any(opened.parts):
        block = {**block, "input": _input("".join(opened.parts))}
    return {**block, "deltas": opened.deltas} if opened.deltas else block


def _input(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return text  # cut off, as by max_tokens: better as it came than not at all


def _arguments(block: JSON) -> str:
    return json.dumps(_object(block, "input"))


def _caller(block: JSON) -> JSON:
    """Who made a call, if Anthropic says so: the model, or the code that it had run."""
    return {"caller": block["caller"]} if block.get("caller") else {}


def _with_text(citations: list[JSON], text: str) -> list[JSON]:
    return [{**citation, "supported_text": text} for citation in citations]


def _fields_of_end(message: JSON) -> JSON:
    return {key: message[key] for key in _FIELDS_OF_END if message.get(key) is not None}


def _kind(body: JSON, event: WireEvent) -> str:
    """An event's type: that of its JSON, which unlike the SSE name no proxy leaves out."""
    kind = body.get("type")
    if isinstance(kind, str):
        return kind
    return "error" if "error" in body else event.name


def _object(holder: JSON, key: str) -> JSON:
    value = holder.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"{key!r} must be an object, not {value!r:.100}")  # noqa: TRY004 - as pydantic's
    return value


def _objects(holder: JSON, key: str) -> list[JSON]:
    value = holder.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError(f"{key!r} must be a list of objects, not {value!r:.100}")
    return value


def _text(holder: JSON, key: str) -> str:
    value = holder.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{key!r} must be text, not {value!r:.100}")  # noqa: TRY004 - as pydantic's
    return value


def _index(event: JSON) -> int:
    value = event.get("index", 0)
    if not isinstance(value, int):
        raise ValueError(f"'index' must be a number, not {value!r:.100}")  # noqa: TRY004 - as pydantic's
    return value
