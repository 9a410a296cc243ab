"""CustomStreamWrapper: iteration, closing, errors and reports, the same sync and async."""

from __future__ import annotations

import gc
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest.mock import MagicMock

import anyio
import httpx
import pytest

import unspool
from unspool.chunk_makers import role_chunk, text_chunks
from unspool.clock import VirtualClock
from unspool.errors import (
    APIConnectionError,
    BadRequestError,
    IncompleteStreamError,
    InternalServerError,
    MidStreamFallbackError,
    MockError,
    ProviderError,
    RateLimitError,
    RepetitionError,
    ScriptError,
    Timeout,
)
from unspool.fake import FakeStream, Pause
from unspool.guards.cycle import CycleGuard
from unspool.models import ModelResponse, ModelResponseStream
from unspool.streaming.core import StreamCore
from unspool.streaming.wrapper import CustomStreamWrapper

Wrap = Callable[..., CustomStreamWrapper]


def chunk(content: str | None = None, finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "id": "c-1",
        "object": "chat.completion.chunk",
        "created": 5,
        "model": "served",
        "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}],
        **fields,
    }


HELLO = [chunk("Hel"), chunk("lo"), chunk(None, "stop")]


class Watched:
    """A source of either kind that knows how often it was closed."""

    def __init__(self, items: list[Any]) -> None:
        self._items = iter(items)
        self.pulled = 0
        self.closes = 0

    def __iter__(self) -> Watched:
        return self

    def __aiter__(self) -> Watched:
        return self

    def __next__(self) -> Any:
        item = next(self._items)
        self.pulled += 1
        if isinstance(item, BaseException):
            raise item
        return item

    async def __anext__(self) -> Any:
        try:
            return self.__next__()
        except StopIteration:
            raise StopAsyncIteration from None

    def close(self) -> None:
        self.closes += 1

    async def aclose(self) -> None:
        self.closes += 1


