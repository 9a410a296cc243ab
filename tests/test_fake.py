"""Fake sources: what a each item do, and who took what."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from unspool.clock import VirtualClock
from unspool.errors import MalformedEventError, MockError
from unspool.fake import (
    FOREVER,
    FakeStream,
    ModelResponseListIterator,
    Pause,
)
from unspool.models import ModelResponseStream
from unspool.wire.event import WireEvent

HEL = {"id": "c-1", "created": 5, "model": "m", "choices": [{"index": 0, "delta": {"content": "Hel"}}]}
ACCENTED = "data: " + json.dumps({**HEL, "choices": [{"delta": {"content": "é"}}]}, ensure_ascii=False)


def sse(text: str) -> bytes:
    return f"{text}\n\n".encode()


def texts(chunks: Any) -> list[str | None]:
    return [chunk.choices[0].delta.content for chunk in chunks]


async def collect(source: AsyncIterator[Any]) -> list[Any]:
    return [item async for item in source]


# -- ModelResponseListIterator ------------------------------------------------------------------------


def test_a_list_iterator_yields_its_items_in_order() -> None:
    assert list(ModelResponseListIterator([1, 2, 3])) == [1, 2, 3]


def test_a_list_iterator_stays_at_its_end() -> None:
    source = ModelResponseListIterator([1])
    assert (list(source), list(source)) == ([1], [])


@pytest.mark.anyio
async def test_a_list_iterator_stays_at_its_end_async_too() -> None:
    source = ModelResponseListIterator([1])
    assert (await collect(source), await collect(source)) == ([1], [])


@pytest.mark.anyio
async def test_sync_and_async_share_one_position() -> None:
    source = ModelResponseListIterator([1, 2, 3])
    assert next(source) == 1
    assert await anext(source) == 2
    assert next(source) == 3


def test_a_delay_passes_before_each_item_and_not_at_the_end() -> None:
    clock = VirtualClock()
    source = ModelResponseListIterator([1, 2], 0.5, clock=clock)
    assert [(item, clock.elapsed) for item in source] == [(1, 0.5), (2, 1.0)]
    assert clock.elapsed == 1.0


@pytest.mark.anyio
async def test_a_delay_passes_async_too() -> None:
    clock = VirtualClock()
    await collect(ModelResponseListIterator([1, 2], 0.5, clock=clock))
    assert clock.elapsed == 1.0


# -- FakeStream: what items do ------------------------------------------------------------------------


def test_text_becomes_a_chunk() -> None:
    assert texts(FakeStream(["Hel", "lo"])) == ["Hel", "lo"]


def test_empty_text_becomes_an_empty_chunk() -> None:
    assert texts(FakeStream([""])) == [""]


def test_dicts_and_chunks_pass_through_untouched() -> None:
    generic = {"text": "Hel", "is_finished": False, "finish_reason": None, "usage": None}
    items = [HEL, generic, ModelResponseStream(**HEL)]
    assert all(out is item for out, item in zip(FakeStream(items), items, strict=True))


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_bytes_may_be_cut_anywhere(size: int) -> None:
    body = sse(ACCENTED) * 2
    items = [body[start : start + size] for start in range(0, len(body), size)]
    assert texts(FakeStream(items)) == ["é", "é"]


def test_bytes_are_read_as_the_provider_writes_them() -> None:
    event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    body = sse(f"event: content_block_delta\ndata: {json.dumps(event)}")
    assert texts(FakeStream([body], provider="anthropic")) == ["Hi"]


def test_an_event_becomes_its_chunks() -> None:
    assert texts(FakeStream([WireEvent(data=json.dumps(HEL)), WireEvent(data="[DONE]")])) == ["Hel"]


def test_bytes_and_events_belong_to_one_response() -> None:
    items = [WireEvent(data=json.dumps(HEL)), WireEvent(data="[DONE]"), sse(ACCENTED)]
    assert texts(FakeStream(items)) == ["Hel"]


def test_what_came_before_a_bad_event_is_delivered() -> None:
    source = FakeStream([sse(ACCENTED) + sse("data: {]")])
    assert texts([next(source)]) == ["é"]
    with pytest.raises(MalformedEventError):
        next(source)
    assert source.ended


def test_a_pause_passes_on_the_clock() -> None:
    clock = VirtualClock()
    source = FakeStream(["a", Pause(1.5), Pause(1.0), "b"], clock=clock)
    assert [clock.elapsed for _ in source] == [0.0, 2.5]


@pytest.mark.anyio
async def test_a_pause_passes_async_too() -> None:
    clock = VirtualClock()
    assert texts(await collect(FakeStream(["a", Pause(1.5), "b"], clock=clock))) == ["a", "b"]
    assert clock.elapsed == 1.5


@pytest.mark.parametrize("item", [ConnectionResetError("reset"), ConnectionResetError])
def test_an_exception_is_raised_where_it_stands(item: Any) -> None:
    source = FakeStream(["a", item, "b"])
    assert texts([next(source)]) == ["a"]
    with pytest.raises(ConnectionResetError):
        next(source)
    assert list(source) == []


@pytest.mark.anyio
async def test_an_exception_is_raised_async_too() -> None:
    source = FakeStream([TimeoutError("late")])
    with pytest.raises(TimeoutError, match="late"):
        await anext(source)
    assert await collect(source) == []


def test_an_exception_is_as_good_as_new_in_the_next_stream() -> None:
    items = [KeyError("a")]
    for _ in range(3):
        with pytest.raises(KeyError) as caught:
            next(FakeStream(items))
    assert len(list(caught.traceback)) <= 5  # not those of the streams before


@pytest.mark.parametrize("item", [None, 7, ["a"], object(), int, StopIteration, StopAsyncIteration()])
def test_what_cannot_be_played_is_reported_when_its_turn_comes(item: Any) -> None:
    source = FakeStream(["a", item])
    next(source)
    with pytest.raises(MockError):
        next(source)


@pytest.mark.parametrize("items", ["text", b"bytes", HEL, ModelResponseStream(**HEL), 7])
def test_a_lone_item_is_no_sequence(items: Any) -> None:
    with pytest.raises(MockError, match="expected a sequence of items, got"):
        FakeStream(items)


@pytest.mark.parametrize("seconds", [-1, math.nan])
def test_a_pause_goes_forward(seconds: float) -> None:
    with pytest.raises(MockError, match="seconds >= 0"):
        Pause(seconds)


# -- FakeStream: repeating ----------------------------------------------------------------------------


def test_a_script_repeats() -> None:
    assert texts(FakeStream(["a", "b"], repeat=3)) == ["a", "b"] * 3


def test_a_script_repeats_for_ever() -> None:
    source = FakeStream(["a", "b"], repeat=FOREVER)
    assert texts(itertools.islice(source, 1001))[-3:] == ["a", "b", "a"]
    assert not source.ended


def test_a_script_may_be_a_generator() -> None:
    assert texts(FakeStream((letter for letter in "ab"), repeat=2)) == ["a", "b", "a", "b"]


def test_an_endless_generator_is_read_as_the_stream_goes_on() -> None:
    read = []

    def letters() -> Iterator[str]:
        for number in itertools.count():
            read.append(number)
            yield "a"

    list(itertools.islice(FakeStream(letters()), 3))
    assert read == [0, 1, 2]


def test_a_character_may_be_cut_by_the_end_of_a_round() -> None:
    body = sse(ACCENTED)
    cut = body.index("é".encode()) + 1
    assert texts(itertools.islice(FakeStream([body[cut:], body[:cut]], repeat=FOREVER), 2)) == ["é", "é"]


def test_bytes_are_flushed_at_the_end_of_the_last_round() -> None:
    items = [ACCENTED.encode() + b"\n"]
    assert texts(FakeStream([*items, b"\n"], repeat=2)) == ["é", "é"]
    assert texts(FakeStream(items)) == ["é"]


@pytest.mark.parametrize("items", [[], [Pause(1)], [b": ping\n\n"], [b"data: [DONE]\n\n"]])
def test_an_endless_stream_that_yields_nothing_is_an_error(items: Any) -> None:
    with pytest.raises(MockError, match="two whole rounds of them made no chunk"):
        next(FakeStream(items, repeat=FOREVER, clock=VirtualClock()))


@pytest.mark.parametrize("repeat", [0, -1, 1.5, math.nan, -math.inf])
def test_a_script_repeats_a_whole_number_of_times(repeat: float) -> None:
    with pytest.raises(MockError, match="whole number from 1, or FOREVER"):
        FakeStream(["a"], repeat=repeat)


# -- FakeStream: what it records ----------------------------------------------------------------------


def test_it_counts_what_was_pulled() -> None:
    source = FakeStream(["a", Pause(0.0), "b", "c"])
    next(source), next(source)
    assert source.pulled == 2


def test_it_counts_the_bytes() -> None:
    source = FakeStream([sse(ACCENTED)] * 3)
    next(source)
    assert source.bytes_pulled == len(sse(ACCENTED))


def test_it_ends_once_its_script_has_run_out() -> None:
    source = FakeStream(["a"])
    next(source)
    assert not source.ended
    assert list(source) == []
    assert (source.ended, source.closed) == (True, False)


def test_closing_ends_it() -> None:
    clock = VirtualClock()
    source = FakeStream(["a", Pause(2.0), "b", "c"], clock=clock)
    next(source), next(source)
    source.close()
    assert list(source) == []
    assert (source.closed, source.closed_after, source.closed_at) == (True, 2, 2.0)


def test_closing_twice_records_the_first_time() -> None:
    clock = VirtualClock()
    source = FakeStream(["a"], clock=clock)
    source.close()
    clock.advance(5)
    source.close()
    assert source.closed_at == 0.0


def test_it_is_open_at_first() -> None:
    source = FakeStream(["a"])
    assert (source.closed, source.closed_after, source.closed_at) == (False, None, None)


@pytest.mark.anyio
async def test_it_can_be_closed_async() -> None:
    source = FakeStream(["a", "b"], repeat=FOREVER)
    await anext(source)
    await source.aclose()
    assert await collect(source) == []
    assert source.closed_after == 1


@pytest.mark.anyio
async def test_an_endless_stream_can_be_cancelled() -> None:
    source = FakeStream(["a"], repeat=FOREVER)

    async def cancel() -> None:
        while source.pulled < 10:
            await anyio.lowlevel.checkpoint()
        tasks.cancel_scope.cancel()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(cancel)
        async for _ in source:
            pass
    assert tasks.cancel_scope.cancelled_caught


@pytest.mark.anyio
async def test_a_cancelled_task_loses_no_item() -> None:
    source = FakeStream(["a", "b"])
    with anyio.CancelScope() as scope:
        scope.cancel()
        await anext(source)
    assert texts(await collect(source)) == ["a", "b"]


def test_closing_closes_the_generator_of_the_script() -> None:
    log: list[str] = []

    def items() -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            log.append("closed")

    stream = FakeStream(items())
    next(stream)
    stream.close()
    assert log == ["closed"]
    assert list(stream) == []


def test_a_script_that_closes_its_own_stream_is_closed_afterwards() -> None:
    log: list[str] = []

    def items() -> Iterator[str]:
        try:
            stream.close()
            yield "a"
        finally:
            log.append("closed")

    stream = FakeStream(items())
    next(stream, None)
    assert log == ["closed"]
