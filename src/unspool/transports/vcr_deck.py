"""What vcrpy's stubs take for a cassette: it leads each request to the one in use where it's made.

A stub asks several questions about one request. The cassette is asked once: what it said stays with the
stub's request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from unspool.cassette import content_coding
from unspool.cassette.model import NO_RESPONSE, End, Failure, Headers, Interaction, Request, Response
from unspool.cassette.recording import Take
from unspool.cassette.vcr_compat import from_vcr
from unspool.clock import note_answer
from unspool.errors import CassetteError, CassetteFormatError, FaultError
from unspool.transports import active
from unspool.transports.ignored import is_ignored, may_pass, refusal
from unspool.transports.playback import Playback


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what the cassette said to it.

    Attributes:
        found: its answer; what to tell of the real one; why it may not be made; None: nobody wants to know.
        playback: of the cassette that was asked; None if none was in use.
        started: when, on the playback's recording clock.
        request: vcrpy's request.
        wire: the response's body as the server sent it, where a stub sees it before its client decodes it.
    """

    found: Interaction | Take | CassetteError | FaultError | ConnectionRefusedError | None
    playback: Playback | None = None
    started: float = 0.0
    request: Any = None
    wire: bytearray = field(default_factory=bytearray)

    @property
    def take(self) -> Take | None:
        """What the real answer is still to be told to, if to anything."""
        return self.found if isinstance(self.found, Take) and not self.found.ended else None

    def seconds(self) -> float:
        """How long ago it was asked."""
        return 0.0 if self.playback is None else self.playback.recording_clock.monotonic() - self.started

    def broken_off(self, head: Response, at: float, came: Sequence[tuple[bytes, float]]) -> None:
        """Record what arrived of an answer before it broke off: its head, and each piece, at its moment."""
        if self.take is None:
            return
        plain = _honest(replace(head, body=b"".join(data for data, _ in came)))
        self.take.head(plain.status, plain.reason, plain.headers, "HTTP/1.1", at)
        for data, seconds in came:
            self.take.chunk(data, seconds)


_latest: ContextVar[Asked] = ContextVar("unspool_vcr_asked", default=Asked(None))  # noqa: B039 - frozen
_ATTRIBUTE = "_unspool_asked"


def latest() -> Asked:
    """What was asked last in this task or thread."""
    return _latest.get()


def asked(request: Any) -> Asked:
    """What the cassette in use says to a request of vcrpy's, which is asked if it hasn't been."""
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
    """As `Cassette.ask`, under the fault if there is one: what it makes of the answer as a whole."""
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
    """Note that a request that was to be recorded got no answer, or not the whole of it."""
    if about.take is None:
        return
    end = End.CLOSED if not isinstance(error, Exception) else _end_of(error)
    failure = Failure(type(error).__name__, str(error)) if isinstance(error, Exception) else None
    about.take.end(end, about.seconds(), failure)


_ENDS = {
    "NewConnectionError": End.RESET,  # urllib3's, which is a TimeoutError to it
    "TimeoutError": End.READ_TIMEOUT,
    "ProtocolError": End.PROTOCOL_ERROR,
    "HTTPException": End.PROTOCOL_ERROR,
    "PayloadEncodingError": End.PROTOCOL_ERROR,
    "ClientPayloadError": End.PROTOCOL_ERROR,
    "OSError": End.RESET,
    "ClientConnectionError": End.RESET,
}


def _end_of(error: Exception) -> End:
    names = {kind.__name__ for kind in type(error).__mro__}
    return next((end for name, end in _ENDS.items() if name in names), End.FAILED)


