"""What a client of httpx or httpx2 sees of each answer: its pieces, when each came, and how it ended.

Seen from the client's side of whatever transport there is, so that an answer from the network and one from
a cassette are seen in the same way.
"""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

Now = Callable[[], float]


@dataclass
class Exchange:
    """A request, and what came of it. Times are in seconds since it was sent.

    Attributes:
        path: with the query.
        failure: of the request, or of its stream.
        ended_at: when the client saw the end, or the failure; None if it left before.
    """

    method: str
    path: str
    body: bytes
    started: float
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    http_version: str = ""
    headers_at: float | None = None
    chunks: list[bytes] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    failure: str | None = None
    ended_at: float | None = None


class Watch:
    """All exchanges between two moments, in the order of their requests."""

    def __init__(self, now: Now) -> None:
        self.exchanges: list[Exchange] = []
        self._now = now
        self._by_request: dict[int, tuple[Any, Exchange]] = {}  # with the request, which keeps its id its own

    def sent(self, request: Any) -> None:
        path = request.url.raw_path.decode()
        exchange = Exchange(request.method, path, request.content, self._now())
        self.exchanges.append(exchange)
        self._by_request[id(request)] = (request, exchange)

    def failed(self, request: Any, error: Exception) -> None:
        self.ended(self._by_request[id(request)][1], error)

    def of(self, response: Any) -> Exchange | None:
        """None for a response that an SDK has made itself, for an error of its own."""
        request = getattr(response, "_request", None)  # `.request` raises where there is none
        return self._by_request.get(id(request), (None, None))[1]

    def answered(self, response: Any) -> Exchange | None:
        exchange = self.of(response)
        if exchange is not None and exchange.headers_at is None:
            exchange.headers_at = self._now() - exchange.started
            exchange.status, exchange.http_version = response.status_code, response.http_version
            exchange.headers = response.headers.multi_items()
        return exchange

    def came(self, exchange: Exchange, data: bytes) -> None:
        exchange.chunks.append(data)
        exchange.times.append(self._now() - exchange.started)

    def ended(self, exchange: Exchange, error: Exception | None = None) -> None:
        if exchange.ended_at is None:
            exchange.ended_at = self._now() - exchange.started
            exchange.failure = None if error is None else f"{type(error).__name__}: {error}"


class _Seen:
    """A response's raw bytes on their way to the client; sync and async."""

    def __init__(self, watch: Watch, exchange: Exchange, pieces: Any) -> None:
        self._watch = watch
        self._exchange = exchange
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            data: bytes = next(self._pieces)
        except StopIteration:
            self._watch.ended(self._exchange)
            raise
        except Exception as error:
            self._watch.ended(self._exchange, error)
            raise
        self._watch.came(self._exchange, data)
        return data

    def close(self) -> None:
        self._pieces.close()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data: bytes = await anext(self._pieces)
        except StopAsyncIteration:
            self._watch.ended(self._exchange)
            raise
        except Exception as error:
            self._watch.ended(self._exchange, error)
            raise
        self._watch.came(self._exchange, data)
        return data

    async def aclose(self) -> None:
        await self._pieces.aclose()


@contextmanager
def watching(now: Now) -> Iterator[list[Exchange]]:
    """The exchanges of all clients of both libraries within the block."""
    watch = Watch(now)
    undo: list[tuple[Any, str, Any]] = []
    for family in _families():
        for owner, name, watched in (
            (family.Client, "send", _send),
            (family.AsyncClient, "send", _asend),
            (family.Response, "iter_raw", _iter_raw),
            (family.Response, "aiter_raw", _iter_raw),
        ):
            original = getattr(owner, name)
            undo.append((owner, name, original))
            setattr(owner, name, functools.wraps(original)(watched(watch, original)))
    try:
        yield watch.exchanges
    finally:
        for owner, name, original in undo:
            setattr(owner, name, original)


def _families() -> Iterator[Any]:
    for name in ("httpx", "httpx2"):
        try:
            yield import_module(name)
        except ImportError:
            continue


def _send(watch: Watch, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any, **options: Any) -> Any:
        watch.sent(request)
        try:
            response = original(self, request, **options)
        except Exception as error:
            watch.failed(request, error)
            raise
        watch.answered(response)
        return response

    return send


def _asend(watch: Watch, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, request: Any, **options: Any) -> Any:
        watch.sent(request)
        try:
            response = await original(self, request, **options)
        except Exception as error:
            watch.failed(request, error)
            raise
        watch.answered(response)
        return response

    return send


def _iter_raw(watch: Watch, original: Callable[..., Any]) -> Callable[..., Any]:
    def iter_raw(self: Any, *args: Any, **kwargs: Any) -> Any:
        pieces = original(self, *args, **kwargs)
        exchange = watch.answered(self)  # a client that reads all at once does so before `send` returns
        return pieces if exchange is None else _Seen(watch, exchange, pieces)

    return iter_raw
