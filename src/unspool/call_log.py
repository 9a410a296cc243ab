"""The log of one call: its request, its times, its result, and the callbacks to call.

The names are LiteLLM's: a wrapper accepts a `Logging` as `logging_obj`, users subclass `CustomLogger`, and
the lists `callbacks`, `input_callback`, `success_callback`, `failure_callback`,
`_async_success_callback` and `_async_failure_callback` are attributes of the package itself, so that
`unspool.callbacks = [MyLogger()]` works. https://docs.litellm.ai/docs/observability/custom_callback

Unlike LiteLLM, callbacks run in the caller's own thread or task before the next line of the caller does
(LiteLLM hands them to a thread pool or to a background task), so that a test can check at once. As there, an
exception in a callback is only logged, under the name `unspool`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from unspool.clock import REAL_CLOCK, Clock
from unspool.custom_logger import (
    CustomLogger,
    Event,
    atell_all,
    each_once,
    is_logger,
    listed,
    refuse_unusable,
    tell_all,
    tell_of_request,
)
from unspool.models import Record

__all__ = ["CustomLogger", "Logging"]


class Logging:
    """The state of one call, reported to its callbacks.

    Success or failure is reported once, however often a handler is called: the first call decides.

    Args:
        model: the model's name, without its provider's prefix.
        messages: the conversation; a string is the user's message.
        stream: whether the response is streamed.
        call_type: `completion` or `acompletion`.
        start_time: when the call began: a datetime, or seconds since 1970-01-01 UTC.
        litellm_call_id: the call's id, `kwargs["litellm_call_id"]` in a callback.
        function_id: stored unchanged.
        litellm_trace_id: groups calls; made up if not given.
        dynamic_input_callbacks: called in addition to the package's lists, for this call only; so are the
            other four.
        kwargs: the call's `litellm_params`, such as `{"metadata": {…}}`.
        clock: the clock for events without a time.

    Raises:
        MockError: a callback is a string or something else that can't be called.
    """

    def __init__(  # noqa: PLR0917 - LiteLLM's positions
        self,
        model: str,
        messages: Any,
        stream: bool | None,  # noqa: FBT001 - LiteLLM's positions
        call_type: str,
        start_time: datetime | float | None,
        litellm_call_id: str,
        function_id: str,
        litellm_trace_id: str | None = None,
        dynamic_input_callbacks: Sequence[Any] | None = None,
        dynamic_success_callbacks: Sequence[Any] | None = None,
        dynamic_async_success_callbacks: Sequence[Any] | None = None,
        dynamic_failure_callbacks: Sequence[Any] | None = None,
        dynamic_async_failure_callbacks: Sequence[Any] | None = None,
        *,
        kwargs: Mapping[str, Any] | None = None,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        self._clock = clock
        self.model = model
        self.messages = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
        self.stream = stream
        self.call_type = call_type
        self.start_time = self._local_time(start_time)
        self.litellm_call_id = litellm_call_id
        self.function_id = function_id
        self.litellm_trace_id = litellm_trace_id or str(uuid4())
        self.dynamic_input_callbacks = dynamic_input_callbacks
        self.dynamic_success_callbacks = dynamic_success_callbacks
        self.dynamic_async_success_callbacks = dynamic_async_success_callbacks
        self.dynamic_failure_callbacks = dynamic_failure_callbacks
        self.dynamic_async_failure_callbacks = dynamic_async_failure_callbacks
        self.litellm_params: dict[str, Any] = dict(kwargs or {})
        self.optional_params: dict[str, Any] = {}
        self.stream_options: dict[str, Any] | None = None
        self.custom_llm_provider: str | None = None
        self.completion_start_time: datetime | None = None
        self.llm_caching_handler: Any = None  # always None here; LiteLLM's wrapper and its users ask for it
        self._told = False
        self.model_call_details: dict[str, Any] = {
            **self._what_is_known(),
            "litellm_trace_id": self.litellm_trace_id,
            "input": messages,
            "custom_llm_provider": None,
            "response_cost": None,  # there are no prices here
        }
        refuse_unusable(listed("callbacks"))
        for callbacks in (self._callbacks("input"), *map(self._async_callbacks, ("success", "failure"))):
            refuse_unusable(callbacks)

    def _what_is_known(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": self.messages,
            "stream": self.stream,
            "call_type": self.call_type,
            "litellm_call_id": self.litellm_call_id,
            "litellm_params": self.litellm_params,
            "optional_params": self.optional_params,
            "start_time": self.start_time,
            "completion_start_time": self.completion_start_time,
        }

    def update_environment_variables(
        self,
        litellm_params: Mapping[str, Any],
        optional_params: Mapping[str, Any],
        model: str | None = None,
        user: str | None = None,
        **additional_params: Any,
    ) -> None:
        """Store how the call was resolved; further details by keyword, such as `custom_llm_provider`."""
        self.litellm_params.update(litellm_params)
        self.optional_params = dict(optional_params)
        self.model = model or self.model
        self.stream_options = additional_params.get("stream_options", self.stream_options)
        self.custom_llm_provider = additional_params.get("custom_llm_provider", self.custom_llm_provider)
        self.model_call_details.update(
            {**self._what_is_known(), **self.optional_params, "user": user, **additional_params}
        )

    def update_completion_start_time(self, completion_start_time: datetime) -> None:
        """Store when the first chunk arrived."""
        self.completion_start_time = self._local_time(completion_start_time)
        self.model_call_details["completion_start_time"] = self.completion_start_time

    def pre_call(
        self,
        input: Any,  # noqa: A002 - LiteLLM's name
        api_key: str | None = None,  # noqa: ARG002 - accepted, and never shown to a callback
        model: str | None = None,
        additional_args: Mapping[str, Any] | None = None,
    ) -> None:
        """Report that the request is about to be sent.

        Args:
            input: the messages as they were given.
            additional_args: `complete_input_dict` is the request's body, `api_base` its target.
        """
        self.model = model or self.model
        details = self.model_call_details
        details.update(model=self.model, input=input, additional_args=dict(additional_args or {}))
        details["log_event_type"] = "pre_api_call"
        tell_all(self._callbacks("input"), partial(tell_of_request, kwargs=details))

    def post_call(self, original_response: Any) -> None:
        """Report that the response has arrived.

        Args:
            original_response: its body; for a stream, a note that it has started.
        """
        self.model_call_details.update(original_response=original_response, log_event_type="post_api_call")
        event = Event("log_post_api_call", self.model_call_details, None, self.start_time, None)
        tell_all(filter(is_logger, self._callbacks("input")), event.tell)

    def stream_event_handler(self, chunk: Record) -> None:
        """Report a chunk that is about to be emitted."""
        package = sys.modules["unspool"]
        if package.callbacks or package.success_callback or self.dynamic_success_callbacks:
            callbacks = self._callbacks("success")  # most streams have none, and this runs for every chunk
            self.model_call_details["log_event_type"] = "successful_api_call"
            tell_all(callbacks, self._event("log_stream_event", chunk, None, None).tell)

    def success_handler(
        self,
        result: Any = None,
        start_time: datetime | float | None = None,
        end_time: datetime | float | None = None,
        cache_hit: bool | None = None,  # noqa: FBT001 - LiteLLM's positions
    ) -> None:
        """Report success; `result` is the response, rebuilt for a stream."""
        if self._is_news():
            self._note_success(result, cache_hit=cache_hit)
            event = self._event("log_success_event", result, start_time, end_time)
            tell_all(self._callbacks("success"), event.tell)

    async def async_success_handler(
        self,
        result: Any = None,
        start_time: datetime | float | None = None,
        end_time: datetime | float | None = None,
        cache_hit: bool | None = None,  # noqa: FBT001 - LiteLLM's positions
    ) -> None:
        """Like `success_handler`, for an async call."""
        if self._is_news():
            self._note_success(result, cache_hit=cache_hit)
            event = self._event("async_log_success_event", result, start_time, end_time)
            await atell_all(self._async_callbacks("success"), event.tell)

    def failure_handler(
        self,
        exception: BaseException,
        traceback_exception: str,
        start_time: datetime | float | None = None,
        end_time: datetime | float | None = None,
    ) -> None:
        """Report failure; `traceback_exception` is the traceback's text."""
        if self._is_news():
            self._note_failure(exception, traceback_exception)
            event = self._event("log_failure_event", None, start_time, end_time)
            tell_all(self._callbacks("failure"), event.tell)

    async def async_failure_handler(
        self,
        exception: BaseException,
        traceback_exception: str,
        start_time: datetime | float | None = None,
        end_time: datetime | float | None = None,
    ) -> None:
        """Like `failure_handler`, for an async call."""
        if self._is_news():
            self._note_failure(exception, traceback_exception)
            event = self._event("async_log_failure_event", None, start_time, end_time)
            await atell_all(self._async_callbacks("failure"), event.tell)

    def _is_news(self) -> bool:
        """Whether the call's end is still unreported; marks it as reported."""
        told, self._told = self._told, True
        return not told

    def _note_success(self, result: Any, *, cache_hit: bool | None) -> None:
        self.model_call_details.update(log_event_type="successful_api_call", cache_hit=cache_hit)
        if self.stream:
            # LiteLLM uses the second name in async calls; here functions that read the first work in both.
            self.model_call_details["complete_streaming_response"] = result
            self.model_call_details["async_complete_streaming_response"] = result

    def _note_failure(self, exception: BaseException, text: str) -> None:
        self.model_call_details.update(
            log_event_type="failed_api_call", exception=exception, traceback_exception=text
        )

    def _event(self, hook: str, response_obj: Any, start: Any, end: Any) -> Event:
        started = self.start_time if start is None else self._local_time(start)
        ended = self._local_time(end)
        self.model_call_details["end_time"] = ended
        return Event(hook, self.model_call_details, response_obj, started, ended)

    def _local_time(self, moment: datetime | float | None) -> datetime:
        """Return a naive local time, as LiteLLM does: users subtract their own from it."""
        if not isinstance(moment, datetime):
            moment = datetime.fromtimestamp(self._clock.now() if moment is None else moment, UTC)
        return moment if moment.tzinfo is None else moment.astimezone().replace(tzinfo=None)

    def _callbacks(self, station: str) -> list[Any]:
        """Return the callbacks of a sync call for `input`, `success` or `failure`."""
        general = listed("callbacks")
        if station == "input":  # a function in `callbacks` takes four arguments; one for input takes one
            general = [callback for callback in general if is_logger(callback)]
        dynamic = getattr(self, f"dynamic_{station}_callbacks")
        return each_once(general, listed(f"{station}_callback"), dynamic)

    def _async_callbacks(self, station: str) -> list[Any]:
        """Return the callbacks of an async call for `success` or `failure`."""
        dynamic = getattr(self, f"dynamic_async_{station}_callbacks")
        return each_once(self._callbacks(station), listed(f"_async_{station}_callback"), dynamic)
