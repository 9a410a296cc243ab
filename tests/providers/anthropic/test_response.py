"""Anthropic's whole messages as responses, and as their streams would have told them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.providers.anthropic.events import CITATION, block, event, run, start

from unspool.builder import stream_chunk_builder
from unspool.errors import APIResponseValidationError, NotFoundError
from unspool.pipeline import Chain
from unspool.providers.anthropic import AnthropicNormalizer, response_from_anthropic
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent
from unspool.wire.sse import SSEDecoder

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "sky"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"title": "Sky"}]}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "the sky"}}
THOUGHT = {"type": "thinking", "thinking": "Blue, I think.", "signature": "sig"}
SAID = {"type": "text", "text": "It is blue."}

MESSAGES = {
    "nothing": [],
    "a search alone": [SEARCH, FOUND],
    "thinking alone": [THOUGHT],
    "text": [SAID],
    "several texts": [SAID, {"type": "text", "text": " Very."}],
    "calls": [CALL, {**CALL, "id": "toolu_2", "input": {}}],
    "a call after text": [SAID, {**CALL, "caller": {"type": "direct"}}],
    "thinking": [THOUGHT, {"type": "redacted_thinking", "data": "c2Vj"}, SAID],
    "citations": [{**SAID, "citations": [CITATION]}, SAID, {**SAID, "citations": [CITATION, CITATION]}],
    "a search": [THOUGHT, SEARCH, FOUND, SAID],
    "others": [{"type": "compaction", "content": "So far: hello."}, {"type": "hologram", "light": 1}, SAID],
    "everything": [THOUGHT, SEARCH, FOUND, {**SAID, "citations": [CITATION]}, CALL],
}


def message(content: list[JSON], **fields: Any) -> JSON:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "cache_read_input_tokens": 3, "output_tokens": 40},
        **fields,
    }


def streamed(body: JSON) -> Iterator[WireEvent]:
    """The events in which Anthropic would have sent this message."""
    yield start(id=body["id"], model=body["model"], usage={**body["usage"], "output_tokens": 1})
    for index, content in enumerate(body["content"]):
        yield from block(*_in_pieces(content), index=index)
    ended = {
        key: body[key] for key in ("stop_reason", "stop_sequence", "stop_details", "container") if key in body
    }
    yield event("message_delta", delta=ended, usage={"output_tokens": body["usage"]["output_tokens"]})
    yield event("message_stop")


def _in_pieces(content: JSON) -> tuple[JSON, ...]:
    """The block as its start has it, then its deltas."""
    if content["type"] == "text":
        quoted = [{"type": "citations_delta", "citation": each} for each in content.get("citations", ())]
        said = [{"type": "text_delta", "text": piece} for piece in _cut(content["text"])]
        return ({"type": "text", "text": ""}, *quoted, *said)
    if content["type"] == "thinking":
        thought = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(content["thinking"])]
        signed = {"type": "signature_delta", "signature": content["signature"]}
        return ({"type": "thinking", "thinking": "", "signature": ""}, *thought, signed)
    if "input" in content:
        given = _cut(json.dumps(content["input"])) if content["input"] else []
        typed = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *given]]
        return ({**content, "input": {}}, *typed)
    return (content,)


def _cut(whole: str) -> list[str]:
    return [whole[at : at + 5] for at in range(0, len(whole), 5)]


@pytest.mark.parametrize("content", MESSAGES.values(), ids=MESSAGES)
def test_a_rebuilt_stream_equals_the_whole_message(content: list[JSON]) -> None:
    body = message(content, container={"id": "box"})
    rebuilt = stream_chunk_builder(run(*streamed(body)))
    assert rebuilt is not None
    assert rebuilt.model_dump() == response_from_anthropic(body, created=0).model_dump()


def test_a_stream_cut_anywhere_by_the_network_says_the_same() -> None:
    body = b"".join(
        f"event: {each.name}\r\ndata: {each.data}\r\n\r\n".encode()
        for each in streamed(message(MESSAGES["everything"]))
    )
    whole, cut = (Chain(SSEDecoder(), AnthropicNormalizer()) for _ in range(2))

    at_once = [*whole.feed(body), *whole.flush()]
    in_bytes = [chunk for byte in body for chunk in cut.feed(bytes([byte]))] + list(cut.flush())

    assert in_bytes == at_once


def test_a_whole_message_says_when_it_was_made_if_told() -> None:
    assert response_from_anthropic(message([SAID]), created=7).created == 7


def test_a_message_of_calls_alone_has_no_content() -> None:
    assert response_from_anthropic(message([CALL])).choices[0].message.content is None


def test_a_whole_message_without_usage_has_none() -> None:
    assert "usage" not in response_from_anthropic(message([SAID], usage=None))


def test_an_error_body_is_raised() -> None:
    body = {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-nope"}}
    with pytest.raises(NotFoundError, match="claude-nope"):
        response_from_anthropic(body)


@pytest.mark.parametrize("body", [{}, {"content": "Hi"}, {"content": [{"type": "text", "text": 5}]}])
def test_a_body_that_is_no_message_is_an_error(body: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented"):
        response_from_anthropic(body)
