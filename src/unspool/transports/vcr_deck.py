"""The cassette of vcrpy's stub for tornado: it passes each request to the cassette in use where it's made.

A stub makes several calls for one request. The cassette is asked once: its answer is stored with the stub's
request. tornado's stub takes bodies whole: it can't show a fault in their pieces.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any

from unspool.cassette.model import NO_RESPONSE, End, Interaction, Request, Response
from unspool.cassette.recording import Take
from unspool.cassette.vcr_compat import from_vcr
from unspool.clock import note_response
from unspool.errors import CassetteError, FaultError
from unspool.headers import grouped
from unspool.transports import active
from unspool.transports.http1 import honest, plain
from unspool.transports.http_library import end_of
from unspool.transports.ignored import is_ignored, may_pass, refusal
from unspool.transports.playback import Playback


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what the cassette said to it.

    Attributes:
        found: its answer; the take that records it; the error that forbids it; None to let it pass.
        playback: that of the cassette in use; None if there was none.
        started: when, on the playback's recording clock.
        request: vcrpy's request.
    """

    found: Interaction | Take | CassetteError | FaultError | ConnectionRefusedError | None
    playback: Playback | None = None
    started: float = 0.0
    request: Any = None

    @property
    def take(self) -> Take | None:
        """The take that records the real response, if any."""
        return self.found if isinstance(self.found, Take) and not self.found.ended else None

    def seconds(self) -> float:
        """The seconds since the request."""
        return 0.0 if self.playback is None else self.playback.recording_clock.monotonic() - self.started


_latest: ContextVar[Asked] = ContextVar("unspool_vcr_asked", default=Asked(None))  # noqa: B039 - frozen
_ATTRIBUTE = "_unspool_asked"


def latest() -> Asked:
    """The last request in this task or thread."""
    return _latest.get()


def asked(request: Any) -> Asked:
    """Return the cassette's answer to a vcrpy request, looked up once."""
    known: Asked | None = vars(request).get(_ATTRIBUTE)
    if known is None:
        known = _ask(request)
        setattr(request, _ATTRIBUTE, known)
        _latest.set(known)
    return known


def _ask(request: Any) -> Asked:
    used = active.current()
    if used is None or used.playback is None:
        return Asked(None)
    playback = used.playback.now()
    if is_ignored(playback.cassette, request.uri):
        if may_pass(playback.cassette, request.uri):
            return Asked(None)
        return Asked(ConnectionRefusedError(refusal(request.uri)))
    started = playback.recording_clock.monotonic()
    try:
        found = _found(playback, from_vcr(request))
    except (CassetteError, FaultError) as error:
        return Asked(error, playback, started, request)
    return Asked(found, playback, started, request)


def _found(playback: Playback, request: Request) -> Interaction | Take | None:
    """Like `Cassette.ask`, with the fault applied to the whole response, if there is one."""
    broken = playback.meet(request)
    if broken is None:
        return playback.ask(request)
    instead = broken.instead()
    if instead is not None:
        return instead
    found = playback.ask(request)
    if not isinstance(found, Interaction):
        return found
    broken.on_spoiled = partial(playback.cassette.give_back, found)
    return broken.whole(found)


def fail(about: Asked, error: BaseException) -> None:
    """Note that a recorded request got no response, or only a part of it."""
    if about.take is None:
        return
    end, failure = end_of(error)
    about.take.end(end, about.seconds(), failure)


class Deck:
    """A replacement for vcrpy's cassette."""

    _path = ""  # ends the names of the stubs' classes
    write_protected = False  # no stub needs to refuse what the cassette has refused

    # Called by stubs

    def can_play_response_for(self, request: Any) -> bool:
        """Whether it needn't be sent: it gets an answer from the cassette, or an error."""
        found = asked(request).found
        return isinstance(found, Interaction | CassetteError | FaultError | ConnectionRefusedError)

    def play_response(self, request: Any) -> dict[str, Any]:
        """Return the response as vcrpy's.

        Raises:
            UnrecordedRequestError: there is no recording, and the record mode forbids one.
            Exception: the connection failed when it was recorded.
        """
        about = asked(request)
        if isinstance(about.found, Interaction) and about.playback is not None:
            about.playback.on_play(about.found)
            about.playback.cassette.play(about.found).pieces = 1  # all of it at once
            note_response(about.playback.clock)
            if about.playback.on_end is not None:
                about.playback.on_end()  # the client gets all of it at once
            return self._played(about.found.response)
        assert isinstance(about.found, Exception)  # noqa: S101 - the stub has asked whether it's here
        raise about.found

    def filter_request(self, request: Any) -> bool:
        """Whether its answer is to be recorded."""
        return asked(request).take is not None

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Record the response, which arrived at once as far as a stub can tell."""
        about = asked(request)
        if about.take is None:
            return
        at = about.seconds()
        came = honest(_response(response))
        about.take.head(came.status, came.reason, came.headers, "HTTP/1.1", at)
        about.take.chunk(came.body, at)
        about.take.end(End.COMPLETE, at)

    def _played(self, response: Response) -> dict[str, Any]:
        timeline = response.timeline
        if response.status == NO_RESPONSE or (timeline is not None and timeline.failure is not None):
            raise self._failure(response)
        return _vcr_response(honest(response))

    def _failure(self, response: Response) -> Exception:
        timeline = response.timeline
        if timeline is None or timeline.failure is None:
            return TimeoutError("no response: the recording client gave up")
        kind = TimeoutError if timeline.end is End.READ_TIMEOUT else ConnectionResetError
        return kind(f"{timeline.failure.type}: {timeline.failure.message}")


def decoded_body(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without its content-encoding; as it is, where that isn't its own."""
    return plain(Response(200, "", tuple(headers.items()), body)).body


def _response(recorded: dict[str, Any]) -> Response:
    status, headers = recorded["status"], recorded["headers"]
    pairs = headers.items() if isinstance(headers, dict) else headers
    return Response(
        status["code"],
        status["message"] or "",
        tuple((str(name), str(value)) for name, values in pairs for value in values),
        recorded["body"].get("string") or b"",
    )


def _vcr_response(response: Response) -> dict[str, Any]:
    return {
        "status": {"code": response.status, "message": response.reason},
        "headers": grouped(response.headers),
        "body": {"string": response.body},
        "url": response.extra.get("url"),  # the target of vcrpy's redirects for tornado
    }
