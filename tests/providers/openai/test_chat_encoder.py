"""A reply as OpenAI's chat completion."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.providers.replies import REPLY

from unspool.providers.openai.chat_encoder import stream, whole

EVENTS = [json.loads(event.data) for event in stream(REPLY) if event.data != "[DONE]"]
DELTAS = [choice["delta"] for event in EVENTS for choice in event["choices"]]


def test_a_stream_ends_with_done() -> None:
    assert [event.data for event in stream(REPLY)][-1] == "[DONE]"


def test_parts_come_in_their_pieces() -> None:
    assert [delta["content"] for delta in DELTAS if delta.get("content")] == ["Hel", "lo."]
    calls = [call for delta in DELTAS for call in delta.get("tool_calls", ())]
    assert [call.get("id") for call in calls if call.get("id")] == ["call_1"]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"q":"x"}'
    assert {call["index"] for call in calls} == {0}
    assert DELTAS[0]["role"] == "assistant"


def test_every_chunk_has_the_id_of_the_whole() -> None:
    assert {event["id"] for event in EVENTS} == {whole(REPLY)["id"]}


def test_only_the_last_choice_has_a_reason() -> None:
    reasons = [choice["finish_reason"] for event in EVENTS for choice in event["choices"]]
    assert reasons == [None] * (len(reasons) - 1) + ["tool_calls"]


def test_usage_comes_where_it_was_asked_for() -> None:
    asked = replace(REPLY, asked={"stream_options": {"include_usage": True}})
    usages = [json.loads(event.data).get("usage") for event in list(stream(asked))[:-1]]
    assert usages[-1]["total_tokens"] == whole(REPLY)["usage"]["total_tokens"] == 8
    assert not any(usages[:-1])
    assert not any(event.get("usage") for event in EVENTS)


def test_the_whole_has_the_same_parts() -> None:
    message = whole(REPLY)["choices"][0]["message"]
    assert message["content"] == "Hello."
    assert [call["function"]["arguments"] for call in message["tool_calls"]] == ['{"q":"x"}']
