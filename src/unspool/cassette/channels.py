"""Join the texts that a stream sends in pieces, to find a secret that is split over deltas.

Nothing here knows a provider: a channel is a place in the events' JSON, with the choice, the block or the
item that the event names by `index`, `output_index`, `item_id` and the like. The consecutive strings in one
such place are the channel's text. So content, thinking, tool arguments and
transcripts of all wire formats are channels, and so is text in bare lines of server-sent events.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from unspool.cassette.ignore_paths import Path as Steps
from unspool.cassette.ignore_paths import Wild, format_step, parse_path

Scrub = Callable[[bytes], bytes]
"""A function that replaces each secret by a harmless text of the same length."""

Channel = tuple[Hashable, ...]
"""The place of a text in the events' JSON."""

_INDEXES = frozenset(
    {
        "index",
        "output_index",
        "content_index",
        "summary_index",
        "contentBlockIndex",
        "block_index",
        "item_id",
        "tool_call_id",
    }
)
_ALIASES = {"content_block": "delta"}  # the first piece of Anthropic's blocks, and of Bedrock's
# An event's own metadata. It isn't sent in pieces, so it's not joined.
_LABELS = frozenset(
    {
        *_INDEXES,
        "created_at",
        "event",
        "event_id",
        "eventId",
        "finish_reason",
        "id",
        "message_id",
        "model",
        "modelVersion",
        "native_finish_reason",
        "object",
        "obfuscation",
        "p",
        "provider",
        "request_id",
        "responseId",
        "role",
        "service_tier",
        "signature",
        "status",
        "stop_reason",
        "system_fingerprint",
        "thoughtSignature",
        "type",
    }
)
_RAW: Channel = ("",)
_KEY_LINE = re.compile(rb'\s*"(\w+)"\s*:\s*"((?:[^"\\\r\n]|\\.)*+)"\s*,?\s*')


class Piece(NamedTuple):
    """A part of a channel's text.

    Attributes:
        channel: its channel.
        start: its start in the line, in bytes, without the quotation mark.
        end: its end.
        is_json: whether it's written with JSON's escapes.
    """

    channel: Channel
    start: int
    end: int
    is_json: bool = True


# --- the pieces of a line


def texts_of(line: bytes) -> list[tuple[Channel, str]] | None:
    """Return the texts in a line's JSON with their channels, cheaply; None if it isn't a line with JSON."""
    data = line[5:] if line.startswith(b"data:") else line
    data = data.strip(b" \t\r\n,")
    if not data.startswith(b"{"):
        return None
    try:
        document = from_json(data)
    except ValueError:
        return None
    found: list[tuple[Channel, str]] = []
    _walk(document, (), found, str)
    return found


def pieces_of(line: bytes) -> list[Piece]:
    """Return the parts of channels in a line, with their places."""
    prefix = 5 if line.startswith(b"data:") else 0
    start, end = _json_bounds(line, prefix)
    found = _json_pieces(line, start, end) if start < end else None
    if found is not None:
        return found
    key_line = _KEY_LINE.fullmatch(line, prefix)
    if key_line is not None:  # of JSON that is indented
        return [Piece((key_line[1].decode(),), *key_line.span(2))]
    if not prefix:
        return []
    stop = len(line.rstrip(b"\r\n"))
    begin = prefix + (line[prefix : prefix + 1] == b" ")
    return [Piece(_RAW, begin, stop, is_json=False)] if begin < stop and line[begin:stop] != b"[DONE]" else []


def _json_bounds(line: bytes, prefix: int) -> tuple[int, int]:
    """Return the range of JSON in a line: after `data:`, or an item of an array with one line for each."""
    start, end = prefix, len(line)
    while start < end and line[start] in b" \t,[":
        start += 1
    while end > start and line[end - 1] in b" \t\r\n,]":
        end -= 1
    return (start, end) if line[start : start + 1] == b"{" else (0, 0)


_STRING = re.compile(rb'"((?:[^"\\]|\\.)*+)"(?!\s*+:)|"(?:[^"\\]|\\.)*+"(?=\s*+:)', re.DOTALL)


