"""Streams without an end: memory stays where it is, whatever comes."""

from __future__ import annotations

import copy
import gc
import json
import tracemalloc
from collections.abc import Iterator
from itertools import count, cycle, islice
from random import Random

import pytest

import unspool
from pytest_unspool.streams import open_stream
from unspool.providers import FORMATS, decoder_for
from unspool.streaming import core
from unspool.streaming.core import KeptChunks
from unspool.wire.sse import SSEDecoder

WARM_UP, MEASURED = 1_000, 1_500
MOST_BYTES_PER_CHUNK = 4
"""A reference takes eight: a list that kept anything of every chunk would show."""


def grown_by(chunks: Iterator[object]) -> float:
    """How many bytes a stream holds more, for each chunk, at its fullest: what is kept comes and goes."""
    gc.collect()
    gc.freeze()  # the rest of the test run isn't searched for garbage each time
    tracemalloc.start()
    try:
        _most_held(chunks, WARM_UP)
        before = _most_held(chunks, MEASURED)
        return (_most_held(chunks, MEASURED) - before) / MEASURED
    finally:
        tracemalloc.stop()


def _most_held(chunks: Iterator[object], amount: int) -> int:
    gc.collect()
    tracemalloc.reset_peak()
    assert sum(1 for _ in islice(chunks, amount)) == amount
    return tracemalloc.get_traced_memory()[1]


@pytest.fixture
def _few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FIRST_KEPT", 100)
    monkeypatch.setattr(core, "LATEST_KEPT", 20)


def prose() -> Iterator[str]:
    """Words by chance, the same ones each time: no guard takes them for a loop.

    Longer than what pydantic's JSON parser caches, which is bounded, but takes a while to be full.
    """
    random = Random(7)
    while True:
        yield "".join(random.choices("abcdefgh ", k=80))


@pytest.mark.usefixtures("_few_are_kept")
@pytest.mark.parametrize("guard", [None, unspool.CycleGuard(), unspool.CycleGuard(similarity=0.9)])
def test_a_wrapper_and_its_guards(guard: unspool.CycleGuard | None) -> None:
    stream = unspool.CustomStreamWrapper(unspool.FakeStream(prose()), model="m", cycle_guard=guard)
    assert grown_by(stream) < MOST_BYTES_PER_CHUNK


@pytest.mark.usefixtures("_few_are_kept")
def test_a_canned_stream_and_its_story() -> None:
    options = {"repeat": 1, "provider": "openai", "clock": unspool.VirtualClock(), "limit": None}
    with open_stream(prose(), "m", **options) as stream:
        assert grown_by(stream) < MOST_BYTES_PER_CHUNK
        assert stream.delivered.total == WARM_UP + 2 * MEASURED


def test_without_a_cap_it_would_show() -> None:
    stream = unspool.CustomStreamWrapper(unspool.FakeStream(prose()), model="m")
    assert grown_by(stream) > 100 * MOST_BYTES_PER_CHUNK


# The providers' formats


def openai(text: str) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": {"content": text}}]}


