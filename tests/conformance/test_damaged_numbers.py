"""Streams whose numbering a gateway has damaged: what is found by its id and kind comes out all the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from tests.conformance.corpus import RecordedStream

from unspool.builder import stream_chunk_builder
from unspool.errors import UnspoolError
from unspool.models import ModelResponseStream
from unspool.providers import decoder_for, normalizer_for
from unspool.wire.event import WireEvent

JSON = dict[str, Any]
Path = tuple[str, ...]

NUMBERS: dict[str, Callable[[Path], bool]] = {
    "anthropic-messages": lambda path: path == ("index",),
    "bedrock-converse": lambda path: path[-1] == "contentBlockIndex",
    "cohere-v2": lambda path: path == ("index",),
    "gemini-interactions": lambda path: path[-1] == "index",
    "openai-chat": lambda path: path[-2:] == ("tool_calls", "index"),
    "openai-responses": lambda path: path[-1] in {"output_index", "content_index", "summary_index"},
}
"""By format, which numbers say which part of the answer an event is about."""


def changed(value: Any, change: Callable[[Path, Any], Any], path: Path = ()) -> Any:
    if isinstance(value, list):
        return [changed(inner, change, path) for inner in value]
    if isinstance(value, dict):
        return {key: changed(inner, change, (*path, key)) for key, inner in value.items()}
    return change(path, value)


def damaged(stream: RecordedStream, number: Callable[[int], int]) -> list[WireEvent]:
    is_number = NUMBERS[stream.wire_format]

    def change(path: Path, value: Any) -> Any:
        return number(value) if isinstance(value, int) and path and is_number(path) else value

    events = []
    for event in events_of(stream):
        try:
            body = json.loads(event.data)
        except ValueError:
            events.append(event)
        else:
            events.append(replace(event, data=json.dumps(changed(body, change))))
    return events


def events_of(stream: RecordedStream) -> list[WireEvent]:
    decoder = decoder_for(stream.wire_format)
    return [*decoder.feed(stream.body), *decoder.flush()]


def read(stream: RecordedStream, events: list[WireEvent]) -> list[ModelResponseStream]:
    normalizer = normalizer_for(stream.wire_format)
    return [*(chunk for event in events for chunk in normalizer.feed(event)), *normalizer.flush()]


def said(chunks: list[ModelResponseStream]) -> JSON:
    response = stream_chunk_builder(chunks)
    assert response is not None
    message = response.choices[0].message
    calls = [(call.id, call.model_dump(exclude_none=True)) for call in message.tool_calls or []]
    return {"content": message.content, "thought": message.get("reasoning_content"), "calls": calls}


@pytest.fixture
def whole(stream: RecordedStream) -> JSON:
    if stream.wire_format not in NUMBERS:
        pytest.skip("no part of this format has a number")
    try:
        return said(read(stream, events_of(stream)))
    except UnspoolError as error:
        pytest.skip(f"the stream reports an error: {type(error).__name__}")


@pytest.mark.parametrize("number", [lambda _: 0, lambda number: number + 1], ids=["shared", "shifted"])
def test_shared_and_shifted_numbers_change_nothing(
    stream: RecordedStream, whole: JSON, number: Callable[[int], int]
) -> None:
    assert said(read(stream, damaged(stream, number))) == whole


def test_shuffled_numbers_repeat_and_lose_no_text_and_no_call(stream: RecordedStream, whole: JSON) -> None:
    random = Random(stream.name)
    chunks = read(stream, damaged(stream, lambda _: random.randrange(4)))
    found = said(chunks)
    assert (found["content"], found["thought"]) == (whole["content"], whole["thought"])
    ids = [call_id for call_id, _ in found["calls"] if call_id]
    assert sorted(ids) == sorted(call_id for call_id, _ in whole["calls"] if call_id)
    firsts = [choice for chunk in chunks for choice in chunk.choices if choice.index == 0]
    assert (found["content"] or "") == "".join(choice.delta.content or "" for choice in firsts)
