"""Convert what other recorders write to vcrpy's format.

- vcrpy's own, before 6.0, with httpx: `status_code` and `content` in the response.
- pydantic-ai's tests: `parsed_body` in place of a JSON body, in the request or the response; NeMo
  Guardrails' inside `body`, where a list under `text/event-stream` is the events of a stream.
- cassetter: `status: 200`, and `body: {type: json, content: …}` in the request and the response.
- vcrpy with requests or aiohttp: a body decoded, under the content-encoding that it had.
- vcrpy with aiohttp: the argument of `json=` in place of the request's body.
- Ruby's VCR and betamax: `base64_string` in a body (our own JSON has it too), a text with its `encoding`,
  a method in lower case.
- opencode: `url`, `status: 200`, `bodyEncoding: base64`.

Parsed JSON becomes text without blanks: its bytes aren't those that were sent. The headers of a decoded body
are adjusted to it. A body of any other shape is an error, not an empty body.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from unspool.cassette.vcr_format import KEY
from unspool.errors import CassetteFormatError, WireError
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse

_DONE = "[DONE]"
_EVENT_KEYS = {"event", "data", "id", "retry"}
_LINES = {"application/x-ndjson", "application/jsonl", "application/json-lines"}


def join_parsed(value: Any, content_type: str, field: str) -> bytes:
    """Write a parsed body in the format of its content type: a list under `text/event-stream` is its events.

    Raises:
        CassetteFormatError: JSON can't contain it, or a list isn't a list of events.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not isinstance(value, list):
        return to_json(value, field)
    if kind == "text/event-stream" or _DONE in value:
        return _joined(value, _event, field)
    if kind in _LINES:
        return _joined(value, _line, field)
    if kind == "application/vnd.amazon.eventstream":
        raise CassetteFormatError(
            f"{field}: the frames of an AWS event stream can't be made of parsed events: record it again"
        )
    return to_json(value, field)


def to_json(value: Any, field: str) -> bytes:
    """Write JSON without blanks.

    Raises:
        CassetteFormatError: JSON can't contain the value.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise CassetteFormatError(f"{field}: expected what JSON can contain, got {error}") from error


def _joined(items: list[Any], write: Callable[[Any, str], bytes], field: str) -> bytes:
    return b"".join(_pieces(items, write, field))


def _pieces(items: list[Any], write: Callable[[Any, str], bytes], field: str) -> Iterator[bytes]:
    for index, item in enumerate(items):
        yield write(item, f"{field}[{index}]")


def _line(item: Any, field: str) -> bytes:
    return to_json(item, field) + b"\n"


def _event(item: Any, field: str) -> bytes:
    try:
        return encode_sse(_wire_event(item, field))
    except (TypeError, WireError) as error:
        raise CassetteFormatError(f"{field}: expected an event of a stream, got {error}") from error


def _wire_event(item: Any, field: str) -> WireEvent:
    if isinstance(item, str):
        return WireEvent(data=item)
    if not isinstance(item, Mapping):
        raise CassetteFormatError(f"{field}: expected an event of a stream, got {type(item).__name__}")
    if "data" in item and item.keys() <= _EVENT_KEYS:
        return WireEvent(
            data=_data(item["data"], field),
            name=str(item.get("event") or "message"),
            id=str(item.get("id") or ""),
            retry=item.get("retry"),
        )
    name = item.get("type")
    return WireEvent(data=_data(item, field), name=name if isinstance(name, str) and name else "message")


def _data(value: Any, field: str) -> str:
    return value if isinstance(value, str) else to_json(value, field).decode()


_GZIP = b"\x1f\x8b"


def to_standard(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the interaction in vcrpy's format; the same record if it is in it already.

    What makes no sense in any dialect is left as it is, for `form.from_record` to refuse.

    Raises:
        CassetteFormatError: a body isn't what its dialect says it is.
    """
    request, response = record.get("request"), record.get("response")
    if not isinstance(request, Mapping) or not isinstance(response, Mapping):
        return record
    changed = {"request": _request(request), "response": _response(response)}
    if changed["request"] is request and changed["response"] is response:
        return record
    return {**record, **changed}


