"""HTTP archives (HAR 1.2), as browsers, proxies and Polly.js save them.

The format: http://www.softwareishard.com/blog/har-12-spec/. Its bodies are text after decoding, so the
bytes that came over the network are not in there, nor where the network cut them. Polly.js alone keeps
both, of compressed bodies.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urldefrag, urlsplit

from unspool.cassette.model import Interaction, Request, Response
from unspool.convert.har_bodies import is_form, request_body, response_pieces
from unspool.convert.har_times import event_messages, timeline
from unspool.errors import CassetteFormatError, WireError


def from_har(har: Mapping[str, Any]) -> tuple[list[Interaction], list[str]]:
    """The interactions of an archive, in the order in which they were requested, and notes on the rest.

    A body comes as one network chunk per event, all at the moment of the headers, but at the events' own
    moments where Chrome has kept them.

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
        if not pair["name"].startswith(":"):  # HTTP/2's `:path` and its kin
            # Chrome joins headers of one name by line feeds.
            yield from ((pair["name"], value) for value in str(pair["value"]).splitlines() or [""])


def _lost(entry: Mapping[str, Any]) -> Iterator[str]:
    """What an entry doesn't hold of its interaction."""
    post, content = entry["request"].get("postData") or {}, entry["response"].get("content") or {}
    if post.get("params") and not post.get("text") and not is_form(post):
        yield "the request's parts are kept, but not its body; it's empty now"
    if (content.get("size") or 0) > 0 and not content.get("text") and not event_messages(entry):
        yield f"the response's body of {content['size']:,} bytes is not in the HAR; it's empty now"
