"""One call of an SDK from its request to its last item or its error, and what was seen on the way."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.sdks.adapters import Call
from tests.sdks.watching import Exchange, Now, watching

Adapter = Callable[[Call], Iterator[Any] | AsyncIterator[Any]]


@dataclass
class Run:
    """What a program got from its SDK, and its SDK from the network.

    Attributes:
        items: as plain data.
        times: of each item, in seconds since the call.
        error: what the SDK raised in the end, with its causes.
        exchanges: one for each request.
        server_saw_it_leave: whether a client that hung up did so for real.
    """

    items: list[Any] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    error: str | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    server_saw_it_leave: bool = False


def run(adapter: Adapter, call: Call, *, leave_after: int | None, now: Now) -> Run:
    """Make a call, and leave after so many items. What the SDK raises is noted."""
    done = Run()
    started = now()

    def seen(item: Any) -> bool:
        done.items.append(item)
        done.times.append(now() - started)
        return len(done.items) == leave_after

    with watching(now) as done.exchanges:
        asked = adapter(call)
        try:
            if isinstance(asked, AsyncIterator):
                asyncio.run(_aread(asked, seen))
            else:
                _read(asked, seen)
        except Exception as error:  # noqa: BLE001 - whatever SDKs raise
            done.error = described(error).replace(call.url, "http://server")
    return done


def _read(asked: Any, seen: Callable[[Any], bool]) -> None:
    try:
        for item in asked:
            if seen(item):
                return
    finally:
        asked.close()


async def _aread(asked: Any, seen: Callable[[Any], bool]) -> None:
    try:
        async for item in asked:
            if seen(item):
                return
    finally:
        await asked.aclose()


def described(error: BaseException) -> str:
    """An error and its causes, down to the HTTP library's own, beneath which a replay has no network."""
    kind = f"{type(error).__module__.partition('.')[0]}.{type(error).__name__}"
    said = f"{kind}: {error}"
    cause = error.__cause__
    if cause is None or kind.startswith(("httpx.", "httpx2.")):
        return said
    return f"{said} <- {described(cause)}"
