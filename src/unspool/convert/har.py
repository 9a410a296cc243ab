"""HTTP archives (HAR 1.2), as browsers, proxies and Polly.js save them.

The format: http://www.softwareishard.com/blog/har-12-spec/. Its bodies are decoded text, without the bytes of
the network and their boundaries. Only Polly.js stores both, for compressed bodies.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urldefrag, urlencode, urlsplit

from unspool.cassette.boundaries import split_events
from unspool.cassette.model import Headers, Interaction, NetworkChunk, Request, Response, Timeline, header
from unspool.cassette.vcr_format import round_ms
from unspool.convert.plain import decoded_headers
from unspool.errors import CassetteFormatError, WireError
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse, is_event_stream


def from_har(har: Mapping[str, Any]) -> tuple[list[Interaction], list[str]]:
    """Return the interactions of an archive, in the order of the requests, and notes on the rest.

    A body has one network chunk per event, at the events' own times if Chrome has stored them, else at the
    time of the headers.

    Raises:
        CassetteFormatError: an entry breaks the format.
    """
    interactions: list[Interaction] = []
    notes: list[str] = []
    left_out: Counter[str] = Counter()
    for index, entry in enumerate(_entries(har)):
        try:
            reason = _reason_to_leave_out(entry)
            if reason:
                left_out[reason] += 1
                continue
            interactions.append(_interaction(entry))
            notes += [f"entries[{index}]: {lost}" for lost in _lost(entry)]
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError, WireError) as error:
            raise CassetteFormatError(
                f"expected entries[{index}] of the HAR to have a request and a response as HAR 1.2 tells; "
                f"got {type(error).__name__}: {error}"
            ) from error
    notes += [f"left out {count} of the entries: {reason}" for reason, count in left_out.items()]
    return _in_order(interactions), notes


def _entries(har: Mapping[str, Any]) -> Sequence[Any]:
    log = har.get("log")
    entries = log.get("entries") if isinstance(log, Mapping) else None
    if not isinstance(entries, list):
        raise CassetteFormatError('expected a HAR, {"log": {"entries": […]}}; got no list of entries')
    return entries


def _reason_to_leave_out(entry: Mapping[str, Any]) -> str | None:
    scheme = urlsplit(entry["request"]["url"]).scheme
    if scheme not in {"http", "https"}:
        return f"{scheme or 'a URL without scheme'} is no HTTP"
    if not entry["response"]["status"]:
        return "no answer is kept, they failed or were blocked or cancelled"
    return None


def _in_order(interactions: list[Interaction]) -> list[Interaction]:
    moments = [interaction.recorded_at for interaction in interactions]
    if None in moments:
        return interactions
    return sorted(interactions, key=lambda interaction: interaction.recorded_at or 0.0)


def _interaction(entry: Mapping[str, Any]) -> Interaction:
    request, response = entry["request"], entry["response"]
    headers, pieces = response_pieces(entry, tuple(_headers(response.get("headers") or ())))
    return Interaction(
        Request(
            method=str(request["method"]),
            uri=urldefrag(request["url"]).url,
            headers=tuple(_headers(request.get("headers") or ())),
            body=request_body(request.get("postData") or {}),
        ),
        Response(
            status=int(response["status"]),
            reason=str(response.get("statusText") or ""),
            headers=headers,
            body=b"".join(pieces),
            timeline=timeline(entry, pieces),
        ),
    )


def _headers(pairs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        if not pair["name"].startswith(":"):  # HTTP/2's `:path` and the like
            # Chrome joins headers of one name by line feeds.
            yield from ((pair["name"], value) for value in str(pair["value"]).splitlines() or [""])


def _lost(entry: Mapping[str, Any]) -> Iterator[str]:
    """List the parts of its interaction that an entry lacks."""
    post, content = entry["request"].get("postData") or {}, entry["response"].get("content") or {}
    if post.get("params") and not post.get("text") and not is_form(post):
        yield "the request's parts are kept, but not its body; it's empty now"
    if (content.get("size") or 0) > 0 and not content.get("text") and not event_messages(entry):
        yield f"the response's body of {content['size']:,} bytes is not in the HAR; it's empty now"


_BEFORE_THE_HEADERS = ("blocked", "dns", "connect", "send", "wait")  # `ssl` is a part of `connect`
_HTTP_VERSIONS = {
    "http/1.0": "HTTP/1.0",
    "h2": "HTTP/2",
    "http/2": "HTTP/2",
    "http/2.0": "HTTP/2",
    "h3": "HTTP/3",
    "http/3": "HTTP/3",
    "http/3.0": "HTTP/3",
}
_MOST_SECONDS = 1e11  # a larger time since 1970 is in milliseconds: some tools write those


def event_messages(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Return the server-sent events that Chrome stores beside a response."""
    return entry.get("_eventSourceMessages") or ()


