"""The content of a request's body, independent of its spelling: JSON, a form, multipart, or text.

JSON that differs in the order of keys, in white space, in escapes or in `1` against `1.0` is the same;
so is a form with its fields in another order, and multipart with another boundary. Clients don't always send
the right content type, and a cassette may have lost its headers, so the bytes are checked, too.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from hashlib import blake2b
from itertools import count
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from pydantic_core import from_json, to_json

from unspool.cassette.ignore_paths import Gone, Path, drop
from unspool.cassette.model import Request, header

JSON, FORM, MULTIPART, TEXT = "JSON", "form", "multipart", "text"


class Body(NamedTuple):
    """A parsed body.

    Attributes:
        kind: one of JSON, FORM, MULTIPART, TEXT.
        document: JSON's value; the fields of a form or of multipart by name; else a text, or bytes if it
            isn't UTF-8. Ignored items of lists are `Gone.GONE`.
    """

    kind: str
    document: Any


_GZIP = b"\x1f\x8b"
_MOST_UNZIPPED = 64 * 1024 * 1024  # a small cassette could contain a bomb
_LOOKS_LIKE_JSON = re.compile(rb"\s*[{\[]")
_LOOKS_LIKE_FORM = re.compile(rb"[\w.~%+*\[\]-]+=[^&\s]*(?:&[\w.~%+*\[\]-]+=[^&\s]*)*")
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_FIRST_BOUNDARY = re.compile(rb"--([^\r\n]+)\r\n")
_PART_NAME = re.compile(r'^content-disposition:.*;\s*name="([^"]*)"', re.IGNORECASE | re.MULTILINE)


def read_body(request: Request, ignore: Iterable[Path] = ()) -> Body:
    """Parse the body of a request, without its ignored fields."""
    body = _read(request)
    if not isinstance(body.document, str | bytes):
        for path in ignore:
            drop(body.document, path)
    return body


def _read(request: Request) -> Body:
    data = _unzipped(request.body)
    if _LOOKS_LIKE_JSON.match(data):  # before the headers are read: nearly every request ends here
        return _read_json(data)
    content_type = (header(request.headers, "content-type") or "").strip()
    kind = content_type.partition(";")[0].rstrip().lower() or _sniffed(data)
    if kind == "application/x-www-form-urlencoded":
        return _read_form(data)
    if kind.startswith("multipart/"):
        return _read_multipart(content_type, data)
    return _read_json(data) if "json" in kind else _read_text(data)


def _unzipped(data: bytes) -> bytes:
    """Decompress gzip; return the bytes themselves if they aren't gzip, or are broken or too many."""
    if not data.startswith(_GZIP):
        return data
    reader = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        content = reader.decompress(data, _MOST_UNZIPPED)
    except zlib.error:
        return data
    return content if reader.eof and not reader.unused_data else data


def _sniffed(data: bytes) -> str:
    if _FIRST_BOUNDARY.match(data):
        return "multipart/form-data"
    return "application/x-www-form-urlencoded" if _LOOKS_LIKE_FORM.fullmatch(data) else ""


def _read_json(data: bytes) -> Body:
    try:
        return Body(JSON, from_json(data))
    except ValueError:
        return _read_text(data)


def _read_text(data: bytes) -> Body:
    return Body(TEXT, _text(data))


def _text(data: bytes) -> str | bytes:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def _read_form(data: bytes) -> Body:
    try:
        pairs = parse_qsl(data.decode("utf-8"), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return _read_text(data)
    return Body(FORM, by_name(sorted(pairs)))


def by_name(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return values by name; a list of them if a name occurs twice."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def _read_multipart(content_type: str, data: bytes) -> Body:
    boundary = _boundary(content_type, data)
    if not boundary:
        return _read_text(data)
    pieces = (b"\r\n" + data).split(b"\r\n--" + boundary)[1:]
    parts = [piece for piece in pieces if not piece.startswith(b"--")]  # two hyphens mark the end
    return Body(MULTIPART, by_name(map(_part, parts, count()))) if parts else _read_text(data)


def _boundary(content_type: str, data: bytes) -> bytes:
    stated = _BOUNDARY.search(content_type)
    if stated:
        return (stated[1] or stated[2]).encode("utf-8", "surrogateescape")
    first = _FIRST_BOUNDARY.match(data)
    return first[1] if first else b""


def _part(part: bytes, index: int) -> tuple[str, dict[str, Any]]:
    head, _, content = part.partition(b"\r\n\r\n")
    text = head.decode("utf-8", "backslashreplace")
    name = _PART_NAME.search(text)
    return name[1] if name else str(index), {**_part_headers(text), "content": _text(content)}


def _part_headers(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.split("\r\n") if line)
    return {name.strip().lower(): value.strip() for name, _, value in lines}


def digest(body: Body) -> bytes:
    """Return 16 bytes that are equal only for bodies with the same content."""
    return blake2b(to_json([body.kind, _plain(body.document)]), digest_size=16).digest()


def _plain(value: Any) -> Any:
    """Return the value as canonical JSON: keys sorted, whole numbers as integers, lists without gaps."""
    if isinstance(value, str):  # the most frequent first: this is half of what a key costs
        return value
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_plain(item) for item in value if item is not _GONE]
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return {"": blake2b(value).hexdigest()} if isinstance(value, bytes) else value


_GONE = Gone.GONE
