"""A reply as Bedrock's: Converse's events, and InvokeModel's, which wrap those of the model's own format."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic_core import to_json

from unspool.errors import ScriptError
from unspool.providers.anthropic import encoder as anthropic
from unspool.providers.reply import (
    Call,
    Image,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    arguments_of,
    finish_word,
    pieces_of,
    refuse_interleaving,
    unshown,
)
from unspool.wire.event import WireEvent

JSON = dict[str, Any]

_WHERE = "Bedrock's Converse"
_FINISHES = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "refusal": "end_turn",
    "stop_sequence": "stop_sequence",
    "guardrail_intervened": "guardrail_intervened",
    "malformed_tool_use": "malformed_tool_use",
    "model_context_window_exceeded": "model_context_window_exceeded",
}


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The events of ConverseStream."""
    for name, body in _events(reply):
        yield WireEvent(name=name, data=to_json(body).decode())


def _events(reply: Reply) -> Iterator[tuple[str, JSON]]:
    refuse_interleaving(reply, _WHERE)
    finish = finish_word(reply, _FINISHES, _WHERE)
    yield "messageStart", {"role": "assistant"}
    for place, part in enumerate(reply.parts):
        if isinstance(part, Call):
            start = {"toolUse": {"toolUseId": part.id, "name": part.name}}
            yield "contentBlockStart", {"contentBlockIndex": place, "start": start}
        for delta in _deltas(part):
            yield "contentBlockDelta", {"contentBlockIndex": place, "delta": delta}
        yield "contentBlockStop", {"contentBlockIndex": place}
    yield "messageStop", {"stopReason": finish}
    yield "metadata", {"usage": _usage(reply), "metrics": {"latencyMs": 1}}


def whole(reply: Reply) -> JSON:
    """The JSON of Converse."""
    refuse_interleaving(reply, _WHERE)
    content = [_block(part) for part in reply.parts]
    return {
        "output": {"message": {"role": "assistant", "content": content}},
        "stopReason": finish_word(reply, _FINISHES, _WHERE),
        "usage": _usage(reply),
        "metrics": {"latencyMs": 1},
    }


def _deltas(part: Part) -> Iterable[JSON]:
    match part:
        case Text() | Refusal():
            cited = [_citation(one) for one in part.citations] if isinstance(part, Text) else []
            return [*({"text": piece} for piece in pieces_of(part)), *({"citation": one} for one in cited)]
        case Reasoning() if part.redacted is None:
            thoughts = ({"reasoningContent": {"text": piece}} for piece in pieces_of(part))
            return [*thoughts, {"reasoningContent": {"signature": part.signature or ""}}]
        case Reasoning():
            return [{"reasoningContent": {"redactedContent": part.redacted}}]
        case Call():
            return [{"toolUse": {"input": piece}} for piece in pieces_of(part)]
        case Image():
            raise unshown("an image of the model's", _WHERE)


def _block(part: Part) -> JSON:
    match part:
        case Text() if part.citations:
            cited = [_citation(one) for one in part.citations]
            return {"citationsContent": {"content": [{"text": part.text}], "citations": cited}}
        case Text() | Refusal():
            return {"text": part.text}
        case Reasoning() if part.redacted is None:
            thought = {"text": part.text, "signature": part.signature or ""}
            return {"reasoningContent": {"reasoningText": thought}}
        case Reasoning():
            return {"reasoningContent": {"redactedContent": part.redacted}}
        case Call():
            used = {"toolUseId": part.id, "name": part.name}
            return {"toolUse": {**used, "input": arguments_of(part, _WHERE)}}
        case Image():
            raise unshown("an image of the model's", _WHERE)


def _citation(citation: Any) -> JSON:
    location = {"web": {"url": citation.url, "domain": urlsplit(citation.url).hostname or ""}}
    source = [{"text": citation.quote}] if citation.quote else []
    return {"title": citation.title, "sourceContent": source, "location": location}


def _usage(reply: Reply) -> JSON:
    tokens = reply.tokens
    usage = {
        "inputTokens": tokens.input - tokens.cached,
        "outputTokens": tokens.output,
        "totalTokens": tokens.total,
    }
    return usage | ({"cacheReadInputTokens": tokens.cached} if tokens.cached else {})


# -- InvokeModel ---------------------------------------------------------------------------------------


def _anthropics(reply: Reply) -> Iterator[JSON | str]:
    return (event.data for event in anthropic.stream(reply))


def _novas(reply: Reply) -> Iterator[JSON | str]:
    return ({name: body} for name, body in _events(reply))