EVENTS = {
    "openai-chat": openai,
    "openai-completions": lambda text: {"choices": [{"index": 0, "text": text}]},
    "openai-responses": lambda text: {
        "type": "response.output_text.delta",
        "item_id": "i",
        "output_index": 0,
        "content_index": 0,
        "delta": text,
    },
    "openai-transcription": lambda text: {"type": "transcript.text.delta", "delta": text},
    "gemini-generate": lambda text: {"candidates": [{"content": {"parts": [{"text": text}]}}]},
    "gemini-interactions": lambda text: {
        "event_type": "step.delta",
        "index": 0,
        "delta": {"type": "text", "text": text},
    },
    "anthropic-messages": lambda text: {
        "type": "content_block_delta",
        "index": 0,
        "delta": {"type": "thinking_delta", "thinking": text},
    },
}
STARTS = {
    "anthropic-messages": [
        {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
    ],
    "gemini-interactions": [{"event_type": "step.start", "index": 0, "step": {"type": "model_output"}}],
}


@pytest.mark.parametrize("wire_format", EVENTS)
def test_a_providers_format(wire_format: str) -> None:
    events = (EVENTS[wire_format](text) for text in prose())
    starts = STARTS.get(wire_format, [])
    bodies = (f"data: {json.dumps(event)}\n\n".encode() for event in (*starts, *islice(events, 10_000)))
    assert grown_by(unspool.FakeStream(bodies, provider=wire_format)) < MOST_BYTES_PER_CHUNK


AS_EVENTS = [name for name in sorted(FORMATS) if isinstance(decoder_for(name), SSEDecoder)]


@pytest.mark.parametrize("wire_format", AS_EVENTS)
def test_what_keeps_a_connection_open(wire_format: str) -> None:
    bodies = cycle([b": ping\n\n", b"data: \n\n"])
    pipeline = unspool.providers.pipeline_for(wire_format)
    assert grown_by(data for data in bodies if not list(pipeline.feed(data))) < MOST_BYTES_PER_CHUNK


# What is kept


@pytest.fixture
def chunks(_few_are_kept: None) -> KeptChunks[int]:
    return KeptChunks()


@pytest.mark.parametrize("amount", [0, 1, 100, 101, 139])
def test_an_ordinary_stream_is_kept_whole(chunks: KeptChunks[int], amount: int) -> None:
    for number in range(amount):
        chunks.append(number)
    assert list(chunks) == list(range(amount))


@pytest.mark.parametrize("amount", [140, 141, 1_000, 1_007])
def test_of_an_endless_one_the_beginning_and_the_latest(chunks: KeptChunks[int], amount: int) -> None:
    for number in range(amount):
        chunks.append(number)
    assert list(chunks[:100]) == list(range(100))
    latest = list(chunks[100:])
    assert latest == list(range(amount - len(latest), amount))
    assert 20 <= len(latest) < 40
    assert chunks.total == amount


@pytest.mark.usefixtures("_few_are_kept")
def test_what_is_built_has_the_text_up_to_there_and_the_end() -> None:
    script = [
        *(f"{number} " for number in range(1_000)),
        unspool.finish_chunk("length"),
        unspool.usage_chunk(3, 4),
    ]
    stream = unspool.CustomStreamWrapper(unspool.FakeStream(script), model="m")
    last = list(stream)[-1]
    response = unspool.stream_chunk_builder(stream.chunks)
    assert last.choices[0].finish_reason == response.choices[0].finish_reason == "length"
    assert response.choices[0].message.content.startswith("0 1 2 3 ")
    assert response.choices[0].message.content.endswith(" 998 999 ")
    assert response.usage.total_tokens == 7


@pytest.mark.usefixtures("_few_are_kept")
def test_an_error_has_it_too() -> None:
    script = [*(f"{number} " for number in range(1_000)), ConnectionResetError("reset")]
    with pytest.raises(unspool.APIConnectionError) as caught:
        list(unspool.CustomStreamWrapper(unspool.FakeStream(script), model="m"))
    assert caught.value.generated_content.startswith("0 1 2 3 ")
    assert caught.value.generated_content.endswith(" 998 999 ")


def test_the_longest_answer_of_a_model_is_ordinary() -> None:
    assert core.FIRST_KEPT > 128_000


def test_chunks_are_what_was_returned() -> None:
    numbered = (f"{number} " for number in count())
    stream = unspool.CustomStreamWrapper(unspool.FakeStream(islice(numbered, 500)), model="m")
    returned = list(stream)
    assert all(one is other for one, other in zip(returned, stream.chunks, strict=True))


# Chunks in a few bytes


@pytest.fixture
def _few_are_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "WHOLE_KEPT", 3)


def _mixed() -> list[object]:
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    return [
        *unspool.reasoning_chunks("Hm. I see."),
        *unspool.text_chunks("It rains on the old roofs."),
        {"choices": [{"delta": {"content": "x"}, "logprobs": {"content": [{"token": "x"}]}}]},
        {
            "id": "other",
            "choices": [{"delta": {"content": "one"}}, {"index": 1, "delta": {"content": "two"}}],
        },
        *unspool.text_chunks("It does."),
        {"choices": [{"delta": {"tool_calls": [call]}}]},
        unspool.finish_chunk("tool_calls"),
        unspool.usage_chunk(3, 4),
    ]


@pytest.mark.usefixtures("_few_are_whole")
def test_later_chunks_are_made_again_as_they_were() -> None:
    stream = unspool.CustomStreamWrapper(_mixed(), "m", strict=False, _response_headers={"x": "y"})
    returned = [(chunk.model_dump(), dict(chunk._hidden_params)) for chunk in map(copy.deepcopy, stream)]
    again = [(chunk.model_dump(), chunk._hidden_params) for chunk in stream.chunks]
    assert len(again) > 10
    assert again == returned


@pytest.mark.usefixtures("_few_are_whole")
def test_a_later_chunk_is_made_once() -> None:
    stream = unspool.CustomStreamWrapper(_mixed(), "m", strict=False)
    list(stream)
    assert all(one is other for one, other in zip(stream.chunks, stream.chunks, strict=True))
    assert stream.chunks[-1] is stream.chunks[len(stream.chunks) - 1]
    with pytest.raises(IndexError):
        stream.chunks[len(stream.chunks)]


@pytest.mark.usefixtures("_few_are_whole")
def test_what_a_caller_does_to_a_later_chunk_is_not_in_the_next() -> None:
    stream = unspool.CustomStreamWrapper([*unspool.text_chunks("a b c d e f g"), unspool.finish_chunk()], "m")
    list(stream)
    stream.chunks[4].choices[0].delta.content = "spoilt"
    stream.chunks[4]._hidden_params["spoilt"] = stream.chunks[4].spoilt = True
    assert "spoilt" not in f"{stream.chunks[5]!r} {stream.chunks[5]._hidden_params}"


def test_a_later_chunk_of_text_takes_a_few_bytes() -> None:
    tracemalloc.start()
    try:
        stream = unspool.CustomStreamWrapper(unspool.FakeStream(f"{number}" for number in count()), "m")
        _most_held(stream, core.WHOLE_KEPT)
        before = tracemalloc.get_traced_memory()[0]
        _most_held(stream, 2_000)
        assert (tracemalloc.get_traced_memory()[0] - before) / 2_000 < 250
    finally:
        tracemalloc.stop()
