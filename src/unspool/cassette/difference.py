"""Compare a request with recordings: the differences, the nearest recording, and why none was played.

Two requests have no difference if, and only if, they match.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import Enum
from hashlib import blake2b
from heapq import nsmallest
from itertools import islice, zip_longest
from typing import Any

from unspool.cassette.body import Body, by_name, read_body
from unspool.cassette.ignore_paths import Gone, Ignored, format_step
from unspool.cassette.match import PARTS, Matching, body_of, headers_of, objection, part_of, query_of
from unspool.cassette.miss_advice import Difference, advice
from unspool.cassette.model import Interaction, Request
from unspool.cassette.rules import RULES
from unspool.cassette.stand_ins import REDACTED
from unspool.counts import counted

__all__ = ["MOST_DIFFERENCES", "Difference", "differences", "explain_miss", "nearest"]

MOST_DIFFERENCES = 100
"""The maximum number of differences: requests that differ in so many places are unrelated."""

_MOST_CANDIDATES = 200
_MOST_BYTES = 8_000_000  # of candidates' bodies, so that an error takes about a second
_MOST_SHOWN = 8
_MOST_IN_A_LINE = 3
_CONVERSATIONS = ("messages", "input", "contents")  # of OpenAI and Anthropic, of Responses, of Gemini
_ADDRESS = ("method", "scheme", "host", "port", "path")


def differences(recorded: Request, came: Request, matching: Matching) -> list[Difference]:
    """Return the differences in the parts that must match, in the order of `match_on`; at most 100."""
    return list(islice(_differences(recorded, came, matching), MOST_DIFFERENCES))


def _differences(recorded: Request, came: Request, matching: Matching) -> Iterator[Difference]:
    for part in matching.names:
        for where, old, new in unequal(part, recorded, came, matching.ignored):
            yield Difference(where, *excerpts(old, new))
    for matcher in matching.others:
        reason = objection(matcher, came, recorded)
        if reason is not None:
            yield Difference(f"matcher {getattr(matcher, '__name__', matcher)}", "", reason)


def nearest(
    candidates: Sequence[Interaction],
    request: Request,
    matching: Matching,
    played: Sequence[int] = (),
) -> tuple[Interaction, list[Difference]] | None:
    """Return the recording that differs least, and the differences; None if there are no recordings.

    The criteria, in order: an equal address, a conversation of as many turns, a recording that hasn't been
    played, the fewest differences, the largest common part of the body, the order of recording. Of many
    recordings only the likeliest are compared.

    Args:
        candidates: the recordings.
        request: the request.
        matching: the parts that must match.
        played: how often each of the candidates has been played; empty if none has.
    """
    found = _nearest(candidates, request, matching, played)
    return None if found is None else (candidates[found[0]], found[1])


def _nearest(
    candidates: Sequence[Interaction], request: Request, matching: Matching, played: Sequence[int]
) -> tuple[int, list[Difference]] | None:
    compared = (
        (index, differences(candidates[index].request, request, matching))
        for index in _likeliest(candidates, request, matching)
    )
    turns = _turns(request)

    def distance(found: tuple[int, list[Difference]]) -> tuple[int, bool, bool, int, int, int]:
        index, places = found
        recorded = candidates[index].request
        far = _far(recorded, request, matching)
        was_played = index < len(played) and played[index] > 0
        unlike = _unlike(recorded.body, request.body)
        return far, _turns(recorded) != turns, was_played, len(places), unlike, index

    return min(compared, key=distance, default=None)


def _likeliest(candidates: Sequence[Interaction], request: Request, matching: Matching) -> Iterator[int]:
    """Return the indexes of those with the nearest address and size, as many as can be compared quickly."""

    def rank(index: int) -> tuple[int, int]:
        recorded = candidates[index].request
        return _far(recorded, request, matching), abs(len(recorded.body) - len(request.body))

    compared = 0
    for index in nsmallest(_MOST_CANDIDATES, range(len(candidates)), key=rank):
        yield index
        compared += len(candidates[index].request.body)
        if compared > _MOST_BYTES:
            return


def _turns(request: Request) -> int | None:
    """Count the turns of the conversation in a request; None if it's no conversation."""
    document = read_body(request).document
    if not isinstance(document, dict):
        return None
    lists = (document.get(name) for name in _CONVERSATIONS)
    return next((len(turns) for turns in lists if isinstance(turns, list)), None)


