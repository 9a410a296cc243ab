"""The lines of a journal: one JSON object for each thing that happened while an answer was recorded.

    {"kind":"journal","v":1}
    {"kind":"begin","slot":0,"recorded_at":…,"method":"POST","uri":…,"headers":[[…,…]],"text":…}
    {"kind":"head","slot":0,"status":200,"reason":"OK","headers":[[…,…]],"http_version":"HTTP/1.1","at":0.12}
    {"kind":"chunk","slot":0,"size":212,"at":0.13,"text":…}
    {"kind":"body","slot":0,"headers":[[…,…]],"chunks":"212@130","base64":…}
    {"kind":"end","slot":0,"end":"complete","failure":null,"at":0.4,"text":…}

A slot is an interaction's place in the order of requests. `text` is UTF-8, `base64` what isn't; a chunk's
bytes may come with a later line than its size. A body that couldn't be shown in pieces comes whole, before
its end.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from unspool.cassette.chunk_times import format_chunks, parse_chunks, round_ms
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Headers,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.errors import CassetteFormatError

VERSION = 1
SUFFIX = ".part"
"""How the name of a journal's file ends."""

KILLED = Failure("Killed", "the process that recorded this was killed before the answer ended")

_NO_ANSWER = Response(NO_RESPONSE)
_NO_TIMES = Timeline()

_encode = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder for every line


FIRST_LINE = _encode({"kind": "journal", "v": VERSION}).encode("ascii") + b"\n"


def begin_line(slot: int, request: Request, recorded_at: float) -> bytes:
    return _line(
        {
            "kind": "begin",
            "slot": slot,
            "recorded_at": recorded_at,
            "method": request.method,
            "uri": request.uri,
            "headers": request.headers,
        },
        request.body,
    )


def head_line(slot: int, response: Response, http_version: str, at: float) -> bytes:
    return _line(
        {
            "kind": "head",
            "slot": slot,
            "status": response.status,
            "reason": response.reason,
            "headers": response.headers,
            "http_version": http_version,
            "at": at,
        }
    )


def chunk_line(slot: int, size: int, at: float, data: bytes) -> bytes:
    return _line({"kind": "chunk", "slot": slot, "size": size, "at": at}, data)


def body_line(slot: int, response: Response) -> bytes:
    chunks = response.timeline.chunks if response.timeline else ()
    return _line(
        {"kind": "body", "slot": slot, "headers": response.headers, "chunks": format_chunks(chunks)},
        response.body,
    )


def end_line(slot: int, end: End, failure: Failure | None, at: float, data: bytes) -> bytes:
    shown = None if failure is None else (failure.type, failure.message)
    return _line({"kind": "end", "slot": slot, "end": end, "failure": shown, "at": at}, data)


def _line(record: Mapping[str, Any], data: bytes = b"") -> bytes:
    if not data:
        return _encode(record).encode("ascii") + b"\n"
    try:
        return _encode({**record, "text": data.decode("utf-8")}).encode("ascii") + b"\n"
    except UnicodeDecodeError:
        return _encode({**record, "base64": b64encode(data).decode("ascii")}).encode("ascii") + b"\n"


def from_lines(data: bytes, *, name: str) -> list[Interaction]:
    """What a journal tells of, in the order of requests.

    An answer without an end has the bytes so far, and `KILLED` for its failure; a request without any
    answer isn't there. A last line without its line end is one that was being written, and doesn't count.

    Args:
        data: the journal's bytes.
        name: what to call it in an error.

    Raises:
        CassetteFormatError: it isn't a journal.
    """
    answers: dict[int, _Answer] = {}
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        try:
            _read(line, answers)
        except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
            raise CassetteFormatError(
                f"{name}, line {number}: expected a line of a journal, got {line[:80]!r} ({error!r})."
                " Move the file away: nothing can be recovered from it."
            ) from error
    found = (answers[slot].interaction() for slot in sorted(answers))
    return [interaction for interaction in found if interaction is not None]


def _read(line: bytes, answers: dict[int, _Answer]) -> None:
    record = json.loads(line)
    kind = record["kind"]
    if kind == "journal":
        if record["v"] != VERSION:
            raise ValueError(f"its version is {record['v']!r}, expected {VERSION}")
    elif kind == "begin":
        answers[int(record["slot"])] = _Answer(_request(record), round(float(record["recorded_at"]), 6))
    else:
        _READERS[kind](answers[int(record["slot"])], record)


@dataclass(slots=True)
class _Answer:
    """What is known of one interaction."""

    request: Request
    recorded_at: float
    response: Response = _NO_ANSWER
    timeline: Timeline = _NO_TIMES
    body: bytearray = field(default_factory=bytearray)
    chunks: list[NetworkChunk] = field(default_factory=list)
    ended: bool = False

    def head(self, record: Mapping[str, Any]) -> None:
        self.response = Response(int(record["status"]), str(record["reason"]), _headers(record))
        self.timeline = Timeline(headers_at=_moment(record), http_version=str(record["http_version"]))

    def chunk(self, record: Mapping[str, Any]) -> None:
        self.chunks.append(NetworkChunk(int(record["size"]), _moment(record)))
        self.body += _data(record)

    def whole(self, record: Mapping[str, Any]) -> None:
        self.response = replace(self.response, headers=_headers(record))
        self.chunks = list(parse_chunks(record["chunks"]))
        self.body = bytearray(_data(record))

    def end(self, record: Mapping[str, Any]) -> None:
        self.ended = True
        self.body += _data(record)
        failure = None if record["failure"] is None else Failure(*map(str, record["failure"]))
        self.timeline = replace(
            self.timeline, end=End(record["end"]), ended_at=_moment(record), failure=failure
        )

    def interaction(self) -> Interaction | None:
        if self.response.status == NO_RESPONSE and not self.ended:
            return None
        timeline = replace(self.timeline, recorded_at=self.recorded_at, chunks=tuple(self.chunks))
        if not self.ended:
            timeline = _killed(timeline, len(self.body))
        return Interaction(self.request, replace(self.response, body=bytes(self.body), timeline=timeline))


def _killed(timeline: Timeline, size: int) -> Timeline:
    """The timeline of an answer whose recorder was killed when `size` bytes of it had been written."""
    last_at = timeline.chunks[-1].at if timeline.chunks else timeline.headers_at
    chunks = tuple(_first_bytes(timeline.chunks, size))
    return replace(timeline, chunks=chunks, end=End.FAILED, ended_at=last_at, failure=KILLED)


def _first_bytes(chunks: tuple[NetworkChunk, ...], size: int) -> Iterator[NetworkChunk]:
    for chunk in chunks:
        if size <= 0:
            return
        yield NetworkChunk(min(chunk.size, size), chunk.at)
        size -= chunk.size


def _request(record: Mapping[str, Any]) -> Request:
    return Request(str(record["method"]), str(record["uri"]), _headers(record), _data(record))


def _headers(record: Mapping[str, Any]) -> Headers:
    return tuple((str(name), str(value)) for name, value in record["headers"])


def _moment(record: Mapping[str, Any]) -> float:
    return round_ms(float(record["at"]))


def _data(record: Mapping[str, Any]) -> bytes:
    if "base64" in record:
        return b64decode(record["base64"], validate=True)
    return str(record.get("text", "")).encode("utf-8")


_READERS: dict[str, Callable[[_Answer, Mapping[str, Any]], None]] = {
    "head": _Answer.head,
    "chunk": _Answer.chunk,
    "body": _Answer.whole,
    "end": _Answer.end,
}