def _numbered(data: bytes, start: int, end: int) -> tuple[Any, list[tuple[int, int]]] | None:
    """Return a JSON document with a number in place of each string, and the places of the strings in the
    data.
    """
    spans: list[tuple[int, int]] = []

    def number(match: re.Match[bytes]) -> bytes:
        if match[1] is None:  # a name
            return match[0]
        spans.append((start + match.start(1), start + match.end(1)))
        return b'"%d"' % (len(spans) - 1)

    try:
        return from_json(_STRING.sub(number, data[start:end])), spans
    except ValueError:
        return None


def _json_pieces(line: bytes, start: int, end: int) -> list[Piece] | None:
    numbered = _numbered(line, start, end)
    if numbered is None:
        return None
    document, spans = numbered
    found: list[tuple[Channel, str]] = []
    _walk(document, (), found, lambda number: line[slice(*spans[int(number)])].decode("utf-8", "replace"))
    return [Piece(channel, *spans[int(number)]) for channel, number in found]


def _walk(  # noqa: C901 - one loop for speed: it's run for every event
    value: Any, path: Channel, found: list[tuple[Channel, str]], read: Callable[[str], str]
) -> None:
    """Find the texts of a JSON document, with the indexes that the objects around them have."""
    if isinstance(value, list):
        _walk_items(value, path, found, read)
        return
    texts: list[tuple[str, str]] = []
    inner: list[tuple[str, Any]] = []
    for name, item in value.items():
        kind = type(item)
        if kind is str:
            if name not in _LABELS:
                texts.append((name, item))
            elif name in _INDEXES:
                path += (read(item),)
        elif kind is dict or kind is list:
            inner.append((name, item))
        elif kind is int and name in _INDEXES:
            path += (item,)
    for name, text in texts:
        found.append(((path, name), text))
    for name, item in inner:
        if item:
            _walk(item, (*path, _ALIASES.get(name, name)), found, read)


def _walk_items(
    items: list[Any], path: Channel, found: list[tuple[Channel, str]], read: Callable[[str], str]
) -> None:
    for place, item in enumerate(items):
        if isinstance(item, str):
            found.append(((path, place), item))
        elif isinstance(item, dict | list):
            indexed = isinstance(item, dict) and "index" in item
            _walk(item, path if indexed else (*path, place), found, read)


# --- a text's characters and their escapes

_UNIT = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL
)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"b": b"\b", b"f": b"\f"}


def unescaped(raw: bytes) -> bytes:
    """Decode a JSON string."""
    return raw if b"\\" not in raw else b"".join(_said(unit) for unit in _UNIT.findall(raw))


def _said(unit: bytes) -> bytes:
    if unit[:1] != b"\\":
        return unit
    if unit[1:2] != b"u":
        return _ESCAPES.get(unit[1:2], unit[1:2])
    codes = unit.decode().replace("\\u", "")
    units = bytes.fromhex(codes)
    return units.decode("utf-16-be", "surrogatepass").encode("utf-8", "surrogatepass")


def rewritten(raw: bytes, new: bytes) -> bytes:
    """Return a JSON string of the same size with another text of the same length."""
    if b"\\" not in raw:
        return new
    out = []
    at = 0
    for unit in _UNIT.findall(raw):
        said = _said(unit)
        now = new[at : at + len(said)]
        at += len(said)
        out.append(unit if now == said else now[:1].ljust(len(unit), b"*"))
    return b"".join(out)


def raw_size(raw: bytes, size: int) -> int:
    """Return the bytes of a JSON string that encode its first `size` bytes."""
    if b"\\" not in raw:
        return size
    said = 0
    for unit in _UNIT.finditer(raw):
        if said >= size:
            return unit.start()
        said += len(_said(unit[0]))
    return len(raw)


# --- whole bodies


@dataclass(slots=True)
class _Joined:
    """A channel's text and the places of its parts in the body."""

    text: list[bytes] = field(default_factory=list)
    spans: list[tuple[int, int, bool]] = field(default_factory=list)


