"""Canned streams in litellm's own wrapper. Litellm is no development tool of ours: it's heavy, and no test
beside these needs it. They run where it is installed: `nox -s litellm`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
import warnings
from queue import Queue
from typing import Any

import pytest

import unspool

if importlib.util.find_spec("litellm") is None:
    pytest.skip("litellm isn't installed", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # of pydantic's, about litellm's models

DELTA: dict[str, Any] = {"index": 0, "delta": {"content": "Hello"}}

with warnings.catch_warnings(action="ignore"):
    from pytest_unspool.litellm_stream import litellm

    ITEMS = {
        "text": "Hello",
        "dict": {"choices": [DELTA]},
        "generic": {"text": "Hello", "is_finished": False, "finish_reason": None, "usage": None},
        "documented": litellm.ModelResponse(choices=[DELTA], stream=True),
        "response": litellm.ModelResponse(choices=[{"index": 0, "message": {"content": "Hello"}}]),
        "chunk": litellm.ModelResponseStream(choices=[DELTA]),
        "ours": unspool.ModelResponseStream(choices=[DELTA]),
        "ours, documented": unspool.ModelResponse(choices=[DELTA], stream=True),
        "bytes": b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\n\n',
    }

MidStreamFallbackError = litellm.exceptions.MidStreamFallbackError
READERS = ["sync", "async"]
CALLBACK_LISTS = [
    "input_callback",
    "success_callback",
    "failure_callback",
    "_async_success_callback",
    "_async_failure_callback",
]


def read(stream: Any, reader: str, linger: float = 0.0) -> list[Any]:
    """All of a stream's chunks, read in one way or the other; async loops live so many seconds longer."""

    async def aread() -> list[Any]:
        chunks = [chunk async for chunk in stream]
        await asyncio.sleep(linger)
        return chunks

    return asyncio.run(aread()) if reader == "async" else list(stream)


def texts(chunks: list[Any]) -> list[str | None]:
    return [chunk.choices[0].delta.content for chunk in chunks]


@pytest.fixture
def canned(stream_wrapper: Any) -> Any:
    return lambda *script, **options: stream_wrapper(*script, implementation="litellm", **options)


@pytest.mark.parametrize("reader", READERS)
def test_chunks_go_through_litellms_own_wrapper(canned: Any, reader: str) -> None:
    stream = canned(["Hel", "lo"])
    chunks = read(stream, reader)

    assert isinstance(stream, litellm.CustomStreamWrapper)
    assert all(isinstance(chunk, litellm.ModelResponseStream) for chunk in chunks)
    assert texts(chunks) == ["Hel", "lo", None]
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("implementation", ["unspool", "litellm"])
@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS)
def test_whatever_says_a_chunk_is_one(stream_wrapper: Any, item: Any, implementation: str) -> None:
    chunks = list(stream_wrapper([item, unspool.finish_chunk()], implementation=implementation))

    assert texts(chunks) == ["Hello", None]
    assert chunks[0].id


def test_an_sdks_chunk_is_handed_on_as_one(canned: Any) -> None:
    from openai.types.chat import ChatCompletionChunk

    chunk = ChatCompletionChunk.model_validate(
        {"id": "c", "created": 1, "model": "m", "object": "chat.completion.chunk", "choices": [DELTA]}
    )
    stream = canned([chunk])

    assert type(next(stream.source)) is ChatCompletionChunk
    assert texts(list(canned([chunk]))) == ["Hello", None]