_LLAMA = {"stop": "stop", "length": "length"}
_TITAN = {"stop": "FINISH", "length": "LENGTH", "content_filter": "CONTENT_FILTERED"}


def _texts(reply: Reply, where: str) -> list[str]:
    for part in reply.parts:
        if not isinstance(part, Text | Refusal) or (isinstance(part, Text) and part.citations):
            raise unshown(f"a {type(part).__name__.lower()} part", where)
    return [piece for part in reply.parts if isinstance(part, Text | Refusal) for piece in pieces_of(part)]


def _llamas(reply: Reply) -> Iterator[JSON | str]:
    where = "a Llama by InvokeModel"
    finish = finish_word(reply, _LLAMA, where)
    counts = {"prompt_token_count": None, "generation_token_count": None, "stop_reason": None}
    for piece in _texts(reply, where):
        yield {"generation": piece, **counts}
    yield {"generation": "", **_llama_end(reply, finish)}


def _llama_end(reply: Reply, finish: str) -> JSON:
    tokens = reply.tokens
    counted = {"prompt_token_count": tokens.input, "generation_token_count": tokens.output}
    return {**counted, "stop_reason": finish}


def _llama_whole(reply: Reply) -> JSON:
    where = "a Llama by InvokeModel"
    end = _llama_end(reply, finish_word(reply, _LLAMA, where))
    return {"generation": "".join(_texts(reply, where)), **end}


def _titans(reply: Reply) -> Iterator[JSON | str]:
    where = "a Titan by InvokeModel"
    finish = finish_word(reply, _TITAN, where)
    for piece in [*_texts(reply, where), ""]:
        yield {
            "outputText": piece,
            "index": 0,
            "totalOutputTextTokenCount": None if piece else reply.tokens.output,
            "completionReason": None if piece else finish,
            "inputTextTokenCount": reply.tokens.input,
        }


def _titan_whole(reply: Reply) -> JSON:
    where = "a Titan by InvokeModel"
    result = {
        "tokenCount": reply.tokens.output,
        "outputText": "".join(_texts(reply, where)),
        "completionReason": finish_word(reply, _TITAN, where),
    }
    return {"inputTextTokenCount": reply.tokens.input, "results": [result]}


def _mistrals(reply: Reply) -> Iterator[JSON | str]:
    where = "a Mistral by InvokeModel"
    finish = finish_word(reply, _LLAMA, where)
    for piece in _texts(reply, where):
        yield {"outputs": [{"text": piece, "stop_reason": None}]}
    yield {"outputs": [{"text": "", "stop_reason": finish}]}


def _mistral_whole(reply: Reply) -> JSON:
    where = "a Mistral by InvokeModel"
    text, finish = "".join(_texts(reply, where)), finish_word(reply, _LLAMA, where)
    return {"outputs": [{"text": text, "stop_reason": finish}]}


_Family = tuple[Callable[[Reply], Iterator[JSON | str]], Callable[[Reply], JSON]]

_FAMILIES: dict[str, _Family] = {
    "anthropic": (_anthropics, anthropic.whole),
    "nova": (_novas, whole),
    "meta": (_llamas, _llama_whole),
    "titan": (_titans, _titan_whole),
    "mistral": (_mistrals, _mistral_whole),
}


def family_of(url: str) -> str:
    """The family of the model that an InvokeModel asks, by the model's name in the path.

    Raises:
        ScriptError: the path names none that is known, such as an opaque ARN.
    """
    model = unquote(urlsplit(url).path).rpartition("/model/")[2].rpartition("/")[0]
    named = model.rpartition("/")[2].split(".")
    if "anthropic" in named:
        return "anthropic"
    if "amazon" in named:
        return "nova" if named[-1].startswith("nova") else "titan"
    found = next((family for family in ("meta", "mistral") if family in named), None)
    if found is None:
        raise ScriptError(
            f"the path names no model family that is known ({', '.join(_FAMILIES)}): {model!r:.200}. For"
            " an inference profile, say whose messages it takes, format='anthropic-messages', or ask Converse"
        )
    return found


def stream_invoked(reply: Reply, family: str) -> Iterator[WireEvent]:
    """The events of InvokeModelWithResponseStream."""
    for payload in _FAMILIES[family][0](reply):
        data = payload.encode() if isinstance(payload, str) else to_json(payload)
        yield WireEvent(name="chunk", data=to_json({"bytes": b64encode(data).decode()}).decode())


def whole_invoked(reply: Reply, family: str) -> JSON:
    """The JSON of InvokeModel."""
    return _FAMILIES[family][1](reply)
