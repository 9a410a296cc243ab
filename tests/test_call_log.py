from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import MagicMock

import pytest

import unspool
from unspool.call_log import CustomLogger, Logging
from unspool.clock import VirtualClock
from unspool.errors import MockError, RateLimitError
from unspool.models import ModelResponse, ModelResponseStream

pytestmark = pytest.mark.anyio

RESPONSE = ModelResponse(choices=[{"message": {"content": "Hi"}}])
CHUNK = ModelResponseStream(choices=[{"delta": {"content": "Hi"}}])
ERROR = RateLimitError("slow down")

Told = list[tuple[str, Any]]


def a_log(*, stream: bool = True, **options: Any) -> Logging:
    return Logging(
        model="gpt-4o",
        messages=[{"role": "user", "content": "Hi"}],
        stream=stream,
        call_type="completion",
        start_time=0.0,
        litellm_call_id="call-1",
        function_id="1",
        **options,
    )


class Recorder(CustomLogger):
    """Writes down which hook was told of what."""

    def __init__(self) -> None:
        self.told: Told = []
        self.kwargs: dict[str, Any] = {}
        self.times: tuple[Any, Any] = (None, None)

    def _write(self, hook: str, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append((hook, response_obj))
        self.kwargs = dict(kwargs)
        self.times = start_time, end_time

    def log_pre_api_call(self, model: str, messages: Any, kwargs: Any) -> None:
        self.told.append(("log_pre_api_call", (model, messages)))

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._write("log_post_api_call", kwargs, response_obj, start_time, end_time)

    def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._write("log_stream_event", kwargs, response_obj, start_time, end_time)

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._write("log_success_event", kwargs, response_obj, start_time, end_time)

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self._write("log_failure_event", kwargs, response_obj, start_time, end_time)

    async def async_log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self._write("async_log_success_event", kwargs, response_obj, start_time, end_time)

    async def async_log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self._write("async_log_failure_event", kwargs, response_obj, start_time, end_time)


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Stands in `unspool.callbacks`."""
    recorder = Recorder()
    monkeypatch.setattr(unspool, "callbacks", [recorder])
    return recorder


def test_success_of_a_sync_call_is_told_by_the_sync_hook(recorder: Recorder) -> None:
    a_log().success_handler(RESPONSE)

    assert recorder.told == [("log_success_event", RESPONSE)]


async def test_success_of_an_async_call_is_told_by_the_async_hook(recorder: Recorder) -> None:
    await a_log().async_success_handler(RESPONSE)

    assert recorder.told == [("async_log_success_event", RESPONSE)]


def test_failure_of_a_sync_call_is_told_by_the_sync_hook(recorder: Recorder) -> None:
    a_log().failure_handler(ERROR, "Traceback …")

    assert recorder.told == [("log_failure_event", None)]
    assert recorder.kwargs["exception"] is ERROR
    assert recorder.kwargs["traceback_exception"] == "Traceback …"


async def test_failure_of_an_async_call_is_told_by_the_async_hook(recorder: Recorder) -> None:
    await a_log().async_failure_handler(ERROR, "Traceback …")

    assert recorder.told == [("async_log_failure_event", None)]


async def test_the_end_of_a_call_is_told_once(recorder: Recorder) -> None:
    log = a_log()
    log.success_handler(RESPONSE)

    log.success_handler(RESPONSE)
    await log.async_success_handler(RESPONSE)
    log.failure_handler(ERROR, "")
    await log.async_failure_handler(ERROR, "")

    assert recorder.told == [("log_success_event", RESPONSE)]


def test_the_rebuilt_response_of_a_stream_is_in_kwargs(recorder: Recorder) -> None:
    a_log(stream=True).success_handler(RESPONSE, cache_hit=True)

    assert recorder.kwargs["complete_streaming_response"] is RESPONSE
    assert recorder.kwargs["stream"] is True
    assert recorder.kwargs["cache_hit"] is True


def test_a_whole_response_is_no_complete_streaming_response(recorder: Recorder) -> None:
    a_log(stream=False).success_handler(RESPONSE)

    assert "complete_streaming_response" not in recorder.kwargs


def test_a_chunk_is_told_as_often_as_there_are_chunks(recorder: Recorder) -> None:
    log = a_log()

    log.stream_event_handler(CHUNK)
    log.stream_event_handler(CHUNK)

    assert recorder.told == [("log_stream_event", CHUNK)] * 2
    assert "complete_streaming_response" not in recorder.kwargs


def test_the_request_and_the_response_are_told(recorder: Recorder) -> None:
    log = a_log()

    log.pre_call(log.messages, additional_args={"complete_input_dict": {"model": "gpt-4o"}})
    log.post_call('{"choices": …}')

    assert recorder.told == [("log_pre_api_call", ("gpt-4o", log.messages)), ("log_post_api_call", None)]
    assert recorder.kwargs["additional_args"]["complete_input_dict"] == {"model": "gpt-4o"}
    assert recorder.kwargs["original_response"] == '{"choices": …}'


def test_a_function_gets_four_arguments_by_position(monkeypatch: pytest.MonkeyPatch) -> None:
    function = MagicMock()
    monkeypatch.setattr(unspool, "success_callback", [function])
    log = a_log()

    log.success_handler(RESPONSE, 1.0, 2.0)

    ((kwargs, response, start, end), named), *others = function.call_args_list
    assert (kwargs, response, end - start, named) == (
        log.model_call_details,
        RESPONSE,
        timedelta(seconds=1),
        {},
    )
    assert others == []


def test_a_function_for_failures_hears_of_failures_only(monkeypatch: pytest.MonkeyPatch) -> None:
    function = MagicMock()
    monkeypatch.setattr(unspool, "failure_callback", [function])

    a_log().success_handler(RESPONSE)
    a_log().failure_handler(ERROR, "")

    assert function.call_count == 1


def test_a_function_for_input_gets_one_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    function = MagicMock()
    monkeypatch.setattr(unspool, "input_callback", [function])
    log = a_log()

    log.pre_call(log.messages)

    function.assert_called_once_with(log.model_call_details)


def test_a_function_among_the_general_callbacks_hears_of_the_end_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    function = MagicMock()
    monkeypatch.setattr(unspool, "callbacks", [function])
    log = a_log()

    log.pre_call(log.messages)
    log.success_handler(RESPONSE)

    assert function.call_count == 1


async def test_a_coroutine_function_is_awaited_in_async_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    async def function(kwargs: Any, response: Any, start: Any, end: Any) -> None:
        told.append(response)

    monkeypatch.setattr(unspool, "success_callback", [function])

    await a_log().async_success_handler(RESPONSE)

    assert told == [RESPONSE]


def test_a_coroutine_function_hears_nothing_of_sync_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []

    async def function(kwargs: Any, response: Any, start: Any, end: Any) -> None:
        told.append(response)

    monkeypatch.setattr(unspool, "success_callback", [function])

    a_log().success_handler(RESPONSE)

    assert told == []


@pytest.mark.parametrize("name", ["_async_success_callback", "success_callback"])
async def test_async_calls_are_told_to_the_lists_of_both_kinds(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder()
    monkeypatch.setattr(unspool, name, [recorder])

    await a_log().async_success_handler(RESPONSE)

    assert recorder.told == [("async_log_success_event", RESPONSE)]


def test_who_stands_in_two_lists_is_told_once(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, "success_callback", [recorder])

    a_log(dynamic_success_callbacks=[recorder]).success_handler(RESPONSE)

    assert len(recorder.told) == 1


def test_a_calls_own_callbacks_are_told_too() -> None:
    recorder = Recorder()

    a_log(dynamic_failure_callbacks=[recorder]).failure_handler(ERROR, "")

    assert recorder.told == [("log_failure_event", None)]


def test_a_callback_that_is_added_while_the_stream_runs_hears_of_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unspool, "callbacks", [])
    log, recorder = a_log(), Recorder()

    unspool.callbacks.append(recorder)
    log.success_handler(RESPONSE)

    assert len(recorder.told) == 1


@pytest.mark.parametrize(
    "handle",
    [lambda log: log.success_handler(RESPONSE), lambda log: log.failure_handler(ERROR, "")],
    ids=["success", "failure"],
)
def test_a_callback_that_raises_is_logged_and_the_next_one_is_told(
    handle: Callable[[Logging], None], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = MagicMock(side_effect=ValueError("broken")), MagicMock()
    monkeypatch.setattr(unspool, "callbacks", [broken, sound])

    with caplog.at_level(logging.ERROR, "unspool"):
        handle(a_log())

    assert "ValueError: broken" in caplog.text
    assert sound.call_count == 1


async def test_an_async_callback_that_raises_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(unspool, "callbacks", [MagicMock(side_effect=ValueError("broken"))])

    with caplog.at_level(logging.ERROR, "unspool"):
        await a_log().async_success_handler(RESPONSE)

    assert "ValueError: broken" in caplog.text


@pytest.mark.parametrize(
    "name",
    ["callbacks", "input_callback", "success_callback", "failure_callback", "_async_success_callback"],
)
def test_the_name_of_an_integration_is_refused(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, name, ["langfuse"])

    with pytest.raises(MockError, match=r"'langfuse' can't be a callback: expected an instance of"):
        a_log()


def test_a_logger_of_another_library_needs_only_the_hooks_it_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Foreign:
        told: list[Any] = []  # noqa: RUF012 - one test, one list

        def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            self.told.append(response_obj)

    monkeypatch.setattr(unspool, "callbacks", [Foreign()])
    log = a_log()

    log.pre_call(log.messages)
    log.success_handler(RESPONSE)

    assert Foreign.told == [RESPONSE]


def test_the_times_are_naive_and_local_as_in_litellm(recorder: Recorder) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)

    a_log().success_handler(RESPONSE, noon, noon.timestamp() + 1)

    start, end = recorder.times
    assert start == noon.astimezone().replace(tzinfo=None)
    assert end - start == timedelta(seconds=1)


def test_the_clock_tells_the_time_of_an_end_that_comes_without_one(recorder: Recorder) -> None:
    clock = VirtualClock(start=0.0)
    log = a_log(clock=clock)
    clock.advance(90)

    log.success_handler(RESPONSE)

    start, end = recorder.times
    assert end - start == timedelta(seconds=90)


def test_the_time_of_the_first_chunk_is_kept() -> None:
    log = a_log()

    log.update_completion_start_time(completion_start_time=datetime(2026, 1, 1, 12))  # noqa: DTZ001

    assert log.completion_start_time == datetime(2026, 1, 1, 12)  # noqa: DTZ001
    assert log.model_call_details["completion_start_time"] == log.completion_start_time


def test_what_a_call_was_resolved_to_is_in_its_details() -> None:
    log = a_log(kwargs={"metadata": {"run": 1}})

    log.update_environment_variables(
        {"api_base": "http://localhost/v1"},
        {"temperature": 0},
        model="gpt-4o-mini",
        user="me",
        custom_llm_provider="openai",
        stream_options={"include_usage": True},
    )

    assert (log.model, log.custom_llm_provider) == ("gpt-4o-mini", "openai")
    assert log.stream_options == {"include_usage": True}
    assert log.optional_params == {"temperature": 0}
    details = log.model_call_details
    assert details["litellm_params"] == {"metadata": {"run": 1}, "api_base": "http://localhost/v1"}
    assert (details["model"], details["temperature"], details["user"]) == ("gpt-4o-mini", 0, "me")
    assert details["call_type"] == "completion"


def test_a_string_is_what_the_user_said() -> None:
    log = Logging("gpt-4o", "Hi", False, "completion", None, "call-1", "1")

    assert log.messages == [{"role": "user", "content": "Hi"}]


def test_a_key_is_never_shown_to_a_callback() -> None:
    log = a_log()

    log.pre_call(log.messages, api_key="sk-secret")

    assert "sk-secret" not in repr(log.model_call_details)
