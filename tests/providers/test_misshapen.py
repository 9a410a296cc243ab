"""Events that no provider documents: found by the fuzzer, each an error of its stream and no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

import unspool
from unspool.errors import MalformedEventError
from unspool.providers import pipeline_for

DELTA = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}}
MISSHAPEN: list[tuple[str, dict[str, Any]]] = [
    ("gemini-generate", {"candidates": [{"index": {}}]}),
    ("gemini-generate", {"candidates": [{"index": [1]}]}),
    (
        "gemini-generate",
        {"usageMetadata": {"promptTokenCount": 1, "promptTokensDetails": [{"modality": [1]}]}},
    ),
    ("gemini-interactions", {"event_type": True}),
    ("anthropic-messages", {**DELTA, "index": {}}),
    ("anthropic-messages", {**DELTA, "delta": {"type": []}}),
]


@pytest.mark.parametrize(("wire_format", "event"), MISSHAPEN)
def test_it_is_told_with_the_page_to_look_at(wire_format: str, event: dict[str, Any]) -> None:
    with pytest.raises(MalformedEventError, match=r"isn't shaped as documented .* compare it with"):
        list(pipeline_for(wire_format).feed(f"data: {json.dumps(event)}\n\n".encode()))


ODD: list[dict[str, Any]] = [
    {"delta": {"content": "a", "refusal": {"reason": 5}}},
    {"delta": {"content": "a", "reasoning_content": 5}},
    {"delta": {}, "text": 5},
    {"delta": {"tool_calls": [{"index": 0, "function": {"name": "f"}, "tool_calls": [{"index": 0}]}]}},
]


@pytest.mark.parametrize("choice", ODD)
def test_an_odd_field_costs_no_response(choice: dict[str, Any]) -> None:
    source = unspool.FakeStream(
        [
            {"choices": [{"index": 0, **choice}]},
            {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]},
        ]
    )
    response = unspool.stream_chunk_builder(list(unspool.CustomStreamWrapper(source, model="m")))
    assert response.choices[0].message.content.endswith("b")


def test_calls_without_an_index_are_numbered_by_their_ids() -> None:
    calls = [{"id": f"c{number}", "function": {"name": "f", "arguments": "{}"}} for number in range(2_000)]
    script = [{"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]} for call in (*calls, calls[7])]
    data = [f"data: {json.dumps(one)}\n\n".encode() for one in script]
    numbers = [call.index for chunk in unspool.FakeStream(data) for call in chunk.choices[0].delta.tool_calls]
    assert numbers == [*range(2_000), 7]
