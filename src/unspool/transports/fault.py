"""`FaultTransport`: whatever another transport answers, broken on its way to the client.

The client's requests are counted, so that a fault may hit the first attempt and spare the second. Pieces
are handed on as they come, so that an endless stream may be broken too. A fault says when each part is to
come; here that is waited for, on the clock, and no longer than the client's read timeout allows.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from itertools import count
from types import ModuleType
from typing import Any

from unspool.cassette.model import Failure
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import FaultError
from unspool.faults.fault import Fault
from unspool.faults.parts import Head, Part, Piece, Sent, Stop, decoding
from unspool.pipeline import Stage
from unspool.transports._family import (
    end_of,
    exception,
    family_of,
    headers_of,
    http_version_of,
    read_timeout,
    read_timeout_of,
    reason_of,
    stream_class,
    to_request,
)


class FaultTransport:
    """Breaks the answers of another transport.

        transport = FaultTransport(httpx.HTTPTransport(), Break(after=2).on(1))
        with httpx.Client(transport=transport) as client:
            …

    Errors are raised as the client's own library has them, of httpx or httpx2. Bodies are decompressed
    before a fault sees them.

    Args:
        inner: the transport that answers: one of httpx or httpx2, sync or async, or a `ReplayTransport`.
        fault: what happens to the answers.
        clock: what pauses pass on; with a `VirtualClock` an hour's silence takes no time.

    Attributes:
        requests: how many the client has made.

    Raises, to the client:
        FaultError: an answer has nothing in it that the fault could break.
    """

    def __init__(self, inner: Any, fault: Fault, *, clock: Clock = REAL_CLOCK) -> None:
        self.requests = 0
        self._inner = inner
        self._fault = fault
        self._clock = clock
        self._lock = threading.Lock()

    def handle_request(self, request: Any) -> Any:
        attempt = self._count()
        if not self._fault.hits(attempt):
            return self._inner.handle_request(request)
        request.read()
        answer = _Answer(self._fault.stage(attempt), request, self._clock)
        try:
            answer.send(self._inner)
            return answer.response(answer.next())
        except BaseException:
            answer.close()
            raise

    async def handle_async_request(self, request: Any) -> Any:
        attempt = self._count()
        if not self._fault.hits(attempt):
            return await self._inner.handle_async_request(request)
        await request.aread()
        answer = _Answer(self._fault.stage(attempt), request, self._clock)
        try:
            await answer.asend(self._inner)
            return answer.response(await answer.anext())
        except BaseException:
            await answer.aclose()
            raise

    def _count(self) -> int:
        with self._lock:
            self.requests += 1
            return self.requests

    def close(self) -> None:
        self._inner.close()

    async def aclose(self) -> None:
        await self._inner.aclose()

    def __enter__(self) -> Any:
        self._inner.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self._inner.__exit__(*exc)

    async def __aenter__(self) -> Any:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._inner.__aexit__(*exc)


class _Answer:
    """One answer on its way, sync or async.

    `taken` is how long the inner transport has made us wait, `waited` how long the fault has: together the
    moment at which the client is.
    """

    def __init__(self, stage: Stage[Part, Part], request: Any, clock: Clock) -> None:
        self._family: ModuleType = family_of(request)
        self._request = request
        self._clock = clock
        self._stage = stage
        self._decode = decoding()
        self._patience = read_timeout_of(request)
        self._out: Iterator[Part] = iter(())
        self._taken = 0.0
        self._waited = 0.0
        self._inner: Any = None  # the response underneath
        self._pieces: Any = None
        self._cause: tuple[Failure, Exception] | None = None

    # What comes from underneath

    def send(self, inner: Any) -> None:
        """Send the request, unless the fault keeps it back."""
        if not self._is_sent():
            return
        started = self._clock.monotonic()
        try:
            self._inner = inner.handle_request(self._request)
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            self._push(self._failed(error), started)
        else:
            self._pieces = iter(self._inner.stream)
            self._push(self._head(), started)

    async def asend(self, inner: Any) -> None:
        if not self._is_sent():
            return
        started = self._clock.monotonic()
        try:
            self._inner = await inner.handle_async_request(self._request)
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            self._push(self._failed(error), started)
        else:
            self._pieces = aiter(self._inner.stream)
            self._push(self._head(), started)

    def _pull(self) -> None:
        started = self._clock.monotonic()
        try:
            part: Piece | Stop = Piece(next(self._pieces))
        except StopIteration:
            part = Stop()
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            part = self._failed(error)
        self._push(part, started)

    async def _apull(self) -> None:
        started = self._clock.monotonic()
        try:
            part: Piece | Stop = Piece(await anext(self._pieces))
        except StopAsyncIteration:
            part = Stop()
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            part = self._failed(error)
        self._push(part, started)

    def _is_sent(self) -> bool:
        first, *others = self._stage.feed(Sent(to_request(self._request)))
        if isinstance(first, Sent):
            return True
        self._out = iter((first, *others))
        return False

    def _head(self) -> Head:
        inner = self._inner
        version = http_version_of(inner)
        return Head(inner.status_code, reason_of(inner), headers_of(inner), http_version=version)

    def _failed(self, error: Exception) -> Stop:
        end, failure = end_of(error)
        if failure is not None:
            self._cause = failure, error
        return Stop(0.0, end, failure)

    def _push(self, part: Head | Piece | Stop, started: float) -> None:
        self._taken += self._clock.monotonic() - started
        part = replace(part, at=self._taken)
        # Lazily: what comes of one part may be endless, or an error after something else.
        self._out = (out for decoded in self._decode(part) for out in self._stage.feed(decoded))

    # What goes to the client

    def next(self) -> Part:
        """The next part, at its time; raises what comes in its place."""
        while (ready := next(self._out, None)) is None:
            self._pull()
        wait, part = self._due(ready)
        if wait:
            self._clock.sleep(wait)
        return self._given(part)

    async def anext(self) -> Part:
        while (ready := next(self._out, None)) is None:
            await self._apull()
        wait, part = self._due(ready)
        if wait:
            await self._clock.asleep(wait)
        return self._given(part)

    def _due(self, part: Part) -> tuple[float, Part | Exception]:
        at = 0.0 if isinstance(part, Sent) else part.at
        wait = max(at - self._taken - self._waited, 0.0)
        if self._patience is not None and wait > self._patience:
            message = f"no byte for {self._patience:g} seconds"
            return self._patience, read_timeout(self._family, self._request, message)
        self._waited += wait
        return wait, part

    def _given(self, part: Part | Exception) -> Part:
        if isinstance(part, Stop) and part.failure is not None:
            part = self._error(part, part.failure)
        if isinstance(part, Exception):
            raise part
        return part

    def _error(self, stop: Stop, failure: Failure) -> Exception:
        if self._cause is not None and self._cause[0] is failure:
            return self._cause[1]
        return exception(self._family, self._request, stop.end, failure)

    def response(self, head: Part) -> Any:
        """The family's response, whose stream hands on the rest."""
        if not isinstance(head, Head):
            raise FaultError(f"expected a fault to begin with the headers or an error, got {head!r}")
        extensions = dict(self._inner.extensions) if self._inner is not None else {}
        extensions["http_version"] = head.http_version.encode("ascii")
        extensions["reason_phrase"] = head.reason.encode("ascii", "replace")
        stream = stream_class(self._family, BrokenStream)
        return self._family.Response(
            head.status,
            headers=list(head.headers),
            stream=stream(self),
            extensions=extensions,
            request=self._request,
        )

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()


class BrokenStream:
    """A body with a fault in it; sync and async."""

    def __init__(self, answer: _Answer) -> None:
        self._answer = answer
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._ended:
            self._ended = True
            part = self._answer.next()
            if isinstance(part, Piece):
                self._ended = False
                return part.data
        raise StopIteration

    async def __anext__(self) -> bytes:
        if not self._ended:
            self._ended = True
            part = await self._answer.anext()
            if isinstance(part, Piece):
                self._ended = False
                return part.data
        raise StopAsyncIteration

    def close(self) -> None:
        self._ended = True
        self._answer.close()

    async def aclose(self) -> None:
        self._ended = True
        await self._answer.aclose()


class Breaker:
    """Breaks recorded answers, one after the other; made anew for each time that a cassette is used."""

    def __init__(self, fault: Fault) -> None:
        self._fault = fault
        self._attempts = count(1)

    def __call__(self, interaction: Any) -> Any:
        return self._fault.apply(interaction, attempt=next(self._attempts))
