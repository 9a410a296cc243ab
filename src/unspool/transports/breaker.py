"""A fault over the responses of a block, a test, a server or a transport.

It counts the attempts at each request, so that a fault may break the first and spare the second. It passes
pieces on as they arrive, so that a fault works on an endless stream too. A fault sets the time of each part;
this module waits for it, on the clock, up to the client's read timeout.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from types import ModuleType
from typing import Any

from unspool.cassette.boundaries import says_goodbye
from unspool.cassette.conversation import Conversations, asked_again
from unspool.cassette.model import NO_RESPONSE, Failure, Interaction, Request, Response
from unspool.clock import Clock, note_response
from unspool.counts import counted
from unspool.errors import FaultError, UnspoolError
from unspool.faults.fault import Asked, Fault, NoFault
from unspool.faults.notes import Ledger, Notes
from unspool.faults.parts import (
    Head,
    Part,
    Piece,
    Sent,
    Stop,
    decoding,
    interaction_of,
    parts_of,
    unsized,
)
from unspool.pipeline import Stage
from unspool.transports.http_library import (
    ASend,
    HttpxRequest,
    HttpxResponse,
    Send,
    end_of,
    exception,
    family_of,
    headers_of,
    http_version_of,
    read_timeout,
    read_timeout_of,
    reason_of,
    stream_class,
)


@dataclass(slots=True)
class Met:
    """A request under a fault, and the response that the client received.

    Attributes:
        asked: the request, its attempt and its turn.
        notes: notes on the fault; None if it wasn't applied.
        status: the response's status; None if there was none.
        pieces: how many pieces of its body the client received.
        size: their size in bytes.
        error: the class of the exception that the client got; None for none.
    """

    asked: Asked
    notes: Notes | None = None
    status: int | None = None
    pieces: int = 0
    size: int = 0
    error: str | None = None

    def __str__(self) -> str:
        request = self.asked.request or Request("", "")
        where = f"{request.method} {request.uri.partition('?')[0]}"
        place = f"turn {self.asked.turn}, attempt {self.asked.attempt}" if self.asked.is_model else "no model"
        if self.notes is None:
            return f"{where} ({place}): left alone"
        got = (
            "no answer"
            if self.status is None
            else f"{self.status}, {counted(self.pieces, 'piece')}, {counted(self.size, 'byte')}"
        )
        raised = f", then {self.error}" if self.error else ""
        return f"{where} ({place}): {'broken' if self.notes.broke else 'unbroken'}: {got}{raised}"


class Breaker:
    """A fault over the responses of a block, a test or a transport.

    It counts the attempts and the turns that the fault is aimed at, and records what the fault broke.

    Args:
        fault: the fault.
        lenient: whether it needn't fit the responses that it's aimed at.

    Attributes:
        ledger: notes on the fault.
        log: the latest 50 requests.
        by_position: requests without an equal recording, answered by their position in the conversation.
        is_settled: whether its errors have been reported.
    """

    def __init__(self, fault: Fault, *, lenient: bool = False) -> None:
        self.fault = fault
        self.ledger = Ledger(fault, lenient)
        self.is_settled = isinstance(fault, NoFault)
        self.log: deque[Met] = deque(maxlen=50)
        self.by_position: list[Request] = []
        self._attempts: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def meet(self, request: Request, conversations: Conversations) -> BrokenResponse | None:
        """Return the broken response to a request; None if the fault doesn't apply."""
        attempt = asked_again(request)
        with self._lock:
            self.ledger.requests += 1
            self._attempts[attempt] += 1
            asked = Asked(
                request,
                self._attempts[attempt],
                conversations.turn_of(request),
                conversations.asks_a_model(request),
            )
            met = Met(asked)
            self.log.append(met)
            if not self.fault.hits(asked):
                return None
            met.notes = notes = self.ledger.notes()
        return BrokenResponse(self.fault.stage(asked, notes), request, notes, met)

    def errors(self) -> list[FaultError]:
        """Return the errors to raise at the end, once: the fault didn't happen where it should have."""
        if self.is_settled:
            return []
        self.is_settled = True
        return self.ledger.errors()