def timeline(entry: Mapping[str, Any], pieces: Sequence[bytes]) -> Timeline:
    """Return the timeline of these pieces: each at its event's time, or all with the headers."""
    timings = entry.get("timings") or {}
    recorded_at = _seconds_since_1970(entry.get("startedDateTime"))
    headers_at = _total(timings, _BEFORE_THE_HEADERS) if _is_known(timings.get("wait")) else None
    times = _message_times(entry, headers_at or 0.0, recorded_at)
    if len(times) != len(pieces):  # comments and the like are pieces, but no messages
        times = [headers_at or 0.0] * len(pieces)
    ended_at = None
    if headers_at is not None and _is_known(timings.get("receive")):
        ended_at = max(_total(timings, (*_BEFORE_THE_HEADERS, "receive")), *times[-1:], headers_at)
    return Timeline(
        chunks=tuple(NetworkChunk(len(piece), at) for piece, at in zip(pieces, times, strict=True)),
        headers_at=headers_at,
        recorded_at=recorded_at,
        http_version=_http_version(entry["response"]),
        ended_at=ended_at,
    )


def _seconds_since_1970(moment: str | None) -> float | None:
    if not moment:
        return None
    parsed = datetime.fromisoformat(moment)
    return round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp(), 6)


def _message_times(entry: Mapping[str, Any], headers_at: float, recorded_at: float | None) -> list[float]:
    if recorded_at is None:
        return []
    moments = (float(message["time"]) for message in event_messages(entry))
    seconds = (moment / 1000 if moment > _MOST_SECONDS else moment for moment in moments)
    return [round_ms(max(moment - recorded_at, headers_at)) for moment in seconds]


def _is_known(milliseconds: Any) -> bool:
    return milliseconds is not None and milliseconds >= 0


def _total(timings: Mapping[str, Any], names: Iterable[str]) -> float:
    known = (timings[name] for name in names if _is_known(timings.get(name)))
    return round_ms(sum(known) / 1000)


def _http_version(response: Mapping[str, Any]) -> str:
    return _HTTP_VERSIONS.get(str(response.get("httpVersion")).strip().lower(), "HTTP/1.1")


def request_body(post: Mapping[str, Any]) -> bytes:
    """Return the request's body; empty if the archive has only the parts of a multipart body."""
    if post.get("text"):
        return _bytes(post["text"], post.get("encoding"), "utf-8")
    if not is_form(post):
        return b""
    return urlencode([(param["name"], param.get("value") or "") for param in post["params"]]).encode()


def is_form(post: Mapping[str, Any]) -> bool:
    """Whether these are the fields of a form, from which its body can be made."""
    return bool(post.get("params")) and "x-www-form-urlencoded" in str(post.get("mimeType"))


def response_pieces(entry: Mapping[str, Any], headers: Headers) -> tuple[Headers, list[bytes]]:
    """Return the headers that fit the body, and the body: one piece per event, or the network's chunks."""
    content = entry["response"].get("content") or {}
    text, encoding = content.get("text") or "", content.get("encoding")
    if encoding == "base64" and text.startswith("["):  # Polly.js, for a body that it left compressed
        return headers, [b64decode(piece) for piece in json.loads(text)]
    body = _bytes(text, encoding, _charset(headers))
    if not text:
        body = b"".join(_event(message) for message in event_messages(entry))
    # the response to a HEAD has the length of a body, but no body
    if body or entry["request"]["method"] != "HEAD":
        headers = decoded_headers(headers, body)
    return headers, split_events(body, headers)


def _bytes(text: str, encoding: str | None, charset: str) -> bytes:
    if encoding == "base64":
        return b64decode(text)
    try:
        return text.encode(charset)
    except (LookupError, UnicodeEncodeError):
        return text.encode("utf-8", "replace")


def _charset(headers: Headers) -> str:
    kind = header(headers, "content-type") or ""
    charset = kind.partition("charset=")[2].partition(";")[0].strip("\"' ")
    return "utf-8" if is_event_stream(kind) else charset or "utf-8"


def _event(message: Mapping[str, Any]) -> bytes:
    name, event_id = message.get("eventName") or "message", message.get("eventId") or ""
    return encode_sse(WireEvent(name=name, data=message["data"], id=event_id))
