"""Callbacks of a request: the base class, and how they are called.

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
    """Base class of callbacks. Subclass it, override hooks, and put an instance into `unspool.callbacks`.

    Every `*_event` hook is called with the keywords `kwargs`, `response_obj`, `start_time` and `end_time`.
    `kwargs` is the call's `model_call_details`, one dict that grows during the call; the times are
    naive local datetimes, as in LiteLLM. The `async_*` hooks belong to async calls, the others to sync ones.
    """

    def log_pre_api_call(self, model: str, messages: Any, kwargs: dict[str, Any]) -> None:
        """Called before the request is sent, sync or async."""

    def log_post_api_call(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Called when the response has arrived, sync or async; for a stream, its headers."""

    def log_stream_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Called before a chunk is emitted: sync only, and not if `unspool.disable_streaming_logging`."""

    def log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Called once when the call has succeeded. `response_obj` is the response, rebuilt for a stream."""

    def log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Called once when the call has failed. `kwargs["exception"]` is the error; `response_obj` is
        None.
        """

    async def async_log_stream_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Never called by Unspool: an async stream reports its end only, as in LiteLLM."""

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Like `log_success_event`, for an async call."""

    async def async_log_failure_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        """Like `log_failure_event`, for an async call."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a call, and the hook that is called for it."""

    hook: str
    kwargs: dict[str, Any]
    response_obj: Any
    start_time: datetime
    end_time: datetime | None

    def tell(self, callback: Any) -> Any:
        """Call a logger's hook, or a function."""
        if not is_logger(callback):
            # By position, as LiteLLM does: a function may name its parameters freely.
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
    """Call each callback in turn. Failures are logged; coroutine functions are called in async calls only."""
    for callback in callbacks:
        try:
            if not inspect.iscoroutinefunction(callback):
                tell(callback)
        except Exception:
            logger.exception("the callback %.200r failed", callback)


async def atell_all(callbacks: Iterable[Any], tell: Callable[[Any], Any]) -> None:
    """Like `tell_all`, awaiting the callbacks that return an awaitable."""
    for callback in callbacks:
        try:
            answer = tell(callback)
            if inspect.isawaitable(answer):
                await answer
        except Exception:
            logger.exception("the callback %.200r failed", callback)


def is_logger(callback: Any) -> bool:
    """Whether this is a `CustomLogger`, or has its hooks without being one, such as LiteLLM's."""
    if isinstance(callback, CustomLogger):
        return True
    return not callable(callback) and (
        hasattr(callback, "log_success_event") or hasattr(callback, "async_log_success_event")
    )


def listed(name: str) -> list[Any]:
    """Return the current contents of one of the package's lists, such as `success_callback`."""
    return list(getattr(sys.modules["unspool"], name))


def each_once(*lists: Sequence[Any] | None) -> list[Any]:
    """Return the callbacks of several lists, in order, each only once."""
    found: list[Any] = []
    for callback in (callback for callbacks in lists for callback in callbacks or ()):
        if not any(callback is other for other in found):
            found.append(callback)
    return found


def refuse_unusable(callbacks: Iterable[Any]) -> None:
    """Check callbacks at the start of a call; LiteLLM would report bad ones after it, or never.

    Raises:
        MockError: one of them isn't a logger or a function.
    """
    for callback in callbacks:
        if not callable(callback) and not is_logger(callback):
            raise MockError(
                f"{callback!r:.200} can't be a callback: expected an instance of unspool.CustomLogger, or a"
                " function that takes (kwargs, response_obj, start_time, end_time); the integrations that"
                " LiteLLM knows by name aren't part of Unspool"
            )


def _unheard(**_: Any) -> None:
    """Replacement for a hook that a logger of another class lacks."""
