"""Whether a fault did exactly what it says: its own bytes and times compared with those of the whole answer.

Nothing of `unspool.faults` is used but the faults themselves. Each check gets the answer before and after,
and fails where anything else changed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from tests.faults.raw import RawEvent, Said, arguments_of, events_of, is_json, said_by

from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.errors import FaultError
from unspool.faults import Fault


@dataclass(frozen=True)
class Case:
    """An answer, whole and broken.

    Attributes:
        wire_format: its format.
        fault: what broke it.
        before: the whole answer.
        after: the broken one.
    """

    wire_format: str
    fault: Fault
    before: Interaction
    after: Interaction

    @property
    def whole(self) -> list[RawEvent]:
        return events_of(self.before.response.body)

    @property
    def broken(self) -> list[RawEvent]:
        return events_of(self.after.response.body)

    def said(self, events: list[RawEvent]) -> list[Said]:
        return [said_by(self.wire_format, event) for event in events]

    def outputs(self, events: list[RawEvent]) -> list[str]:
        return [said.output for said in self.said(events) if said.output]


def interaction(pieces: list[bytes], url: str = "https://models.invalid/v1/chat") -> Interaction:
    """An answer in these pieces, each an eighth of a second after the other, whose connection stays open."""
    chunks = tuple(NetworkChunk(len(data), 0.5 + n / 8) for n, data in enumerate(pieces, 1))
    timeline = Timeline(chunks, headers_at=0.5, ended_at=60.0 + chunks[-1].at)
    return Interaction(Request("POST", url), Response(200, body=b"".join(pieces), timeline=timeline))


def arrivals(answer: Interaction) -> list[tuple[int, float]]:
    """Where each network chunk ends in the body, and when it came."""
    timeline = answer.response.timeline
    assert timeline is not None
    ends = accumulate(chunk.size for chunk in timeline.chunks)
    return [(end, chunk.at) for end, chunk in zip(ends, timeline.chunks, strict=True)]


def came_at(answer: Interaction, event: RawEvent) -> float:
    """When the last byte of an event came."""
    return next(at for end, at in arrivals(answer) if end >= event.ends_at)


# -- checks ---------------------------------------------------------------------------------------------


def raws(events: list[RawEvent]) -> list[bytes]:
    return [event.raw.strip() for event in events]


def picked(*order: int) -> Callable[[Case], None]:
    """The first events come in this order, then the others."""

    def check(case: Case) -> None:
        whole, broken = raws(case.whole), raws(case.broken)
        assert broken == [*[whole[place] for place in order], *whole[max(order) + 1 :]]

    return check


def dropped(case: Case) -> None:
    whole = case.whole
    assert raws(case.broken) == raws(whole[:1] + whole[2:])
    times = [came_at(case.before, event) for event in whole[:1] + whole[2:]]
    assert [came_at(case.after, event) for event in case.broken] == times


def no_finish(case: Case) -> None:
    said = case.said(case.broken)
    assert not any(one.reason for one in said)
    assert case.outputs(case.broken) == case.outputs(case.whole)
    before = [one.usage for one in case.said(case.whole) if one.usage]
    assert [one.usage for one in said if one.usage] == before or case.wire_format == "bedrock-converse"
    left = iter(raws(case.broken))
    quiet = [event for event in case.whole if not said_by(case.wire_format, event).reason]
    assert all(raw in left for raw in raws(quiet))  # in order
    _same_surroundings(case)


def _same_surroundings(case: Case) -> None:
    """Changed events keep names, ids, comments and headers."""
    rests = {event.rest for event in case.whole}
    assert {event.rest for event in case.broken} <= rests


def finish_twice(case: Case) -> None:
    whole, broken = case.said(case.whole), case.said(case.broken)
    reasons = [one.reason for one in whole if one.reason]
    assert [one.reason for one in broken if one.reason] == [each for one in reasons for each in (one, one)]
    assert case.outputs(case.broken) == case.outputs(case.whole)
    own = {"openai-chat", "openai-completions", "sap-orchestration"}
    if case.wire_format in own:
        assert [one.usage for one in broken if one.usage] == [one.usage for one in whole if one.usage]
    left = iter(raws(case.broken))
    assert all(raw in left for raw in raws(case.whole))  # in order
    assert len(case.broken) == len(case.whole) + len(reasons)


def early_finish(case: Case) -> None:
    whole, broken = case.said(case.whole), case.said(case.broken)
    assert case.outputs(case.broken) == case.outputs(case.whole)
    assert [one.reason for one in broken if one.reason] == [one.reason for one in whole if one.reason]
    first = next(place for place, one in enumerate(broken) if one.reason)
    after = [one.output for one in broken[first:] if one.output]
    until = next(place for place, one in enumerate(whole) if one.reason)
    assert after[:1] == [[one.output for one in whole[: until + 1] if one.output][-1]]
    assert not broken[first].output
    assert [one.usage for one in broken if one.usage] == [one.usage for one in whole if one.usage]


def loops(after: int, period: int, times: int) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        whole, broken = case.outputs(case.whole), case.outputs(case.broken)
        cycle = whole[after : after + period]
        assert broken == [*whole[:after], *cycle * times, *whole[after + period :]]
        reasons = [one.reason for one in case.said(case.whole) if one.reason]
        assert [one.reason for one in case.said(case.broken) if one.reason] == reasons
        assert len(case.broken) - len(case.whole) == period * (times - 1)

    return check


def error_after(count: int, text: str) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        *before, error = case.broken
        assert case.outputs(before) == case.outputs(case.whole)[:count]
        assert not any(one.reason for one in case.said(before[-1:])) or before[-1] in case.whole
        assert text in error.data
        assert raws(before[:-1]) == raws(case.whole)[: max(len(before) - 1, 0)]

    return check


def malformed(case: Case) -> None:
    assert len(case.broken) == len(case.whole)
    assert case.broken[1].json is None
    assert case.broken[1].rest == case.whole[1].rest
    assert raws(case.broken[:1] + case.broken[2:]) == raws(case.whole[:1] + case.whole[2:])


def cut_in_a_character(case: Case) -> None:
    before, after = case.before.response.body, case.after.response.body
    assert before.startswith(after)
    assert after[-1] >= 0xC2
    at = len(after) - 1
    event = next(one for one in case.whole if one.ends_at > at)
    inside = at - (event.ends_at - len(event.raw))
    if case.wire_format.startswith("bedrock"):
        assert 12 + int.from_bytes(event.raw[4:8]) <= inside < len(event.raw) - 4
    size = 4 if after[-1] >= 0xF0 else 3 if after[-1] >= 0xE0 else 2
    assert len(before[at : at + size].decode()) == 1


def breaks_after_finish(case: Case) -> None:
    said = case.said(case.whole)
    place = next(place for place, one in enumerate(said) if one.reason)
    assert case.after.response.body == case.before.response.body[: case.whole[place].ends_at]
    timeline = case.after.response.timeline
    assert timeline is not None
    assert timeline.failure is not None


def same_bytes(case: Case) -> None:
    assert case.after.response.body == case.before.response.body
    assert arrivals(case.after)[-1] == arrivals(case.before)[-1]


def split_arguments(size: int) -> Callable[[Case], None]:
    def check(case: Case) -> None:
        whole, broken = case.whole, case.broken
        assert arguments_of(case.wire_format, broken) == arguments_of(case.wire_format, whole)
        for key in ("reason", "usage"):
            found = [getattr(one, key) for one in case.said(broken) if getattr(one, key)]
            assert found == [getattr(one, key) for one in case.said(whole) if getattr(one, key)]
        for event in broken:
            assert all(len(text) <= size for text in arguments_of(case.wire_format, [event]).values())
        if case.wire_format != "bedrock-invoke":  # where names are in base64
            assert _names_in(broken) == _names_in(whole)
        _same_surroundings(case)

    return check


def _names_in(events: list[RawEvent]) -> int:
    """How often something has a name, which isn't null; not what is inside of arguments."""
    return sum(len(re.findall(r'(?<!\\)"name":\s*(?!null|\s)', event.data)) for event in events)