class Deck:
    """Stands where vcrpy has its cassette, for one group of clients.

    Args:
        decodes: whether the stub has to decode the body, because its client doesn't; the headers stay as they
            are.
        timeout: what the clients raise where nothing comes.
        reset: what they raise where the connection is lost.
        broken: what they raise where an answer is no HTTP, or ends too soon.
    """

    _path = ""  # ends the names of the stubs' classes
    write_protected = False  # no stub needs to refuse what the cassette has refused

    def __init__(
        self,
        *,
        decodes: bool,
        timeout: type[Exception] = TimeoutError,
        reset: type[Exception] = ConnectionResetError,
        broken: type[Exception] = ConnectionResetError,
    ) -> None:
        self._fitting = _decoded if decodes else _honest
        self._timeout, self._reset = timeout, reset
        self._errors = {End.READ_TIMEOUT: timeout, End.PROTOCOL_ERROR: broken}

    # What stubs ask

    def can_play_response_for(self, request: Any) -> bool:
        """Whether it needn't be sent: it gets an answer from the cassette, or an error."""
        found = asked(request).found
        return isinstance(found, Interaction | CassetteError | FaultError | ConnectionRefusedError)

    def play_response(self, request: Any) -> dict[str, Any]:
        """The answer as vcrpy's.

        Raises:
            UnrecordedRequestError: there is none, and none may be recorded.
            Exception: the connection failed when it was recorded.
        """
        about = asked(request)
        if isinstance(about.found, Interaction) and about.playback is not None:
            about.playback.on_play(about.found)
            about.playback.cassette.play(about.found).pieces = 1  # all of it at once
            note_answer(about.playback.clock)
            if about.playback.on_end is not None:
                about.playback.on_end()  # the client gets all of it at once
            return self._played(about.found.response)
        if isinstance(about.found, CassetteError | FaultError):
            raise about.found
        if isinstance(about.found, ConnectionRefusedError):
            raise self._reset(str(about.found))
        address = request.uri.partition("?")[0]  # its query may hold a key
        broken = about.playback is not None and about.playback.breaker is not None
        again = "Run the test once without the fault" if broken else "Record both with record_mode='rewrite'"
        raise CassetteError(
            f"the answer to {request.method} {address}, where a recorded redirect leads, isn't recorded."
            f" {again}"
        )

    def filter_request(self, request: Any) -> bool:
        """Whether its answer is to be recorded."""
        return asked(request).take is not None

    def find_requests_with_most_matches(self, request: Any) -> list[tuple[Any, ...]]:
        """The requests to look for where a redirect leads: this one, by the method that the client uses."""
        about = latest()
        if isinstance(about.found, Interaction) and not _becomes_get(about):
            request = type(request)(about.request.method, request.uri, about.request.body, request.headers)
        return [(request, [], [])]

    def append(self, request: Any, response: dict[str, Any]) -> None:
        """Record the answer: all of it came at once, as far as a stub can tell."""
        # Of aiohttp's redirects only the first request was asked about; they come here one after the other.
        about = latest()
        if _ATTRIBUTE in vars(request) or about.take is None:
            if _ATTRIBUTE not in vars(request) and about.request.method == request.method:
                request.body = about.request.body  # which vcrpy leaves out
            about = asked(request)
        if about.take is None:
            return
        at = about.seconds()
        came = _response(response)
        came = _honest(replace(came, body=bytes(about.wire) or came.body))
        about.take.head(came.status, came.reason, came.headers, "HTTP/1.1", at)
        about.take.chunk(came.body, at)
        about.take.end(End.COMPLETE, at)

    def _played(self, response: Response) -> dict[str, Any]:
        timeline = response.timeline
        if response.status == NO_RESPONSE or (timeline is not None and timeline.failure is not None):
            raise self._failure(response)
        return _vcr_response(self._fitting(response))

    def _failure(self, response: Response) -> Exception:
        timeline = response.timeline
        if timeline is None or timeline.failure is None:
            return self._timeout("no answer: whoever recorded this gave up")
        kind = self._errors.get(timeline.end, self._reset)
        return kind(f"{timeline.failure.type}: {timeline.failure.message}")


def decoded_body(headers: Mapping[str, str], body: bytes) -> bytes:
    """The body without its content-encoding; as it is, where that isn't its own."""
    return _plain(Response(200, "", tuple(headers.items()), body)).body


def _becomes_get(about: Asked) -> bool:
    """Whether clients follow this redirect with GET, as browsers do."""
    assert isinstance(about.found, Interaction)  # noqa: S101 - the caller has looked
    status, method = about.found.response.status, about.request.method
    return (status == 303 and method != "HEAD") or (status in {301, 302} and method == "POST")


def _decoded(response: Response) -> Response:
    """The response with its body decoded and all of its headers."""
    return replace(response, body=_plain(response).body)


def _plain(response: Response) -> Response:
    """The response with its body decoded, if it isn't yet: recorders behind such clients keep the header."""
    try:
        return content_coding.decoded(response)
    except CassetteFormatError:
        kept = tuple(pair for pair in response.headers if pair[0].lower() != "content-encoding")
        return replace(response, headers=content_coding.sized(kept, len(response.body)))


def _honest(response: Response) -> Response:
    """The response, without a content-encoding that isn't that of its body."""
    plain = _plain(response)
    return plain if plain.body == response.body else response


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
        "headers": _by_name(response.headers),
        "body": {"string": response.body},
        "url": response.extra.get("url"),  # where vcrpy's redirects of tornado's led
    }


def _by_name(headers: Headers) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        found.setdefault(name, []).append(value)
    return found
