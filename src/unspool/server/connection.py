"""One connection: requests in, parsed; responses out, each part at its time."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import cast

from unspool.cassette.model import End, header
from unspool.errors import FaultError
from unspool.faults.parts import Head, Part, Piece, Stop
from unspool.server.app import App, Reply, opening, refusal
from unspool.server.http1 import Framing
from unspool.server.parsing import BadRequestError, RequestHead, make_parser

MOST_BODY_BYTES = 64 * 1024**2
MOST_CONNECTIONS = 10_000
REQUEST_SECONDS = 30.0
"""How long a client may take to send a request, or stay silent on an open connection."""

_MOST_WAITING = 16  # pipelined requests; further ones stay in the client's socket
_FAIR_PARTS = 64  # after so many parts that were due at once, other connections are served
_READ_SECONDS = 0.01  # a reset discards what the client has not read yet, on some systems
_LINGER_NOT_AT_ALL = struct.pack("ii", 1, 0)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


class Connection(asyncio.Protocol):
    """One client's connection.

    Args:
        app: answers its requests.
        others: all the connections of the server, to which this one adds itself.
        loop: its clock paces the responses.
    """

    def __init__(self, app: App, others: set[Connection], loop: asyncio.AbstractEventLoop) -> None:
        self._app = app
        self._others = others
        self._loop = loop
        self._waiting: deque[tuple[RequestHead, bytes]] = deque()
        self._head: RequestHead | None = None
        self._body = bytearray()
        self._playing: asyncio.Task[None] | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = asyncio.Event()
        self._patience: asyncio.TimerHandle | None = None
        self._is_closing = False
        self._parser = make_parser(self._on_head, self._on_body, self._on_end)

    # What asyncio calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's isn't one by its class
        self._others.add(self)
        if len(self._others) > MOST_CONNECTIONS:
            self._refuse(503, f"more than {MOST_CONNECTIONS:,} connections are open")
            return
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._others.discard(self)
        self._is_closing = True
        self._gone.set()
        self._writable.set()
        self._stop_waiting()
        if self._playing is not None:
            self._playing.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        if self._is_closing:
            return
        try:
            self._parser.feed(data)
        except BadRequestError as error:
            self._serve()  # the requests before it
            self._refuse(error.status, str(error))
        else:
            if self._waiting:  # a part of a request doesn't make the time for it longer
                self._serve()
        if len(self._waiting) > _MOST_WAITING:
            self._transport.pause_reading()

    def close(self) -> None:
        """Close the connection, in any state."""
        if self._playing is not None:
            self._playing.cancel()
        self._transport.abort()

    # What the parser calls

    def _on_head(self, head: RequestHead) -> None:
        self._head = head
        self._body.clear()
        size = header(head.headers, "content-length")
        if size is not None and size.isdigit() and int(size) > MOST_BODY_BYTES:
            raise BadRequestError(413, f"the request's body has more than {MOST_BODY_BYTES:,} bytes")
        expected = header(head.headers, "expect")
        if expected is None:
            return
        if expected.lower() != "100-continue":
            raise BadRequestError(417, f"expected `Expect: 100-continue`, got {expected!r}")
        if self._playing is None and not self._waiting:
            self._transport.write(_CONTINUE)

    def _on_body(self, data: bytes) -> None:
        if len(self._body) + len(data) > MOST_BODY_BYTES:
            raise BadRequestError(413, f"the request's body has more than {MOST_BODY_BYTES:,} bytes")
        self._body += data

    def _on_end(self) -> None:
        head, self._head = self._head, None
        if head is None:
            return
        self._stop_waiting()
        self._waiting.append((head, bytes(self._body)))
        self._body.clear()

    # Serving

    def _serve(self) -> None:
        """Answer the requests that wait, in their order, one at a time."""
        while self._waiting and self._playing is None and not self._transport.is_closing():
            head, body = self._waiting.popleft()
            reply = self._app.reply(head, body)
            if reply.frames is not None and self._writable.is_set():
                self._write_at_once(head, reply, reply.frames)
            else:
                self._playing = self._loop.create_task(self._play(head, reply))
                self._playing.add_done_callback(self._played)
        if self._playing is None and not self._waiting and self._head is None:
            self._between_requests()

    def _between_requests(self) -> None:
        if self._is_closing and not self._transport.is_closing():
            self._transport.close()
        elif not self._is_closing:
            self._transport.resume_reading()
            self._wait_for_request()

    def _write_at_once(self, head: RequestHead, reply: Reply, frames: bytes) -> None:
        self._transport.write(frames)
        reply.entry.pieces, reply.entry.size = reply.pieces, reply.size
        self._app.journal.end(reply.entry, "whole", self._app.now())
        if not head.keep_alive:
            self._stop_serving()

    def _stop_serving(self) -> None:
        """Serve no further request on this connection."""
        self._is_closing = True
        self._waiting.clear()

    def _played(self, task: asyncio.Task[None]) -> None:
        self._playing = None
        if task.cancelled():
            return
        if (error := task.exception()) is not None:
            self._loop.call_exception_handler({"message": "a response failed", "exception": error})
            self._transport.abort()
            return
        self._serve()

    async def _play(self, head: RequestHead, reply: Reply) -> None:
        """Write a response's parts, each when it's due."""
        writer = _Writer(self._transport, head, reply, self._app)
        started, outcome = self._loop.time(), "left"
        try:
            outcome = await self._play_parts(writer, reply, started)
        except FaultError as error:
            self._app.fault_errors.append(str(error))
            reply.entry.message, outcome = str(error), "refused"
            await self._reset(writer)
        finally:
            if reply.entry.number:
                self._app.journal.end(reply.entry, outcome, self._app.now())
            if outcome not in {"whole", "missed", "refused"} and reply.on_spoiled is not None:
                reply.on_spoiled()

    async def _play_parts(self, writer: _Writer, reply: Reply, started: float) -> str:
        if reply.frames is not None:
            await self._writable.wait()
            self._transport.write(reply.frames)
            reply.entry.pieces, reply.entry.size = reply.pieces, reply.size
            return "whole"
        if reply.live is not None:
            return await self._play_live(writer, reply, reply.live)
        for number, part in enumerate(reply.parts, start=1):
            if not isinstance(part, Head | Piece | Stop):
                continue
            wait = started + part.at - self._loop.time()
            if wait > 0:
                writer.flush()
                await asyncio.sleep(wait)
            elif number % _FAIR_PARTS == 0:
                writer.flush()
                await asyncio.sleep(0)
            if not self._writable.is_set():
                await self._writable.wait()
            if isinstance(part, Piece) and self._app.gate.after is not None:
                writer.flush()
                await self._app.gate.wait(reply.entry.pieces)
            if isinstance(part, Stop):
                return await self._end(writer, reply, part)
            writer.add(part)
        raise RuntimeError("a response has no end")  # each source's parts end with a Stop

    async def _play_live(self, writer: _Writer, reply: Reply, live: AsyncGenerator[Part, None]) -> str:
        """Pass each part of an upstream's response on when it arrives."""
        async with aclosing(live) as parts:
            async for part in parts:
                if isinstance(part, Stop):
                    outcome = await self._end(writer, reply, part)
                    return "refused" if reply.entry.message else outcome
                if isinstance(part, Head | Piece):
                    writer.add(part)
                    writer.flush()
                if not self._writable.is_set():
                    await self._writable.wait()
        raise RuntimeError("a response has no end")  # an upstream's parts end with a Stop

    async def _end(self, writer: _Writer, reply: Reply, stop: Stop) -> str:
        """End a response as its stream ended: whole, cut off, silent or reset."""
        if stop.end is End.COMPLETE and stop.failure is None:
            writer.finish()
            if not writer.keeps_alive:
                self._stop_serving()
            return reply.outcome
        writer.flush()
        self._stop_serving()
        reply.entry.ended_by = stop.end if stop.failure is None else stop.failure.type
        if stop.end is End.READ_TIMEOUT:
            await self._gone.wait()
        elif stop.end is End.PROTOCOL_ERROR:
            self._transport.close()  # the written bytes are sent, without an end marker
        else:
            await self._reset(writer)
        return "broken"

    async def _reset(self, writer: _Writer) -> None:
        """Reset the connection (TCP's RST), once the client can read all that was written."""
        writer.flush()
        deadline = self._loop.time() + 5.0
        while self._transport.get_write_buffer_size() and self._loop.time() < deadline:
            await asyncio.sleep(_READ_SECONDS)
        await asyncio.sleep(_READ_SECONDS)
        connection = self._transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT_AT_ALL)
        self._transport.abort()

    # Limits

    def _refuse(self, status: int, message: str) -> None:
        """Respond to invalid data, and close."""
        self._is_closing = True
        if self._playing is None and not self._transport.is_closing():
            self._transport.write(refusal(status, message))
            self._transport.close()
        elif not self._transport.is_closing():
            self._waiting.clear()  # the current response continues

    def _wait_for_request(self) -> None:
        self._stop_waiting()
        self._patience = self._loop.call_later(REQUEST_SECONDS, self._lose_patience)

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _lose_patience(self) -> None:
        if self._head is None:
            self._transport.close()
        else:
            self._refuse(408, f"the request took longer than {REQUEST_SECONDS:g} seconds to arrive")


