"""Compare recordings by meaning: requests, words, calls, usage, ends, the order of events, times."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from unspool.cassette.content_coding import decoded
from unspool.cassette.difference import differences
from unspool.cassette.match import Matching
from unspool.cassette.model import Interaction, header
from unspool.cassette.rules import LLM, RULES
from unspool.counts import counted
from unspool.errors import UnspoolError
from unspool.providers import decoder_for
from unspool.providers.detect import format_of_exchange
from unspool.reading.exchange import Exchange, read_exchange

_LITTLE = 0.25
"""Up to which share of the longer one two times are the same."""
_LEAST = 0.05
"""Two times that differ by less, in seconds, are the same."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which two recordings differ.

    Attributes:
        what: `request`, `status`, `text`, `reasoning`, `refusal`, `calls`, `finish`, `usage`, `error`,
            `events`, `model`, `end` or `time`.
        kind: `words`, `shape` or `time`. A run on another day differs in words and in time, not in shape.
        before, after: what the two have, in a few words.
    """

    what: str
    kind: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two recordings of the same request; None in the place of one that has no counterpart.

    Attributes:
        rules: the names of the rules under which the requests are the same; empty if they are so as sent.
    """

    before: Exchange | None
    after: Exchange | None
    rules: tuple[str, ...]
    differences: tuple[Difference, ...]

    def differs(self, kind: str) -> bool:
        missing = self.before is None or self.after is None
        return (missing and kind == "shape") or any(one.kind == kind for one in self.differences)


def pairs(before: Sequence[Interaction], after: Sequence[Interaction]) -> list[Pair]:
    """Pair the recordings of two cassettes: equal requests first, then those at equal addresses, in order."""
    partners = _partners(before, after)
    found = [
        compared(read_exchange(index, one), read_exchange(partners[index], after[partners[index]]))
        if index in partners
        else Pair(read_exchange(index, one), None, (), ())
        for index, one in enumerate(before)
    ]
    new = sorted(set(range(len(after))) - set(partners.values()))
    return [*found, *(Pair(None, read_exchange(index, after[index]), (), ()) for index in new)]


def _partners(before: Sequence[Interaction], after: Sequence[Interaction]) -> dict[int, int]:
    partners: dict[int, int] = {}
    left = dict(enumerate(after))
    for key in (
        Matching().key,
        Matching(match=(LLM,)).key,
        Matching(match_on=("method", "host", "path")).key,
    ):
        places: dict[Any, list[int]] = {}
        for index, one in left.items():
            places.setdefault(key(one.request), []).append(index)
        for index, one in enumerate(before):
            if index not in partners and places.get(key(one.request)):
                partners[index] = places[key(one.request)].pop(0)
                del left[partners[index]]
    return partners


def compared(before: Exchange, after: Exchange) -> Pair:
    """Compare two recordings of one request."""
    rules, asked = _requests(before, after)
    found = [*asked, *(one for compare in _COMPARISONS for one in compare(before, after))]
    return Pair(before, after, rules, tuple(found))


def _requests(before: Exchange, after: Exchange) -> tuple[tuple[str, ...], list[Difference]]:
    old, new = before.interaction.request, after.interaction.request
    if Matching().key(old) == Matching().key(new):
        return (), []
    names = list(RULES)
    if Matching(match=(LLM,)).key(old) == Matching(match=(LLM,)).key(new):
        for name in list(names):
            fewer = Matching(match=tuple(one for one in names if one != name))
            if fewer.key(old) == fewer.key(new):
                names.remove(name)
        return tuple(names), []
    places = differences(old, new, Matching(match=(LLM,)))
    return (), [
        Difference("request", "shape", one.recorded, f"{one.where}: {one.came}") for one in places[:3]
    ]


def _words(
    what: str, text: Callable[[Exchange], str]
) -> Callable[[Exchange, Exchange], Iterator[Difference]]:
    def compare(before: Exchange, after: Exchange) -> Iterator[Difference]:
        old, new = text(before), text(after)
        if old != new:
            count = _changed_words(old, new)
            yield Difference(
                what, "words", old, f"{counted(count, 'word')} changed: {new}" if old and new else new
            )

    return compare


def _changed_words(old: str, new: str) -> int:
    matcher = difflib.SequenceMatcher(None, old.split(), new.split(), autojunk=False)
    return sum(max(b - a, d - c) for kind, a, b, c, d in matcher.get_opcodes() if kind != "equal")