class BrokenResponse:
    """One response under a fault, before the request is sent.

    Attributes:
        on_spoiled: called if the client didn't receive the whole response because of the fault.
    """

    def __init__(self, stage: Stage[Part, Part], request: Request, notes: Notes, met: Met) -> None:
        self.on_spoiled: Callable[[], None] = _nothing
        self.met = met
        self._stage = stage
        self._request = request
        self._notes = notes

    def respond(self, request: HttpxRequest, send: Send, clock: Clock) -> HttpxResponse:
        """Return the response to an httpx or httpx2 request, from `send` and broken."""
        delivery = _Delivery(self, self._stage, request, clock)
        try:
            delivery.send(send, self._request)
            return delivery.response(delivery.next())
        except BaseException:
            delivery.close()
            raise
        finally:
            note_response(clock)

    async def arespond(self, request: HttpxRequest, send: ASend, clock: Clock) -> HttpxResponse:
        """As `respond`."""
        delivery = _Delivery(self, self._stage, request, clock)
        try:
            await delivery.asend(send, self._request)
            return delivery.response(await delivery.anext())
        except BaseException:
            await delivery.aclose()
            raise
        finally:
            note_response(clock)

    def parts(self, ask: Callable[[], Iterable[Part]]) -> Iterator[Part]:
        """Yield the parts for the client, for a server that writes them itself.

        Args:
            ask: returns the response's own parts, after the request; not called if the fault drops the
                request.

        Raises:
            FaultError: during iteration: the fault finds nothing to break.
        """
        first, *others = self._stage.feed(Sent(self._request))
        if not isinstance(first, Sent):
            yield from (first, *others)
            return
        for part in ask():
            yield from self._stage.feed(part)

    def instead(self) -> Interaction | None:
        """Return the response instead of sending the request, for a client that receives bodies whole; None
        if it's sent.

        Raises:
            FaultError: such a client can't be shown the fault.
        """
        first, *others = self._stage.feed(Sent(self._request))
        if isinstance(first, Sent):
            return None
        return interaction_of(
            (first, *others), Interaction(self._request, Response(NO_RESPONSE, "", (), b""))
        )

    def whole(self, recorded: Interaction) -> Interaction:
        """Apply the fault to a recorded response, for a client that receives bodies whole.

        Raises:
            FaultError: such a client can't see the fault: it changes pieces or times, or breaks the stream in
                the middle of the body.
        """
        _, *parts = parts_of(recorded)
        outs = list(islice((out for part in parts for out in self._stage.feed(part)), _MOST_PARTS))
        if not self._notes.broke:
            return recorded
        broken = interaction_of(outs, recorded)
        was, now = recorded.response, broken.response
        failed = now.timeline is not None and now.timeline.failure is not None
        is_seen = (now.status, now.body, unsized(now.headers)) != (was.status, was.body, unsized(was.headers))
        if len(outs) == _MOST_PARTS or not is_seen or (failed and now.status != NO_RESPONSE):
            fault = self._notes.broke[0]
            error = FaultError(
                f"{fault!r} can't be shown to this client: it's given bodies whole, and sees neither pieces"
                " nor pauses nor what comes before a failure. Use another client, or another fault"
            )
            self._notes.unfit.append((fault, error, True))
            raise error
        if failed or len(now.body) < len(was.body):
            self.end(is_whole=False)
        return broken

    def end(self, *, is_whole: bool) -> None:
        """Note that the client receives nothing more of the response."""
        on_spoiled, self.on_spoiled = self.on_spoiled, _nothing
        if self._notes.broke and not is_whole:
            on_spoiled()


def _nothing() -> None:
    """Nobody minds."""


_TAIL_BYTES = 4096
_MOST_PARTS = 100_000


