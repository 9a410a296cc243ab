"""Who wants to hear of a call, and how they are told.

https://docs.litellm.ai/docs/observability/custom_callback
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from unspool.errors import MockError

logger = logging.getLogger("unspool")


class CustomLogger:
    """Subclass it, override the hooks you need, and put an instance into `unspool.callbacks`.

    Every `*_event` hook is called with the keywords `kwargs`, `response_obj`, `start_time` and `end_time`.
    `kwargs` is the call's `model_call_details`, one dict that grows as the call goes on; the times are
    naive local datetimes, as in LiteLLM. The `async_*` hooks belong to async calls, the others to sync ones.
    """

    def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        """The request is about to be sent, sync or async."""

    def log_post_api_call(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """The response has come, sync or async; of a stream, its headers."""

    def log_stream_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """A chunk is about to be handed out: sync only, and not if `unspool.disable_streaming_logging`."""

    def log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """The call has succeeded: once. `response_obj` is the response, of a stream the rebuilt one."""

    def log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """The call has failed: once. `kwargs["exception"]` says how; `response_obj` is None."""

    async def async_log_stream_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Never called by a stream of Unspool's: an async stream reports its end only, as in LiteLLM."""

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """As `log_success_event`, for an async call."""

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """As `log_failure_event`, for an async call."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a call, and the hook that hears of it."""

    hook: str
    kwargs: dict[str, Any]
    response_obj: Any
    start_time: datetime
    end_time: datetime | None

    def tell(self, callback: Any) -> Any:
        """Call a logger's hook, or a function."""
        if not is_logger(callback):
            # By position, as LiteLLM does: a function may call its parameters what it likes.
            return callback(self.kwargs, self.response_obj, self.start_time, self.end_time)
        return getattr(callback, self.hook, _unheard)(
            kwargs=self.kwargs,
            response_obj=self.response_obj,
            start_time=self.start_time,
            end_time=self.end_time,
        )


def tell_of_request(callback: Any, kwargs: dict[str, Any]) -> Any:
    """Call a logger's `log_pre_api_call`, or a function with the one argument that LiteLLM gives it."""
    if not is_logger(callback):
        return callback(kwargs)
    hook = getattr(callback, "log_pre_api_call", _unheard)
    return hook(model=kwargs["model"], messages=kwargs["messages"], kwargs=kwargs)


def tell_all(callbacks: Iterable[Any], tell: Callable[[Any], Any]) -> None:
    """Tell everybody in turn. Who fails is logged; coroutine functions hear of async calls only."""
    for callback in callbacks:
        try:
            if not inspect.iscoroutinefunction(callback):
                tell(callback)
        except Exception:
            logger.exception("the callback %.200r failed", callback)


async def atell_all(callbacks: Iterable[Any], tell: Callable[[Any], Any]) -> None:
    """As `tell_all`, and who returns an awaitable is awaited."""
    for callback in callbacks:
        try:
            answer = tell(callback)
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            logger.exception("the callback %.200r failed", callback)


def is_logger(callback: Any) -> bool:
    """A `CustomLogger`, or an object that has its hooks without being one (a subclass of LiteLLM's, say)."""
    if isinstance(callback, CustomLogger):
        return True
    return not callable(callback) and (
        hasattr(callback, "log_success_event") or hasattr(callback, "async_log_success_event")
    )


def listed(name: str) -> list[Any]:
    """What stands in one of the package's lists, such as `success_callback`, at this moment."""
    return list(getattr(sys.modules["unspool"], name))


def each_once(*lists: Sequence[Any] | None) -> list[Any]:
    """The callbacks of several lists, in order; one that stands in two of them is told once."""
    found: list[Any] = []
    for callback in (callback for callbacks in lists for callback in callbacks or ()):
        if not any(callback is other for other in found):
            found.append(callback)
    return found


def refuse_unusable(callbacks: Iterable[Any]) -> None:
    """Say at the start of a call what LiteLLM would say after it, or never.

    Raises:
        MockError: one of them is neither a logger nor a function.
    """
    for callback in callbacks:
        if not callable(callback) and not is_logger(callback):
            raise MockError(
                f"{callback!r:.200} can't be a callback: expected an instance of unspool.CustomLogger, or a"
                " function that takes (kwargs, response_obj, start_time, end_time); the integrations that"
                " LiteLLM knows by name aren't part of Unspool"
            )


def _unheard(**_: Any) -> None:
    """Stands in for a hook that a logger of somebody else's class doesn't have."""
