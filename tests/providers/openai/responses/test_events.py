"""The events of a Responses stream, as records."""

from __future__ import annotations

from unspool.providers.openai.responses.events import ResponsesEvents, ResponsesRecord, record_of
from unspool.wire.event import WireEvent

OUTPUT = [
    {
        "type": "message",
        "content": [{"type": "output_text", "text": "a"}, {"type": "refusal", "refusal": "x"}],
    },
    {"type": "function_call", "name": "f"},
    {"type": "message", "content": [{"type": "output_text", "text": "b"}]},
]


def test_json_is_read_by_attribute_or_key_at_any_depth() -> None:
    record = record_of({"a": [{"b": {"c": 1}}], "copy": 2})
    assert record.a[0].b.c == record["a"][0]["b"]["c"] == 1
    assert record["copy"] == 2


def test_the_text_of_all_messages_is_joined() -> None:
    assert record_of({"output": OUTPUT}).output_text == "ab"
    assert ResponsesRecord().output_text == ""


def test_each_event_is_a_record_and_the_end_mark_none() -> None:
    events = ResponsesEvents()
    delta = (
        '{"type":"response.output_text.delta","item_id":"m","output_index":0,"content_index":0,"delta":"a"}'
    )
    assert [one.delta for one in events.feed(WireEvent("response.output_text.delta", delta))] == ["a"]
    assert list(events.feed(WireEvent(data="[DONE]"))) == []
