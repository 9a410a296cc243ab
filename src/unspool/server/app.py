"""Answer each request of a server: check the token, ask the source, apply the fault."""

from __future__ import annotations

import asyncio
import hmac
import json
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from urllib.parse import parse_qs, urlsplit

from unspool.cassette.model import End, Headers, Interaction, Request, header
from unspool.errors import CassetteError, FaultError
from unspool.faults.parts import Head, Part, Piece, Sent, Stop, parts_of
from unspool.server.http1 import Framing, framing_of, head_bytes
from unspool.server.journal import Entry, Journal
from unspool.server.parsing import RequestHead
from unspool.server.sources import Answer, Live, Source, UpstreamError, parts_to_send
from unspool.transports.breaker import Breaker, BrokenResponse

ADMIN = "/__unspool/"

_CACHED_BYTES = 1024**2
_MOST_CACHED = 1_000
_JSON = (("content-type", "application/json"),)
_KEY_HEADERS = ("x-unspool-token", "x-api-key", "api-key", "x-goog-api-key")


class Gate:
    """A switch that pauses streams: a paused one waits for `release` before its next piece."""

    def __init__(self) -> None:
        self.after: int | None = None
        self._released = asyncio.Event()
        self.waiting = 0

    def pause(self, after: int) -> None:
        """Hold each stream once it has sent so many pieces of its body."""
        self.after = after
        self._released = asyncio.Event()

    def release(self) -> None:
        """Release all streams."""
        self.after = None
        self._released.set()

    async def wait(self, pieces: int) -> None:
        """Wait, if a stream that has sent so many pieces is held."""
        while self.after is not None and pieces >= self.after:
            self.waiting += 1
            try:
                await self._released.wait()
            finally:
                self.waiting -= 1


@dataclass(slots=True)
class Reply:
    """A response on its way out.

    Attributes:
        entry: its entry in the journal; number 0 for an admin request, which isn't noted.
        parts: its status and headers, pieces and end, each with the seconds after which it's due.
        frames: all its bytes, if they are due at once and nothing can go wrong on the way.
        live: its parts as an upstream sends them, instead of `parts`.
        on_spoiled: called if the client doesn't receive the whole response.
        outcome: what to note if it's sent whole: `whole`, `missed` or `refused`.
        pieces: how many pieces `frames` holds, and
        size: how many bytes of a body.
    """

    entry: Entry
    parts: Iterator[Part]
    frames: bytes | None = None
    live: AsyncGenerator[Part, None] | None = None
    on_spoiled: Callable[[], None] | None = None
    outcome: str = "whole"
    pieces: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class _Frames:
    interaction: Interaction  # stored, so that its id isn't reused
    data: bytes
    pieces: int
    keeps_alive: bool