class _Writer:
    """A buffer of the parts that are due now, to write them at once."""

    def __init__(self, transport: asyncio.Transport, head: RequestHead, reply: Reply, app: App) -> None:
        self._transport = transport
        self._app = app
        self._request = head
        self._reply = reply
        self._framing: Framing | None = None
        self._out: list[bytes] = []

    @property
    def keeps_alive(self) -> bool:
        """Whether the connection serves another request after this response."""
        return self._framing is not None and self._framing.keeps_alive

    def add(self, part: Head | Piece) -> None:
        """Write the status and headers, or a piece of the body, at the next `flush`."""
        if isinstance(part, Head):
            entry = self._reply.entry
            entry.status, entry.headers, entry.headers_at = part.status, part.headers, self._app.now()
            self._framing, opened = opening(part, self._request, is_public=bool(entry.number))
            self._out.append(opened)
        elif self._framing is not None:
            self._reply.entry.pieces += 1
            self._reply.entry.size += len(part.data)
            self._out.append(self._framing.piece(part.data))
            if self._app.journal.keeps_bodies:
                self._reply.entry.pulls.append((self._app.now(), part.data))

    def finish(self) -> None:
        """Write the end of a whole body."""
        if self._framing is not None:
            self._out.append(self._framing.end())
        self.flush()

    def flush(self) -> None:
        """Write the collected bytes."""
        if self._out and not self._transport.is_closing():
            self._transport.write(b"".join(self._out))
        self._out.clear()


def connections_of(
    app: App, others: set[Connection], loop: asyncio.AbstractEventLoop
) -> Callable[[], Connection]:
    """Return the protocol factory for `loop.create_server`."""
    return lambda: Connection(app, others, loop)
