"""What other recorders write that isn't vcrpy's format, turned into it.

- vcrpy's own, before 6.0, with httpx: `status_code` and `content` in the response.
- pydantic-ai's tests: `parsed_body` in the place of a JSON body, in the request or the response.
- cassetter: `status: 200`, and `body: {type: json, content: …}` in the request and the response.
- vcrpy with requests or aiohttp: a body decoded, under the content-encoding that it had.
- vcrpy with aiohttp: what `json=` was given, in the place of the request's body.
- Ruby's VCR, and our own JSON: `base64_string` in a body.

What was parsed is JSON again, without blanks: its bytes aren't those that were sent. Where a body stands
decoded, the headers are made to fit it.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Any

from unspool.cassette.form import KEY
from unspool.errors import CassetteFormatError

_GZIP = b"\x1f\x8b"


def to_standard(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The interaction in vcrpy's format; the very same record if it is.

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
    body = request.get("body")
    if isinstance(body, Mapping) and "string" in body:
        return {**request, "body": body["string"]}
    found = _foreign_body(request, "request")
    if found is None and _is_python_data(body):
        found = _json(body, "request.body"), True
    if found is None:
        return request
    data, decoded = found
    headers = _decoded(request.get("headers"), None) if decoded else request.get("headers")
    return {**_without(request, "parsed_body"), "body": data, "headers": headers}


def _is_python_data(body: Any) -> bool:
    """Whether it was given as JSON's value; a list of text or bytes is the pieces of a body."""
    if isinstance(body, list | tuple):
        return not all(isinstance(piece, str | bytes) for piece in body)
    return isinstance(body, Mapping)


def _response(response: Mapping[str, Any]) -> Mapping[str, Any]:
    if "status_code" in response:
        return _old_httpx(response)
    if type(response.get("status")) is int:
        response = {**response, "status": {"code": response["status"], "message": ""}}
    found = _foreign_body(response, "response")
    if found is None:
        return _without_stale_encoding(response)
    data, decoded = found
    headers = _decoded(response.get("headers"), len(data)) if decoded else response.get("headers")
    return {**_without(response, "parsed_body"), "body": {"string": data}, "headers": headers}


def _without_stale_encoding(response: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is text can't be compressed; unless we recorded it, for then it's just what came."""
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
    """The headers of a body that stands decoded; the length, if given, is what it has now."""
    if not isinstance(headers, Mapping):
        return headers
    fitting = {name: value for name, value in headers.items() if str(name).lower() != "content-encoding"}
    for name in fitting:
        if length is not None and str(name).lower() == "content-length":
            fitting[name] = [str(length)]
    return fitting


def _foreign_body(part: Mapping[str, Any], name: str) -> tuple[bytes, bool] | None:
    """The bytes of a body in a dialect, and whether they are decoded; None if it's in none of them."""
    if "parsed_body" in part:
        return _json(part["parsed_body"], f"{name}.parsed_body"), True
    body = part.get("body")
    if not isinstance(body, Mapping) or "string" in body:
        return None
    if "base64_string" in body:
        return _binary(b64decode, body["base64_string"], f"{name}.body.base64_string"), False
    if "type" not in body or not body.keys() <= _CASSETTER_KEYS:
        return None
    read = _CASSETTER.get(str(body["type"]))
    if read is None:
        raise CassetteFormatError(
            f"{name}.body.type: expected one of {', '.join(_CASSETTER)}, got {str(body['type'])[:60]!r}"
        )
    return read(body.get("content"), f"{name}.body.content"), body["type"] in _DECODED


def _json(value: Any, field: str) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise CassetteFormatError(
            f"{field}: expected what JSON can hold, got something else: {error}"
        ) from error


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
    "json": _json,
    "text": _text,
    "binary": _hex,
    "none": _nothing,
}
_CASSETTER_KEYS = {"type", "content"}
_DECODED = {"json", "text"}


def _without(record: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in names}
