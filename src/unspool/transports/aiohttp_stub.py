"""aiohttp: its connectors return connections whose server is a cassette.

The rest is aiohttp's own: it sends the request, parses the response, decompresses it, follows redirects,
stores cookies and times out. The server's side of the connection reads the request with h11, asks the
cassette, and feeds the response to aiohttp's protocol (`http1`): each piece when the client has read those
before it, so that even a slow client receives the recorded pieces.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

from unspool.cassette.model import Request, Response
from unspool.headers import without
from unspool.transports import active, network_guard
from unspool.transports.http1 import Framing, as_httpx, as_httpx_response, fitted, framing, socket_error
from unspool.transports.ignored import is_ignored, may_pass
from unspool.transports.patching import Swap
from unspool.transports.playback import Playback, arespond

Connect = Callable[..., Awaitable[Any]]


def swaps(aiohttp: ModuleType) -> Iterator[Swap]:
    """Put the connections in place."""
    yield Swap(aiohttp.BaseConnector, "connect", functools.partial(_connecting, aiohttp))


def _connecting(aiohttp: ModuleType, original: Connect) -> Connect:
    make_protocol = _protocol_class(aiohttp.client_proto.ResponseHandler, aiohttp.StreamReader)
    make_connection = _connection_class(aiohttp.connector.Connection)

    async def connect(self: Any, req: Any, traces: Any, timeout: Any) -> Any:
        playback = active.playback()
        if playback is None or network_guard.is_live() or "upgrade" in {name.lower() for name in req.headers}:
            return await original(self, req, traces, timeout)
        playback = playback.now()
        if is_ignored(playback.cassette, str(req.url)) and may_pass(playback.cassette, str(req.url)):
            with network_guard.live():
                return await original(self, req, traces, timeout)
        loop = asyncio.get_running_loop()
        protocol = make_protocol(loop)
        send = functools.partial(_send, aiohttp, self, req, timeout)
        server = _Server(replace(playback, fit=fitted), req, protocol, send, aiohttp.SocketTimeoutError)
        protocol.connection_made(server)
        return make_connection(self, req.connection_key, protocol, loop)

    return connect


def _connection_class(connection: type[Any]) -> type[Any]:
    class CassetteConnection(connection):  # type: ignore[misc]
        """A connection for one request, which returns to no pool."""

        def close(self) -> None:
            self._notify_release()
            protocol: Any = self.protocol
            self._protocol: Any = None
            if protocol is not None:
                protocol.close()

        release = close

    return CassetteConnection


def _protocol_class(handler: type[Any], reader: type[Any]) -> type[Any]:
    class LazyReader(reader):  # type: ignore[misc]
        """The body of a response, which asks for more when it's empty."""

        __slots__ = ()

        async def _wait(self, func_name: str) -> None:
            self._protocol.wanted.set()
            await super()._wait(func_name)

    class Protocol(handler):  # type: ignore[misc]
        """aiohttp's side of a connection.

        Attributes:
            wanted: set while the client waits for more of the body.
        """

        def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
            super().__init__(loop=loop)
            self.wanted = asyncio.Event()

        async def turn(self) -> None:
            """Wait until the client has read all of the body so far and waits for more."""
            body = self._payload
            if body is None or type(body) not in {reader, LazyReader}:
                return
            body.__class__ = LazyReader
            if body._waiter is None:
                self._drop_timeout()  # the next part waits for the client
                self.wanted.clear()
                await self.wanted.wait()

        def fail(self, error: Exception) -> None:
            """Raise an error to the client unchanged."""
            if self._payload is not None:
                self._payload.set_exception(error)
            self.set_exception(error)

        def wait_forever(self) -> None:
            """Leave the read timeout to the connection that sends the request."""
            self.read_timeout = None
            self._drop_timeout()

    return Protocol