async def generate(items: list[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


def wrapper(stream: Any, **options: Any) -> CustomStreamWrapper:
    return CustomStreamWrapper(stream, "asked-for", **options)


def text(chunks: list[ModelResponseStream]) -> str:
    return "".join(c.choices[0].delta.content or "" for c in chunks)


async def collect(stream: CustomStreamWrapper) -> list[ModelResponseStream]:
    return [c async for c in stream]


# -- what it reads ------------------------------------------------------------------------------------

KINDS: dict[str, Callable[[], Any]] = {
    "a list": lambda: list(HELLO),
    "a tuple": lambda: tuple(HELLO),
    "a generator": lambda: (c for c in HELLO),
    "dicts": lambda: iter(HELLO),
    "ModelResponse(stream=True)": lambda: [ModelResponse(**c, stream=True) for c in HELLO],
    "ModelResponseStream": lambda: [ModelResponseStream(**c) for c in HELLO],
    "text": lambda: ["Hel", "lo"],
    "one text": lambda: "Hello",
    "one dict": lambda: chunk("Hello", "stop"),
    "a whole response": lambda: ModelResponse(choices=[{"message": {"content": "Hello"}}]),
    "both protocols": lambda: Watched(HELLO),
}


@pytest.mark.parametrize("kind", KINDS)
def test_reads_sync(kind: str) -> None:
    assert text(list(wrapper(KINDS[kind]()))) == "Hello"


@pytest.mark.anyio
@pytest.mark.parametrize("kind", [*KINDS, "an async generator"])
async def test_reads_async(kind: str) -> None:
    source = KINDS[kind]() if kind in KINDS else generate(HELLO)
    assert text(await collect(wrapper(source))) == "Hello"


def test_reads_the_chunks_of_the_openai_sdk() -> None:
    sdk = pytest.importorskip("openai.types.chat")
    assert text(list(wrapper([sdk.ChatCompletionChunk.model_validate(c) for c in HELLO]))) == "Hello"


@pytest.mark.anyio
async def test_sync_and_async_give_the_same_chunks() -> None:
    def plain(chunks: list[ModelResponseStream]) -> list[dict[str, Any]]:
        return [{**c.model_dump(), "created": 0} for c in chunks]

    options = {"stream_options": {"include_usage": True}, "clock": VirtualClock()}
    assert plain(await collect(wrapper(HELLO, **options))) == plain(list(wrapper(HELLO, **options)))


def test_make_call_opens_the_stream_at_the_first_pull() -> None:
    calls: list[Any] = []

    def open_stream(client: Any) -> Any:
        calls.append(client)
        return iter(HELLO)

    stream = wrapper(None, make_call=open_stream)
    assert calls == []
    assert text(list(stream)) == "Hello"
    assert calls == [None]


@pytest.mark.anyio
async def test_make_call_may_be_a_coroutine_function() -> None:
    async def open_stream(client: Any) -> Any:
        return generate(HELLO)

    assert text(await collect(wrapper(None, make_call=open_stream))) == "Hello"


def test_an_async_source_in_a_sync_loop_says_what_to_do() -> None:
    with pytest.raises(ScriptError, match="read it with 'async for'"):
        next(wrapper(generate(HELLO)))


def test_an_item_that_is_no_chunk_is_an_error_of_the_script_and_says_what_was_expected() -> None:
    with pytest.raises(ScriptError, match=r"expected a chunk .* got int: 7") as caught:
        list(wrapper([7]))

    assert isinstance(caught.value, MockError)
    assert not isinstance(caught.value, ProviderError)


@pytest.mark.parametrize("source", [b"data: {}", 7, object()])
def test_a_source_that_is_no_stream_is_no_error_of_the_providers(source: Any) -> None:
    with pytest.raises((TypeError, MockError)) as caught:
        list(wrapper(source))

    assert not isinstance(caught.value, ProviderError)


@pytest.mark.anyio
async def test_a_blocking_sync_source_does_not_block_the_loop() -> None:
    import threading

    release = threading.Event()

    def blocking() -> Iterator[dict[str, Any]]:
        release.wait(5)
        yield from HELLO

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(collect, wrapper(blocking()))
        await anyio.lowlevel.checkpoint()
        release.set()  # reached only if the pull runs elsewhere


# -- iteration ----------------------------------------------------------------------------------------


def test_it_is_its_own_iterator() -> None:
    stream = wrapper(HELLO)
    assert iter(stream) is stream
    assert aiter(stream) is stream


def test_after_the_end_it_stays_ended() -> None:
    stream = wrapper(HELLO)
    list(stream)
    assert [list(stream), next(stream, "ended")] == [[], "ended"]


@pytest.mark.anyio
async def test_after_the_end_it_stays_ended_async() -> None:
    stream = wrapper(HELLO)
    await collect(stream)
    assert await collect(stream) == []


def test_a_loop_left_early_can_be_taken_up_again() -> None:
    stream = wrapper(HELLO)
    for _first in stream:
        break
    assert text(list(stream)) == "lo"


def test_it_knows_what_it_has_handed_out() -> None:
    stream = wrapper(HELLO)
    assert (stream.sent_first_chunk, stream.response_uptil_now, stream.response_id) == (False, "", None)
    next(stream)
    assert (stream.sent_first_chunk, stream.sent_last_chunk) == (True, False)
    assert (stream.response_uptil_now, stream.response_id, len(stream.chunks)) == ("Hel", "c-1", 1)
    list(stream)
    assert (stream.sent_last_chunk, stream.received_finish_reason) == (True, "stop")


# -- closing ------------------------------------------------------------------------------------------


def test_the_end_closes_the_source_once() -> None:
    source = Watched(HELLO)
    list(wrapper(source))
    assert source.closes == 1


def test_an_error_closes_the_source() -> None:
    source = Watched([chunk("a"), RuntimeError("boom")])
    with pytest.raises(APIConnectionError):
        list(wrapper(source))
    assert source.closes == 1


def test_a_with_block_left_early_closes_the_source() -> None:
    source = Watched(HELLO)
    with wrapper(source) as stream:
        next(stream)
    assert (source.closes, source.pulled, list(stream)) == (1, 1, [])


@pytest.mark.anyio
async def test_an_async_with_block_left_early_closes_the_source() -> None:
    source = Watched(HELLO)
    async with wrapper(source) as stream:
        await anext(stream)
    assert (source.closes, source.pulled, await collect(stream)) == (1, 1, [])


def test_a_stream_that_nobody_holds_any_more_closes_its_source() -> None:
    source = Watched(HELLO)
    stream = wrapper(source)
    next(stream)
    del stream
    gc.collect()
    assert source.closes == 1


def test_close_is_idempotent() -> None:
    source = Watched(HELLO)
    stream = wrapper(source)
    stream.close()
    stream.close()
    assert (source.closes, stream.completion_stream) == (1, None)


class Jammed(Watched):
    """A source that can't be closed."""

    def close(self) -> None:
        raise OSError("jammed")

    async def aclose(self) -> None:
        raise OSError("jammed")


def test_an_error_while_closing_hides_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(APIConnectionError, match="boom"):
        list(wrapper(Jammed([RuntimeError("boom")])))
    assert "failed to close" in caplog.text


@pytest.mark.anyio
async def test_an_error_while_closing_hides_nothing_async(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(APIConnectionError, match="boom"):
        await collect(wrapper(Jammed([RuntimeError("boom")])))
    assert "failed to close" in caplog.text


@pytest.mark.anyio
async def test_aclose_closes_an_async_generator() -> None:
    closed = []

    async def source() -> AsyncIterator[dict[str, Any]]:
        try:
            for item in HELLO:
                yield item
        finally:
            closed.append(True)

    stream = wrapper(source())
    await anext(stream)
    await stream.aclose()
    await stream.aclose()
    assert closed == [True]


@pytest.mark.anyio
async def test_cancellation_closes_the_source() -> None:
    class Hanging(Watched):
        async def __anext__(self) -> Any:
            await anyio.sleep_forever()

        async def aclose(self) -> None:
            await anyio.lowlevel.checkpoint()  # closing takes a while, in a cancelled task too
            self.closes += 1

    source = Hanging([])
    with anyio.move_on_after(0.01):
        await collect(wrapper(source))
    assert source.closes == 1


def test_a_keyboard_interrupt_passes_through_and_closes_the_source() -> None:
    source = Watched([chunk("a"), KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        list(wrapper(source))
    assert source.closes == 1


# -- errors -------------------------------------------------------------------------------------------


def test_an_error_comes_after_what_was_delivered_and_knows_it() -> None:
    stream = wrapper(
        Watched([chunk("so "), chunk("far"), RuntimeError("boom")]), custom_llm_provider="openai"
    )
    delivered = [next(stream), next(stream)]
    with pytest.raises(APIConnectionError, match="OpenaiException - boom") as caught:
        next(stream)
    assert text(delivered) == caught.value.generated_content == "so far"
    assert (caught.value.model, caught.value.llm_provider) == ("asked-for", "openai")
    assert (caught.value.status_code, caught.value.is_pre_first_chunk) == (500, False)
    assert isinstance(caught.value.original_exception, RuntimeError)
    assert caught.value.__cause__ is caught.value.original_exception


def test_an_error_before_anything_was_delivered_says_so() -> None:
    with pytest.raises(APIConnectionError) as caught:
        next(wrapper(Watched([RuntimeError("boom")])))
    assert caught.value.is_pre_first_chunk


def test_after_an_error_it_stays_ended() -> None:
    source = Watched([RuntimeError("boom"), chunk("a")])
    stream = wrapper(source)
    with pytest.raises(APIConnectionError):
        next(stream)
    assert (list(stream), source.pulled) == ([], 1)


@pytest.mark.anyio
async def test_after_an_error_it_stays_ended_async() -> None:
    source = Watched([RuntimeError("boom"), chunk("a")])
    stream = wrapper(source)
    with pytest.raises(APIConnectionError):
        await anext(stream)
    assert (await collect(stream), source.pulled, source.closes) == ([], 1, 1)


def test_an_error_of_ours_is_raised_as_it_is() -> None:
    error = RateLimitError("slow down")
    with pytest.raises(RateLimitError) as caught:
        list(wrapper(Watched([chunk("a"), error])))
    assert caught.value is error
    assert error.generated_content == "a"


def test_an_error_in_two_scripts_has_an_outcome_in_each_stream() -> None:
    shared = RateLimitError("slow down")
    found = []
    for model, texts in (("one", ["a"]), ("two", ["b", "c"])):
        with pytest.raises(RateLimitError) as caught:
            list(CustomStreamWrapper(FakeStream([*texts, shared]), model))
        found.append(caught.value)
    assert found[0] is shared
    assert [(error.generated_content, error.model) for error in found] == [("a", "one"), ("bc", "two")]
    assert [str(error) for error in found] == ["unspool.RateLimitError: slow down"] * 2
    assert all(isinstance(error, MidStreamFallbackError) for error in found)


def test_a_copy_of_an_error_that_broke_a_stream_can_be_pickled() -> None:
    shared = RateLimitError("slow down")
    for _ in range(2):
        with pytest.raises(RateLimitError) as caught:
            list(CustomStreamWrapper(FakeStream(["a", shared]), "m"))
    restored = pickle.loads(pickle.dumps(caught.value))
    assert (str(restored), restored.generated_content) == ("unspool.RateLimitError: slow down", "a")


MEGABYTE = "x" * 1_000_000

HUGE: dict[str, Callable[[], object]] = {
    "a dict with a long key": lambda: list(CustomStreamWrapper([{MEGABYTE: 1}], "m")),
    "a dict with a long value": lambda: list(CustomStreamWrapper([{"content": MEGABYTE}], "m")),
    "choices that are none": lambda: list(CustomStreamWrapper([{"choices": [MEGABYTE]}], "m")),
    "an exception of another library": lambda: list(CustomStreamWrapper([ValueError(MEGABYTE)], "m")),
    "a loop": lambda: list(CustomStreamWrapper([chunk(MEGABYTE)] * 200, "m")),
    "a limit": lambda: CustomStreamWrapper([], "m", repeated_chunk_limit=MEGABYTE),  # type: ignore[arg-type]
    "a time": lambda: CustomStreamWrapper([], "m", max_seconds=MEGABYTE),  # type: ignore[arg-type]
    "a repeat": lambda: FakeStream([], repeat=MEGABYTE),  # type: ignore[arg-type]
    "a provider": lambda: list(FakeStream([b"x"], provider=MEGABYTE)),
    "a model": lambda: unspool.completion(MEGABYTE, messages=[]),
    "a provider's error": lambda: list(
        FakeStream([f'data: {{"error": {{"message": "{MEGABYTE}"}}}}\n\n'.encode()], provider="openai")
    ),
    "what a source raises": lambda: list(CustomStreamWrapper(Watched([ValueError(MEGABYTE)]), "m")),
}


@pytest.mark.parametrize("cause", HUGE.values(), ids=HUGE)
def test_a_message_never_holds_a_megabyte(cause: Callable[[], object]) -> None:
    with pytest.raises(unspool.UnspoolError) as caught:
        cause()
    assert len(str(caught.value)) < 20_000


def test_a_read_timeout_is_a_timeout() -> None:
    with pytest.raises(Timeout) as caught:
        list(wrapper(Watched([chunk("a"), httpx.ReadTimeout("too slow")])))
    assert caught.value.status_code == 408


@pytest.mark.parametrize("error", [httpx.ReadError("reset"), httpx.RemoteProtocolError("cut")], ids=repr)
def test_a_connection_that_breaks_after_the_finish_does_no_harm(error: Exception) -> None:
    assert text(list(wrapper(Watched([*HELLO, error])))) == "Hello"


def test_an_error_at_the_very_end_is_no_broken_connection_after_the_finish(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors = iter([httpx.ReadError("reset")])

    def flush(_core: object) -> Iterator[object]:
        for error in errors:
            raise error
        yield from ()

    monkeypatch.setattr(StreamCore, "flush", flush)
    with pytest.raises(APIConnectionError):
        list(wrapper(Watched(HELLO)))


def test_a_connection_that_breaks_before_the_finish_is_an_error() -> None:
    with pytest.raises(APIConnectionError):
        list(wrapper(Watched([chunk("a"), httpx.ReadError("reset")])))


def test_wrap_errors_raises_what_newer_litellm_raises() -> None:
    stream = wrapper(Watched([chunk("a"), RuntimeError("boom")]), wrap_errors=True)
    with pytest.raises(MidStreamFallbackError, match="Original exception: APIConnectionError") as caught:
        list(stream)
    assert isinstance(caught.value.original_exception, APIConnectionError)
    assert (caught.value.status_code, caught.value.generated_content) == (500, "a")


def test_wrap_errors_leaves_a_bad_request_bare() -> None:
    with pytest.raises(BadRequestError):
        list(wrapper(Watched([BadRequestError("no")]), wrap_errors=True))


def test_strict_raises_for_a_stream_that_was_cut_off() -> None:
    with pytest.raises(IncompleteStreamError) as caught:
        list(wrapper([chunk("half an ans")], strict=True))
    assert caught.value.generated_content == "half an ans"


def test_a_stream_that_takes_too_long_is_a_timeout() -> None:
    clock = VirtualClock()

    def slow() -> Iterator[dict[str, Any]]:
        for item in HELLO:
            clock.sleep(4)
            yield item

    stream = wrapper(slow(), max_seconds=5, clock=clock)
    assert next(stream).choices[0].delta.content == "Hel"
    with pytest.raises(Timeout, match="exceeded its max_seconds"):
        next(stream)


def late(*items: Any, clock: VirtualClock, seconds: float = 9.0) -> Iterator[Any]:
    """Those items, a wait of some seconds where the script has None, and a wait at the end."""
    for item in (*items, None):
        if item is None:
            clock.sleep(seconds)
        elif isinstance(item, BaseException):
            raise item
        else:
            yield item


@pytest.mark.parametrize("finish", [chunk(None, "stop"), chunk("o", "stop")], ids=["alone", "with text"])
def test_a_wait_after_the_finish_that_brings_nothing_is_no_timeout(finish: dict[str, Any]) -> None:
    clock = VirtualClock()
    stream = wrapper(late(chunk("Hell"), finish, clock=clock), max_seconds=5, clock=clock)
    chunks = list(stream)
    assert [c.choices[0].finish_reason for c in chunks][-1] == "stop"
    assert stream.completion_stream is None


def test_what_comes_late_after_the_finish_is_kept_and_the_last() -> None:
    clock = VirtualClock()
    usage = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
    script = late(*HELLO, None, chunk(choices=[], usage=usage), chunk("more"), clock=clock)
    options = {"max_seconds": 5, "clock": clock, "stream_options": {"include_usage": True}}
    chunks = list(wrapper(script, **options))
    assert (text(chunks), chunks[-1].usage.total_tokens) == ("Hello", 7)


def test_a_connection_that_breaks_late_after_the_finish_does_no_harm() -> None:
    clock = VirtualClock()
    source = late(*HELLO, None, httpx.ReadError("reset"), clock=clock)
    stream = wrapper(source, max_seconds=5, clock=clock)
    assert text(list(stream)) == "Hello"
    assert stream.completion_stream is None


def test_an_end_before_the_finish_that_comes_late_is_a_timeout() -> None:
    clock = VirtualClock()
    with pytest.raises(Timeout):
        list(wrapper(late(chunk("a"), clock=clock), max_seconds=5, clock=clock))


@pytest.mark.parametrize("wrong", ["", "abc", "0", "-1", "nan"])
def test_a_longest_time_in_the_environment_that_is_none_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("LITELLM_MAX_STREAMING_DURATION_SECONDS", wrong)
    with pytest.raises(MockError, match="LITELLM_MAX_STREAMING_DURATION_SECONDS"):
        wrapper(HELLO)


@pytest.mark.parametrize("wrong", ["5", 0, -1.0, True, float("nan")], ids=repr)
def test_a_longest_time_that_is_none_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(MockError, match="max_seconds"):
        wrapper(HELLO, max_seconds=wrong)


def test_the_longest_time_may_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_MAX_STREAMING_DURATION_SECONDS", "5")
    clock = VirtualClock()
    stream = wrapper(HELLO, clock=clock)
    clock.advance(6)
    with pytest.raises(Timeout):
        next(stream)


# -- loops --------------------------------------------------------------------------------------------


def endless(content: str) -> Iterator[dict[str, Any]]:
    while True:
        yield chunk(content)


def count_until_loop(stream: CustomStreamWrapper) -> int:
    with pytest.raises(InternalServerError):
        list(stream)
    return len(stream.chunks)


def test_a_loop_is_an_internal_server_error() -> None:
    with pytest.raises(
        InternalServerError, match="The model is repeating the same chunk = How are you"
    ) as caught:
        list(wrapper(endless("How are you?")))
    assert isinstance(caught.value, RepetitionError | MidStreamFallbackError)
    assert isinstance(caught.value, MidStreamFallbackError)
    assert (caught.value.status_code, caught.value.count) == (500, 100)
    assert caught.value.generated_content == "How are you?" * 100
    assert isinstance(caught.value.original_exception, InternalServerError)


def test_the_limit_takes_effect_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = wrapper(endless("How are you?"))
    monkeypatch.setattr(unspool, "REPEATED_STREAMING_CHUNK_LIMIT", 7)
    assert count_until_loop(stream) == 7


def test_a_limit_of_its_own_overrides_the_common_one() -> None:
    assert count_until_loop(wrapper(endless("How are you?"), repeated_chunk_limit=3)) == 3


@pytest.mark.parametrize("wrong", ["5", 5.0, 0, -1, True], ids=repr)
def test_a_limit_that_is_none_is_refused_at_once(wrong: Any) -> None:
    with pytest.raises(MockError, match="repeated_chunk_limit"):
        wrapper(HELLO, repeated_chunk_limit=wrong)


@pytest.mark.parametrize("wrong", [None, "5", 5.0, 0, -1, ""], ids=repr)
def test_a_common_limit_that_is_none_is_refused_at_once(monkeypatch: pytest.MonkeyPatch, wrong: Any) -> None:
    monkeypatch.setattr(unspool, "REPEATED_STREAMING_CHUNK_LIMIT", wrong)
    with pytest.raises(MockError, match=r"unspool\.REPEATED_STREAMING_CHUNK_LIMIT"):
        wrapper(HELLO)


def test_a_common_limit_that_becomes_wrong_in_mid_stream_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = wrapper(endless("How are you?"))
    next(stream)
    monkeypatch.setattr(unspool, "REPEATED_STREAMING_CHUNK_LIMIT", None)
    with pytest.raises(MockError, match="REPEATED_STREAMING_CHUNK_LIMIT"):
        list(stream)


def test_a_cycle_guard_is_fresh_in_each_stream() -> None:
    guard = CycleGuard()
    script = [chunk(f"Word {n * n % 97} and then one more. ") for n in range(90)] + [chunk(None, "stop")]
    for _ in range(20):
        list(wrapper(script, cycle_guard=guard))


def test_usage_between_equal_chunks_makes_no_difference() -> None:
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    script = [chunk("again"), chunk("again"), chunk(choices=[], usage=usage)] * 10
    assert count_until_loop(wrapper(script, repeated_chunk_limit=4)) == 4


@pytest.mark.anyio
async def test_a_loop_is_found_async_too() -> None:
    source = Watched([chunk("How are you?")] * 200)
    with pytest.raises(InternalServerError):
        await collect(wrapper(source, repeated_chunk_limit=5))
    assert (source.pulled, source.closes) == (6, 1)


def test_a_loop_of_two_chunks_needs_the_cycle_guard() -> None:
    def alternating() -> Iterator[dict[str, Any]]:
        while True:
            yield chunk("one thing, ")
            yield chunk("and another. ")

    stream = wrapper(alternating(), cycle_guard=CycleGuard())
    with pytest.raises(RepetitionError) as caught:
        list(stream)
    assert caught.value.period == 2


# -- reports ------------------------------------------------------------------------------------------


def called(logger: MagicMock) -> list[str]:
    return [name for name, _, _ in logger.mock_calls if not name.startswith("model_call_details")]


def test_a_logger_hears_of_the_first_chunk_of_each_and_of_the_end() -> None:
    logger = MagicMock(messages=[])
    list(wrapper(HELLO, logging_obj=logger))
    events = ["stream_event_handler"] * 3
    assert called(logger) == ["update_completion_start_time", *events, "success_handler"]
    response, _, _, cache_hit = logger.success_handler.call_args.args
    assert (response.choices[0].message.content, cache_hit) == ("Hello", False)


def test_streaming_logging_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, "disable_streaming_logging", True)
    logger = MagicMock(messages=[])
    list(wrapper(HELLO, logging_obj=logger))
    assert called(logger) == ["update_completion_start_time", "success_handler"]


@pytest.mark.anyio
async def test_an_async_stream_reports_its_end_only() -> None:
    logger = MagicMock(messages=[])
    await collect(wrapper(HELLO, logging_obj=logger))
    assert called(logger) == ["update_completion_start_time", "async_success_handler"]


def test_a_failure_is_reported_once_and_success_never() -> None:
    logger = MagicMock(messages=[])
    stream = wrapper(Watched([chunk("a"), RuntimeError("boom")]), logging_obj=logger)
    with pytest.raises(APIConnectionError):
        list(stream)
    assert next(stream, None) is None
    assert called(logger) == ["update_completion_start_time", "stream_event_handler", "failure_handler"]


def test_a_stream_left_early_reports_nothing_at_its_end() -> None:
    logger = MagicMock(messages=[])
    with wrapper(HELLO, logging_obj=logger) as stream:
        next(stream)
    assert called(logger) == ["update_completion_start_time", "stream_event_handler"]


@pytest.mark.anyio
async def test_a_stream_that_is_cancelled_reports_nothing() -> None:
    logger = MagicMock(messages=[])

    async def stalled() -> AsyncIterator[Any]:
        yield chunk("a")
        await anyio.sleep_forever()

    stream = wrapper(stalled(), logging_obj=logger)
    await anext(stream)
    with anyio.move_on_after(0):
        await anext(stream)
    assert called(logger) == ["update_completion_start_time"]


def test_a_handler_of_chunks_that_raises_closes_the_source() -> None:
    logger, source = MagicMock(messages=[]), Watched(HELLO)
    logger.stream_event_handler.side_effect = KeyError("handler")
    stream = wrapper(source, logging_obj=logger)
    with pytest.raises(KeyError, match="handler"):
        next(stream)
    assert (source.closes, list(stream)) == (1, [])
    assert "failure_handler" not in called(logger)


def test_a_handler_of_success_that_raises_is_no_failure_of_the_stream() -> None:
    logger, source = MagicMock(messages=[]), Watched(HELLO)
    logger.success_handler.side_effect = KeyError("handler")
    with pytest.raises(KeyError, match="handler"):
        list(wrapper(source, logging_obj=logger))
    assert source.closes == 1
    assert "failure_handler" not in called(logger)


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["async_success_handler", "update_completion_start_time"])
async def test_a_handler_that_raises_closes_an_async_source(name: str) -> None:
    logger, source = MagicMock(messages=[]), Watched(HELLO)
    getattr(logger, name).side_effect = KeyError("handler")
    with pytest.raises(KeyError, match="handler"):
        await collect(wrapper(source, logging_obj=logger))
    assert source.closes == 1
    assert "async_failure_handler" not in called(logger)


def test_a_handler_of_failure_that_raises_hides_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    logger = MagicMock(messages=[])
    logger.failure_handler.side_effect = KeyError("handler")
    with pytest.raises(APIConnectionError, match="boom"):
        list(wrapper(Watched([RuntimeError("boom")]), logging_obj=logger))
    assert "failure handler of a stream failed" in caplog.text


class MuteError(Exception):
    """An exception of which nothing can be asked."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    @property
    def status_code(self) -> int:
        raise RuntimeError("no status")


def test_an_exception_that_says_nothing_is_mapped_by_its_name() -> None:
    source = Watched([chunk("a"), MuteError()])
    with pytest.raises(APIConnectionError, match=r"MuteError \(its str\(\) raises RuntimeError\)") as caught:
        list(wrapper(source))
    assert isinstance(caught.value.original_exception, MuteError)
    assert source.closes == 1


def test_a_cached_response_is_a_cache_hit() -> None:
    logger = MagicMock(messages=[])
    list(wrapper(HELLO, logging_obj=logger, custom_llm_provider="cached_response"))
    assert logger.success_handler.call_args.args[-1] is True


def test_stream_options_may_come_from_the_logger() -> None:
    logger = MagicMock(messages=[], stream_options={"include_usage": True})
    assert list(wrapper(HELLO, logging_obj=logger))[-1].usage is not None


@pytest.mark.parametrize("kind", ["chunks", "dicts", "fake stream", "role only", "metadata only"])
def test_a_missing_finish_is_an_error(kind: str) -> None:
    chunks = text_chunks("half")
    source: Any = {
        "chunks": chunks,
        "dicts": [one.model_dump() for one in chunks],
        "fake stream": FakeStream(chunks),
        "role only": [role_chunk()],
        "metadata only": [ModelResponseStream(choices=[])],
    }[kind]
    with pytest.raises(IncompleteStreamError) as caught:
        list(CustomStreamWrapper(source, "m"))
    assert caught.value.generated_content == ("half" if kind not in ("role only", "metadata only") else "")


GENERIC = {"text": "a", "is_finished": False, "finish_reason": "", "usage": None}


@pytest.mark.parametrize(
    ("source", "options"),
    [
        (["a", "b"], {}),
        ("a", {}),
        (FakeStream(["a", Pause(0.0), "b"]), {}),
        ([], {}),
        ([GENERIC], {}),
        (text_chunks("a"), {"is_mock": True}),
        (text_chunks("a"), {"custom_llm_provider": "cached_response"}),
    ],
    ids=["texts", "one text", "a script of texts", "nothing", "generic", "a mock", "a cached response"],
)
def test_a_source_without_finish_reasons_ends_in_stop(source: Any, options: dict[str, Any]) -> None:
    *_, last = CustomStreamWrapper(source, "m", **options)
    assert last.choices[0].finish_reason == "stop"


def test_a_custom_provider_needs_no_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, "custom_provider_map", [{"provider": "mine", "custom_handler": None}])
    *_, last = CustomStreamWrapper(text_chunks("a"), "m", custom_llm_provider="mine")
    assert last.choices[0].finish_reason == "stop"


@pytest.mark.parametrize(("strict", "package"), [(False, True), (None, False)])
def test_a_missing_finish_may_be_a_stop(
    strict: bool | None, package: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unspool, "raise_on_incomplete", package)
    *_, last = CustomStreamWrapper(text_chunks("a"), "m", strict=strict)
    assert last.choices[0].finish_reason == "stop"


def test_strict_counts_for_more_than_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, "raise_on_incomplete", False)
    with pytest.raises(IncompleteStreamError):
        list(CustomStreamWrapper(text_chunks("a"), "m", strict=True))


@pytest.mark.parametrize("when", [0, 1])
def test_a_generic_chunk_may_say_why_before_the_end(when: int) -> None:
    items = [dict(GENERIC), dict(GENERIC)]
    items[when]["finish_reason"] = "length"
    *_, last = CustomStreamWrapper(items, "m")
    assert last.choices[0].finish_reason == "length"


def test_an_aborted_generation_raises() -> None:
    aborted = {"choices": [{"index": 0, "delta": {}, "finish_reason": "abort"}]}
    with pytest.raises(InternalServerError, match="abort"):
        list(CustomStreamWrapper([*text_chunks("a"), aborted], "m"))


def test_each_choice_needs_its_finish() -> None:
    def said(index: int, finish: str | None) -> dict[str, Any]:
        return {"choices": [{"index": index, "delta": {"content": "a"}, "finish_reason": finish}]}

    with pytest.raises(IncompleteStreamError, match="for choice 1"):
        list(CustomStreamWrapper([said(0, "stop"), said(1, None)], "m"))
