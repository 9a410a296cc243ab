"""Replicate's predictions: created by one request and read by others, sync and async.

https://replicate.com/docs/topics/predictions. A stream is read at the prediction's `urls.stream`. The first
request waits for a whole response; if that takes too long, `urls.get` is polled until the prediction has
ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from unspool.client.http import Exchange, Reply, asend, send, time_limits
from unspool.clock import Clock
from unspool.errors import APIResponseValidationError, Timeout
from unspool.headers import only
from unspool.providers.request import HTTPRequest

_ENDED = frozenset({"aborted", "canceled", "failed", "succeeded"})
_PAUSE = 0.5
"""Seconds between two polls of a prediction."""


def predict(exchange: Exchange, clock: Clock) -> Reply:
    """Create a prediction, and read it.

    Raises:
        ProviderError: like `send`; or the prediction hasn't ended within the call's timeout, or has no URL to
            read.
    """
    reply = send(replace(exchange, stream=False))
    if exchange.stream:
        return send(_next(exchange, reply, "stream"))
    ends = _deadline(exchange, clock)
    while not _has_ended(exchange, reply):
        _check_time(exchange, clock, ends)
        clock.sleep(_PAUSE)
        reply = send(_next(exchange, reply, "get"))
    return reply


async def apredict(exchange: Exchange, clock: Clock) -> Reply:
    """Like `predict`, for async clients and transports."""
    reply = await asend(replace(exchange, stream=False))
    if exchange.stream:
        return await asend(_next(exchange, reply, "stream"))
    ends = _deadline(exchange, clock)
    while not _has_ended(exchange, reply):
        _check_time(exchange, clock, ends)
        await clock.asleep(_PAUSE)
        reply = await asend(_next(exchange, reply, "get"))
    return reply


def _has_ended(exchange: Exchange, reply: Reply) -> bool:
    status = reply.content.get("status")
    if not isinstance(status, str):
        raise _misshapen(exchange, reply, "a 'status'")
    return status in _ENDED


def _next(exchange: Exchange, reply: Reply, kind: str) -> Exchange:
    """Build the request that reads the prediction. A stream is on another host, which gets no key."""
    urls = reply.content.get("urls")
    url = urls.get(kind) if isinstance(urls, Mapping) else None
    if not isinstance(url, str):
        hint = "; a model that can't stream has none: call it without stream=True" if kind == "stream" else ""
        raise _misshapen(exchange, reply, f"an address in urls.{kind}{hint}")
    asked = exchange.request
    names = {"authorization"} if _origin(url) == _origin(asked.url) else set()
    kept = dict(only(asked.headers.items(), names))
    accept = {"accept": "text/event-stream"} if kind == "stream" else {}
    return replace(exchange, request=HTTPRequest("GET", url, {**kept, **accept}, {}))


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _deadline(exchange: Exchange, clock: Clock) -> float:
    seconds = time_limits(exchange.connection.timeout)["read"]
    return clock.monotonic() + (float("inf") if seconds is None else seconds)


def _check_time(exchange: Exchange, clock: Clock, ends: float) -> None:
    if clock.monotonic() >= ends:
        raise Timeout(
            "the prediction hadn't ended when the timeout had passed: pass a longer timeout=, or stream=True",
            exchange.model,
            exchange.provider,
        )


def _misshapen(exchange: Exchange, reply: Reply, missing: str) -> APIResponseValidationError:
    body: Any = reply.content
    return APIResponseValidationError(
        f"a prediction without {missing}; it has the keys {', '.join(sorted(body))}",
        body=body,
        model=exchange.model,
        llm_provider=exchange.provider,
    )