@dataclass(slots=True)
class App:
    """Answers requests from a source.

    Args:
        source: the source of the responses.
        journal: where requests are noted.
        factor: how many times the recorded times a response takes; 0 sends it at once.
        breaker: the fault that responses go through; None for none.
        token: the API key that a client must send; None for any client.
        admin: answers the addresses under `/__unspool/`.
        now: returns the seconds since the server began.
    """

    source: Source
    journal: Journal
    factor: float = 0.0
    breaker: Breaker | None = None
    token: str | None = None
    admin: Callable[[App, Request], tuple[int, Headers, bytes]] | None = None
    now: Callable[[], float] = lambda: 0.0
    gate: Gate = field(default_factory=Gate)
    fault_errors: list[str] = field(default_factory=list)
    _frames: dict[tuple[int, str, str, bool], _Frames] = field(default_factory=dict)

    def reply(self, head: RequestHead, body: bytes) -> Reply:
        """Return the response to a request. Never raises: an error becomes a response, too."""
        request = request_of(head, body)
        path = urlsplit(head.target).path
        if path.startswith(ADMIN):
            return self._admin_reply(request)
        entry = self.journal.begin(request, self.now())
        if not self.admits(request):
            return _refused(entry, 401, "expected the server's token as the API key")
        if head.method == "OPTIONS":
            return Reply(entry, _own(204, _preflight(head.headers), b""))
        if path == "/" and head.method in {"GET", "HEAD"}:
            return Reply(entry, _own(200, (("content-type", "text/plain"),), b"unspool serve\n"))
        return self._answered(entry, head, request)

    def admits(self, request: Request) -> bool:
        """Whether a request presents the token, if there is one, where its client puts the API key."""
        if self.token is None:
            return True
        sent = [header(request.headers, name) or "" for name in _KEY_HEADERS]
        sent.append((header(request.headers, "authorization") or "").removeprefix("Bearer "))
        sent += parse_qs(urlsplit(request.uri).query).get("key", [])
        return any(hmac.compare_digest(one.encode(), self.token.encode()) for one in sent)

    def reset(self) -> None:
        """Reset the source and the journal."""
        self.source.reset()
        self._frames.clear()
        self.journal.clear()
        self.fault_errors.clear()

    def reload(self) -> None:
        """Load the source again, and leave the journal."""
        self.source.reset()
        self._frames.clear()

    # A response

    def _answered(self, entry: Entry, head: RequestHead, request: Request) -> Reply:
        broken = None
        if self.breaker is not None:
            broken = self.breaker.meet(request, self.source.conversations)
        try:
            if broken is not None:
                return self._broken(entry, request, broken)
            answer = self.source.answer(request, entry)
            entry.answered_by = answer.answered_by
            if isinstance(answer, Live):
                return Reply(entry, iter(()), live=answer.parts)
            if answer.broken is not None:
                return self._broken(entry, request, answer.broken, answer)
            return self._unbroken(entry, head, request, answer)
        except CassetteError as error:
            self.journal.miss(entry, str(error))
            return _missed(entry)
        except UpstreamError as error:
            return _refused(entry, 404, str(error))
        except FaultError as error:
            self.fault_errors.append(str(error))
            return _refused(entry, 500, str(error))

    def _unbroken(self, entry: Entry, head: RequestHead, request: Request, answer: Answer) -> Reply:
        ready = None
        if self.factor == 0 and self.gate.after is None and not self.journal.keeps_bodies:
            ready = self._ready(answer.interaction, head, request)
        if ready is None:
            return Reply(entry, self._in_time(parts_to_send(answer.interaction, request)))
        response = answer.interaction.response
        entry.status = response.status
        return Reply(entry, iter(()), ready.data, pieces=ready.pieces, size=len(response.body))

    def _broken(
        self, entry: Entry, request: Request, broken: BrokenResponse, answer: Answer | None = None
    ) -> Reply:
        answers = [] if answer is None else [answer]

        def ask() -> Iterator[Part]:
            if not answers:
                found = self.source.answer(request, entry)
                if isinstance(found, Live):
                    raise UpstreamError("a fault breaks recordings and scripts: record first, then break")
                answers.append(found)
            entry.answered_by = answers[0].answered_by
            parts = self._in_time(parts_of(answers[0].interaction))
            return (part for part in parts if not isinstance(part, Sent))

        def give_back() -> None:
            for one in answers:
                one.give_back()

        parts = broken.parts(ask)
        first = next(parts)  # asks the source now: a miss becomes a response
        return Reply(entry, chain((first,), parts), on_spoiled=give_back)

    def _in_time(self, parts: Iterator[Part]) -> Iterator[Part]:
        for part in parts:
            yield part if isinstance(part, Sent) else replace(part, at=part.at * self.factor)

    def _ready(self, interaction: Interaction, head: RequestHead, request: Request) -> _Frames | None:
        """Return all the bytes of a whole response, made once for all requests that get it."""
        accepted = header(head.headers, "accept-encoding") or ""
        key = (id(interaction), f"{head.method} {head.version}", accepted, head.keep_alive)
        found = self._frames.get(key)
        if found is not None:
            return found
        timeline = interaction.response.timeline
        if timeline is not None and (timeline.end is not End.COMPLETE or timeline.failure is not None):
            return None
        if len(interaction.response.body) > _CACHED_BYTES:
            return None
        made = _frames_of(interaction, head, request)
        if len(self._frames) >= _MOST_CACHED:
            self._frames.clear()
        if made.keeps_alive == head.keep_alive:
            self._frames[key] = made
            return made
        return None

    # Other responses

    def _admin_reply(self, request: Request) -> Reply:
        entry = Entry(0, request, self.now())
        if self.admin is None:
            return Reply(entry, _own(404, _JSON, b'{"error": "no admin"}\n'))
        status, headers, body = self.admin(self, request)
        return Reply(entry, _own(status, headers, body))


