"""Convert between vcrpy's hooks, matchers and requests and ours.

A hook changes an interaction before it is matched, recorded and replayed. vcrpy is imported when one of these
functions needs it: matching by names needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import reduce, wraps
from typing import Any

from unspool.cassette.content_coding import decoded
from unspool.cassette.match import Matcher
from unspool.cassette.model import Interaction, Request, sizes_fit
from unspool.cassette.vcr_format import from_record, to_record
from unspool.headers import joined

Function = Callable[[Any], Any]
Hook = Function | Iterable[Function] | None
"""A function of vcrpy's request or response, or several of them, each given what the one before returns."""


@dataclass(frozen=True, slots=True)
class Hooks:
    """A user's hooks.

    Attributes:
        requests: change a request, or return None to let it pass unrecorded.
        responses: change a response, or return None to drop the interaction.
        decodes: whether bodies are recorded and replayed without their content coding.
    """

    requests: tuple[Function, ...] = ()
    responses: tuple[Function, ...] = ()
    decodes: bool = False

    def seen(self, request: Request) -> Request | None:
        """The request to match and record; None to let it pass untouched."""
        if not self.requests:
            return request
        changed = _all(self.requests, to_vcr(request))
        return None if changed is None else from_vcr(changed)

    def kept(self, interaction: Interaction) -> Interaction | None:
        """The interaction to save; None to save nothing."""
        if self.decodes:
            interaction = replace(interaction, response=decoded(interaction.response))
        if not self.responses:
            return interaction
        record = to_record(interaction)
        record["response"]["body"]["string"] = interaction.response.body  # bytes, as vcrpy hands it over
        response = _all(self.responses, record["response"])
        return None if response is None else _resized(from_record({**record, "response": response}))

    def loaded(self, interaction: Interaction) -> Interaction | None:
        """The interaction to replay; None to play nothing. Vcrpy's hooks apply to what it loads, too."""
        request = self.seen(interaction.request)
        if request is None:
            return None
        if request is not interaction.request:
            interaction = replace(interaction, request=request)
        return self.kept(interaction)


def _resized(interaction: Interaction) -> Interaction:
    """Drop the sizes of chunks, if the hook changed the body's size: the chunks are no longer known."""
    response = interaction.response
    if response.timeline is None or sizes_fit(response):
        return interaction
    return replace(interaction, response=replace(response, timeline=replace(response.timeline, chunks=())))


def functions_of(hook: Hook) -> tuple[Function, ...]:
    """A hook's functions."""
    if hook is None:
        return ()
    return (hook,) if callable(hook) else tuple(hook)


def _all(functions: tuple[Function, ...], value: Any) -> Any:
    return reduce(lambda value, function: None if value is None else function(value), functions, value)


def adapt(matcher: Callable[[Any, Any], object]) -> Matcher:
    """A matcher of vcrpy's, such as `vcr.matchers.body` or one of your own, for `Matching.match_on`.

    It gets two of vcrpy's requests, as in vcrpy: the client's and the recorded one.
    """

    @wraps(matcher, updated=())
    def adapted(came: Request, recorded: Request) -> object:
        return matcher(to_vcr(came), to_vcr(recorded))

    return adapted


def to_vcr(request: Request) -> Any:
    """Convert the request to vcrpy's: a `vcr.request.Request`, whose body is bytes."""
    from vcr.request import Request as VcrRequest  # noqa: PLC0415

    return VcrRequest(request.method, request.uri, request.body, _joined(request))


def _joined(request: Request) -> dict[str, str]:
    """Headers as vcrpy holds them; of one that comes twice, the values have a comma between them."""
    return {name.lower(): value for name, value in joined(request.headers).items()}


def from_vcr(request: Any) -> Request:
    """The request of vcrpy's as ours, whatever its body is: None, text, bytes, a file or pieces of these."""
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return Request(request.method, request.uri, headers, _bytes(request.body))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    return _pieces(body)


def _pieces(body: Iterable[Any]) -> bytes:
    """Pieces joined, be they text, bytes, or the numbers of single bytes."""
    return b"".join(bytes([piece]) if isinstance(piece, int) else _bytes(piece) for piece in body)
