"""An interaction as vcrpy's format, version 1, has it, with what that can't say in a key of our own.

A request has exactly vcrpy's four keys, because vcrpy hands them on as arguments. The key of our own stands
inside the response, the one place whose unknown keys every vcrpy since 7.0 ignores when it reads a file and
keeps when it writes it again. Headers are grouped by name, so what comes back is grouped too; the rest comes
back as it was, times to a tenth of a millisecond.

The sizes and times of a body's pieces are one line of text, `212@128.9 180@329.4 3*70@400.1`. Each word is a
size in bytes and the piece's arrival in milliseconds since the request; `3*` stands for three such pieces in
a row. One line, because a reviewer reads the body and not these numbers, and because vcrpy, which keeps this
text when it writes a cassette anew, would give each number of a list a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, groupby, islice, repeat
from typing import Any, NoReturn

from unspool.cassette.model import End, Failure, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.errors import CassetteFormatError
from unspool.headers import Headers, grouped, joined

KEY = "unspool"
"""The name of our own key."""

VERSION = 1
"""The version of what stands under it."""

_PARTS = {"request", "response"}
_RESPONSE = {"status", "headers", "body", KEY}
_TIMELINE = {"v", "recorded_at", "http_version", "headers_ms", "chunks", "end", "ended_ms", "error"}
_ENDS = {end.value: end for end in End}
_MOST_MS = 10**12
_SEVERAL = (list, tuple)


def to_record(interaction: Interaction) -> dict[str, Any]:
    """The interaction as plain data; bodies are str where they are UTF-8, else bytes."""
    request, response = interaction.request, interaction.response
    return {
        "request": {
            "method": request.method,
            "uri": request.uri,
            "body": _text_or_bytes(request.body),
            "headers": _joined(request.headers),
        },
        "response": _response_record(response),
        **_others(interaction.extra, _PARTS),
    }


def _response_record(response: Response) -> dict[str, Any]:
    record = {
        "status": {"code": response.status, "message": response.reason},
        "headers": grouped(response.headers),
        "body": {"string": _text_or_bytes(response.body)},
        **_others(response.extra, _RESPONSE),
    }
    own = response.extra.get(KEY, {})
    if response.timeline is not None:
        known = _timeline_record(response.timeline)
        own = {**known, **_others(own, _TIMELINE)}
    return {**record, KEY: own} if own else record


def _text_or_bytes(body: bytes) -> str | bytes:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body


def _joined(headers: Headers) -> dict[str, list[str]]:
    """One value for each name: of several, vcrpy would keep the first only."""
    return {name: [value] for name, value in joined(headers).items()}


def _timeline_record(timeline: Timeline) -> dict[str, Any]:
    record = {
        "v": VERSION,
        "recorded_at": _time_text(timeline.recorded_at),
        "http_version": timeline.http_version,
        "headers_ms": _ms(timeline.headers_at),
        "chunks": format_chunks(timeline.chunks) or None,
        "end": timeline.end.value,
        "ended_ms": _ms(timeline.ended_at),
        "error": _failure_record(timeline.failure),
    }
    return {name: value for name, value in record.items() if value is not None}


def _time_text(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OSError, OverflowError, ValueError) as error:
        raise CassetteFormatError(
            f"expected a time of recording in the years 1 to 9999, got {seconds:.6g} seconds since 1970"
        ) from error
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _ms(seconds: float | None) -> float | None:
    if seconds is None:
        return None
    if not 0 <= seconds * 1000 < _MOST_MS:
        raise CassetteFormatError(
            f"expected a time of 0 to {_MOST_MS:,} ms after the request, got {seconds:.6g} s"
        )
    text = format_ms(seconds)
    return float(text) if "." in text else int(text)


def _failure_record(failure: Failure | None) -> dict[str, str] | None:
    return None if failure is None else {"type": failure.type, "message": failure.message}


def _others(record: Mapping[str, Any], known: set[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in known}


def from_record(record: Mapping[str, Any]) -> Interaction:
    """The interaction that plain data tells of. Sizes of chunks are taken as they are: see `sizes_fit`.

    What a newer Unspool has said of an answer is kept for it, in `extra`, and not read.

    Raises:
        CassetteFormatError: something is missing, or isn't what it should be; says what it is, and where.
    """
    return Interaction(
        _request(_mapping(record.get("request"), "request")),
        _response(_mapping(record.get("response"), "response")),
        _others(record, _PARTS) if len(record) > len(_PARTS) else {},
    )


def _request(record: Mapping[str, Any]) -> Request:
    return Request(
        _string(record.get("method"), "request.method"),
        _string(record.get("uri"), "request.uri"),
        _headers(record.get("headers"), "request.headers"),
        _body(record.get("body"), "request.body"),
    )


def _response(record: Mapping[str, Any]) -> Response:
    status = _mapping(record.get("status"), "response.status")
    code, reason = status.get("code"), status.get("message")
    if type(code) is not int:
        _refuse("response.status.code", "a number such as 200", code)
    body = record.get("body")
    timeline, newer = _timeline(record[KEY]) if KEY in record else (None, None)
    extra = {} if record.keys() <= _RESPONSE else _others(record, _RESPONSE)
    return Response(
        code,
        _string(reason, "response.status.message") if reason is not None else "",
        _headers(record.get("headers"), "response.headers"),
        _body(body.get("string") if isinstance(body, Mapping) else body, "response.body"),
        timeline,
        {**extra, KEY: newer} if newer else extra,
    )


def _headers(record: Any, field: str) -> Headers:
    lines = _mapping({} if record is None else record, field)
    return tuple(
        [
            (_string(name, field), value if type(value) is str else _header(value, field))
            for name, values in lines.items()
            for value in (values if isinstance(values, _SEVERAL) else (values,))
        ]
    )


def _header(value: Any, field: str) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if type(value) is int:  # written by hand, without quotes
        return str(value)
    return _string(value, field)


def _body(value: Any, field: str) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")  # without libyaml, YAML has lone surrogates
    if value is None:
        return b""
    if not isinstance(value, _SEVERAL):
        _refuse(field, "text, bytes or nothing", value)
    return b"".join(_body(part, field) for part in value)  # what an iterator gave


def _timeline(own: Any) -> tuple[Timeline | None, Mapping[str, Any]]:
    """What stands under our key, and what of it is for a newer Unspool."""
    record = _mapping(own, f"response.{KEY}")
    version = record.get("v")
    if type(version) is not int or version < VERSION:
        _refuse(f"response.{KEY}.v", f"{VERSION}", version)
    if version > VERSION:
        return None, record
    timeline = Timeline(
        chunks=_chunks(record.get("chunks")),
        headers_at=_seconds(record, "headers_ms"),
        recorded_at=_moment(record.get("recorded_at")),
        http_version=_string(record.get("http_version", "HTTP/1.1"), f"response.{KEY}.http_version"),
        end=_end(record.get("end", "complete")),
        ended_at=_seconds(record, "ended_ms"),
        failure=_failure(record.get("error")),
    )
    return timeline, {} if record.keys() <= _TIMELINE else _others(record, _TIMELINE)


def _chunks(value: Any) -> tuple[NetworkChunk, ...]:
    field = f"response.{KEY}.chunks"
    text = _string("" if value is None else value, field)
    try:
        return parse_chunks(text)
    except ValueError as error:
        raise CassetteFormatError(f"{field}: {error}") from error


def _seconds(record: Mapping[str, Any], name: str) -> float | None:
    ms = record.get(name)
    if ms is None:
        return None
    if type(ms) not in {int, float} or not 0 <= ms < _MOST_MS:
        _refuse(f"response.{KEY}.{name}", "milliseconds, 0 or more", ms)
    return round_ms(ms / 1000)


def _moment(value: Any) -> float | None:
    if value is None:
        return None
    field = f"response.{KEY}.recorded_at"
    text = _string(value, field)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).timestamp()
    except (OverflowError, ValueError):  # the first for the year 0
        _refuse(field, "a time such as 2026-11-23T23:27:25.123456Z", value)


def _end(value: Any) -> End:
    if not isinstance(value, str) or value not in _ENDS:
        _refuse(f"response.{KEY}.end", f"one of {', '.join(_ENDS)}", value)
    return _ENDS[value]


def _failure(value: Any) -> Failure | None:
    if value is None:
        return None
    field = f"response.{KEY}.error"
    record = _mapping(value, field)
    return Failure(
        _string(record.get("type"), f"{field}.type"), _string(record.get("message", ""), f"{field}.message")
    )


def _mapping(value: Any, field: str) -> Mapping[str, Any]:
    if type(value) is not dict and not isinstance(value, Mapping):  # the second takes its time
        _refuse(field, "a mapping", value)
    return value


def _string(value: Any, field: str) -> str:
    if not isinstance(value, str):
        _refuse(field, "text", value)
    return value


def _refuse(field: str, expected: str, value: Any) -> NoReturn:
    raise CassetteFormatError(f"{field}: expected {expected}, got {_shown(value)}")


def _shown(value: Any) -> str:
    """A value's beginning: a hostile one may be large."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping | list | tuple):
        return f"a {type(value).__name__} of {len(value)}"
    return repr(value[:60] if isinstance(value, str | bytes) else value)


