"""A reply as a response of OpenAI's Responses API, streamed or whole.

https://platform.openai.com/docs/api-reference/responses-streaming. Each part is an output item of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
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
    grouped,
    in_turns,
    pieces_of,
    span_of,
)
from unspool.providers.reply import finish_word as _finish_word
from unspool.wire.event import WireEvent

JSON = dict[str, Any]
_Event = tuple[str, JSON]

_FINISHES = {
    "stop": "completed",
    "tool_calls": "completed",
    "refusal": "completed",
    "length": "max_output_tokens",
    "content_filter": "content_filter",
}
_ENCRYPTED = "reasoning.encrypted_content"


def response_id(reply: Reply) -> str:
    """The id that `previous_response_id` names."""
    return reply.id("resp_", size=48, alphabet="0123456789abcdef")


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The events of a streamed answer, numbered."""
    numbers = count()
    for kind, fields in _events(reply):
        body = {"type": kind, **fields, "sequence_number": next(numbers)}
        yield WireEvent(name=kind, data=to_json(body).decode())


def whole(reply: Reply) -> JSON:
    """The JSON of an answer that isn't streamed."""
    return _response(reply, [_item(reply, part, place) for place, part in enumerate(reply.parts)])


def _events(reply: Reply) -> Iterator[_Event]:
    last = whole(reply)
    started = {**last, "status": "in_progress", "output": [], "usage": None, "incomplete_details": None}
    yield "response.created", {"response": started}
    yield "response.in_progress", {"response": started}
    places = {id(part): place for place, part in enumerate(reply.parts)}
    for parts in grouped(reply):
        yield from in_turns(_item_events(reply, part, places[id(part)]) for part in parts)
    yield f"response.{last['status']}", {"response": last}


def _item_events(reply: Reply, part: Part, place: int) -> Iterator[_Event]:
    item = _item(reply, part, place)
    at: JSON = {"output_index": place}
    begin, go_on = _KINDS[type(part)]
    yield "response.output_item.added", {**at, "item": begin(item)}
    yield from go_on(part, item, {**at, "item_id": item["id"]})
    yield "response.output_item.done", {**at, "item": item}


def _begin_message(item: JSON) -> JSON:
    return {**item, "status": "in_progress", "content": []}


def _begin_call(item: JSON) -> JSON:
    return {**item, "status": "in_progress", "arguments": ""}


def _begin_reasoning(item: JSON) -> JSON:
    return {**item, "summary": []}


def _begin_image(item: JSON) -> JSON:
    return {**item, "status": "in_progress", "result": None}


def _message(part: Any, item: JSON, at: JSON) -> Iterator[_Event]:
    (content,) = item["content"]
    at = {**at, "content_index": 0}
    key = "refusal" if isinstance(part, Refusal) else "text"
    kind = "response.refusal" if isinstance(part, Refusal) else "response.output_text"
    empty = {**content, key: "", **({"annotations": []} if key == "text" else {})}
    logprobs: JSON = {"logprobs": []} if key == "text" else {}
    yield "response.content_part.added", {**at, "part": empty}
    for piece in pieces_of(part):
        yield f"{kind}.delta", {**at, "delta": piece, **logprobs}
    for number, annotation in enumerate(content.get("annotations", ())):
        noted = {**at, "annotation_index": number, "annotation": annotation}
        yield "response.output_text.annotation.added", noted
    yield f"{kind}.done", {**at, key: part.text, **logprobs}
    yield "response.content_part.done", {**at, "part": content}


def _call(part: Any, item: JSON, at: JSON) -> Iterator[_Event]:
    for piece in pieces_of(part):
        yield "response.function_call_arguments.delta", {**at, "delta": piece}
    done = {**at, "name": item["name"], "arguments": part.arguments}
    yield "response.function_call_arguments.done", done


def _reasoning(part: Any, item: JSON, at: JSON) -> Iterator[_Event]:
    at = {**at, "summary_index": 0}
    for summary in item["summary"]:
        yield "response.reasoning_summary_part.added", {**at, "part": {**summary, "text": ""}}
        for piece in pieces_of(part):
            yield "response.reasoning_summary_text.delta", {**at, "delta": piece}
        yield "response.reasoning_summary_text.done", {**at, "text": part.text}
        yield "response.reasoning_summary_part.done", {**at, "part": summary}


