"""Ids, indices and order of a message's parts, as servers and gateways get them wrong."""

from __future__ import annotations

import pytest
from tests.faults import answers, checking
from tests.faults.bodies import BODIES, typed
from tests.faults.checking import Case, interaction
from tests.faults.raw import events_of

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import (
    Fault,
    NoStart,
    OverlappingBlocks,
    RepeatStart,
    WrongIds,
    WrongIndices,
    WrongOutput,
)
from unspool.faults.notes import Notes
from unspool.faults.parts import parts_of


def answer(name: str) -> Interaction:
    return interaction(BODIES[name][1])


def case(name: str, fault: Fault) -> Case:
    return Case(BODIES[name][0], fault, answer(name), fault.apply(answer(name)))


def ids(name: str, fault: Fault) -> list[object]:
    bodies = [event.json for event in case(name, fault).broken]
    found = [
        body.get("item_id") or (body.get("item") or body.get("content_block") or {}).get("id")
        for body in bodies
    ]
    return [one for one in found if one is not None]


def indices(name: str, fault: Fault) -> list[object]:
    key = "output_index" if "responses" in name else "index" if "anthropic" in name else "contentBlockIndex"
    bodies = [event.json for event in case(name, fault).broken]
    return [body[key] for body in bodies if key in body]


@pytest.mark.parametrize("name", ["openai-responses", "anthropic-messages"])
def test_ids_change_with_each_event(name: str) -> None:
    rotated = ids(name, WrongIds("rotated"))

    assert len(set(rotated)) == len(rotated) > 0


@pytest.mark.parametrize("name", ["openai-responses", "anthropic-messages"])
def test_ids_are_missing(name: str) -> None:
    assert ids(name, WrongIds("missing")) == []


def test_ids_are_shared() -> None:
    assert set(ids("openai-responses", WrongIds("shared"))) == {"msg_1"}


@pytest.mark.parametrize("name", ["openai-responses", "anthropic-messages", "bedrock-converse"])
def test_indices_are_missing(name: str) -> None:
    assert indices(name, WrongIndices("missing")) == []


@pytest.mark.parametrize("name", ["openai-responses", "anthropic-messages", "bedrock-converse"])
def test_indices_are_shared(name: str) -> None:
    assert set(indices(name, WrongIndices("shared"))) == {0}


@pytest.mark.parametrize("name", ["openai-responses", "anthropic-messages", "bedrock-converse"])
def test_indices_are_shifted(name: str) -> None:
    whole = indices(name, RepeatStart())

    assert indices(name, WrongIndices("shifted")) == [index + 1 for index in whole if isinstance(index, int)]


@pytest.mark.parametrize("fault", [WrongIds(), WrongIds("missing"), WrongIndices(), WrongIndices("shifted")])
@pytest.mark.parametrize("name", ["openai-responses", "anthropic-messages", "bedrock-converse"])
def test_nothing_else_in_those_events_changes(name: str, fault: Fault) -> None:
    broken = case(name, fault)

    assert broken.outputs(broken.broken) == broken.outputs(broken.whole)
    assert [event.name for event in broken.broken] == [event.name for event in broken.whole]


@pytest.mark.parametrize(("how", "names"), [("empty", []), ("short", ["f"]), ("reversed", ["g", "f"])])
def test_the_last_event_lists_other_items(how: str, names: list[str]) -> None:
    broken = case("openai-responses", WrongOutput(how))  # type: ignore[arg-type]

    *before, last = broken.broken
    assert [item["name"] for item in last.json["response"]["output"]] == names
    assert checking.raws(before) == checking.raws(broken.whole[:-1])


STARTS = ["openai-responses", "anthropic-messages", "bedrock-converse", "cohere-v2", "bedrock-invoke"]


@pytest.mark.parametrize("name", STARTS)
def test_a_message_begins_twice(name: str) -> None:
    checking.picked(0, 0)(case(name, RepeatStart()))


@pytest.mark.parametrize("name", STARTS)
def test_a_message_never_begins(name: str) -> None:
    checking.picked(1)(case(name, NoStart()))


@pytest.mark.parametrize(("name", "stop"), [("anthropic-messages", 5), ("bedrock-converse", 3)])
def test_a_block_ends_after_the_next_has_begun(name: str, stop: int) -> None:
    broken = case(name, OverlappingBlocks())

    others = [raw for place, raw in enumerate(checking.raws(broken.whole)) if place != stop]
    at = checking.raws(broken.broken).index(checking.raws(broken.whole)[stop])
    assert at == stop + 2
    assert checking.raws(broken.broken) == [*others[:at], checking.raws(broken.whole)[stop], *others[at:]]


@pytest.mark.parametrize(
    "fault",
    [WrongIds(), WrongIndices(), WrongOutput(), RepeatStart(), NoStart(), OverlappingBlocks()],
    ids=repr,
)
def test_chat_has_none_of_them(fault: Fault) -> None:
    with pytest.raises(FaultError, match=" needs "):
        fault.apply(answer("openai-chat"))


def test_one_item_has_no_other_order() -> None:
    last = {"type": "response.completed", "response": {"output": [{"id": "msg_1"}]}}
    with pytest.raises(FaultError, match="needs a last event with 2 items or more"):
        WrongOutput("reversed").apply(interaction(typed(last)))


def test_one_block_overlaps_none() -> None:
    pieces = typed({"type": "content_block_stop", "index": 0}, {"type": "message_stop"})
    with pytest.raises(FaultError, match="needs two blocks"):
        OverlappingBlocks().apply(interaction(pieces))


def test_all_are_well_formed_events() -> None:
    assert len(events_of(answer("openai-responses").response.body)) == 13


def test_one_block_under_torture_stays_as_it_is() -> None:
    stage = OverlappingBlocks().stage(1, Notes(lenient=True))
    parts = list(parts_of(answers.ANTHROPIC))

    assert [out for part in parts for out in stage.feed(part)] == parts
