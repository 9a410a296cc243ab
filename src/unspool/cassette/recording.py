"""An interaction being recorded, which can be read at any time."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import Protocol

from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Headers,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.cassette.outcomes import ends_with_its_mark, interrupted, is_whole
from unspool.cassette.vcr_format import round_ms


class Observer(Protocol):
    """An observer of a recording: the journal, which makes a killed recording recoverable."""

    def head(  # noqa: PLR0917 - the parts of a status line
        self, slot: int, status: int, reason: str, headers: Headers, http_version: str, at: float
    ) -> None: ...

    def chunk(self, slot: int, data: bytes, at: float) -> None: ...

    def end(self, slot: int, end: End, failure: Failure | None, at: float) -> None: ...


class Take:
    """A recording being written.

    All times are in seconds since the request. After its end only an interruption of the run changes it, as
    that may reach the stream as a cancellation first.

    Args:
        request: the request.
        recorded_at: when, in seconds since 1970-01-01 UTC.
        slot: its place in the order of the session's requests.
        max_chunks: how many network chunks of the body to store; None for all.
        max_seconds: how long to store them; None for no limit.
        observer: called for every event.
    """

    def __init__(
        self,
        request: Request,
        *,
        recorded_at: float,
        slot: int = 0,
        max_chunks: int | None = None,
        max_seconds: float | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._request = request
        self._recorded_at = round(recorded_at, 6)
        self._slot = slot
        self._max_chunks = max_chunks
        self._max_seconds = max_seconds
        self._observer = observer
        self._status = NO_RESPONSE
        self._reason = ""
        self._headers: Headers = ()
        self._http_version = "HTTP/1.1"
        self._headers_at: float | None = None
        self._chunks: list[NetworkChunk] = []
        self._body = BytesIO()  # whose value is no copy, as that of many pieces would be
        self._bytes = 0
        self._end: End | None = None
        self._ended_at: float | None = None
        self._failure: Failure | None = None
        self._finished: Interaction | None = None
        self.is_cancelled = False

    @property
    def ended(self) -> bool:
        """Whether its end is known."""
        return self._end is not None

    def head(self, status: int, reason: str, headers: Headers, http_version: str, at: float) -> None:
        """Store the status line and the headers."""
        reason = _well_formed(reason)
        headers = tuple((_well_formed(name), _well_formed(value)) for name, value in headers)
        self._status, self._reason, self._headers = status, reason, headers
        self._http_version, self._headers_at = http_version, round_ms(at)
        if self._observer is not None:
            self._observer.head(self._slot, status, reason, headers, http_version, self._headers_at)

    def chunk(self, data: bytes, at: float) -> None:
        """Store a piece of the body."""
        if self.ended or not data:
            return
        if self._is_full(at):
            self.end(End.LIMIT, at)
            return
        self._chunks.append(NetworkChunk(len(data), round_ms(at)))
        self._body.write(data)
        self._bytes += len(data)
        if self._observer is not None:
            self._observer.chunk(self._slot, data, round_ms(at))

    def end(self, end: End, at: float, failure: Failure | None = None) -> None:
        """End the recording. Idempotent: only the first call counts."""
        if self.ended:
            return
        if failure is not None:
            failure = Failure(failure.type, _well_formed(failure.message))
        self._end, self._ended_at, self._failure = end, round_ms(at), failure
        if self._observer is not None:
            self._observer.end(self._slot, end, failure, self._ended_at)

    @property
    def has_said_goodbye(self) -> bool:
        """Whether the client has received the end of the stream, so that the rest is a formality."""
        return ends_with_its_mark(self._so_far())

    @property
    def is_whole(self) -> bool:
        """Whether all the bytes of the content-length have arrived, or the format's end marker."""
        return is_whole(self._so_far())

    def _so_far(self) -> Response:
        return Response(self._status, self._reason, self._headers, self._body.getvalue())

    @property
    def is_unanswered(self) -> bool:
        """Whether there have been no headers."""
        return self._headers_at is None

    def interrupt(self, error: str) -> None:
        """Note that the run was interrupted: a response that hasn't ended, or that was cancelled by it, isn't
        final.
        """
        if self.ended and not (self.is_cancelled and self._end is End.CLOSED):
            return
        cancelled, self._end = self.interaction(), None
        self.end(End.FAILED, self._ended_at or self._last_at, interrupted(error))
        if self._finished is not None:
            timeline = replace(
                cancelled.response.timeline or Timeline(), end=End.FAILED, failure=self._failure
            )
            self._finished = replace(cancelled, response=replace(cancelled.response, timeline=timeline))

    @property
    def _last_at(self) -> float:
        return self._chunks[-1].at if self._chunks else self._headers_at or 0.0

    def interaction(self) -> Interaction:
        """Return the interaction so far; without an end, as if the client had disconnected now."""
        if self._finished is not None:
            return self._finished
        ended = self.ended
        interaction = Interaction(self._request, self._response())
        if ended:
            self._finished = interaction
            self._body, self._chunks = BytesIO(), []
        return interaction

    def _response(self) -> Response:
        size, chunks = self._bytes, list(self._chunks)  # another thread may be adding to them
        body = self._body.getvalue()
        too_many = sum(chunk.size for chunk in chunks) - size
        while too_many > 0:
            too_many -= chunks.pop().size
        timeline = Timeline(
            chunks=tuple(chunks),
            headers_at=self._headers_at,
            recorded_at=self._recorded_at,
            http_version=self._http_version,
            end=self._end or (End.COMPLETE if self.is_whole else End.CLOSED),
            ended_at=self._ended_at,
            failure=self._failure,
        )
        body = body if len(body) == size else body[:size]
        return Response(self._status, self._reason, self._headers, body, timeline)

    def _is_full(self, at: float) -> bool:
        if self._max_chunks is not None and len(self._chunks) >= self._max_chunks:
            return True
        return self._max_seconds is not None and at > self._max_seconds


def _well_formed(text: str) -> str:
    """Make a text encodable as UTF-8: aiohttp, for example, turns bytes that aren't UTF-8 into lone
    surrogates.
    """
    return text.encode("utf-8", "backslashreplace").decode()