_WORD = re.compile(r"(?:(\d{1,15})\*)?(\d{1,15})@(\d{1,12}(?:\.\d+)?)")
_SINGLE_WORDS = re.compile(r"(?:\d{1,15}@\d{1,12}(?:\.\d)?(?: |\Z))*+", re.ASCII)
_MOST_CHUNKS = 10_000_000


def format_chunks(chunks: Iterable[NetworkChunk]) -> str:
    """The line of text; moments are rounded to a tenth of a millisecond."""
    return " ".join(_words(chunks))


def _words(chunks: Iterable[NetworkChunk]) -> Iterator[str]:
    for word, same in groupby(f"{chunk.size}@{format_ms(chunk.at)}" for chunk in chunks):
        count = sum(1 for _ in same)
        yield word if count == 1 else f"{count}*{word}"


def format_ms(seconds: float) -> str:
    """Milliseconds with at most one digit after the point."""
    return f"{seconds * 1000:.1f}".removesuffix(".0")


def round_ms(seconds: float) -> float:
    """The moment that a cassette will hold, so that what was recorded equals what is read back."""
    return round(seconds, 4)


def parse_chunks(text: str) -> tuple[NetworkChunk, ...]:
    """The pieces that a line of text speaks of, however it's wrapped.

    Raises:
        ValueError: a word isn't `size@ms` or `count*size@ms`.
    """
    if _SINGLE_WORDS.fullmatch(text):  # without counts and wrapping, as nearly always
        numbers = text.replace("@", " ").split()
        times = [int(float(ms) * 10 + 0.5) / 10_000 for ms in numbers[1::2]]  # as `round_ms`, in less time
        # As `NetworkChunk._make` does it, without a call of Python for each.
        chunks = tuple(
            map(tuple.__new__, repeat(NetworkChunk), zip(map(int, numbers[::2]), times, strict=True))
        )
    else:
        repeated = chain.from_iterable(map(_repeated, text.split()))
        chunks = tuple(islice(repeated, _MOST_CHUNKS + 1))  # a hostile file's few bytes would be gigabytes
    if len(chunks) > _MOST_CHUNKS:
        raise ValueError(f"expected at most {_MOST_CHUNKS:,} pieces, got more")
    return chunks


def _repeated(word: str) -> Iterator[NetworkChunk]:
    match = _WORD.fullmatch(word)
    if match is None:
        raise ValueError(f"expected pieces such as 212@128.9 or 3*70@400.1, got {word[:40]!r}")
    return repeat(NetworkChunk(int(match[2]), round(float(match[3]) / 1000, 4)), int(match[1] or 1))
