"""A plain dump of a stream, as printed by `curl -N` or `curl -N -i`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from unspool.cassette.model import Headers, Interaction, Request, Response
from unspool.convert.plain import decoded_headers
from unspool.errors import CassetteFormatError
from unspool.wire.sse import SSEDecoder

_BOM = b"\xef\xbb\xbf"
_STATUS_LINE = re.compile(rb"HTTP/[\d.]+ (\d{3})(?: ([^\r\n]*))?\r?\n")
_HEADER_LINE = re.compile(rb"([^\s:]+):[ \t]*([^\r\n]*?)[ \t]*\r?\n")
_BLANK_LINE = re.compile(rb"\r?\n")
_EVENT_LINE = re.compile(rb"\s*(?:data|event|id|retry)?:")

_OPENAI = "https://api.openai.com/v1"
_URI_OF_OBJECT = {
    "chat.completion.chunk": f"{_OPENAI}/chat/completions",
    "text_completion": f"{_OPENAI}/completions",
}
_GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/{}:streamGenerateContent?alt=sse"


def is_dump(data: bytes) -> bool:
    """Whether this looks like a dump: it begins with a status line, or with a field of an event."""
    data = data.removeprefix(_BOM)
    return _STATUS_LINE.match(data) is not None or _EVENT_LINE.match(data) is not None


def from_sse(data: bytes, *, method: str = "POST", uri: str | None = None) -> Interaction:
    """Return the interaction with this response. The rest of the request and the times are unknown.

    Args:
        data: the body, after its status line and headers or without them.
        method: the request's.
        uri: the request's; by default guessed from the events, see `guess_uri`.

    Raises:
        CassetteFormatError: no URI is passed, and the events don't identify it.
    """
    status, reason, headers, body = _split_head(data.removeprefix(_BOM))
    asked = uri or guess_uri(body)
    if asked is None:
        raise CassetteFormatError(
            "expected the events of OpenAI, Anthropic, Gemini or Cohere, which tell the URI they came from; "
            f"got {body[:60]!r}. Say which URI it was (--uri)"
        )
    if _EVENT_LINE.match(body):  # `curl --compressed` prints a decoded body, and the original headers
        headers = decoded_headers(headers, body)
    return Interaction(Request(method, asked), Response(status, reason, headers, body))


def _split_head(data: bytes) -> tuple[int, str, Headers, bytes]:
    """Return status, reason, headers and body. Of several heads (a proxy's, a redirect's) the last one
    counts.
    """
    status, reason = 200, "OK"
    headers: Headers = (("content-type", "text/event-stream"),)
    while line := _STATUS_LINE.match(data):
        status, reason = int(line[1]), _text(line[2] or b"")
        headers, end = _read_headers(data, line.end())
        data = data[end:]
    return status, reason, headers, data


def _read_headers(data: bytes, start: int) -> tuple[Headers, int]:
    """Return the headers, and the start of the body."""
    pairs = []
    while line := _HEADER_LINE.match(data, start):
        pairs.append((_text(line[1]), _text(line[2])))
        start = line.end()
    blank = _BLANK_LINE.match(data, start)
    return tuple(pairs), blank.end() if blank else start


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def guess_uri(body: bytes) -> str | None:
    """Guess the URI of the provider from its events; None if unknown.

    Providers with OpenAI's format count as OpenAI.
    """
    return next((uri for event in _events(body) if (uri := _uri_of(event))), None)


def _events(body: bytes) -> Iterator[Mapping[str, Any]]:
    decoder = SSEDecoder()
    for event in chain(decoder.feed(body), decoder.flush()):
        try:
            payload = json.loads(event.data)
        except ValueError:
            continue  # `[DONE]`, a ping
        if isinstance(payload, Mapping):
            yield payload


def _uri_of(payload: Mapping[str, Any]) -> str | None:
    kind = str(payload.get("type"))
    if kind == "message_start":
        return "https://api.anthropic.com/v1/messages"
    if kind == "message-start":
        return "https://api.cohere.com/v2/chat"
    if kind.startswith("response."):
        return f"{_OPENAI}/responses"
    if "candidates" in payload and "modelVersion" in payload:
        return _GEMINI.format(payload["modelVersion"])
    if _has_delta(payload.get("choices")):  # as from z.ai, which leaves `object` out
        return _URI_OF_OBJECT["chat.completion.chunk"]
    return _URI_OF_OBJECT.get(str(payload.get("object")))


def _has_delta(choices: Any) -> bool:
    return isinstance(choices, list) and any(isinstance(c, Mapping) and "delta" in c for c in choices)
