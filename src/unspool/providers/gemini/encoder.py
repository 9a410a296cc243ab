"""A reply as Gemini's responses, streamed or whole: https://ai.google.dev/api/generate-content."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from unspool.errors import ScriptError
from unspool.providers.reply import (
    Call,
    Citation,
    Image,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    finish_word,
    parsed_arguments,
    pieces_of,
    refuse_interleaving,
    span_of,
)
from unspool.wire.event import WireEvent

JSON = dict[str, Any]

_WHERE = "Gemini"
_FINISHES = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
    "refusal": "STOP",
    "recitation": "RECITATION",
    "malformed_function_call": "MALFORMED_FUNCTION_CALL",
    "prohibited": "PROHIBITED_CONTENT",
    "language": "LANGUAGE",
    "other": "OTHER",
}


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The events of a streamed answer; the last part's comes with the finish."""
    refuse_interleaving(reply, _WHERE)
    finish = finish_word(reply, _FINISHES, _WHERE)
    sent = list(_parts(reply, streamed=True)) or [{"text": ""}]
    for place, part in enumerate(sent):
        last = place == len(sent) - 1
        yield WireEvent(data=to_json(_response(reply, [part], finish if last else None)).decode())


def whole(reply: Reply) -> JSON:
    """The JSON of an answer that isn't streamed."""
    return _response(reply, list(_parts(reply, streamed=False)), finish_word(reply, _FINISHES, _WHERE))


def _response(reply: Reply, parts: list[JSON], finish: str | None) -> JSON:
    candidate: JSON = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
        grounding = _grounding(reply)
        candidate |= {"groundingMetadata": grounding} if grounding else {}
    return {
        "candidates": [candidate],
        "usageMetadata": _usage(reply),
        "modelVersion": reply.model,
        "responseId": reply.id("", size=22),
    }


def _parts(reply: Reply, *, streamed: bool) -> Iterator[JSON]:
    """The parts as they are sent: a thought's signature stands on the part that follows it."""
    signature: str | None = None
    for part in reply.parts:
        if isinstance(part, Reasoning):
            if signature is not None:
                yield _signed({"text": ""}, signature)
            yield from _thoughts(part, streamed=streamed)
            signature = part.redacted or part.signature
            continue
        for sent in _said(part, streamed=streamed):
            yield _signed(sent, signature)
            signature = None
    if signature is not None:
        yield _signed({"text": ""}, signature)


def _signed(part: JSON, signature: str | None) -> JSON:
    return part if signature is None else {**part, "thoughtSignature": signature}


def _thoughts(part: Reasoning, *, streamed: bool) -> Iterator[JSON]:
    if part.redacted is None:
        for piece in pieces_of(part) if streamed else (part.text,):
            yield {"text": piece, "thought": True}


def _said(part: Part, *, streamed: bool) -> Iterator[JSON]:
    match part:
        case Text() | Refusal():
            for piece in pieces_of(part) if streamed else (part.text,):
                yield {"text": piece}
        case Image():
            yield {"inlineData": {"mimeType": part.media_type, "data": part.data}}
        case Call():
            identity = {} if part.id is None else {"id": part.id}
            yield {"functionCall": {**identity, "name": part.name, "args": _arguments(part)}}
        case Reasoning():
            return


def _arguments(call: Call) -> Any:
    arguments = parsed_arguments(call)
    if arguments is None:
        raise ScriptError(
            f"Gemini sends a call's arguments as a JSON object, so it can't show {call.name}'s"
            f" {call.arguments!r:.200}; finish='malformed_function_call' is what it says of those"
        )
    return arguments


def _grounding(reply: Reply) -> JSON:
    """The sources of all texts; places are in bytes of the whole answer."""
    chunks: list[JSON] = []
    supports: list[JSON] = []
    before = ""
    for part in reply.parts:
        for citation in part.citations if isinstance(part, Text) else ():
            supports.append(
                _support(before, part.text if isinstance(part, Text) else "", citation, len(chunks))
            )
            chunks.append({"web": {"uri": citation.url, "title": citation.title}})
        before += part.text if isinstance(part, Text | Refusal) else ""
    return {"groundingChunks": chunks, "groundingSupports": supports} if chunks else {}


def _support(before: str, text: str, citation: Citation, number: int) -> JSON:
    start, end = span_of(text, citation)
    segment = {
        "startIndex": len((before + text[:start]).encode()),
        "endIndex": len((before + text[:end]).encode()),
        "text": text[start:end],
    }
    return {"segment": segment, "groundingChunkIndices": [number]}


def _usage(reply: Reply) -> JSON:
    tokens = reply.tokens
    usage = {
        "promptTokenCount": tokens.input,
        "candidatesTokenCount": tokens.output - tokens.reasoning,
        "totalTokenCount": tokens.total,
    }
    usage |= {"thoughtsTokenCount": tokens.reasoning} if tokens.reasoning else {}
    return usage | ({"cachedContentTokenCount": tokens.cached} if tokens.cached else {})