def _far(recorded: Request, came: Request, matching: Matching) -> int:
    """Count the parts of the address in which the two differ, of those that must match."""
    parts = [PARTS[part] for part in _ADDRESS if part in matching.names]
    return sum(part(recorded, matching.ignored) != part(came, matching.ignored) for part in parts)


def _unlike(recorded: bytes, came: bytes) -> int:
    """Count the bytes between the common beginnings and ends of two bodies."""
    head = same_until(recorded, came)
    tail = same_until(recorded[head:][::-1], came[head:][::-1])
    return max(len(recorded), len(came)) - head - tail


_MOST_LIKELY = 50  # recordings that are compared under all rules


def explain_miss(
    request: Request,
    interactions: Sequence[Interaction],
    played: Sequence[int],
    matching: Matching,
    *,
    path: str,
    record_mode: str,
    under_fault: bool = False,
    by_hypothesis: bool = False,
) -> str:
    """Explain why no recording answers a request, and what to do about it, in a few lines.

    Args:
        request: the request, redacted.
        interactions: the cassette's interactions.
        played: how often each of them has been played.
        matching: the parts that must match.
        path: the cassette's name, for the reader.
        record_mode: the record mode, for the reader.
        under_fault: whether a fault is active, so that nothing is recorded.
        by_hypothesis: whether Hypothesis has chosen the test's input.
    """
    asked = f"{request.method} {request.uri}"
    why = "a fault is in force, under which nothing is recorded" if under_fault else f"{record_mode=}"
    record = _UNDER_FAULT if under_fault else _RECORD
    hint = [_BY_HYPOTHESIS] if by_hypothesis else []
    start = f"{path} has no recording for {asked} ({why})."
    matching_ones = _matching_indexes(request, interactions, matching)
    if matching_ones:
        repeat = _REPEAT_UNDER_FAULT if under_fault else _REPEAT
        return "\n".join([start, f"It matches {_names(matching_ones)}, played already.", *hint, repeat])
    found = _nearest(interactions, request, matching, played)
    if found is None:
        return f"{start}\nThe cassette is empty, or there is none yet.\n{record}"
    index, places = found
    name = f"interactions[{index}]{' (played already)' if played[index] else ''}"
    lines = [start, f"Of {len(interactions)}, the nearest is {name}; it differs in {_counted(places)}:"]
    forgiving = _rules_needed(request, interactions, index, matching)
    return "\n".join([*lines, *_listed(places), *(hint or advice(places)), *forgiving, record])


def _rules_needed(
    request: Request, interactions: Sequence[Interaction], nearest: int, matching: Matching
) -> Iterator[str]:
    """A line that names the rules under which a recording would have answered, if there are any."""
    names = [name for name, rule in RULES.items() if rule not in matching.ignored.rules]
    every = _with_rules(matching, names)
    key = every.key(request)
    likely = dict.fromkeys([nearest, *range(min(len(interactions), _MOST_LIKELY))])
    index = next((one for one in likely if every.key(interactions[one].request) == key), None)
    if index is None or not names:
        return
    for name in list(names):
        fewer = _with_rules(matching, [one for one in names if one != name])
        if fewer.key(request) == fewer.key(interactions[index].request):
            names.remove(name)
    yield (
        f"interactions[{index}] differs only in what changes by itself: with"
        f" match={(names[0] if len(names) == 1 else names)!r} it answers, as with match='llm'."
    )


def _with_rules(matching: Matching, names: Sequence[str]) -> Matching:
    return replace(matching, match=(*matching.match, *names))


def _matching_indexes(request: Request, interactions: Sequence[Interaction], matching: Matching) -> list[int]:
    key = matching.key(request)
    requests = (interaction.request for interaction in interactions)
    return [
        index
        for index, recorded in enumerate(requests)
        if (matching.key(recorded) == key or is_redacted_form(recorded, request, matching))
        and matching.others_agree(request, recorded)
    ]


def _names(indexes: list[int]) -> str:
    more = f" and {len(indexes) - 1} more" if len(indexes) > 1 else ""
    return f"interactions[{indexes[0]}]{more}"


_RECORD = (
    "To record it, use record_mode='new_episodes'; record_mode='rewrite' records the whole cassette again."
)
_REPEAT = (
    "A recording is played once, unless allow_playback_repeats=True lets the last one repeat; "
    "record_mode='new_episodes' records one more."
)