def test_the_script_isnt_changed(canned: Any) -> None:
    call = {"function": {"name": "f", "arguments": "{}"}}
    chunk = {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
    list(canned([chunk], repeat=2))

    assert chunk == {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
    assert call == {"function": {"name": "f", "arguments": "{}"}}


def test_a_documented_fake_loops_as_the_page_says(stream_wrapper: Any) -> None:
    """The test that litellm's page on streaming shows, on any release."""
    chunk = {"choices": [{"delta": {"content": "How are you?"}, "finish_reason": "stop", "index": 0}]}
    chunks = [litellm.ModelResponse(**chunk, stream=True)] * litellm.REPEATED_STREAMING_CHUNK_LIMIT

    assert len(list(stream_wrapper(chunks, implementation="litellm"))) == len(chunks) + 1
    with pytest.raises(litellm.InternalServerError):
        list(stream_wrapper([*chunks, chunks[0]], implementation="litellm"))


@pytest.mark.parametrize("reader", READERS)
def test_usage_is_shown_where_it_is_asked_for(canned: Any, reader: str) -> None:
    script = [*unspool.text_chunks("Hello"), unspool.usage_chunk(prompt_tokens=7, completion_tokens=2)]
    usages = [
        chunk.usage
        for chunk in read(canned(script, stream_options={"include_usage": True}), reader)
        if getattr(chunk, "usage", None) is not None
    ]

    assert [usage.total_tokens for usage in usages] == [9]


def test_a_cassettes_answer_is_litellms_too(canned: Any, rebuilt: Any) -> None:
    message = rebuilt(canned(cassette="anthropic/thinking"))["choices"][0]["message"]

    assert message["reasoning_content"] == "Seventeen times three is 51, plus four is 55."


def test_delays_are_virtual(canned: Any) -> None:
    clock = unspool.VirtualClock()
    list(canned(["a", "b"], delay=60, clock=clock))

    assert clock.elapsed == 120


@pytest.mark.parametrize("reader", READERS)
def test_a_loop_raises_what_is_documented_and_what_the_release_raises(
    looping_stream: Any, reader: str
) -> None:
    loop = looping_stream("How are you?", limit=10, implementation="litellm")
    with pytest.raises(litellm.InternalServerError, match="The model is repeating the same chunk") as caught:
        read(loop, reader)
    error = caught.value

    assert isinstance(error, MidStreamFallbackError)
    assert isinstance(error, unspool.InternalServerError)
    assert type(error.original_exception) is litellm.InternalServerError
    assert error.status_code == 500
    assert (error.generated_content, error.is_pre_first_chunk) == ("How are you?" * 10, False)
    assert str(error) == str(error.original_exception)
    loop.assert_stopped(within_chunks=11, error=litellm.InternalServerError)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "raised",
    ["RateLimitError", "ServiceUnavailableError", "BadGatewayError"],
)
def test_what_else_breaks_a_stream_is_both_too(canned: Any, reader: str, raised: str) -> None:
    original = getattr(litellm, raised)(message="too much", model="m", llm_provider="openai")
    with pytest.raises(getattr(litellm, raised), match="too much") as caught:
        read(canned(["Hel", original]), reader)

    assert isinstance(caught.value, MidStreamFallbackError)
    assert isinstance(caught.value, getattr(unspool, raised))
    assert caught.value.generated_content == "Hel"
    assert caught.value.original_exception is original


@pytest.mark.parametrize("reader", READERS)
def test_a_broken_connection_is_both(canned: Any, reader: str) -> None:
    import httpx

    with pytest.raises(litellm.APIConnectionError) as caught:
        read(canned([httpx.ReadError("reset")]), reader)

    assert isinstance(caught.value, MidStreamFallbackError)
    assert caught.value.is_pre_first_chunk


@pytest.mark.parametrize("reader", READERS)
def test_a_4xx_is_bare(canned: Any, reader: str) -> None:
    original = litellm.AuthenticationError(message="no", model="m", llm_provider="openai")
    with pytest.raises(litellm.AuthenticationError) as caught:
        read(canned(["Hel", original]), reader)

    assert not isinstance(caught.value, MidStreamFallbackError)
    assert caught.value is original


KINDS = [
    "Timeout",
    "AuthenticationError",
    "BadRequestError",
    "ContextWindowExceededError",
    "ContentPolicyViolationError",
    "PermissionDeniedError",
    "NotFoundError",
    "UnprocessableEntityError",
    "RateLimitError",
    "InternalServerError",
    "ServiceUnavailableError",
    "BadGatewayError",
    "APIConnectionError",
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", KINDS)
def test_an_error_of_unspool_is_litellms_of_that_name(canned: Any, reader: str, kind: str) -> None:
    with pytest.raises(getattr(litellm, kind), match="no more") as caught:
        read(canned(["Hel", getattr(unspool, kind)("no more")]), reader)

    assert caught.value.status_code == getattr(unspool, kind)("no more").status_code


@pytest.mark.parametrize("reader", READERS)
def test_a_timeout_of_httpx_is_a_timeout(canned: Any, reader: str) -> None:
    import httpx

    with pytest.raises(litellm.Timeout):
        read(canned(["Hel", httpx.ReadTimeout("slow")]), reader)


def test_importing_litellm_for_a_fixture_takes_no_network() -> None:
    code = """
import os, socket

def refuse(*address, **options):
    raise SystemExit(f"reached for {address}")

socket.getaddrinfo = socket.socket.connect = refuse
import pytest_unspool.litellm_stream
assert "LITELLM_LOCAL_MODEL_COST_MAP" not in os.environ
"""
    environ = {key: value for key, value in os.environ.items() if key != "LITELLM_LOCAL_MODEL_COST_MAP"}
    subprocess.run([sys.executable, "-c", code], env=environ, check=True)


def test_the_limit_is_put_back(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import litellm

        def test_limits(looping_stream):
            looping_stream("a", limit=10, implementation="litellm")
            looping_stream("b", limit=20, implementation="litellm")
            looping_stream("c", implementation="litellm")
            assert litellm.REPEATED_STREAMING_CHUNK_LIMIT == 20

        def test_after():
            assert litellm.REPEATED_STREAMING_CHUNK_LIMIT == 100
        """
    )
    pytester.runpytest("-p", "no:asyncio", "-p", "no:recording").assert_outcomes(passed=2)


def test_what_a_test_leaves_open_is_closed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        streams = []

        def test_opens(stream_wrapper):
            streams.append(stream_wrapper(["a", "b"], implementation="litellm"))
            next(streams[0])

        def test_closed():
            assert streams[0].source.closed
        """
    )
    pytester.runpytest("-p", "no:asyncio", "-p", "no:recording").assert_outcomes(passed=2)


def test_whoever_leaves_a_sync_stream_that_cant_be_closed_has_stopped_it(looping_stream: Any) -> None:
    loop = looping_stream("How are you?", implementation="litellm")
    for _ in range(3):
        next(loop)

    if hasattr(loop, "close"):  # since 1.110
        with pytest.raises(AssertionError, match="still open"):
            loop.assert_stopped(within_chunks=3)
        loop.close()
    loop.assert_stopped(within_chunks=3)
    with pytest.raises(AssertionError, match="stopped after 3 chunks, which is more than 2"):
        loop.assert_stopped(within_chunks=2)


def test_whoever_leaves_an_async_stream_has_to_close_it(looping_stream: Any) -> None:
    loop = looping_stream("How are you?", implementation="litellm")

    async def leave(*, close: bool) -> None:
        async for _ in loop:
            break
        if close:
            await loop.aclose()

    asyncio.run(leave(close=False))
    with pytest.raises(AssertionError, match="still open"):
        loop.assert_stopped(within_chunks=1)
    asyncio.run(leave(close=True))
    loop.assert_stopped(within_chunks=2)


def test_a_recording_that_ends_without_a_finish_reason_is_no_mock(canned: Any) -> None:
    assert canned("Hello").is_mock  # so that 1.110 and later don't call its end an error
    assert not canned(cassette="openai/text").is_mock


@pytest.mark.parametrize("reader", READERS)
def test_litellms_callbacks_are_called(canned: Any, monkeypatch: pytest.MonkeyPatch, reader: str) -> None:
    from litellm.integrations.custom_logger import CustomLogger

    heard: Queue[str] = Queue()

    class Listener(CustomLogger):  # type: ignore[misc]  # litellm may not be there
        def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            heard.put(response_obj.choices[0].message.content)

        async def async_log_success_event(
            self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
        ) -> None:
            heard.put(response_obj.choices[0].message.content)

    for name in CALLBACK_LISTS:
        monkeypatch.setattr(litellm, name, [])
    monkeypatch.setattr(litellm, "callbacks", [Listener()])
    read(canned("Hello"), reader, linger=1.0)

    assert heard.get(timeout=30) == "Hello"


def test_another_event_loop_is_refused(canned: Any) -> None:
    import trio

    async def main() -> None:
        with pytest.raises(unspool.MockError, match="asyncio only"):
            await anext(canned("Hello"))

    trio.run(main)


def test_an_option_that_litellm_lacks_is_refused(canned: Any) -> None:
    with pytest.raises(TypeError, match="strict"):
        canned("Hello", strict=True)


def test_the_story_of_a_loop(looping_stream: Any, rebuilt: Any) -> None:
    loop = looping_stream("How are you? ", limit=3, implementation="litellm")
    with pytest.raises(litellm.InternalServerError):
        for _ in loop:
            ...
    loop.assert_stopped(within_chunks=4, error=litellm.InternalServerError)

    message = {"role": "assistant", "content": "How are you? How are you? How are you? "}
    assert rebuilt(loop) == {
        "id": "<id 1>",
        "created": 0,
        "model": "gpt-4o-mini",
        "object": "chat.completion",
        "choices": [{"finish_reason": "stop", "index": 0, "message": message}],
        "usage": {
            "completion_tokens": 10,
            "prompt_tokens": 0,
            "total_tokens": 10,
            "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 10},
        },
    }


@pytest.mark.parametrize("reader", READERS)
def test_a_response_is_the_same_read_before_or_by_rebuilt(canned: Any, rebuilt: Any, reader: str) -> None:
    stream = canned(cassette="openai/parallel-tools", stream_options={"include_usage": True})
    read(stream, reader)

    assert rebuilt(stream) == rebuilt(
        canned(cassette="openai/parallel-tools", stream_options={"include_usage": True})
    )


def test_a_release_that_is_too_old_is_refused(stream_wrapper: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(litellm.exceptions, "MidStreamFallbackError")
    with pytest.raises(unspool.MockError, match=r"needs litellm 1\.75 or newer, got [0-9.]+: upgrade"):
        stream_wrapper(["Hi"], implementation="litellm")