def request_of(head: RequestHead, body: bytes) -> Request:
    """Return the request with the URL that its client requested."""
    target = head.target
    if not target.startswith("/"):  # the absolute form, as to a proxy (RFC 9112, section 3.2.2)
        return Request(head.method, target, head.headers, body)
    host = header(head.headers, "host") or "localhost"
    return Request(head.method, f"http://{host}{target}", head.headers, body)


def _frames_of(interaction: Interaction, head: RequestHead, request: Request) -> _Frames:
    out: list[bytes] = []
    pieces, framing = 0, None
    for part in parts_to_send(interaction, request):
        if isinstance(part, Head):
            framing, opened = opening(part, head)
            out.append(opened)
        elif isinstance(part, Piece) and framing is not None:
            pieces += 1
            out.append(framing.piece(part.data))
        elif isinstance(part, Stop) and framing is not None:
            out.append(framing.end())
    return _Frames(interaction, b"".join(out), pieces, framing is not None and framing.keeps_alive)


def opening(head: Head, asked: RequestHead, *, is_public: bool = True) -> tuple[Framing, bytes]:
    """Return how a response's body is delimited, and the bytes before it.

    Args:
        head: its status and headers.
        asked: the request's.
        is_public: whether a page of another site may read it, unless the response itself says so.
    """
    framing = framing_of(head, method=asked.method, version=asked.version, keep_alive=asked.keep_alive)
    says_so = header(head.headers, "access-control-allow-origin") is not None
    return framing, head_bytes(head, framing, _CORS if is_public and not says_so else ())


_CORS: Headers = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", "*"))
"""Return the CORS headers. Any page may read the responses: they are test data, without cookies."""


def _preflight(headers: Headers) -> Headers:
    wanted = header(headers, "access-control-request-headers") or "*"
    return (
        ("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"),
        ("Access-Control-Allow-Headers", wanted),
        ("Access-Control-Max-Age", "600"),
        ("Allow", "GET, POST, OPTIONS, HEAD"),
    )


def _own(status: int, headers: Headers, body: bytes) -> Iterator[Part]:
    sized = headers if status == 204 else (*headers, ("content-length", str(len(body))))
    return iter((Head(status, "", sized), Piece(body), Stop()))


def _error_body(kind: str, message: str) -> bytes:
    return json.dumps({"error": {"type": kind, "code": kind, "message": message}}).encode() + b"\n"


def _missed(entry: Entry) -> Reply:
    """Return a response that no client retries and no provider sends: 404 with a type of our own."""
    headers = (*_JSON, ("x-should-retry", "false"), ("x-unspool", "miss"))
    return Reply(entry, _own(404, headers, _error_body("unspool_miss", entry.message)), outcome="missed")


def _refused(entry: Entry, status: int, message: str) -> Reply:
    entry.message = message
    headers = (*_JSON, ("x-should-retry", "false"))
    return Reply(entry, _own(status, headers, _error_body("unspool_refused", message)), outcome="refused")


def refusal(status: int, message: str) -> bytes:
    """Return all the bytes of the response to invalid data, after which the connection is closed."""
    body = _error_body("unspool_refused", message)
    headers = (*_JSON, ("content-length", str(len(body))))
    framing = Framing(is_chunked=False, has_body=True, keeps_alive=False)
    return head_bytes(Head(status, "", headers), framing) + body
