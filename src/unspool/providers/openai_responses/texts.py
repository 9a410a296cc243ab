"""The texts of messages and of reasoning: told piece by piece, as wholes, or both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from unspool.providers.payload import JSON
from unspool.providers.shape import objects_in, text_in
from unspool.providers.told import Told

FIELD_OF_PART = {
    "output_text": "content",
    "reasoning_text": "reasoning_content",
    "refusal": "refusal",
    "summary_text": "reasoning_content",
}
"""Which field of a delta says what a part of this type says."""

_Part = tuple[int, str, int]
"""A part's name: its item's output index, its type and its place in the item."""


class Texts:
    """The texts of a response; what they say comes as the fields of one `Delta` each, and logprobs.

    Args:
        start: how much content there was before, in characters: a stream may hold several responses.
    """

    def __init__(self, start: int) -> None:
        self.length = start
        self._told = Told()
        self._starts: dict[_Part, int] = {}
        self._annotated: Counter[_Part] = Counter()

    def add(self, name: _Part, piece: str, logprobs: list[JSON]) -> Iterator[JSON]:
        """Some more of a part's text."""
        if piece:
            yield self._said(name, self._told.add(name, piece), logprobs)

    def complete(self, name: _Part, whole: str, logprobs: list[JSON]) -> Iterator[JSON]:
        """What the whole text says beyond the pieces."""
        is_new = name not in self._told
        rest = self._told.rest(name, whole)
        if rest:
            yield self._said(name, rest, logprobs if is_new else [])

    def annotate(self, name: _Part, annotation: JSON) -> Iterator[JSON]:
        self._annotated[name] += 1
        yield {"annotations": [_shifted(annotation, self._starts.get(name, self.length))]}

    def end(self, name: _Part, part: JSON) -> Iterator[JSON]:
        """A part as a whole: all of it, if there was nothing before."""
        whole = text_in(part, "refusal" if name[1] == "refusal" else "text")
        yield from self.complete(name, whole, objects_in(part, "logprobs"))
        for annotation in objects_in(part, "annotations")[self._annotated[name] :]:
            yield from self.annotate(name, annotation)

    def _said(self, name: _Part, text: str, logprobs: list[JSON]) -> JSON:
        field = FIELD_OF_PART[name[1]]
        if field == "content":
            self._starts.setdefault(name, self.length)
            self.length += len(text)
        likely = {"logprobs": {"content": logprobs, "refusal": None}} if logprobs else {}
        return {field: text, **likely}


def _shifted(annotation: JSON, offset: int) -> JSON:
    """The annotation with its places counted from the start of all content, not of its part."""
    places = {
        key: annotation[key] + offset
        for key in ("start_index", "end_index")
        if isinstance(annotation.get(key), int)
    }
    return {**annotation, **places}
