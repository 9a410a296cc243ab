"""Fake sources: what a script's items do, who took what, and the chunks that the makers make."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.clock import VirtualClock
from unspool.errors import MalformedEventError, MockError
from unspool.fake import (
    FOREVER,
    FakeStream,
    ModelResponseListIterator,
    Pause,
    finish_chunk,
    graphemes,
    parallel_tool_call_chunks,
    reasoning_chunks,
    role_chunk,
    text_chunks,
    tool_call_chunks,
    usage_chunk,
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
    script = [body[start : start + size] for start in range(0, len(body), size)]
    assert texts(FakeStream(script)) == ["é", "é"]


def test_bytes_are_read_as_the_provider_writes_them() -> None:
    event = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    body = sse(f"event: content_block_delta\ndata: {json.dumps(event)}")
    assert texts(FakeStream([body], provider="anthropic")) == ["Hi"]


def test_an_event_becomes_its_chunks() -> None:
    assert texts(FakeStream([WireEvent(data=json.dumps(HEL)), WireEvent(data="[DONE]")])) == ["Hel"]


def test_bytes_and_events_belong_to_one_response() -> None:
    script = [WireEvent(data=json.dumps(HEL)), WireEvent(data="[DONE]"), sse(ACCENTED)]
    assert texts(FakeStream(script)) == ["Hel"]


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
    script = [KeyError("a")]
    for _ in range(3):
        with pytest.raises(KeyError) as caught:
            next(FakeStream(script))
    assert len(list(caught.traceback)) <= 5  # not those of the streams before


@pytest.mark.parametrize("item", [None, 7, ["a"], object(), int, StopIteration, StopAsyncIteration()])
def test_what_cannot_be_played_is_reported_when_its_turn_comes(item: Any) -> None:
    source = FakeStream(["a", item])
    next(source)
    with pytest.raises(MockError):
        next(source)


@pytest.mark.parametrize("script", ["text", b"bytes", HEL, ModelResponseStream(**HEL), 7])
def test_a_lone_item_is_no_script(script: Any) -> None:
    with pytest.raises(MockError, match="a script is a sequence of items, got"):
        FakeStream(script)


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
    script = [ACCENTED.encode() + b"\n"]
    assert texts(FakeStream([*script, b"\n"], repeat=2)) == ["é", "é"]
    assert texts(FakeStream(script)) == ["é"]


@pytest.mark.parametrize("script", [[], [Pause(1)], [b": ping\n\n"], [b"data: [DONE]\n\n"]])
def test_an_endless_stream_that_yields_nothing_is_an_error(script: Any) -> None:
    with pytest.raises(MockError, match="nothing has come from two whole rounds"):
        next(FakeStream(script, repeat=FOREVER, clock=VirtualClock()))


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


# -- makers -------------------------------------------------------------------------------------------


def test_text_is_cut_into_chunks() -> None:
    assert texts(text_chunks("Hello", 2)) == ["He", "ll", "o"]


def test_text_is_cut_in_threes_by_default() -> None:
    assert texts(text_chunks("Hello")) == ["Hel", "lo"]


def test_a_grapheme_is_never_split() -> None:
    assert texts(text_chunks("e\u0301👨\u200d👩\u200d👧🇫🇷", 1)) == ["e\u0301", "👨\u200d👩\u200d👧", "🇫🇷"]


def test_a_grapheme_is_split_on_demand() -> None:
    assert texts(text_chunks("e\u0301🇫🇷", 1, split_graphemes=True)) == ["e", "\u0301", "🇫", "🇷"]


def test_makers_are_deterministic() -> None:
    made = [[role_chunk(), *text_chunks("Hello"), finish_chunk(), usage_chunk(1, 2)] for _ in range(2)]
    assert made[0] == made[1]


def test_makers_take_what_surrounds_the_delta() -> None:
    (chunk,) = text_chunks("Hi", id="c-7", created=9, model="gpt-4o", choice=1)
    assert (chunk.id, chunk.created, chunk.model, chunk.choices[0].index) == ("c-7", 9, "gpt-4o", 1)


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_is_positive(size: int) -> None:
    with pytest.raises(MockError, match="size of 1 or more"):
        text_chunks("Hello", size)


@pytest.mark.parametrize("make", [text_chunks, reasoning_chunks])
def test_there_must_be_a_text_to_cut(make: Any) -> None:
    with pytest.raises(MockError, match="expected a text to cut, got ''"):
        make("")


def test_reasoning_is_cut_into_chunks() -> None:
    deltas = [chunk.choices[0].delta for chunk in reasoning_chunks("Hmm, well", 4)]
    assert [(delta.reasoning_content, delta.content) for delta in deltas] == [
        ("Hmm,", None),
        (" wel", None),
        ("l", None),
    ]


def calls_of(chunks: list[ModelResponseStream]) -> list[tuple[int, str | None, str | None, str]]:
    """Index, id, name and arguments of each fragment."""
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    return [(c.index, c.id, c.function.name, c.function.arguments) for c in calls if c.function is not None]


def test_a_tool_call_opens_with_its_name_and_goes_on_with_its_arguments() -> None:
    assert calls_of(tool_call_chunks("weather", {"city": "Köln"}, size=8)) == [
        (0, "call_0", "weather", ""),
        (0, None, None, '{"city":'),
        (0, None, None, '"Köln"}'),
    ]


def test_arguments_may_be_any_text() -> None:
    assert calls_of(tool_call_chunks("f", '{"a":', call_id="c", index=2, size=9)) == [
        (2, "c", "f", ""),
        (2, None, None, '{"a":'),
    ]


def test_a_tool_call_without_arguments_is_one_chunk() -> None:
    assert calls_of(tool_call_chunks("f", "")) == [(0, "call_0", "f", "")]


def test_a_tool_call_needs_a_name() -> None:
    with pytest.raises(MockError, match="a tool call needs a name"):
        tool_call_chunks("", {})


TWO_CALLS = [("f", "1234"), ("g", "5")]


def test_parallel_calls_follow_each_other() -> None:
    calls = calls_of(parallel_tool_call_chunks(TWO_CALLS, size=2))
    assert [(call[0], call[-1]) for call in calls] == [
        (0, ""),
        (0, "12"),
        (0, "34"),
        (1, ""),
        (1, "5"),
    ]


def test_parallel_calls_interleave_on_demand() -> None:
    calls = calls_of(parallel_tool_call_chunks(TWO_CALLS, size=2, interleave=True))
    assert [(call[0], call[-1]) for call in calls] == [
        (0, ""),
        (1, ""),
        (0, "12"),
        (1, "5"),
        (0, "34"),
    ]


def test_parallel_calls_need_a_call() -> None:
    with pytest.raises(MockError, match="got an empty one"):
        parallel_tool_call_chunks([])


def test_a_usage_chunk_has_no_choices() -> None:
    chunk = usage_chunk(7, 5, cached_tokens=2, reasoning_tokens=3)
    assert chunk.choices == []
    assert (chunk.usage.prompt_tokens, chunk.usage.completion_tokens, chunk.usage.total_tokens) == (7, 5, 12)
    assert chunk.usage.prompt_tokens_details.cached_tokens == 2
    assert chunk.usage.completion_tokens_details.reasoning_tokens == 3


def test_a_finish_chunk_is_empty_but_for_its_reason() -> None:
    choice = finish_chunk("max_tokens").choices[0]
    assert (choice.finish_reason, choice.delta.content, choice.delta.role) == ("length", None, None)


def test_a_role_chunk_has_an_empty_text() -> None:
    delta = role_chunk().choices[0].delta
    assert (delta.role, delta.content) == ("assistant", "")


# -- graphemes ----------------------------------------------------------------------------------------

CLUSTERS = [
    "a",
    "\r\n",
    "\n",
    "e\u0301",
    "n\u0303\u0323",
    "❤\ufe0f",
    "👍🏽",
    "👨\u200d👩\u200d👧\u200d👦",
    "👩🏽\u200d🔬",
    "🏳\ufe0f\u200d🌈",
    "🇩🇪",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "1\ufe0f\u20e3",
    "각",
    "\u1100\u1161\u11a8",
    "가\u11a8",
    "นำ",
    "क्षि",
    "\u0600\u0661",
    "日",
]


@pytest.mark.parametrize("cluster", CLUSTERS, ids=ascii)
def test_a_cluster_is_one_grapheme(cluster: str) -> None:
    assert graphemes(cluster) == [cluster]


def test_clusters_stand_side_by_side() -> None:
    assert graphemes("".join(CLUSTERS)) == CLUSTERS


def test_a_third_regional_letter_begins_a_new_flag() -> None:
    assert graphemes("🇩🇪🇫🇷🇮") == ["🇩🇪", "🇫🇷", "🇮"]


def test_no_text_has_no_graphemes() -> None:
    assert graphemes("") == []


assigned = st.characters(exclude_categories=["Cn", "Co", "Cs"])
interesting = st.sampled_from(sorted(set("".join(CLUSTERS))))


@given(st.lists(interesting | assigned, max_size=12).map("".join))
def test_no_cluster_of_the_standard_is_ever_split(text: str) -> None:
    regex = pytest.importorskip("regex")
    ours, standard = graphemes(text), regex.findall(r"\X", text)
    assert "".join(ours) == text
    assert ends(ours) <= ends(standard)


def ends(clusters: list[str]) -> set[int]:
    return set(itertools.accumulate(map(len, clusters)))
