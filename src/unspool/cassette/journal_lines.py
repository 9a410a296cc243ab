"""The lines of a journal: one JSON object for each event of a recording.

    {"kind":"journal","v":1}
    {"kind":"begin","slot":0,"recorded_at":…,"method":"POST","uri":…,"headers":[[…,…]],"text":…}
    {"kind":"head","slot":0,"status":200,"reason":"OK","headers":[[…,…]],"http_version":"HTTP/1.1","at":0.12}
    {"kind":"chunk","slot":0,"size":212,"at":0.13,"text":…,"held":[[180,4]],"fills":[[20,…]]}
    {"kind":"body","slot":0,"headers":[[…,…]],"chunks":"212@130","base64":…}
    {"kind":"end","slot":0,"end":"complete","failure":null,"at":0.4,"text":…}

A slot is an interaction's place in the order of requests. `text` is UTF-8, `base64` other bytes; a chunk's
bytes may be in a later line than its size. `held` names parts of the body, by start and size, in which a
secret may have begun; `fills` are their bytes when that is known. A body that couldn't be written in pieces
is written whole, before its end.

Each line is independent: it ends with a checksum, `n` counts the lines of its slot, and the reader finds a
line by its beginning. So a damaged byte loses one line, and the gap in its response is known.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from zlib import crc32

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
from unspool.cassette.vcr_format import format_chunks, parse_chunks, round_ms
from unspool.errors import CassetteFormatError

VERSION = 2
SUFFIX = ".part"
"""The end of a journal's file name."""

KILLED = Failure("Killed", "the process that recorded this was killed before the answer ended")

_NO_ANSWER = Response(NO_RESPONSE)
_NO_TIMES = Timeline()

_encode = json.JSONEncoder(separators=(",", ":")).encode  # json.dumps would make an encoder for every line


Spans = tuple[tuple[int, int], ...]
"""Starts and sizes of parts of a body."""

Fills = tuple[tuple[int, bytes], ...]
"""Starts of parts of a body, and their bytes."""


def begin_line(slot: int, request: Request, recorded_at: float, *, n: int | None = None) -> bytes:
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
        n,
    )


def head_line(slot: int, response: Response, http_version: str, at: float, *, n: int | None = None) -> bytes:
    return _line(
        {
            "kind": "head",
            "slot": slot,
            "status": response.status,
            "reason": response.reason,
            "headers": response.headers,
            "http_version": http_version,
            "at": at,
        },
        n=n,
    )


def chunk_line(
    slot: int, size: int, at: float, data: bytes, *, held: Spans = (), fills: Fills = (), n: int | None = None
) -> bytes:
    record = {"kind": "chunk", "slot": slot, "size": size, "at": at}
    return _line({**record, **_holding(held, fills)} if held or fills else record, data, n)


def body_line(slot: int, response: Response, *, n: int | None = None) -> bytes:
    return b"".join(body_pieces(slot, response, n=n))


def body_pieces(slot: int, response: Response, *, n: int | None = None) -> Iterator[bytes]:
    """Yield what `body_line` returns, piece by piece: a large body isn't in memory once more as base64."""
    chunks = response.timeline.chunks if response.timeline else ()
    record = {"kind": "body", "slot": slot, "headers": response.headers, "chunks": format_chunks(chunks)}
    if len(response.body) <= _BODY_PIECE:
        yield _line(record, response.body, n)
        return
    crc = 0
    for piece in _open_line(record if n is None else {**record, "n": n}, response.body):
        crc = crc32(piece, crc)
        yield piece
    yield b',"crc":"%08x"}\n' % crc


_BODY_PIECE = 57 * 1024  # in bytes; a multiple of 3, so that base64 can be joined


def _open_line(record: Mapping[str, Any], data: bytes) -> Iterator[bytes]:
    """The line without its end, with the data as base64."""
    yield _encode(record).encode("ascii")[:-1] + b',"base64":"'
    for start in range(0, len(data), _BODY_PIECE):
        yield b64encode(data[start : start + _BODY_PIECE])
    yield b'"'


def end_line(
    slot: int,
    end: End,
    failure: Failure | None,
    at: float,
    data: bytes,
    *,
    fills: Fills = (),
    n: int | None = None,
) -> bytes:
    shown = None if failure is None else (failure.type, failure.message)
    record = {"kind": "end", "slot": slot, "end": end, "failure": shown, "at": at}
    return _line({**record, **_holding((), fills)}, data, n)


def _holding(held: Spans, fills: Fills) -> dict[str, Any]:
    record: dict[str, Any] = {"held": held} if held else {}
    if fills:
        record["fills"] = [(start, data.decode("utf-8", "surrogateescape")) for start, data in fills]
    return record


def _line(record: Mapping[str, Any], data: bytes = b"", n: int | None = None) -> bytes:
    if n is not None:
        record = {**record, "n": n}
    if data:
        try:
            record = {**record, "text": data.decode("utf-8")}
        except UnicodeDecodeError:
            record = {**record, "base64": b64encode(data).decode("ascii")}
    text = _encode(record).encode("ascii")[:-1]
    return b'%b,"crc":"%08x"}\n' % (text, crc32(text))


FIRST_LINE = _line({"kind": "journal", "v": VERSION})


class Journalled(NamedTuple):
    """The readable part of a journal.

    Attributes:
        interactions: those that are whole, or were in progress when their recorder was killed.
        damages: a sentence for each damaged line, and for each interaction that is unreadable because of it.
    """

    interactions: list[Interaction]
    damages: list[str]


