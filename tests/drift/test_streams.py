from __future__ import annotations

import pytest

from unspool.drift.streams import decode, events_of, kind_of, read_stream, result_of, sent_json
from unspool.providers import format_of
from unspool.samples import sample_body, sample_names
from unspool.wire.event import WireEvent


def _format(name: str) -> str:
    return format_of(name.partition("/")[0])


@pytest.mark.parametrize("name", sample_names())
def test_events_as_an_sdk_shows_them_are_read_like_the_stream_itself(name: str) -> None:
    wire_format = _format(name)
    stream = read_stream(wire_format, sample_body(name))
    if stream.result.error is None:
        assert result_of(wire_format, events_of(wire_format, stream.sent)).aspects == stream.result.aspects


def test_a_stream_adds_up_by_aspect() -> None:
    result = read_stream("openai-chat", sample_body("openai/parallel-tools")).result
    assert result.error is None
    assert result.aspects["finish reason"] == "tool_calls"
    assert result.aspects["calls"][0][0]


def test_counts_that_no_event_reports_are_not_made_up() -> None:
    event = WireEvent(data='{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}')
    assert result_of("openai-chat", [event]).aspects["usage"] is None


def test_an_error_in_the_stream_is_an_error_of_the_result() -> None:
    events = [WireEvent(data='{"error":{"message":"overloaded"}}')]
    assert "overloaded" in (result_of("openai-chat", events).error or "")


def test_pings_end_markers_and_broken_events_are_not_shown() -> None:
    events = [WireEvent("ping", '{"type": "ping"}'), WireEvent(data="[DONE]"), WireEvent(data="{")]
    assert sent_json("anthropic-messages", events) == []


def test_events_before_broken_bytes_are_decoded() -> None:
    body = sample_body("bedrock/thinking-and-tools")
    assert decode("bedrock-converse", body[: len(body) // 2] + b"broken")


@pytest.mark.parametrize(
    ("wire_format", "item", "kind"),
    [
        ("openai-chat", {"object": "chat.completion.chunk"}, "chat.completion.chunk"),
        ("anthropic-messages", {"type": "message_stop"}, "message_stop"),
        ("bedrock-converse", {"messageStop": {}}, "messageStop"),
        ("gemini-generate", {"candidates": []}, "event"),
    ],
)
def test_an_event_has_the_type_that_its_format_names(
    wire_format: str, item: dict[str, object], kind: str
) -> None:
    assert kind_of(wire_format, item) == kind