_BY_HYPOTHESIS = (
    "Hypothesis chooses other inputs in each run, unless the test has @settings(derandomize=True): add that,"
    " then record the cassette again."
)

_UNDER_FAULT = (
    "A request that the fault has changed belongs in no cassette. Run the test once without the fault if its"
    " own requests aren't there yet; if the fault made this request another one, aim it at a later turn with"
    " .where(turn=…), or let the test end where the client gives up."
)
_REPEAT_UNDER_FAULT = (
    "A recording is played once, unless allow_playback_repeats=True lets the last one repeat."
)


def explain_growth(
    new: Sequence[Interaction], old: Sequence[Interaction], matching: Matching, *, name: str
) -> tuple[str, bool]:
    """Report by how much a cassette grew, and which changing values are the likely reason.

    Returns:
        The message, and whether the next run is certain to make the cassette grow again.
    """
    grown = f"{name} grew by {counted(len(new), 'interaction')}"
    why = "record_mode='new_episodes' sends requests without a recording to the network"
    for interaction in new:
        found = nearest(old, interaction.request, matching)
        if found is not None and found[1] and all(map(_changes, found[1])):
            places = found[1][:_MOST_IN_A_LINE]
            message = f"{grown}, and may with every run: {why}. {_in_a_line(places)}"
            return message, all(map(_is_made_anew, found[1]))
    return f"{grown}: {why}.", False


def _changes(place: Difference) -> bool:
    """Whether such a value may differ in every run."""
    if _is_made_anew(place):
        return True
    return bool(place.ignorable_as) and not place.is_of_the_prompt and not place.is_of_the_model


def _is_made_anew(place: Difference) -> bool:
    """Whether such a value certainly differs in every run: a time or an id."""
    return place.is_only_a_moment or place.is_only_an_id


def _in_a_line(places: Sequence[Difference]) -> str:
    """Describe the differences from a recording and what to do about them, in a line."""
    return " ".join(["It differs in", ";".join(_listed(places)).strip() + ".", *advice(places)])


def _counted(places: list[Difference]) -> str:
    if len(places) == 1:
        return "one place"
    return f"{len(places)} places" if len(places) < MOST_DIFFERENCES else f"{len(places)} places or more"


def _listed(places: Sequence[Difference]) -> Iterator[str]:
    for place in places[:_MOST_SHOWN]:
        recorded = f"recorded {place.recorded}, came " if place.recorded else ""
        yield f"  {place.where}: {recorded}{place.came}"
    if len(places) > _MOST_SHOWN:
        yield f"  and {len(places) - _MOST_SHOWN} more"


WIDTH = 60
_LEAD = 20  # how much of the equal part is shown


class Absent(Enum):
    """The marker of a missing value."""

    ABSENT = "absent"


def excerpts(recorded: Any, came: Any) -> tuple[str, str]:
    """Return both values, each in about 60 characters: texts in quotes, other values as JSON, or `absent`."""
    start = 0
    if isinstance(recorded, str | bytes) and type(recorded) is type(came):
        start = max(0, same_until(recorded, came) - _LEAD)
    return _excerpt(recorded, start), _excerpt(came, start)


