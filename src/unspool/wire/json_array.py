r"""One JSON array, streamed element by element, as Gemini answers without `alt=sse`.

`[{...}\r\n,\r\n{...}\r\n]`: each element is an event as soon as its last byte is there. The grammar is
RFC 8259's, https://www.rfc-editor.org/rfc/rfc8259, as far as it takes to find where an element ends:
strings, escapes and depth. Whether an element is valid JSON inside is for its reader to find out.

Where in the grammar the stream stands is kept between reads, so no byte is looked at twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from enum import Enum

from unspool.errors import MalformedEventError, WireError
from unspool.wire._decoder import DEFAULT_MAX_EVENT_BYTES, Decoder
from unspool.wire._encoder import refuse_fields, to_utf8
from unspool.wire._splitter import Splitter
from unspool.wire.event import WireEvent


class _Expecting(Enum):
    """What may come next outside an element, white space apart; the values are for messages."""

    BODY = "a JSON array or object"
    FIRST_ELEMENT = "an element or ]"
    ELEMENT = "an element"
    COMMA = "a comma or ]"
    NOTHING = "the end of the stream"


_PUNCTUATION = {
    (_Expecting.BODY, b"["): _Expecting.FIRST_ELEMENT,
    (_Expecting.FIRST_ELEMENT, b"]"): _Expecting.NOTHING,
    (_Expecting.COMMA, b","): _Expecting.ELEMENT,
    (_Expecting.COMMA, b"]"): _Expecting.NOTHING,
}
_ANY_VALUE = b'{["-0123456789tfn'
# What an element may start with, and what is expected after it. A bare object is an error's body.
_ELEMENTS = {
    _Expecting.BODY: (b"{", _Expecting.NOTHING),
    _Expecting.FIRST_ELEMENT: (_ANY_VALUE, _Expecting.COMMA),
    _Expecting.ELEMENT: (_ANY_VALUE, _Expecting.COMMA),
}
_SHOWN_BYTES = 200
_DEPTH = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}

_WHITE_SPACE = re.compile(rb"[ \t\r\n]*+")
_UP_TO_BRACKET_OR_QUOTE = re.compile(rb'[^][{}"]*+')
_UP_TO_QUOTE_OR_BACKSLASH = re.compile(rb'[^"\\]*+')
_WORD = re.compile(rb'[^][{}",: \t\r\n]*+')
_NUMBER_OR_LITERAL = re.compile(rb"true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?")


class JSONArrayDecoder(Decoder):
    """Bytes to the elements of one JSON array, each an event whose data is the element's exact text.

    A bare object instead of an array, such as an error's body, is one event. Invalid UTF-8 becomes
    U+FFFD. `flush` offers a last element that was cut off with `complete=False`; a stream that ends
    between two elements, without its `]`, has nothing to offer.

    Args:
        max_event_bytes: the most bytes that one element may take.

    Raises:
        MalformedEventError: something stands where no element, comma or bracket may.
    """

    def __init__(self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        super().__init__(max_event_bytes=max_event_bytes)
        self._expecting = _Expecting.BODY
        self._read: Callable[[bytes, int], int] = self._read_between
        self._position = 0  # bytes of the stream before the read at hand
        self._element = bytearray()
        self._start = 0  # the element's place in the stream
        self._depth = 0
        self._in_string = False
        self._after_backslash = False
        self._closed = False

    def _decode(self, data: bytes) -> Iterator[WireEvent]:
        at = 0
        while at < len(data):
            at = self._read(data, at)
            if self._closed:
                yield self._take_element(complete=True)
        self._position += len(data)

    def _finish(self) -> Iterator[WireEvent]:
        if self._element:
            yield self._take_element(complete=False)

    def _read_between(self, data: bytes, at: int) -> int:
        at = _skip(_WHITE_SPACE, data, at)
        mark = data[at : at + 1]
        starts, afterwards = _ELEMENTS.get(self._expecting, (b"", self._expecting))
        if (self._expecting, mark) in _PUNCTUATION:
            self._expecting = _PUNCTUATION[self._expecting, mark]
            return at + 1
        if mark and mark not in starts:
            raise _malformed(self._expecting, data[at : at + _SHOWN_BYTES], self._position + at)
        if mark:
            self._expecting = afterwards
            self._start = self._position + at
            self._read = self._read_nested if mark in b'{["' else self._read_word
        return at

    def _read_word(self, data: bytes, at: int) -> int:
        end = _skip(_WORD, data, at)
        self._keep(data[at:end])
        self._closed = end < len(data)
        if self._closed and not _NUMBER_OR_LITERAL.fullmatch(self._element):
            raise _malformed(_Expecting.ELEMENT, bytes(self._element[:_SHOWN_BYTES]), self._start)
        return end

    def _read_nested(self, data: bytes, at: int) -> int:
        start = at
        while at < len(data) and not self._closed:
            at = self._pass_string(data, at) if self._in_string else self._pass_plain(data, at)
        self._keep(data[start:at])
        return at

    def _pass_plain(self, data: bytes, at: int) -> int:
        at = _skip(_UP_TO_BRACKET_OR_QUOTE, data, at)
        mark = data[at : at + 1]
        self._in_string = mark == b'"'
        self._depth += _DEPTH.get(mark, 0)
        self._closed = not self._in_string and not self._depth
        return at + len(mark)

    def _pass_string(self, data: bytes, at: int) -> int:
        if self._after_backslash:
            self._after_backslash = False
            return at + 1
        at = _skip(_UP_TO_QUOTE_OR_BACKSLASH, data, at)
        mark = data[at : at + 1]
        self._in_string = mark != b'"'
        self._after_backslash = mark == b"\\"
        self._closed = not self._in_string and not self._depth
        return at + len(mark)

    def _keep(self, data: bytes) -> None:
        self._element += data
        self._check_size(len(self._element), self._element, position=self._start)

    def _take_element(self, *, complete: bool) -> WireEvent:
        text = self._element.decode("utf-8", "replace")
        self._element.clear()
        self._closed = False
        self._read = self._read_between
        return WireEvent(data=text, complete=complete)


def _malformed(expected: _Expecting, data: bytes, position: int) -> MalformedEventError:
    return MalformedEventError(
        f"A JSON array can't go on like this: expected {expected.value}", data=data, position=position
    )


def _skip(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    match = pattern.match(data, at)
    return at if match is None else match.end()


class JSONArraySplitter(Splitter):
    """Bytes to elements, each with the bracket or comma before it; then the last bracket.

    Bytes that aren't an array are one piece, from `flush`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._decoder = JSONArrayDecoder()

    def feed(self, data: bytes, /) -> Iterator[bytes]:
        self._held += data
        try:
            for event in self._decoder.feed(data):
                element = event.data.encode()
                yield self._take(self._held.find(element) + len(element))
        except WireError:
            return
        if self._held.lstrip(b" \r\n\t").startswith(b"]"):
            yield self._take(self._held.index(b"]") + 1)


