"""The texts of messages and of reasoning: streamed in pieces, sent as wholes, or both.

A text belongs to an item and has a kind. Its parts are numbered, but not by every server: vLLM gives each
piece of reasoning a `content_index` of its own (vllm-project/vllm#35184), and a gateway of Bedrock's counts
from 1. So all parts of a kind are one text, in the order in which they arrive, and a whole is compared with
what that text says at its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from unspool.providers.annotations import link
from unspool.providers.json_events import JSON, objects_in, text_in
from unspool.providers.openai.responses.identity import Item
from unspool.providers.retold_text import RunningText

FIELD_OF_PART = {
    "output_text": "content",
    "reasoning_text": "reasoning_content",
    "refusal": "refusal",
    "summary_text": "reasoning_content",
}
"""Which field of a delta says what a part of this type says."""


@dataclass(slots=True)
class _Text:
    """One kind of text of one item.

    Attributes:
        starts: for each part's number, how much content of the response comes before it, in characters.
        annotations: how many were emitted, and how many each series of wholes has repeated.
        held: an item's text that may repeat an earlier one.
    """

    running: RunningText = field(default_factory=RunningText)
    starts: dict[int, int] = field(default_factory=dict)
    annotated: int = 0
    annotations: Counter[str] = field(default_factory=Counter)
    held: list[str] = field(default_factory=list)


class Texts:
    """The texts of a response; their content is emitted as the fields of one `Delta` each, and logprobs.

    Args:
        start: how much content there was before, in characters: a stream may hold several responses.
        citations: the annotations without a URL or a place that it had.
    """

    def __init__(self, start: int, citations: list[JSON] | None = None) -> None:
        self.length = start
        self.citations = citations or []
        self._texts: dict[tuple[Item, str], _Text] = {}

    def add(self, item: Item, kind: str, part: int, piece: str, logprobs: list[JSON]) -> Iterator[JSON]:
        """Emit a piece, unless it arrives after the item's end or repeats all of its text."""
        text = self._text(item, kind)
        if not piece or item.is_ended or text.running.is_repeated_by(piece):
            return
        if item.repeats is None:
            text.running.add(piece)
            yield self._emitted(text, kind, part, piece, logprobs)
        else:
            text.held.append(piece)

    def complete(self, item: Item, kind: str, part: int, body: JSON, *, series: str) -> Iterator[JSON]:
        """Emit what a whole part has beyond the pieces: all of it, if there was nothing before.

        Args:
            series: the kind of event that it comes with; each kind has every part of the item once, in order.
        """
        text, whole = self._text(item, kind), text_of(kind, body)
        if item.repeats is not None or text.running.repeats(series, part, whole):
            return
        is_new = text.running.place_of(series) == text.running.length
        rest = text.running.rest(series, part, whole)
        if rest:
            yield self._emitted(text, kind, part, rest, objects_in(body, "logprobs") if is_new else [])
        for annotation in objects_in(body, "annotations"):
            yield from self._annotate(text, part, annotation, series=series)

    def annotate(self, item: Item, part: int, annotation: JSON) -> Iterator[JSON]:
        """Emit an annotation that has an event of its own."""
        if not item.is_ended and item.repeats is None:
            yield from self._annotate(self._text(item, "output_text"), part, annotation, series="annotation")

    def release(self, item: Item, wholes: dict[str, str]) -> Iterator[JSON]:
        """Emit the texts of an item that might have repeated an earlier one, and says something else.

        Args:
            wholes: its texts by kind, as far as the item's end shows them.
        """
        kinds = [kind for owner, kind in self._texts if owner is item]
        said = {kind: wholes.get(kind) or self._release_held(item, kind) for kind in {*kinds, *wholes}}
        earlier = item.repeats
        if earlier is None or all(
            self._text(earlier, kind).running.says(text) for kind, text in said.items()
        ):
            return
        item.repeats = None
        for kind in sorted(said):
            yield from self.add(item, kind, 0, said[kind], [])

    def _release_held(self, item: Item, kind: str) -> str:
        text = self._text(item, kind)
        held, text.held = text.held, []
        return "".join(held)

    def begins(self, item: Item, kind: str, whole: str) -> bool:
        """Whether the whole begins with what was emitted of that text."""
        return self._text(item, kind).running.begins(whole)

    def _text(self, item: Item, kind: str) -> _Text:
        return self._texts.setdefault((item, kind), _Text())

    def _emitted(self, text: _Text, kind: str, part: int, piece: str, logprobs: list[JSON]) -> JSON:
        name = FIELD_OF_PART[kind]
        if name == "content":
            text.starts.setdefault(part, self.length)
            self.length += len(piece)
        likely = {"logprobs": {"content": logprobs, "refusal": None}} if logprobs else {}
        return {name: piece, **likely}

    def _annotate(self, text: _Text, part: int, annotation: JSON, *, series: str) -> Iterator[JSON]:
        """Each series counts its own: what another one has emitted isn't emitted again."""
        text.annotations[series] += 1
        if text.annotations[series] > text.annotated:
            text.annotated += 1
            first = next(iter(text.starts.values()), self.length)
            shifted = _shifted(annotation, text.starts.get(part, first))
            made = link(shifted)
            if made is None:
                self.citations = [*self.citations, shifted]  # a new list: the old one is in a chunk
                yield {"provider_specific_fields": {"citations": self.citations}}
            else:
                yield {"annotations": [made]}


def text_of(kind: str, part: JSON) -> str:
    """The text of a whole part."""
    return text_in(part, "refusal" if kind == "refusal" else "text")


def _shifted(annotation: JSON, offset: int) -> JSON:
    """The annotation with its places counted from the start of all content, not of its part."""
    places = {
        key: annotation[key] + offset
        for key in ("start_index", "end_index")
        if isinstance(annotation.get(key), int)
    }
    return {**annotation, **places}
