from __future__ import annotations

import json
from typing import Any

from unspool.drift.sdk_reading import compare
from unspool.drift.sdks.seen import Seen
from unspool.drift.streams import read_stream

JSON = dict[str, Any]


def _chunk(content: str, **others: Any) -> JSON:
    choice = {"index": 0, "delta": {"content": content}, "finish_reason": None}
    return {"object": "chat.completion.chunk", "choices": [choice], **others}


def _end() -> JSON:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
    }


SENT = [_chunk("Hello", cost=3), _chunk(" world"), _end()]
BODY = b"".join(b"data: %b\n\n" % json.dumps(one).encode() for one in SENT)


def _found(seen: Seen, body: bytes = BODY) -> list[tuple[str, str]]:
    return [(rule, where) for rule, where, _ in compare(read_stream("openai-chat", body), seen)]


def test_an_sdk_that_shows_everything_loses_nothing() -> None:
    assert _found(Seen(items=SENT, result={"text": "Hello world", "calls": []})) == []


def test_a_value_that_the_sdk_drops_is_reported() -> None:
    assert _found(Seen(items=[_chunk("Hello"), *SENT[1:]])) == [("field-dropped", "cost")]


def test_a_value_that_the_sdk_changes_is_reported() -> None:
    assert _found(Seen(items=[_chunk("Hello", cost="three"), *SENT[1:]])) == [("value-changed", "cost")]


def test_an_event_that_the_sdk_drops_is_reported_with_what_it_said() -> None:
    found = _found(Seen(items=[SENT[0], SENT[2]]))
    assert ("event-dropped", "chat.completion.chunk") in found
    assert ("result-differs", "text") in found


def test_an_accumulator_that_comes_to_another_text_is_reported() -> None:
    assert _found(Seen(items=SENT, result={"text": "Hello"})) == [("helper-differs", "text")]


def test_an_accumulator_that_raises_is_reported() -> None:
    assert _found(Seen(items=SENT, helper_error="TypeError: no index")) == [
        ("sdk-helper-raises", "TypeError")
    ]


def test_an_sdk_that_raises_at_a_good_stream_is_reported() -> None:
    assert _found(Seen(error="JSONDecodeError: char 1")) == [("sdk-raises", "JSONDecodeError")]


def test_an_error_of_the_stream_may_be_raised_and_must_be() -> None:
    body = BODY + b'data: {"error":{"message":"overloaded"}}\n\n'
    assert _found(Seen(error="APIError: overloaded"), body) == []
    assert ("sdk-misses-error", "") in _found(Seen(items=SENT), body)


def test_what_the_models_do_not_declare_is_reported() -> None:
    seen = Seen(items=SENT, unmodelled={"cost": 1}, unknown={"type=news": 1, "service_tier=gold": 2})
    assert _found(seen) == [
        ("field-unmodelled", "cost"),
        ("event-unknown", "type=news"),
        ("value-unknown", "service_tier=gold"),
    ]


def test_details_show_where_two_texts_begin_to_differ() -> None:
    seen = Seen(items=SENT, result={"text": "Hello there"})
    [(_, _, detail)] = compare(read_stream("openai-chat", BODY), seen)
    assert detail == "'Hello world', read as 'Hello there'"