class _Server(asyncio.Transport):
    """The server's side of one connection, as the transport that aiohttp's protocol writes to.

    Args:
        playback: answers the request.
        req: aiohttp's request.
        protocol: aiohttp's side.
        send: sends the request, to be recorded.
        timeout: the exception that aiohttp raises on a timeout.
    """

    def __init__(
        self,
        playback: Playback,
        req: Any,
        protocol: Any,
        send: Callable[[Request], Any],
        timeout: type[Exception],
    ) -> None:
        super().__init__()
        self._timeout = timeout
        self._playback = playback
        self._req = req
        self._protocol = protocol
        self._send = send
        import h11  # noqa: PLC0415 - only aiohttp needs it here, and it's slow to import

        self._h11 = h11
        self._http = h11.Connection(h11.SERVER)
        self._headers: tuple[tuple[str, str], ...] = ()
        self._body = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._response: Any = None
        self._is_closing = False
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_live = False

    # What aiohttp does to it

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Receive a part of the request, and answer it when it's complete."""
        if self._task is not None:
            return
        self._http.receive_data(bytes(data))
        while (event := self._http.next_event()) not in (self._h11.NEED_DATA, self._h11.PAUSED):
            self._take(event)
        if self._http.they_are_waiting_for_100_continue:
            self._protocol.data_received(
                self._http.send(self._h11.InformationalResponse(status_code=100, headers=[]))
            )

    def _take(self, event: Any) -> None:
        if isinstance(event, self._h11.Request):
            self._headers = tuple(_decoded(pair) for pair in event.headers.raw_items())
        elif isinstance(event, self._h11.Data):
            self._body += event.data
        elif isinstance(event, self._h11.EndOfMessage):
            url = str(self._req.url.with_fragment(None))
            request = Request(self._req.method, url, self._headers, bytes(self._body))
            self._task = asyncio.get_running_loop().create_task(self._serve(request))

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def is_closing(self) -> bool:
        return self._is_closing

    def close(self) -> None:
        """Note that the client disconnects, or has read all."""
        if self._is_closing:
            return
        self._is_closing = True
        if self._response is not None:
            self._response.stream.close()
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()

    abort = close

    def pause_reading(self) -> None:
        self._may_write.clear()

    def resume_reading(self) -> None:
        self._may_write.set()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        del name
        return default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """The request is received at once."""

    def get_write_buffer_size(self) -> int:
        return 0

    # What it sends

    async def _serve(self, request: Request) -> None:
        try:
            await self._respond(request)
        except Exception as error:  # noqa: BLE001 - the client's task raises it
            self._lose(error, None)

    async def _respond(self, request: Request) -> None:
        send = functools.partial(self._record, request)
        self._response = await arespond(self._playback, as_httpx(request, None), send)
        frame = framing(self._response, request.method, delimited=self._playback.breaker is not None)
        pieces = aiter(self._response.stream)
        if frame.is_empty:
            await anext(pieces, None)  # so that it has ended
        self._feed(frame.head)
        if not frame.is_empty:
            try:
                async for data in pieces:
                    await self._turn()
                    self._feed(frame.piece(data))
            except Exception as error:  # noqa: BLE001 - as above
                await self._turn()
                self._lose(error, frame)
                return
            await self._turn()
            self._feed(frame.end)
        self._end(None)

    async def _record(self, request: Request, _asked: Any) -> Any:
        self._is_live = True
        self._protocol.wait_forever()
        return await self._send(request)

    async def _turn(self) -> None:
        """Wait until the client requests more; a live response arrives as fast as from a socket."""
        if self._is_live:
            await self._may_write.wait()
        else:
            await self._protocol.turn()

    def _feed(self, data: bytes) -> None:
        if data and not self._is_closing:
            self._protocol.data_received(data)

    def _lose(self, error: Exception, frame: Framing | None) -> None:
        failure = socket_error(error, frame)
        if isinstance(failure, TimeoutError) and failure is not error:
            self._protocol.fail(self._timeout(str(failure)))
        elif failure is error:
            self._protocol.fail(error)
        else:
            self._end(failure)

    def _end(self, error: Exception | None) -> None:
        if not self._is_closing:
            self._protocol.connection_lost(error)
        self.close()


# To the network


async def _send(aiohttp: ModuleType, connector: Any, req: Any, timeout: Any, request: Request) -> Any:
    """Send a request unchanged, by its own connector."""
    session = aiohttp.ClientSession(
        connector=connector,
        connector_owner=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=_per_step(aiohttp, timeout),
        skip_auto_headers=["User-Agent", "Content-Type", "Accept", "Accept-Encoding"],
    )
    session._retry_connection = False  # the client's session does
    try:
        with network_guard.live():
            response = await session.request(
                request.method,
                req.url,
                headers=without(request.headers, _OF_THE_BODY),
                data=request.body or None,
                allow_redirects=False,
                ssl=req.ssl,
                proxy=req.proxy,
                proxy_auth=req.proxy_auth,
            )
    finally:
        session.detach()
    headers = tuple(
        (name.decode("latin-1"), value.decode("utf-8", "surrogateescape"))
        for name, value in response.raw_headers
    )
    head = Response(response.status, response.reason or "", headers, b"")
    return as_httpx_response(head, _LiveBody, response)


def _per_step(aiohttp: ModuleType, timeout: Any) -> Any:
    """Return the timeouts of the connection; the total is that of the client's session."""
    return aiohttp.ClientTimeout(
        total=None,
        connect=timeout.connect,
        sock_connect=timeout.sock_connect,
        sock_read=timeout.sock_read,
        ceil_threshold=timeout.ceil_threshold,
    )


def _decoded(pair: tuple[bytes, bytes]) -> tuple[str, str]:
    name, value = pair
    return name.decode("latin-1"), value.decode("utf-8", "surrogateescape")


_OF_THE_BODY = {"transfer-encoding", "content-length", "expect"}
"""aiohttp sets these by the body that it gets, which is whole here."""


class _LiveBody:
    """The body of an aiohttp response, as it arrives."""

    def __init__(self, response: Any) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for data in self._response.content.iter_any():
            yield data
        self._response.release()

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        self.close()
