"""A reply as OpenAI's Responses."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.providers.replies import REPLY, WORDS

from unspool.providers.openai.responses.encoder import stream, whole

EVENTS = [json.loads(event.data) for event in stream(REPLY)]
KINDS = [event["type"] for event in EVENTS]


def test_each_part_is_an_item_that_begins_and_ends() -> None:
    added = [event["item"]["type"] for event in EVENTS if event["type"] == "response.output_item.added"]
    done = [event["item"]["type"] for event in EVENTS if event["type"] == "response.output_item.done"]
    assert added == done == ["message", "function_call"]
    assert KINDS[:2] == ["response.created", "response.in_progress"]
    assert KINDS[-1] == "response.completed"
    assert [event.name for event in stream(REPLY)] == KINDS


def test_parts_come_in_their_pieces() -> None:
    def pieces(kind: str) -> list[str]:
        return [event["delta"] for event in EVENTS if event["type"] == kind]

    assert pieces("response.output_text.delta") == ["Hel", "lo."]
    assert pieces("response.function_call_arguments.delta") == ['{"q":', '"x"}']


def test_events_are_numbered_from_zero() -> None:
    assert [event["sequence_number"] for event in EVENTS] == list(range(len(EVENTS)))


def test_the_last_event_has_the_whole_response() -> None:
    assert EVENTS[-1]["response"]["output"] == whole(REPLY)["output"]
    assert EVENTS[-1]["response"]["id"] == EVENTS[0]["response"]["id"] == whole(REPLY)["id"]
    assert whole(REPLY)["usage"]["total_tokens"] == 8


def test_a_response_that_is_too_long_is_incomplete() -> None:
    cut = replace(REPLY, parts=(WORDS,), finish="length")
    assert [event.name for event in stream(cut)][-1] == "response.incomplete"
    assert whole(cut)["incomplete_details"] == {"reason": "max_output_tokens"}