class _Delivery:
    """One response in transit, sync or async.

    Times are seconds since the request. A part of a recording arrives at its recorded time, even if the
    client reads it later; any other part when it's received. The client waits for the remaining time until
    the time set by the fault.
    """

    def __init__(
        self, broken: BrokenResponse, stage: Stage[Part, Part], request: HttpxRequest, clock: Clock
    ) -> None:
        self._broken = broken
        self._family: ModuleType = family_of(request)
        self._request = request
        self._clock = clock
        self._stage = stage
        self._decode = decoding()
        self._patience = read_timeout_of(request)
        self._out: Iterator[Part] = iter(())
        self._started = clock.monotonic()
        self._waited = 0.0  # for the fault
        self._inner: Any = None  # the response underneath
        self._pieces: Any = None
        self._has_ended = False  # the original answer
        self._tail = b""  # of what the client got
        self._cause: tuple[Failure, Exception] | None = None

    # Parts from the inner transport

    def send(self, send: Send, sent: Request) -> None:
        """Send the request, unless the fault drops it."""
        if not self._is_sent(sent):
            return
        try:
            self._inner = send(self._request)
        except UnspoolError:  # no failure of the network, and none for a fault to change
            raise
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            self._push(self._failed(error))
        else:
            self._pieces = iter(self._inner.stream)
            self._push(self._head())

    async def asend(self, send: ASend, sent: Request) -> None:
        if not self._is_sent(sent):
            return
        try:
            self._inner = await send(self._request)
        except UnspoolError:  # as above
            raise
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            self._push(self._failed(error))
        else:
            self._pieces = aiter(self._inner.stream)
            self._push(self._head())

    def _pull(self) -> None:
        try:
            part: Piece | Stop = Piece(next(self._pieces))
        except StopIteration:
            part = Stop()
        except UnspoolError:  # as above
            raise
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            part = self._failed(error)
        self._push(part)

    async def _apull(self) -> None:
        try:
            part: Piece | Stop = Piece(await anext(self._pieces))
        except StopAsyncIteration:
            part = Stop()
        except UnspoolError:  # as above
            raise
        except Exception as error:  # noqa: BLE001 - it's raised when its turn comes
            part = self._failed(error)
        self._push(part)

    def _is_sent(self, sent: Request) -> bool:
        first, *others = self._stage.feed(Sent(sent))
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

    def _push(self, part: Head | Piece | Stop) -> None:
        self._has_ended = isinstance(part, Stop)
        part = replace(part, at=self._came_at(part))
        # Lazily: the result for one part may be endless, or an error after other parts.
        self._out = (out for decoded in self._decode(part) for out in self._stage.feed(decoded))

    def _came_at(self, part: Head | Piece | Stop) -> float:
        due_on = getattr(getattr(self._inner, "stream", None), "due_on", None)
        due: float | None = None if due_on is None else due_on(self._clock)
        has_broken = isinstance(part, Stop) and part.failure is not None
        return self._elapsed() - self._waited if due is None or has_broken else due

    def _elapsed(self) -> float:
        return self._clock.monotonic() - self._started

    # Parts for the client

    def next(self) -> Part:
        """Return the next part, at its time; raise the exception that replaces it."""
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
        wait = max(at - self._elapsed(), 0.0)
        if self._patience is not None and wait > self._patience:
            message = f"no byte for {counted(self._patience, 'second', 'g')}"
            return self._patience, read_timeout(self._family, self._request, message)
        self._waited += wait
        return wait, part

    def _given(self, part: Part | Exception) -> Part:
        if isinstance(part, Stop):
            self._broken.end(is_whole=self._has_ended and part.failure is None)
            if part.failure is not None:
                part = self._error(part, part.failure)
        if isinstance(part, Exception):
            self._broken.end(is_whole=False)
            self._broken.met.error = type(part).__name__
            raise part
        if isinstance(part, Head):
            self._broken.met.status = part.status
        if isinstance(part, Piece):
            self._broken.met.pieces += 1
            self._broken.met.size += len(part.data)
            self._tail = (self._tail + part.data)[-_TAIL_BYTES:]
        return part

    def _is_over(self) -> bool:
        """Whether the client has received the whole content, even if it hasn't read to the end."""
        return self._has_ended or says_goodbye(self._tail)

    def _error(self, stop: Stop, failure: Failure) -> Exception:
        if self._cause is not None and self._cause[0] is failure:
            return self._cause[1]
        return exception(self._family, self._request, stop.end, failure)

    def response(self, head: Part) -> HttpxResponse:
        """Make the response of the client's library, whose stream delivers the rest."""
        if not isinstance(head, Head):
            raise FaultError(f"expected a fault to begin with the headers or an error, got {head!r}")
        extensions = dict(self._inner.extensions) if self._inner is not None else {}
        extensions["http_version"] = head.http_version.encode("ascii")
        extensions["reason_phrase"] = head.reason.encode("ascii", "replace")
        stream = stream_class(self._family, BrokenStream)
        made: HttpxResponse = self._family.Response(
            head.status,
            headers=list(head.headers),
            stream=stream(self),
            extensions=extensions,
            request=self._request,
        )
        return made

    def close(self) -> None:
        self._broken.end(is_whole=self._is_over())
        if self._inner is not None:
            self._inner.close()

    async def aclose(self) -> None:
        self._broken.end(is_whole=self._is_over())
        if self._inner is not None:
            await self._inner.aclose()


class BrokenStream:
    """A broken body; sync and async."""

    def __init__(self, delivery: _Delivery) -> None:
        self._delivery = delivery
        self._ended = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._ended:
            self._ended = True
            part = self._delivery.next()
            if isinstance(part, Piece):
                self._ended = False
                return part.data
        raise StopIteration

    async def __anext__(self) -> bytes:
        if not self._ended:
            self._ended = True
            part = await self._delivery.anext()
            if isinstance(part, Piece):
                self._ended = False
                return part.data
        raise StopAsyncIteration

    def close(self) -> None:
        self._ended = True
        self._delivery.close()

    async def aclose(self) -> None:
        self._ended = True
        await self._delivery.aclose()
