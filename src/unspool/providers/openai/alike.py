"""Chat chunks that differ from an earlier one in their text only: nearly every event of a stream.

Such an event needs no parsing. Where its JSON begins and ends as an earlier event's did, the new text's
literal is what stands between, and the chunk is the earlier one's with that text. This holds for any literal,
since a JSON string ends at the first quote that has no backslash before it; it is verified once, by reading
an event with another text in that place. OpenAI's padding, `obfuscation`, may differ too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from pydantic_core import from_json

from unspool.models import UNCHANGEABLE, ModelResponseStream, Record, assemble_one, own

JSON = dict[str, Any]

_STRING = r'([^"\\]*(?:\\.[^"\\]*)*)"'
_TEXTS = {
    name: re.compile(rf'"{name}"\s*:\s*"{_STRING}') for name in ("content", "reasoning_content", "reasoning")
}
_PADDING = re.compile(rf'"obfuscation"\s*:\s*"{_STRING}')
_PROBES = ("probe", "another")
_MOST_FAILURES = 5


class AlikeChunks:
    """Reads events that are like one read before.

    Args:
        read: reads any event's data. It is asked for the one that verifies what was learned.
    """

    def __init__(self, read: Callable[[str], ModelResponseStream | None]) -> None:
        self._read = read
        self._mould: _Mould | None = None
        self._failures = 0  # how often in a row a mould was made that no event fitted

    def read(self, data: str) -> tuple[ModelResponseStream, str, str] | None:
        """The chunk of an event's data, the field of its delta that has the text, and the text.

        None if the event is unlike the one that was learned.
        """
        mould = self._mould
        if mould is None or not mould.fits(data):
            return None
        text = data[mould.start : mould.end]
        padding = ""
        if mould.between is not None:
            text, found, padding = text.partition(mould.between)
            if not (found and padding.isalnum()):
                return None
        if '"' in text or "\\" in text or not text.isprintable():
            unescaped = _unescaped(text)
            if unescaped is None:
                return None
            text = unescaped
        self._failures = 0
        return mould.chunk(text, padding), mould.field, text

    def learn(self, data: str, chunk: ModelResponseStream) -> tuple[int, str] | None:
        """Note an event of which a chunk was made, if others may be like it.

        Returns:
            the index of its choice and the field of its delta, if so.
        """
        if self._failures >= _MOST_FAILURES:
            return None
        field = _only_text(chunk)
        if field is None:
            return None
        self._failures += 1
        mould = self._made(data, chunk, field)
        if mould is None:
            return None
        self._mould = mould
        return chunk.choices[0].index, field

    def _made(self, data: str, chunk: ModelResponseStream, field: str) -> _Mould | None:
        names = ("content",) if field == "content" else ("reasoning_content", "reasoning")
        places = [place for name in names for place in _TEXTS[name].finditer(data)]
        paddings = list(_PADDING.finditer(data))
        if len(places) != 1 or len(paddings) > 1 or (paddings and paddings[0].start() < places[0].end()):
            return None
        start, end = places[0].span(1)
        between, rest = None, end
        if paddings:
            between, rest = data[end : paddings[0].start(1)], paddings[0].end(1)
        mould = _Mould(data[:start], between, data[rest:], chunk, field)
        text, padding = _PROBES
        probe = mould.before + text + (mould.after if between is None else between + padding + mould.after)
        return mould if self._read(probe) == mould.chunk(text, padding) else None


class _Mould:
    """What alike events have in common.

    Attributes:
        before: their data up to the text's literal.
        between: what stands between this and the padding's; None if there is no padding.
        after: the data after the last of them.
        start: where the first literal begins.
        end: where the last one ends, counted from the data's end.
        field: of the delta, the one with the text.
    """

    __slots__ = (
        "_choice",
        "_delta",
        "_extras",
        "_head",
        "after",
        "before",
        "between",
        "end",
        "field",
        "start",
    )

    def __init__(
        self, before: str, between: str | None, after: str, chunk: ModelResponseStream, field: str
    ) -> None:
        self.before, self.between, self.after = before, between, after
        self.start, self.end = len(before), -len(after)
        self.field = field
        sample = own(chunk)
        choice = sample.choices[0]
        self._head, self._choice, self._delta = sample.__dict__, choice.__dict__, choice.delta.__dict__
        self._extras: tuple[JSON, ...] = tuple(
            dict(record.__pydantic_extra__ or {}) for record in (sample, choice, choice.delta)
        )

    def fits(self, data: str) -> bool:
        """Whether an event begins and ends as these do; the first quote may not be the last one, too."""
        return (
            data.startswith(self.before) and data.endswith(self.after) and len(data) >= self.start - self.end
        )

    def chunk(self, text: str, padding: str) -> ModelResponseStream:
        """The chunk of an event with this text."""
        delta = self._delta.copy()
        head, choice, said = self._extras
        head, said = head.copy(), said.copy()
        if self.field == "content":
            delta["content"] = text
        else:
            said[self.field] = text
        if self.between is not None:
            head["obfuscation"] = padding
        return assemble_one(
            self._head.copy(), self._choice.copy(), delta, (head, choice.copy() if choice else {}, said)
        )


def _only_text(chunk: ModelResponseStream) -> str | None:
    """The field of a chunk's text, if its one choice has one, and there is nothing that could be shared."""
    if len(chunk.choices) != 1 or chunk.choices[0].finish_reason is not None:
        return None
    choice = chunk.choices[0]
    delta = choice.delta
    records = ((chunk, "choices"), (choice, "delta"), (delta, ""))
    if not all(_is_flat(record, name) for record, name in records):
        return None
    if delta.content:
        return "content"
    return "reasoning_content" if delta.get("reasoning_content") else None


def _is_flat(record: Record, but_for: str) -> bool:
    """Whether none of a record's values can be changed."""
    values = [value for name, value in record.__dict__.items() if name != but_for]
    return all(
        type(value) in UNCHANGEABLE for value in (*values, *(record.__pydantic_extra__ or {}).values())
    )


def _unescaped(literal: str) -> str | None:
    """The text of a JSON string's literal; None if it isn't one literal."""
    try:
        text = from_json(f'"{literal}"')
    except ValueError:
        return None
    return text if isinstance(text, str) else None