def from_lines(data: bytes, *, name: str) -> list[Interaction]:
    """Read an undamaged journal, like `read_lines`.

    Raises:
        CassetteFormatError: it isn't a journal, or is damaged.
    """
    found = read_lines(data, name=name)
    if found.damages:
        raise CassetteFormatError(found.damages[0])
    return found.interactions


def read_lines(data: bytes, *, name: str) -> Journalled:
    """Read the interactions of a journal, in the order of requests, as far as its lines are undamaged.

    A response without an end has the bytes so far, and `KILLED` as its failure; a request without any
    response is omitted. An unfinished last line is ignored.

    Args:
        data: the journal's bytes.
        name: its name in a sentence.
    """
    answers: dict[int, _ResponseBeingRead] = {}
    damages: list[str] = []
    for number, line in enumerate(data.split(b"\n")[:-1], 1):
        for part in _records(line):
            try:
                _read(part, answers)
            except _UNREADABLE as error:
                damages.append(
                    f"{name}, line {number}: expected a line of a journal, got {part[:80]!r} ({error!r})."
                )
    found = []
    for slot in sorted(answers):
        answer = answers[slot]
        if answer.is_damaged:
            damages.append(
                f"{name}: the answer to {answer.request.method} {answer.request.uri} has lost lines."
            )
        elif (interaction := answer.interaction()) is not None:
            found.append(interaction)
    return Journalled(found, damages)


_UNREADABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_START = re.compile(rb'(?=\{"kind":")')  # in a line's texts quotation marks have a backslash
_CHECKSUM = re.compile(rb'(.*),"crc":"([0-9a-f]{8})"\}', re.DOTALL)


def _records(line: bytes) -> list[bytes]:
    """Yield the records in a line: one, unless the line end between two is damaged."""
    if line.find(b'{"kind":"', 1) < 0:
        return [line]
    parts = [part for part in _START.split(line) if part] or [line]
    return [match[0] if (match := _CHECKSUM.match(part)) else part for part in parts]


def _checked(line: bytes) -> Mapping[str, Any]:
    match = _CHECKSUM.fullmatch(line)
    if match is None or int(match[2], 16) != crc32(match[1]):
        raise ValueError("its checksum is wrong")
    record: Mapping[str, Any] = json.loads(line)
    return record


def _read(line: bytes, answers: dict[int, _ResponseBeingRead]) -> None:
    record = _checked(line)
    kind = record["kind"]
    if kind == "journal":
        if record["v"] != VERSION:
            raise ValueError(f"its version is {record['v']!r}, expected {VERSION}")
        return
    slot = int(record["slot"])
    if kind == "begin":
        answers[slot] = _ResponseBeingRead(_request(record), round(float(record["recorded_at"]), 6))
    answer = answers[slot]
    if "n" in record:
        answer.is_damaged = answer.is_damaged or record["n"] != answer.lines
        answer.lines += 1
    if kind != "begin":
        _READERS[kind](answer, record)


@dataclass(slots=True)
class _ResponseBeingRead:
    """The known state of one interaction."""

    request: Request
    recorded_at: float
    response: Response = _NO_ANSWER
    timeline: Timeline = _NO_TIMES
    body: bytearray = field(default_factory=bytearray)
    chunks: list[NetworkChunk] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    lines: int = 0
    is_damaged: bool = False
    ended: bool = False

    def head(self, record: Mapping[str, Any]) -> None:
        self.response = Response(int(record["status"]), str(record["reason"]), _headers(record))
        self.timeline = Timeline(headers_at=_moment(record), http_version=str(record["http_version"]))

    def chunk(self, record: Mapping[str, Any]) -> None:
        self.chunks.append(NetworkChunk(int(record["size"]), _moment(record)))
        self.body += _data(record)
        self.held.update((int(start), int(size)) for start, size in record.get("held", ()))
        self.fill(record)

    def fill(self, record: Mapping[str, Any]) -> None:
        for start, text in record.get("fills", ()):
            data = text.encode("utf-8", "surrogateescape")
            self.body[start : start + len(data)] = data
            size = self.held.pop(start, len(data))
            if size > len(data):
                self.held[start + len(data)] = size - len(data)

    def whole(self, record: Mapping[str, Any]) -> None:
        self.response = replace(self.response, headers=_headers(record))
        self.chunks = list(parse_chunks(record["chunks"]))
        self.body = bytearray(_data(record))

    def end(self, record: Mapping[str, Any]) -> None:
        self.ended = True
        self.body += _data(record)
        self.fill(record)
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
            timeline = replace(timeline, chunks=self._without_held(timeline.chunks))
        return Interaction(self.request, replace(self.response, body=bytes(self.body), timeline=timeline))

    def _without_held(self, chunks: tuple[NetworkChunk, ...]) -> tuple[NetworkChunk, ...]:
        """Remove the parts that are held back from the body; return the remaining chunks."""
        gone = bytearray(len(self.body))
        for start, size in self.held.items():
            gone[start : start + size] = b"\1" * len(gone[start : start + size])
        self.body = bytearray(byte for byte, is_gone in zip(self.body, gone, strict=True) if not is_gone)
        left, at = [], 0
        for chunk in chunks:
            size = chunk.size - sum(gone[at : at + chunk.size])
            at += chunk.size
            left += [NetworkChunk(size, chunk.at)] if size else []
        return tuple(left)


def _killed(timeline: Timeline, size: int) -> Timeline:
    """Return the timeline of a response whose recorder was killed after `size` bytes of it were written."""
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


_READERS: dict[str, Callable[[_ResponseBeingRead, Mapping[str, Any]], None]] = {
    "head": _ResponseBeingRead.head,
    "chunk": _ResponseBeingRead.chunk,
    "body": _ResponseBeingRead.whole,
    "end": _ResponseBeingRead.end,
}