def encode_json_array(events: Iterable[WireEvent]) -> Iterator[bytes]:
    """The array around the events' data in Gemini's layout: one piece an event, one for the end.

    `b"".join(...)` is the body; `JSONArrayDecoder` gives the same events back. A last event with
    `complete=False` cuts the stream off in its middle.

    Raises:
        WireError: a JSON array can't carry an event: its data isn't one JSON value with nothing around
            it (or, with `complete=False`, the beginning of one), it has a name of its own, an id, a
            retry or headers, or it comes after one with `complete=False`.
    """
    before, cut_off = b"[", False
    for event in events:
        if cut_off:
            raise WireError("Nothing can follow an event with complete=False", data=event.data)
        yield before + _element(event)
        before, cut_off = b",\r\n", not event.complete
    if not cut_off:
        yield b"[]" if before == b"[" else b"]"


def _element(event: WireEvent) -> bytes:
    refuse_fields(event, "A JSON array", "name", "id", "retry", "headers")
    data = to_utf8(event.data)
    if _decoded_alone(data + (b"]" if event.complete else b"")) != [event]:
        what = "one JSON value" if event.complete else "the beginning of one JSON value"
        raise WireError(f"An element of a JSON array must be {what}", data=data)
    return data


def _decoded_alone(data: bytes) -> list[WireEvent]:
    decoder = JSONArrayDecoder(max_event_bytes=len(data))
    try:
        return [*decoder.feed(b"[" + data), *decoder.flush()]
    except MalformedEventError:
        return []