def _fact(
    what: str, kind: str, fact: Callable[[Exchange], object]
) -> Callable[[Exchange, Exchange], Iterator[Difference]]:
    def compare(before: Exchange, after: Exchange) -> Iterator[Difference]:
        old, new = fact(before), fact(after)
        if old != new:
            yield Difference(what, kind, _shown(old), _shown(new))

    return compare


def _shown(value: object) -> str:
    return "none" if value in (None, "", ()) else ", ".join(value) if isinstance(value, tuple) else str(value)


def _calls(one: Exchange) -> tuple[str, ...]:
    """Return the calls, without their ids, the arguments' keys sorted."""
    return tuple(
        f"{call.name}({_sorted_json(call.arguments)})" for call in (one.reply.calls if one.reply else ())
    )


def _sorted_json(text: str) -> str:
    try:
        return json.dumps(from_json(text or "{}"), sort_keys=True, ensure_ascii=False)
    except ValueError:
        return text


def _usage(before: Exchange, after: Exchange) -> Iterator[Difference]:
    old, new = (one.reply.tokens if one.reply else None for one in (before, after))
    if old != new:
        shown = ["none" if one is None else f"{one.input} → {one.output} tokens" for one in (old, new)]
        yield Difference("usage", "words" if old and new else "shape", *shown)


def shape(interaction: Interaction) -> tuple[str, ...]:
    """Return the kinds of a response's events in their order; equal ones in a row count as one.

    A kind is the event's name, or its `type`, or the keys of its JSON and, of a chat's chunk, of its delta.
    """
    try:
        response = decoded(interaction.response)
    except UnspoolError:
        return ("unreadable",)
    wire_format = format_of_exchange(interaction.request.uri, header(response.headers, "content-type"))
    if wire_format is None or response.status >= 400:
        return ()
    decoder = decoder_for(wire_format)
    kinds: list[str] = []
    try:
        for event in (*decoder.feed(response.body), *decoder.flush()):
            kind = _kind(event.name, event.data)
            kinds += [kind] if kinds[-1:] != [kind] else []
    except UnspoolError:
        kinds.append("unreadable")
    return tuple(kinds)


def _kind(name: str, data: str) -> str:
    if name != "message":
        return name
    try:
        found = from_json(data)
    except ValueError:
        return data[:20]
    if not isinstance(found, dict):
        return type(found).__name__
    if isinstance(found.get("type"), str):
        return str(found["type"])
    choices = found.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(first, dict):
        return "+".join(sorted(key for key, value in found.items() if value is not None))
    delta = first.get("delta")
    said = sorted(key for key, value in (delta if isinstance(delta, dict) else {}).items() if value)
    said += ["finish"] if first.get("finish_reason") else []
    said += ["usage"] if found.get("usage") else []
    return "+".join(said) or "empty"


def _events(before: Exchange, after: Exchange) -> Iterator[Difference]:
    old, new = shape(before.interaction), shape(after.interaction)
    if old == new:
        return
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind != "equal":
            yield Difference("events", "shape", _shown(old[a:b][:4]), _shown(new[c:d][:4]))


def _times(before: Exchange, after: Exchange) -> Iterator[Difference]:
    if before.time_line is None or after.time_line is None:
        return
    for what, old, new in (
        ("first token", before.time_line.first_at, after.time_line.first_at),
        ("end", before.time_line.ended_at, after.time_line.ended_at),
    ):
        if old is not None and new is not None and abs(old - new) > max(_LEAST, _LITTLE * max(old, new)):
            yield Difference("time", "time", f"{what} {old * 1000:,.0f} ms", f"{new * 1000:,.0f} ms")
    if len(before.time_line.stalls) != len(after.time_line.stalls):
        shown = [counted(len(one.time_line.stalls), "stall") for one in (before, after) if one.time_line]
        yield Difference("time", "time", *shown)


_COMPARISONS: tuple[Callable[[Exchange, Exchange], Iterator[Difference]], ...] = (
    _fact("status", "shape", lambda one: one.interaction.response.status),
    _fact("model", "words", lambda one: one.reply.model if one.reply else None),
    _words("reasoning", lambda one: one.reply.reasoning if one.reply else ""),
    _words("text", lambda one: one.reply.text if one.reply else ""),
    _words("refusal", lambda one: one.reply.refusal if one.reply else ""),
    _fact("calls", "words", _calls),
    _fact("finish", "shape", lambda one: one.reply.finish if one.reply else None),
    _usage,
    _fact("error", "shape", lambda one: one.reply.error if one.reply else None),
    _fact("end", "shape", lambda one: str(one.time_line.end) if one.time_line else None),
    _events,
    _times,
)
