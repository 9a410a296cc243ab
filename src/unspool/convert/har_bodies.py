"""The bodies in a HAR's entry: text, base64, the fields of a form, or Chrome's list of events."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from unspool.cassette.boundaries import split_events
from unspool.cassette.model import Headers, header
from unspool.convert.har_times import event_messages
from unspool.convert.headers import decoded_headers
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse, is_event_stream


def request_body(post: Mapping[str, Any]) -> bytes:
    """The bytes that were posted; empty if only the parts of a multipart body are there."""
    if post.get("text"):
        return _bytes(post["text"], post.get("encoding"), "utf-8")
    if not is_form(post):
        return b""
    return urlencode([(param["name"], param.get("value") or "") for param in post["params"]]).encode()


def is_form(post: Mapping[str, Any]) -> bool:
    """Whether these are the fields of a form, whose body can be made of them."""
    return bool(post.get("params")) and "x-www-form-urlencoded" in str(post.get("mimeType"))


def response_pieces(entry: Mapping[str, Any], headers: Headers) -> tuple[Headers, list[bytes]]:
    """The headers as they fit the body, and the body: one piece per event, or as the network had cut it."""
    content = entry["response"].get("content") or {}
    text, encoding = content.get("text") or "", content.get("encoding")
    if encoding == "base64" and text.startswith("["):  # Polly.js, of a body that it left compressed
        return headers, [b64decode(piece) for piece in json.loads(text)]
    body = _bytes(text, encoding, _charset(headers))
    if not text:
        body = b"".join(_event(message) for message in event_messages(entry))
    if body or entry["request"]["method"] != "HEAD":  # the answer to a HEAD tells of a body that it hasn't
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
