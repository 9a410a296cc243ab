"""A recording proxy: a request without a recording is forwarded to its upstream, and recorded."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from importlib.util import find_spec

import httpx

from unspool.cassette.cassette import Cassette
from unspool.cassette.conversation import Conversations
from unspool.cassette.model import Interaction, Request
from unspool.cassette.recording import Take
from unspool.faults.parts import Head, Part, Piece, Stop
from unspool.headers import header, tokens_of, without
from unspool.server.journal import Entry
from unspool.server.resigning import is_signed, resigned
from unspool.server.sources import Answer, Live, UpstreamError
from unspool.server.upstreams import Upstreams
from unspool.transports.http_library import end_of, headers_of, http_version_of, reason_of
from unspool.transports.record import Now, failed, recorded

_CONNECT_SECONDS = 30.0
_SILENT_SECONDS = 600.0  # a reasoning model may send nothing for minutes
_REST_SECONDS = 1.0
_NOT_FORWARDED = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-unspool-token",
    }
)
"""Headers of the connection to the proxy (RFC 9110, section 7.6.1), and those that httpx makes itself."""


class Recorder:
    """A source that forwards requests and records the responses.

    The cassette's record mode decides which requests it answers itself.

    Args:
        cassette: records and replays.
        upstreams: the servers of the providers.
        make_client: makes the client that sends them, over HTTP/2 where `h2` is installed and the upstream
            speaks it.
    """

    factor = 0.0

    def __init__(
        self,
        cassette: Cassette,
        upstreams: Upstreams,
        make_client: Callable[[], httpx.AsyncClient] | None = None,
    ) -> None:
        self.cassette = cassette
        self._upstreams = upstreams
        self._make_client = make_client or _client
        self._client: httpx.AsyncClient | None = None

    @property
    def conversations(self) -> Conversations:
        """The conversations in the cassette when it was opened."""
        return self.cassette.conversations

    def answer(self, request: Request, entry: Entry, /) -> Answer | Live:
        """Choose the recording of a request, or forward it.

        Raises:
            UnrecordedRequestError: no recording answers it, and the record mode allows no new one.
            UpstreamError: it can't be forwarded.
        """
        sent = self._forwarded(request)
        found = self.cassette.ask(sent)
        if isinstance(found, Interaction):
            return Answer(found, "the cassette", lambda: self.cassette.give_back(found))
        if found is None:
            raise TypeError("expected a recording or a new one")  # this cassette has no hooks
        return Live(self._live(sent, found, entry), sent.uri.partition("?")[0])

    def reset(self) -> None:
        """Do nothing: recorded interactions stay."""

    def has_changed(self) -> bool:
        """Return False: only this source writes the file."""
        return False

    def problems(self) -> list[str]:
        """Return nothing: the journal has the requests that went wrong."""
        return []

    async def aclose(self) -> None:
        """Close the connections to the upstreams. Idempotent."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _forwarded(self, request: Request) -> Request:
        """Return the request to send to its upstream."""
        if not request.uri.startswith(f"http://{header(request.headers, 'host') or 'localhost'}/"):
            raise UpstreamError(
                f"expected a path, got {request.uri}: requests go to the providers' own servers only"
            )
        kept = without(request.headers, _NOT_FORWARDED.union(tokens_of(request.headers, "connection")))
        sent = Request(request.method, self._upstreams.url_for(request), kept, request.body)
        return resigned(sent, os.environ) if is_signed(sent) else sent

    async def _live(self, sent: Request, take: Take, entry: Entry) -> AsyncGenerator[Part, None]:
        started = time.monotonic()

        def now() -> float:
            return time.monotonic() - started

        outgoing = httpx.Request(sent.method, sent.uri, headers=sent.headers, content=sent.body)
        try:
            response = await self._opened().send(outgoing, stream=True)
        except BaseException as error:
            failed(take, error, now)
            if not isinstance(error, httpx.HTTPError):
                raise
            entry.message = f"{sent.uri} can't be reached: {type(error).__name__}: {error}"
            for part in _unreachable(entry.message):
                yield part
            return
        async for part in _parts(response, outgoing, take, now):
            yield part

    def _opened(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = self._make_client()
        return self._client


def _client() -> httpx.AsyncClient:
    timeout = httpx.Timeout(_CONNECT_SECONDS, read=_SILENT_SECONDS)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
    return httpx.AsyncClient(http2=find_spec("h2") is not None, timeout=timeout, limits=limits)


async def _parts(
    response: httpx.Response, outgoing: httpx.Request, take: Take, now: Now
) -> AsyncGenerator[Part, None]:
    """Record the parts of a response as they arrive."""
    recorded(take, response, outgoing, now)
    yield Head(
        response.status_code, reason_of(response), headers_of(response), 0.0, http_version_of(response)
    )
    stream = aiter(response.stream)  # type: ignore[arg-type]  # of an async client it's an async one
    try:
        while (data := await _next(stream, take)) is not None:
            yield Piece(data)
    except httpx.HTTPError as error:
        end, failure = end_of(error)
        yield Stop(end=end, failure=failure)
    else:
        yield Stop()
    finally:
        await response.aclose()


async def _next(stream: AsyncIterator[bytes], take: Take) -> bytes | None:
    """Return the next piece of a response; None at its end.

    If the client disconnects after the stream's end marker, the rest is still read for the recording, if it
    arrives soon. If it disconnects earlier, the proxy disconnects, too.
    """
    reading = asyncio.ensure_future(anext(stream, None))
    try:
        return await asyncio.shield(reading)
    except asyncio.CancelledError:
        if take.has_said_goodbye:
            with suppress(TimeoutError, httpx.HTTPError):
                async with asyncio.timeout(_REST_SECONDS):
                    while await asyncio.shield(reading) is not None:
                        reading = asyncio.ensure_future(anext(stream, None))
        reading.cancel()
        await asyncio.wait([reading])
        raise


def _unreachable(message: str) -> tuple[Part, ...]:
    body = json.dumps({"error": {"type": "unspool_upstream", "message": message}}).encode() + b"\n"
    headers = (("content-type", "application/json"), ("content-length", str(len(body))))
    return (Head(502, "Bad Gateway", headers), Piece(body), Stop())
