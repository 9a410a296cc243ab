"""`WatchTransport`: records the traffic between a client and another transport; sync and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from unspool.clock import Clock
from unspool.counts import counted
from unspool.errors import FaultError, name_of
from unspool.transports.forwarding import ForwardingTransport
from unspool.transports.http_library import HttpxRequest, HttpxResponse, family_of, headers_of, stream_class
from unspool.verdict.judge import Limits
from unspool.verdict.log import Attempt, Pull


class Halt(BaseException):
    """Raised to stop a client that wouldn't stop by itself. Not an `Exception`, which it would retry."""


class WatchTransport(ForwardingTransport):
    """A transport that records each request and each piece that the client pulls.

    Args:
        inner: the transport that answers.
        clock: the clock of the log.
        limits: when to stop the client.

    Attributes:
        attempts: the requests so far.
        problem: the error of the fault itself, if any.
        is_over: whether the client is done: it didn't close what is closed after that.

    Raises, to the client:
        Halt: it has reached a limit, or the fault has nothing to break.
    """

    def __init__(self, inner: Any, clock: Clock, limits: Limits) -> None:
        super().__init__(inner)
        self.attempts: list[Attempt] = []
        self.problem: FaultError | None = None
        self.is_over = False
        self.limits = limits
        self.now = clock.monotonic

    def handle_request(self, request: HttpxRequest) -> Any:
        attempt = self._sent(request)
        try:
            response = super().handle_request(request)
        except Exception as error:
            self.failed(attempt, error, attempt.started)
            raise
        return self._answered(attempt, request, response)

    async def handle_async_request(self, request: HttpxRequest) -> Any:
        attempt = self._sent(request)
        try:
            response = await super().handle_async_request(request)
        except Exception as error:
            self.failed(attempt, error, attempt.started)
            raise
        return self._answered(attempt, request, response)

    def _sent(self, request: HttpxRequest) -> Attempt:
        if len(self.attempts) == self.limits.most_attempts:
            raise Halt(f"after {counted(self.limits.most_attempts, 'request')}")
        attempt = Attempt(request.method, str(request.url), self.now())
        self.attempts.append(attempt)
        return attempt

    def failed(self, attempt: Attempt, error: Exception, asked: float) -> None:
        """Note the transport's exception.

        Raises:
            Halt: the fault failed, not the stream.
        """
        if isinstance(error, FaultError):
            self.problem = error
            raise Halt("because the fault has nothing to break") from error
        attempt.failure = name_of(error)
        self.ended(attempt, asked)

    def ended(self, attempt: Attempt, asked: float) -> None:
        """Note that the client has reached the end."""
        attempt.ended_at = self.now()
        attempt.waited = max(attempt.waited, attempt.ended_at - asked)

    def pulled(self, attempt: Attempt, data: bytes, asked: float) -> bytes:
        """Note a piece.

        Raises:
            Halt: the limit is exceeded.
        """
        at = self.now()
        attempt.pulls.append(Pull(data, at, at - asked))
        if len(attempt.pulls) > self.limits.most_chunks:
            raise Halt(f"after {counted(self.limits.most_chunks, 'chunk')}")
        return data

    def _answered(self, attempt: Attempt, request: HttpxRequest, response: HttpxResponse) -> HttpxResponse:
        attempt.status = response.status_code
        attempt.headers = headers_of(response)
        attempt.headers_at = self.now()
        attempt.waited = attempt.headers_at - attempt.started
        stream = stream_class(family_of(request), WatchedStream)
        response.stream = stream(self, attempt, response.stream)
        return response

    # The examiner reports a fault that didn't happen; it is no error of the client.

    @contextmanager
    def _closing(self) -> Iterator[None]:
        self._note_close()
        with suppress(FaultError):
            yield

    def _note_close(self) -> None:
        """Note that the client and all its connections have been closed."""
        for attempt in self.attempts:
            if attempt.status is not None and attempt.closed_at is None and not self.is_over:
                attempt.closed_at = self.now()


class WatchedStream:
    """A body on its way to the client."""

    def __init__(self, watch: WatchTransport, attempt: Attempt, inner: Any) -> None:
        self._watch = watch
        self._attempt = attempt
        self._inner = inner
        self._pieces: Any = None

    def __iter__(self) -> Iterator[bytes]:
        self._pieces = iter(self._inner)
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._pieces = aiter(self._inner)
        return self

    def __next__(self) -> bytes:
        asked = self._watch.now()
        try:
            data = next(self._pieces)
        except StopIteration:
            self._watch.ended(self._attempt, asked)
            raise
        except Exception as error:
            self._watch.failed(self._attempt, error, asked)
            raise
        return self._watch.pulled(self._attempt, data, asked)

    async def __anext__(self) -> bytes:
        asked = self._watch.now()
        try:
            data = await anext(self._pieces)
        except StopAsyncIteration:
            self._watch.ended(self._attempt, asked)
            raise
        except Exception as error:
            self._watch.failed(self._attempt, error, asked)
            raise
        except BaseException:  # cancelled, by the client's own timer
            self._attempt.gave_up_after = self._watch.now() - asked
            raise
        return self._watch.pulled(self._attempt, data, asked)

    def close(self) -> None:
        self._note_close()
        self._inner.close()

    async def aclose(self) -> None:
        self._note_close()
        await self._inner.aclose()

    def _note_close(self) -> None:
        if self._attempt.closed_at is None and not self._watch.is_over:
            self._attempt.closed_at = self._watch.now()