def same_until(first: str | bytes, second: str | bytes) -> int:
    """Count the characters or bytes that two texts have in common at their beginnings."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _excerpt(value: Any, start: int) -> str:
    if isinstance(value, Absent):
        return value.value
    if isinstance(value, Body):
        return f"{value.kind} {_excerpt(value.document, 0)}"
    if isinstance(value, str | bytes):
        return _cut(value, start)
    text = _dump(value)
    return text if len(text) <= WIDTH else text[:WIDTH] + "…"


def _cut(text: str | bytes, start: int) -> str:
    """Return the text from a place on, with a mark for each omission."""
    if start and len(text) <= WIDTH:
        start = 0
    end = start + WIDTH
    before, after = "…" if start else "", "…" if end < len(text) else ""
    if isinstance(text, bytes):
        return f"{before}{text[start:end]!r}{after}"
    return _dump(before + text[start:end] + after)


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=_named)
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair can't be printed


def _named(value: Any) -> str:
    """Encode bytes in a document as their size and digest, and ignored items as that word."""
    if not isinstance(value, bytes):
        return "ignored"
    return f"{counted(len(value), 'byte', ',')}, blake2b {blake2b(value, digest_size=4).hexdigest()}"


def printable(text: str) -> str:
    r"""The text on one line, with what a terminal would obey instead of show as `\n`, `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


Unequal = tuple[str, Any, Any]
"""The place, such as `query.alt` or `body.messages[1].content`, the first value, and the second."""


def unequal(part: str, recorded: Request, came: Request, ignored: Ignored) -> Iterator[Unequal]:
    """Yield the differences in one part of a request, a name in `PARTS`; none if the parts are equal."""
    if part == "body":
        yield from _unequal_bodies(recorded, came, ignored)
    elif part == "query":
        yield from _unequal_pairs(part, query_of(recorded, ignored), query_of(came, ignored))
    elif part == "headers":
        yield from _unequal_pairs(part, headers_of(recorded), headers_of(came))
    else:
        old, new = (part_of(part, request, ignored) for request in (recorded, came))
        if old != new and not _is_redacted_form(old, new):
            yield part, *(_or_absent(part, value) for value in (old, new))


def _or_absent(part: str, value: Any) -> Any:
    return Absent.ABSENT if value is None and part.startswith("headers.") else value


def _unequal_pairs(
    part: str, recorded: Iterable[tuple[str, str]], came: Iterable[tuple[str, str]]
) -> Iterator[Unequal]:
    old, new = by_name(recorded), by_name(came)
    for name in {**old, **new}:
        if old.get(name) != new.get(name) and not _is_redacted_form(old.get(name), new.get(name)):
            yield f"{part}.{name}", old.get(name, Absent.ABSENT), new.get(name, Absent.ABSENT)


def _unequal_bodies(recorded: Request, came: Request, ignored: Ignored) -> Iterator[Unequal]:
    old, new = (body_of(request, ignored) for request in (recorded, came))
    if old.kind == new.kind:
        yield from _walk("body", old.document, new.document)
    else:
        yield "body", old, new


def _walk(where: str, recorded: Any, came: Any) -> Iterator[Unequal]:
    if isinstance(recorded, dict) and isinstance(came, dict):
        for key in {**recorded, **came}:
            old, new = recorded.get(key, Absent.ABSENT), came.get(key, Absent.ABSENT)
            yield from _walk(where + format_step(key), old, new)
    elif isinstance(recorded, list) and isinstance(came, list):
        for (old_at, old), (new_at, new) in zip_longest(_items(recorded), _items(came), fillvalue=_NO_ITEM):
            yield from _walk(f"{where}[{old_at if new is Absent.ABSENT else new_at}]", old, new)
    elif not _same(recorded, came):
        yield where, recorded, came


_NO_ITEM = (-1, Absent.ABSENT)


def _items(values: list[Any]) -> Iterator[tuple[int, Any]]:
    return ((index, value) for index, value in enumerate(values) if value is not Gone.GONE)


def _same(recorded: Any, came: Any) -> bool:
    """Whether two values are equal to JSON: `1` and `1.0` are, `1` and `true` aren't, NaN is NaN."""
    if _is_redacted_form(recorded, came):
        return True
    if type(recorded) is not type(came) and not {type(recorded), type(came)} <= {int, float}:
        return False
    return bool(recorded == came or (recorded != recorded and came != came))  # noqa: PLR0124 - that's NaN


def _is_redacted_form(recorded: Any, came: Any) -> bool:
    """Whether a recorded text equals another, except its redacted parts, which match any text.

    The values known as credentials depend on the environment of the recording run; the matching request must
    not.
    """
    if isinstance(recorded, list) and isinstance(came, list) and len(recorded) == len(came):
        return all(old == new or _is_redacted_form(old, new) for old, new in zip(recorded, came, strict=True))
    if isinstance(recorded, str) and isinstance(came, str):
        return REDACTED in recorded and _fits(recorded.split(REDACTED), came)
    if isinstance(recorded, bytes) and isinstance(came, bytes):
        return _is_redacted_form(recorded.decode("latin-1"), came.decode("latin-1"))
    return False


def _fits(kept: list[str], text: str) -> bool:
    """Whether a text begins and ends with the first and last of these, with the others between them in
    order.
    """
    first, *others, last = kept
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in others:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def is_redacted_form(recorded: Request, came: Request, matching: Matching) -> bool:
    """Whether a recorded request equals another, except its redacted parts."""
    texts = (recorded.uri, *(value for _, value in recorded.headers))
    if REDACTED.encode() not in recorded.body and not any(REDACTED in text for text in texts):
        return False
    return not any(
        next(unequal(part, recorded, came, matching.ignored), None) is not None for part in matching.names
    )
