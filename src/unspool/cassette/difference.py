"""Where a request and a recording differ, which recording is the nearest, and why none was played.

Two requests differ in no place if, and only if, they match.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nsmallest
from itertools import islice

from unspool.cassette.body import read_body
from unspool.cassette.excerpts import excerpts, same_until
from unspool.cassette.match import PARTS, Matching, objection
from unspool.cassette.miss_advice import Difference, advice
from unspool.cassette.model import Interaction, Request
from unspool.cassette.unequal import is_redacted_form, unequal

__all__ = ["MOST_DIFFERENCES", "Difference", "differences", "explain_miss", "nearest"]

MOST_DIFFERENCES = 100
"""No more are looked for: requests that differ in so many places have little to do with each other."""

_MOST_CANDIDATES = 200
_MOST_BYTES = 8_000_000  # of candidates' bodies, so that an error comes in a second or so
_MOST_SHOWN = 8
_CONVERSATIONS = ("messages", "input", "contents")  # of OpenAI and Anthropic, of Responses, of Gemini
_ADDRESS = ("method", "scheme", "host", "port", "path")


def differences(recorded: Request, came: Request, matching: Matching) -> list[Difference]:
    """Where the two differ in what has to match, in the order of `match_on`; at most 100 places."""
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
    """The recording that differs least, and where; None if there are no recordings.

    An agreeing address comes before anything else, then a conversation of as many turns, then a recording
    that hasn't been played; then the fewest differences, the most of the body in common, and the order of
    recording. Of many recordings only the likeliest are compared.

    Args:
        candidates: the recordings.
        request: the request that came.
        matching: what has to agree.
        played: how often each of the candidates has been played; nothing: none of them has.
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
    """The indexes of those with the nearest address and size, as many as can be compared in good time."""

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
    """How many turns the conversation in a request has; None if it's no conversation."""
    document = read_body(request).document
    if not isinstance(document, dict):
        return None
    lists = (document.get(name) for name in _CONVERSATIONS)
    return next((len(turns) for turns in lists if isinstance(turns, list)), None)


def _far(recorded: Request, came: Request, matching: Matching) -> int:
    """In how many parts of the address the two differ, of those that have to match."""
    parts = [PARTS[part] for part in _ADDRESS if part in matching.names]
    return sum(part(recorded, matching.ignored) != part(came, matching.ignored) for part in parts)


def _unlike(recorded: bytes, came: bytes) -> int:
    """How many bytes lie between what two bodies have in common at their beginnings and ends."""
    head = same_until(recorded, came)
    tail = same_until(recorded[head:][::-1], came[head:][::-1])
    return max(len(recorded), len(came)) - head - tail


def explain_miss(
    request: Request,
    interactions: Sequence[Interaction],
    played: Sequence[int],
    matching: Matching,
    *,
    path: str,
    record_mode: str,
    under_fault: bool = False,
) -> str:
    """Why no recording answers a request, and what to do about it, in a few lines.

    Args:
        request: the request that came, without its secrets.
        interactions: what the cassette holds.
        played: how often each of them has been played.
        matching: what had to agree.
        path: the cassette's name, for the reader.
        record_mode: the mode in force, for the reader.
        under_fault: whether a fault is in force, under which nothing is recorded.
    """
    asked = f"{request.method} {request.uri}"
    why = "a fault is in force, under which nothing is recorded" if under_fault else f"{record_mode=}"
    record = _UNDER_FAULT if under_fault else _RECORD
    start = f"{path} has no recording for {asked} ({why})."
    matching_ones = _matching_indexes(request, interactions, matching)
    if matching_ones:
        repeat = _REPEAT_UNDER_FAULT if under_fault else _REPEAT
        return f"{start}\nIt matches {_names(matching_ones)}, played already.\n{repeat}"
    found = _nearest(interactions, request, matching, played)
    if found is None:
        return f"{start}\nThe cassette is empty, or there is none yet.\n{record}"
    index, places = found
    name = f"interactions[{index}]{' (played already)' if played[index] else ''}"
    lines = [start, f"Of {len(interactions)}, the nearest is {name}; it differs in {_counted(places)}:"]
    return "\n".join([*lines, *_listed(places), *advice(places), record])


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
    "To record it, use record_mode='new_episodes'; record_mode='rewrite' records the whole cassette anew."
)
_REPEAT = (
    "A recording is played once, unless allow_playback_repeats=True lets the last one repeat; "
    "record_mode='new_episodes' records one more."
)

_UNDER_FAULT = (
    "A request that the fault has changed belongs in no cassette. Run the test once without the fault if its"
    " own requests aren't there yet; if the fault made this request another one, aim it at a later turn with"
    " .where(turn=…), or let the test end where the client gives up."
)
_REPEAT_UNDER_FAULT = (
    "A recording is played once, unless allow_playback_repeats=True lets the last one repeat."
)


def _counted(places: list[Difference]) -> str:
    if len(places) == 1:
        return "one place"
    return f"{len(places)} places" if len(places) < MOST_DIFFERENCES else f"{len(places)} places or more"


def _listed(places: list[Difference]) -> Iterator[str]:
    for place in places[:_MOST_SHOWN]:
        recorded = f"recorded {place.recorded}, came " if place.recorded else ""
        yield f"  {place.where}: {recorded}{place.came}"
    if len(places) > _MOST_SHOWN:
        yield f"  and {len(places) - _MOST_SHOWN} more"
