"""A reply as OpenAI's chat completion, streamed or whole, in the dialects of the hosts that share it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic_core import to_json

from unspool.providers.reply import (
    CREATED,
    Call,
    Citation,
    Image,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    finish_word,
    grouped,
    in_turns,
    pieces_of,
    span_of,
    unshown,
)
from unspool.wire.event import WireEvent

JSON = dict[str, Any]

_FINISHES = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "refusal": "stop",
    "function_call": "function_call",
    "model_length": "model_length",
    "error": "error",
    "eos": "eos",
    "insufficient_system_resource": "insufficient_system_resource",
}
_REASONING_FIELDS = {"openrouter": "reasoning", "groq": "reasoning", "cerebras": "reasoning"}


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The events of a streamed answer, `[DONE]` included."""
    finish = finish_word(reply, _FINISHES, "OpenAI's chat")
    yield _chunk(reply, {"role": "assistant", "content": ""})
    numbers = {id(call): place for place, call in enumerate(reply.calls)}
    for parts in grouped(reply):
        for delta in in_turns(_deltas(reply, part, numbers.get(id(part), 0)) for part in parts):
            yield _chunk(reply, delta)
    options = reply.asked.get("stream_options")
    wants_usage = isinstance(options, dict) and bool(options.get("include_usage"))
    # Mistral, and others that never had the option, report usage with the finish.
    with_finish = reply.dialect in {"mistral", "deepseek", "xai"} and not wants_usage
    yield _chunk(reply, {}, finish=finish, usage=_usage(reply) if with_finish else None)
    if wants_usage:
        yield _event({**_envelope(reply), "choices": [], "usage": _usage(reply)})
    yield WireEvent(data="[DONE]")


def whole(reply: Reply) -> JSON:
    """The JSON of an answer that isn't streamed."""
    message: JSON = {"role": "assistant", "content": None}
    message |= {} if reply.dialect == "mistral" else {"refusal": None}
    for part in reply.parts:
        _add(message, part, reply)
    choice = {"index": 0, "message": message, "logprobs": None}
    choice["finish_reason"] = finish_word(reply, _FINISHES, "OpenAI's chat")
    envelope = {**_envelope(reply), "object": "chat.completion"}
    return {**envelope, "choices": [choice], "usage": _usage(reply)}


def _envelope(reply: Reply) -> JSON:
    made = {
        "id": reply.id("chatcmpl-", size=29),
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": reply.model,
    }
    return made if reply.dialect == "mistral" else {**made, "system_fingerprint": "fp_scripted"}


def _chunk(reply: Reply, delta: JSON, *, finish: str | None = None, usage: JSON | None = None) -> WireEvent:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {**_envelope(reply), "choices": [choice]}
    return _event(chunk if usage is None else {**chunk, "usage": usage})


def _event(body: JSON) -> WireEvent:
    return WireEvent(data=to_json(body).decode())


def _deltas(reply: Reply, part: Part, place: int) -> Iterable[JSON]:
    match part:
        case Text():
            cited = [{"annotations": _annotations(part)}] if part.citations else []
            return [*({"content": piece} for piece in pieces_of(part)), *cited]
        case Reasoning() if part.redacted is not None:
            raise unshown("redacted reasoning", "OpenAI's chat")
        case Reasoning():
            return [_thought(reply, piece) for piece in pieces_of(part)]
        case Refusal():
            return [{"refusal": piece} for piece in pieces_of(part)]
        case Image():
            return [{"images": [_image(part)]}]
        case Call():
            return (
                _fragments(part, place) if reply.dialect not in _WHOLE_CALLS else [_whole_call(part, place)]
            )


_WHOLE_CALLS = frozenset({"mistral", "codestral"})
"""Who sends a call in one event; Mistral's SDK accepts no other."""


def _whole_call(call: Call, place: int) -> JSON:
    function = {"name": call.name, "arguments": call.arguments}
    return {"tool_calls": [{"id": call.id, "function": function, "index": place}]}


def _fragments(call: Call, place: int) -> Iterator[JSON]:
    first = {"index": place, "id": call.id, "type": "function"}
    yield {"tool_calls": [{**first, "function": {"name": call.name, "arguments": ""}}]}
    for piece in pieces_of(call):
        yield {"tool_calls": [{"index": place, "function": {"arguments": piece}}]}


def _thought(reply: Reply, text: str) -> JSON:
    if reply.dialect == "mistral":
        return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}
    return {_REASONING_FIELDS.get(reply.dialect, "reasoning_content"): text}


def _add(message: JSON, part: Part, reply: Reply) -> None:
    match part:
        case Text():
            _add_text(message, part.text)
            if part.citations:
                message.setdefault("annotations", []).extend(_annotations(part))
        case Reasoning() if part.redacted is None:
            _add_thought(message, part.text, reply)
        case Reasoning():
            raise unshown("redacted reasoning", "OpenAI's chat")
        case Refusal():
            message["refusal"] = (message.get("refusal") or "") + part.text
        case Image():
            message.setdefault("images", []).append(_image(part))
        case Call():
            calls = message.setdefault("tool_calls", [])
            identity = {"id": part.id, "type": "function"}
            calls.append({**identity, "function": {"name": part.name, "arguments": part.arguments}})


def _add_text(message: JSON, text: str) -> None:
    if isinstance(message["content"], list):
        message["content"].append({"type": "text", "text": text})
    else:
        message["content"] = (message["content"] or "") + text


def _add_thought(message: JSON, text: str, reply: Reply) -> None:
    if reply.dialect != "mistral":
        name = _REASONING_FIELDS.get(reply.dialect, "reasoning_content")
        message[name] = message.get(name, "") + text
        return
    before = message["content"]
    parts = before if isinstance(before, list) else [{"type": "text", "text": before}] if before else []
    message["content"] = [*parts, *_thought(reply, text)["content"]]


def _annotations(part: Text) -> list[JSON]:
    return [{"type": "url_citation", "url_citation": _link(part.text, one)} for one in part.citations]


def _link(text: str, citation: Citation) -> JSON:
    start, end = span_of(text, citation)
    return {"start_index": start, "end_index": end, "title": citation.title, "url": citation.url}


def _image(part: Image) -> JSON:
    url = f"data:{part.media_type};base64,{part.data}"
    return {"type": "image_url", "image_url": {"url": url}, "index": 0}


def _usage(reply: Reply) -> JSON:
    tokens = reply.tokens
    return {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.total,
        "prompt_tokens_details": {"cached_tokens": tokens.cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