def broken_arguments(case: Case) -> None:
    whole = arguments_of(case.wire_format, case.whole)
    broken = arguments_of(case.wire_format, case.broken)
    assert broken.keys() == whole.keys()
    assert not any(map(is_json, broken.values()))
    for event in case.broken:  # what a format says of whole arguments
        for text in _whole_arguments(event.json):
            assert not is_json(text)
            assert text in broken.values() or text[1:] not in whole.values()


def _whole_arguments(body: object) -> list[str]:
    if isinstance(body, list):
        return [text for one in body for text in _whole_arguments(one)]
    if not isinstance(body, dict) or "choices" in body or "delta" in body:
        return []
    own = [body["arguments"]] if isinstance(body.get("arguments"), str) and body["arguments"] else []
    return own + [text for value in body.values() for text in _whole_arguments(value)]


def added(count: int) -> Callable[[Case], None]:
    """So many events more; all others as they were."""

    def check(case: Case) -> None:
        left = iter(raws(case.broken))
        assert all(raw in left for raw in raws(case.whole))
        assert len(case.broken) == len(case.whole) + count

    return check


def verdict(wire_format: str, before: Interaction, fault: Fault, check: Callable[[Case], None]) -> str:
    """`right`, or `unfit`: the fault says that the answer has no place for it. Raises where it did wrong."""
    try:
        after = fault.apply(before)
    except FaultError:
        return "unfit"
    check(Case(wire_format, fault, before, after))
    return "right"