def _image(_: Any, __: JSON, at: JSON) -> Iterator[_Event]:
    yield "response.image_generation_call.in_progress", at
    yield "response.image_generation_call.completed", at


_KINDS: dict[type, tuple[Callable[[JSON], JSON], Callable[[Any, JSON, JSON], Iterator[_Event]]]] = {
    Text: (_begin_message, _message),
    Refusal: (_begin_message, _message),
    Call: (_begin_call, _call),
    Reasoning: (_begin_reasoning, _reasoning),
    Image: (_begin_image, _image),
}


def _item(reply: Reply, part: Part, place: int) -> JSON:
    match part:
        case Text() | Refusal():
            return {
                "id": reply.id("msg_", place, size=48, alphabet="0123456789abcdef"),
                "type": "message",
                "status": "incomplete" if _is_cut(reply, place) else "completed",
                "role": "assistant",
                "content": [_content(part)],
            }
        case Call():
            return {
                "id": reply.id("fc_", place, size=48, alphabet="0123456789abcdef"),
                "type": "function_call",
                "status": "incomplete" if _is_cut(reply, place) else "completed",
                "call_id": part.id,
                "name": part.name,
                "arguments": part.arguments,
            }
        case Reasoning():
            return {
                "id": reply.id("rs_", place, size=48, alphabet="0123456789abcdef"),
                "type": "reasoning",
                "summary": [{"type": "summary_text", "text": part.text}] if part.text else [],
                **_encrypted(reply, part),
            }
        case Image():
            return {
                "id": reply.id("ig_", place, size=48, alphabet="0123456789abcdef"),
                "type": "image_generation_call",
                "status": "completed",
                "result": part.data,
            }


def _is_cut(reply: Reply, place: int) -> bool:
    return reply.finish in {"length", "content_filter"} and place == len(reply.parts) - 1


def _encrypted(reply: Reply, part: Reasoning) -> JSON:
    """The thought itself, for a client that asks for it."""
    if _ENCRYPTED not in (reply.asked.get("include") or ()):
        return {}
    return {"encrypted_content": part.redacted or part.signature}


def _content(part: Text | Refusal) -> JSON:
    if isinstance(part, Refusal):
        return {"type": "refusal", "refusal": part.text}
    annotations = [_annotation(part.text, one) for one in part.citations]
    return {"type": "output_text", "text": part.text, "annotations": annotations, "logprobs": []}


def _annotation(text: str, citation: Citation) -> JSON:
    start, end = span_of(text, citation)
    place = {"start_index": start, "end_index": end}
    return {"type": "url_citation", **place, "title": citation.title, "url": citation.url}


def _response(reply: Reply, output: list[JSON]) -> JSON:
    asked = reply.asked
    reason = _finish_word(reply, _FINISHES, "OpenAI's Responses")
    is_whole = reason == "completed"
    reasoning = asked.get("reasoning") or {}
    return {
        "id": response_id(reply),
        "object": "response",
        "created_at": CREATED,
        "status": "completed" if is_whole else "incomplete",
        "background": False,
        "error": None,
        "incomplete_details": None if is_whole else {"reason": reason},
        "instructions": asked.get("instructions"),
        "max_output_tokens": asked.get("max_output_tokens"),
        "max_tool_calls": asked.get("max_tool_calls"),
        "model": reply.model,
        "output": output,
        "parallel_tool_calls": asked.get("parallel_tool_calls", True) is not False,
        "previous_response_id": asked.get("previous_response_id"),
        "conversation": _conversation(asked.get("conversation")),
        "prompt_cache_key": asked.get("prompt_cache_key"),
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "safety_identifier": asked.get("safety_identifier"),
        "service_tier": "default",
        "store": asked.get("store") is not False,
        "temperature": 1.0 if asked.get("temperature") is None else asked["temperature"],
        "text": asked.get("text") or {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": asked.get("tool_choice") or "auto",
        "tools": asked.get("tools") or [],
        "top_logprobs": asked.get("top_logprobs") or 0,
        "top_p": 1.0 if asked.get("top_p") is None else asked["top_p"],
        "truncation": asked.get("truncation") or "disabled",
        "usage": _usage(reply),
        "user": asked.get("user"),
        "metadata": asked.get("metadata") or {},
    }


def _conversation(asked: Any) -> JSON | None:
    return {"id": asked} if isinstance(asked, str) else asked


def _usage(reply: Reply) -> JSON:
    tokens = reply.tokens
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.total,
    }