def scrub_channels(body: bytes, scrub: Scrub, *, allowed: Sequence[tuple[int, int]] = ()) -> bytes:
    """Scrub a body's channels, each as one text, and write the result in place of its pieces.

    Args:
        body: lines of events, or of JSON.
        scrub: changes a text.
        allowed: starts and ends of the parts of the body to leave unchanged.
    """
    if not any(scrub(text) != text for text in _channel_texts(_lines(body))):
        return body
    channels: dict[Channel, _Joined] = {}
    at = 0
    for line in _lines(body):
        for piece in pieces_of(line):
            if (at + piece.start, at + piece.end) not in allowed:
                joined = channels.setdefault(piece.channel, _Joined())
                raw = line[piece.start : piece.end]
                joined.text.append(unescaped(raw) if piece.is_json else raw)
                joined.spans.append((at + piece.start, at + piece.end, piece.is_json))
        at += len(line)
    changed = bytearray(body)
    for joined in channels.values():
        _rewrite(changed, joined, scrub)
    return bytes(changed)


def _lines(body: bytes) -> Iterator[bytes]:
    """The lines of a body with their ends, as `splitlines` cuts them, one at a time."""
    return (found[0] for found in _LINE.finditer(body))


_LINE = re.compile(rb"[^\r\n]*+(?:\r\n?|\n)|[^\r\n]++")


def _rewrite(body: bytearray, joined: _Joined, scrub: Scrub) -> None:
    text = b"".join(joined.text)
    new = scrub(text)
    if new == text:
        return
    at = 0
    for part, (start, end, is_json) in zip(joined.text, joined.spans, strict=True):
        now = new[at : at + len(part)]
        at += len(part)
        if now != part:
            body[start:end] = rewritten(bytes(body[start:end]), now) if is_json else now


def _channel_texts(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Return the texts of all channels that have more than one piece, or escapes, or bare text."""
    texts: dict[Channel, list[str]] = {}
    raw: list[bytes] = []
    for line in lines:
        found = texts_of(line)
        if found is not None:
            for channel, text in found:
                if channel in texts:
                    texts[channel].append(text)
                else:
                    texts[channel] = [text]
        else:
            raw += (line[piece.start : piece.end] for piece in pieces_of(line))
    yield b"".join(raw)
    for pieces in texts.values():
        yield "".join(pieces).encode("utf-8", "surrogatepass")


# --- paths


def strings_of(body: bytes) -> Iterator[tuple[tuple[str | int, ...], int, int]]:
    """Yield each string in a body's JSON, one document or a stream of them: its path, start and end."""
    stripped = body.strip()
    offset = body.find(stripped[:1]) if stripped else 0
    whole = _numbered(body, offset, offset + len(stripped)) if stripped[:1] in {b"{", b"["} else None
    if whole is not None:
        yield from _with_paths(*whole)
        return
    at = 0
    for line in body.splitlines(keepends=True):
        start, end = _json_bounds(line, 5 if line.startswith(b"data:") else 0)
        numbered = _numbered(body, at + start, at + end) if start < end else None
        if numbered is not None:
            yield from _with_paths(*numbered)
        at += len(line)


def _with_paths(
    document: Any, spans: list[tuple[int, int]]
) -> Iterator[tuple[tuple[str | int, ...], int, int]]:
    for path, number in _leaves(document, ()):
        yield path, *spans[int(number)]


def _leaves(value: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _leaves(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _leaves(item, (*path, place))


def allowed_ranges(body: bytes, paths: Sequence[str]) -> list[tuple[int, int]]:
    """Return the places of the strings that match any of these JSON paths."""
    wanted = [parse_path(path) for path in paths]
    return [(start, end) for path, start, end in strings_of(body) if any(_fits(path, one) for one in wanted)]


def _fits(path: tuple[str | int, ...], steps: Steps) -> bool:
    if not steps:
        return not path
    step, rest = steps[0], steps[1:]
    if step is Wild.ANY_DEPTH:
        return any(_fits(path[start:], rest) for start in range(len(path) + 1))
    return bool(path) and (step is Wild.EVERY or step == path[0]) and _fits(path[1:], rest)


def format_path(path: tuple[str | int, ...]) -> str:
    """Return a path for `allow_paths`, with `*` for the places in lists: `choices[*].delta.content`."""
    steps = ("[*]" if isinstance(step, int) else format_step(step) for step in path)
    return "".join(steps).removeprefix(".")
