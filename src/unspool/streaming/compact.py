"""A compact list of chunks: a few bytes each, for thousands that differ only in text and time."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from math import isnan, nan
from typing import Any

from unspool.models import EMITTED_AT, STREAMS_HIDDEN, UNCHANGEABLE, ModelResponseStream, assemble_one

JSON = dict[str, Any]


class CompactChunks:
    """A list of chunks that stores chunks with nothing but a text as that text.

    Such a chunk is made again when it is first read, and is the same object from then on. All others are
    stored unchanged.
    """

    def __init__(self) -> None:
        self._items: list[Any] = []  # a text, or another item
        self._times = array("d")  # nan for items that are stored unchanged
        self._starts: list[int] = []  # the start of each frame's texts
        self._frames: list[_Frame] = []

    def __len__(self) -> int:
        return len(self._items)

    def append(self, chunk: Any) -> None:
        """Add a chunk, or anything else."""
        parts = _taken_apart(chunk) if type(chunk) is ModelResponseStream else None
        if parts is None:
            self._items.append(chunk)
            self._times.append(nan)
            return
        text, at, frame = parts
        if not self._frames or self._frames[-1] != frame:
            self._starts.append(len(self._items))
            self._frames.append(frame)
        self._items.append(text)
        self._times.append(at)

    def __getitem__(self, place: int) -> Any:
        item, at = self._items[place], self._times[place]
        if not isnan(at):
            frame = self._frames[bisect_right(self._starts, place) - 1]
            item = self._items[place] = _put_together(item, at, frame)
            self._times[place] = nan
        return item


_Frame = tuple[JSON, JSON, JSON, JSON, JSON, JSON]
"""The fields of a chunk, of its choice and of its delta, each with the undeclared ones."""


def _taken_apart(chunk: ModelResponseStream) -> tuple[str, float, _Frame] | None:
    """Split a chunk into text, time and the rest; None if it contains mutable values."""
    head = chunk.__dict__.copy()
    choices = head.pop("choices")
    at, hidden = head.pop(EMITTED_AT, None), head.get(STREAMS_HIDDEN)
    if at is None or len(choices) != 1:
        return None
    choice = choices[0].__dict__.copy()
    delta = choice.pop("delta")
    said, extra = delta.__dict__.copy(), dict(delta.__pydantic_extra__ or {})
    where = said if said["content"] is not None else extra
    text = where.pop("content" if where is said else "reasoning_content", None)
    frame = (
        head,
        dict(chunk.__pydantic_extra__ or {}),
        choice,
        dict(choices[0].__pydantic_extra__ or {}),
        said,
        extra,
    )
    values = (value for fields in frame for value in fields.values())
    if type(text) is not str or any(
        type(value) not in UNCHANGEABLE for value in values if value is not hidden
    ):
        return None
    return text, at, frame


def _put_together(text: str, at: float, frame: _Frame) -> ModelResponseStream:
    head, head_extra, choice, choice_extra, said, extra = (fields.copy() for fields in frame)
    head[EMITTED_AT] = at
    (extra if "content" in said else said)["reasoning_content" if "content" in said else "content"] = text
    return assemble_one(head, choice, said, (head_extra, choice_extra, extra))
