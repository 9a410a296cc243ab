"""A reply as Ollama's lines, of `/api/chat` and `/api/generate`: https://docs.ollama.com/api/streaming."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from unspool.providers.reply import (
    CREATED,
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

_WHERE = "Ollama"
_FINISHES = {"stop": "stop", "length": "length", "tool_calls": "stop", "refusal": "stop"}


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The lines of a streamed answer; a call comes in one."""
    refuse_interleaving(reply, _WHERE)
    finish = finish_word(reply, _FINISHES, _WHERE)
    for part in reply.parts:
        for said in _said(part, streamed=True):
            yield _line({**_envelope(reply), **_spoken(reply, said), "done": False})
    yield _line({**_envelope(reply), **_spoken(reply, {"content": ""}), **_end(reply, finish)})


def whole(reply: Reply) -> JSON:
    """The JSON of an answer that isn't streamed."""
    message: JSON = {"content": ""}
    for part in reply.parts:
        for said in _said(part, streamed=False):
            for key, value in said.items():
                message[key] = message[key] + value if key in message else value
    return {
        **_envelope(reply),
        **_spoken(reply, message),
        **_end(reply, finish_word(reply, _FINISHES, _WHERE)),
    }


def _line(body: JSON) -> WireEvent:
    return WireEvent(data=to_json(body).decode())


def _envelope(reply: Reply) -> JSON:
    created = datetime.fromtimestamp(CREATED, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"model": reply.model, "created_at": created}


def _spoken(reply: Reply, said: JSON) -> JSON:
    """A message; what `/api/generate` says stands in the line itself."""
    if "messages" in reply.asked:
        return {"message": {"role": "assistant", "content": "", **said}}
    if "tool_calls" in said:
        raise unshown("a tool call", "Ollama's /api/generate")
    return {"response": "", **{"response" if key == "content" else key: one for key, one in said.items()}}


def _said(part: Part, *, streamed: bool) -> Iterator[JSON]:
    match part:
        case Text() if part.citations:
            raise unshown("citations", _WHERE)
        case Text() | Refusal():
            for piece in pieces_of(part) if streamed else (part.text,):
                yield {"content": piece}
        case Reasoning() if part.redacted is None:
            for piece in pieces_of(part) if streamed else (part.text,):
                yield {"content": "", "thinking": piece}
        case Reasoning():
            raise unshown("redacted reasoning", _WHERE)
        case Image():
            raise unshown("an image of the model's", _WHERE)
        case Call():
            yield {"content": "", "tool_calls": [_call(part)]}


def _call(call: Call) -> JSON:
    identity = {} if call.id is None else {"id": call.id}
    return {**identity, "function": {"name": call.name, "arguments": arguments_of(call, _WHERE)}}


def _end(reply: Reply, finish: str) -> JSON:
    tokens = reply.tokens
    return {
        "done": True,
        "done_reason": finish,
        "total_duration": 1_000_000,
        "load_duration": 0,
        "prompt_eval_count": tokens.input,
        "prompt_eval_duration": 500_000,
        "eval_count": tokens.output,
        "eval_duration": 500_000,
    }