def _request(request: Mapping[str, Any]) -> Mapping[str, Any]:
    request = _standard_names(request)
    body = request.get("body")
    found = _foreign_body(request, "request")
    if found is None and _is_python_data(body):
        found = to_json(body, "request.body"), True
    if found is None:
        return {**request, "body": body["string"]} if isinstance(body, Mapping) else request
    data, decoded = found
    headers = _decoded(request.get("headers"), None) if decoded else request.get("headers")
    return {**_without(request, *_BODY_KEYS), "body": data, "headers": headers}


def _standard_names(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the request with opencode's `url` as `uri`, and Ruby's `post` as `POST`."""
    method = request.get("method")
    if "uri" not in request and "url" in request:
        request = {**_without(request, "url"), "uri": request["url"]}
    return {**request, "method": method.upper()} if isinstance(method, str) and method.islower() else request


def _is_python_data(body: Any) -> bool:
    """Whether it is a parsed JSON value; a list of text or bytes is the pieces of a body."""
    if isinstance(body, list | tuple):
        return not all(isinstance(piece, str | bytes) for piece in body)
    return isinstance(body, Mapping) and "string" not in body


def _response(response: Mapping[str, Any]) -> Mapping[str, Any]:
    if "status_code" in response:
        return _old_httpx(response)
    if type(response.get("status")) is int:
        response = {**response, "status": {"code": response["status"], "message": ""}}
    found = _foreign_body(response, "response")
    if found is None:
        _refuse_unknown_body(response)
        return _without_stale_encoding(response)
    data, decoded = found
    headers = _decoded(response.get("headers"), len(data)) if decoded else response.get("headers")
    return {**_without(response, *_BODY_KEYS), "body": {"string": data}, "headers": headers}


def _refuse_unknown_body(response: Mapping[str, Any]) -> None:
    """Reject a body that would otherwise be played back as an empty one."""
    body = response.get("body")
    if isinstance(body, Mapping):
        if body and "string" not in body:
            raise _unknown_body("response.body", body)
    elif body is None and KEY not in response:
        others = [key for key in response if _NAMES_A_BODY.search(str(key)) and response[key]]
        if others:
            raise _unknown_body("response", others)


def _unknown_body(field: str, keys: Iterable[Any]) -> CassetteFormatError:
    shown = ", ".join(str(key)[:40] for key in list(keys)[:6])
    return CassetteFormatError(
        f"{field}: expected a body as text or bytes, or a mapping with string, base64_string, "
        f"parsed_body, or type and content; got {shown}, which no recorder that Unspool knows writes. "
        "Write the body as `string`, or record it again"
    )


def _without_stale_encoding(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """Whether a text is a decoded body: text can't be compressed, except in our own recordings."""
    body, headers = response.get("body"), response.get("headers")
    if KEY in response or not isinstance(body, Mapping) or not isinstance(headers, Mapping):
        return response
    text = body.get("string")
    if not isinstance(text, str) or not any(str(name).lower() == "content-encoding" for name in headers):
        return response
    return {**response, "headers": _decoded(headers, len(text.encode()))}


def _old_httpx(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """It kept the content as httpx had decoded it, under the headers as they had come."""
    content, headers = response.get("content"), response.get("headers")
    data = content.encode() if isinstance(content, str) else content
    if isinstance(data, bytes) and not data.startswith(_GZIP):
        headers = _decoded(headers, len(data))
    return {
        **_without(response, "status_code", "content"),
        "status": {"code": response["status_code"], "message": ""},
        "headers": headers,
        "body": {"string": data},
    }


def _decoded(headers: Any, length: int | None) -> Any:
    """Return the headers of a decoded body, with its new length, if given."""
    if not isinstance(headers, Mapping):
        return headers
    fitting = {name: value for name, value in headers.items() if str(name).lower() != "content-encoding"}
    for name in fitting:
        if length is not None and str(name).lower() == "content-length":
            fitting[name] = [str(length)]
    return fitting


def _foreign_body(part: Mapping[str, Any], name: str) -> tuple[bytes, bool] | None:
    """Return the bytes of a body in a recorder's form, and whether they are decoded; None for an unknown
    form.
    """
    if "parsed_body" in part:
        return _parsed(part["parsed_body"], part, f"{name}.parsed_body"), True
    body = part.get("body")
    if "bodyEncoding" in part:
        return _opencode(body, part["bodyEncoding"], name), False
    if not isinstance(body, Mapping):
        return None
    if "string" in body:
        return _in_charset(body, name)
    if "parsed_body" in body:
        return _parsed(body["parsed_body"], part, f"{name}.body.parsed_body"), True
    if "base64_string" in body:
        return _binary(b64decode, body["base64_string"], f"{name}.body.base64_string"), False
    if "type" not in body or not body.keys() <= _CASSETTER_KEYS:
        return None
    return _cassetter(body, name)


def _parsed(value: Any, part: Mapping[str, Any], field: str) -> bytes:
    return join_parsed(value, _content_type(part.get("headers")), field)


def _content_type(headers: Any) -> str:
    if not isinstance(headers, Mapping):
        return ""
    values = [value for name, value in headers.items() if str(name).lower() == "content-type"]
    first = values[0] if values else ""
    return str((first or [""])[0] if isinstance(first, list | tuple) else first)


def _opencode(body: Any, encoding: Any, name: str) -> bytes:
    if encoding == "base64":
        return _binary(b64decode, body or "", f"{name}.body")
    if encoding in {None, "utf8", "utf-8", "text"}:
        return _text(body or "", f"{name}.body")
    raise CassetteFormatError(f"{name}.bodyEncoding: expected base64 or text, got {str(encoding)[:60]!r}")


def _in_charset(body: Mapping[str, Any], name: str) -> tuple[bytes, bool] | None:
    """Encode a text that was decoded from another charset than UTF-8, as by Ruby's VCR and betamax; else
    None.
    """
    text, charset = body["string"], str(body.get("encoding") or "")
    if not isinstance(text, str) or charset.lower() in _UTF_8 or text.isascii():
        return None
    try:
        return text.encode(charset), False
    except (LookupError, UnicodeError) as error:
        raise CassetteFormatError(
            f"{name}.body.string: expected text in {charset[:40]!r}, as its encoding says: {error}"
        ) from error


def _cassetter(body: Mapping[str, Any], name: str) -> tuple[bytes, bool]:
    read = _CASSETTER.get(str(body["type"]))
    if read is None:
        raise CassetteFormatError(
            f"{name}.body.type: expected one of {', '.join(_CASSETTER)}, got {str(body['type'])[:60]!r}"
        )
    return read(body.get("content"), f"{name}.body.content"), body["type"] in _DECODED


def _text(value: Any, field: str) -> bytes:
    if not isinstance(value, str):
        raise CassetteFormatError(f"{field}: expected text, got {type(value).__name__}")
    return value.encode("utf-8", "surrogatepass")


def _binary(decode: Callable[[str], bytes], value: Any, field: str) -> bytes:
    try:
        return value if isinstance(value, bytes) else decode(str(value))
    except ValueError as error:
        raise CassetteFormatError(
            f"{field}: expected bytes as text, got {str(value)[:60]!r}: {error}"
        ) from error


def _hex(value: Any, field: str) -> bytes:
    return _binary(bytes.fromhex, value, field)


def _nothing(_value: Any, _field: str) -> bytes:
    return b""


_CASSETTER: dict[str, Callable[[Any, str], bytes]] = {
    "json": to_json,
    "text": _text,
    "binary": _hex,
    "none": _nothing,
}
_CASSETTER_KEYS = {"type", "content"}
_BODY_KEYS = ("parsed_body", "bodyEncoding")
_NAMES_A_BODY = re.compile("body|content|chunks|events|stream|data|text", re.IGNORECASE)
_UTF_8 = {"", "utf-8", "utf8", "us-ascii", "ascii-8bit"}
_DECODED = {"json", "text"}


def _without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
