"""What servers get wrong in OpenAI's chunks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.faults import answers
from tests.faults.reading import bodies, events

from unspool.errors import FaultError
from unspool.faults import ChangingIds, EmptyChoices, Fault, FinishAs, NoDelta, NullChoices, UsageOn

USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}


def chunks(fault: Fault, recorded: Any = answers.OPENAI) -> list[Any]:
    return bodies(fault.apply(recorded))


def test_choices_are_null() -> None:
    assert [body["choices"] is None for body in chunks(NullChoices(2))] == [False, False, True, False, False]


@pytest.mark.parametrize("after", [0, 2])
def test_a_chunk_more_has_no_choices(after: int) -> None:
    seen = chunks(EmptyChoices(after))

    assert seen.pop(after)["choices"] == []
    assert seen == bodies(answers.OPENAI)


def test_ids_change() -> None:
    ids = [body["id"] for body in chunks(ChangingIds())]

    assert ids == ["chatcmpl-1", "chatcmpl-1-2", "chatcmpl-1-3", "chatcmpl-1-4", "chatcmpl-1-5"]


@pytest.mark.parametrize(
    ("where", "places"),
    [
        ("first", {0: USAGE}),
        ("finish", {4: USAGE}),
        ("after", {5: USAGE}),
        ("twice", {5: USAGE, 6: USAGE}),
        ("nowhere", {}),
    ],
)
def test_usage_comes_there_and_nowhere_else(where: str, places: dict[int, Any]) -> None:
    recorded = UsageOn("after").apply(answers.OPENAI)
    seen = chunks(UsageOn(where), recorded)

    assert {place: body["usage"] for place, body in enumerate(seen) if "usage" in body} == places


def test_usage_grows() -> None:
    counts = [body["usage"]["completion_tokens"] for body in chunks(UsageOn("every"))]

    assert counts == [1, 2, 3, 4, 5]


def test_the_finish_reason_is_another() -> None:
    assert chunks(FinishAs("stop"), answers.TOOLS)[-1]["choices"][0]["finish_reason"] == "stop"


def test_done_is_no_chunk() -> None:
    assert events(ChangingIds().apply(answers.OPENAI))[-1].data == "[DONE]"


@pytest.mark.parametrize(
    "fault", [ChangingIds(), EmptyChoices(), FinishAs(), NullChoices(), UsageOn()], ids=repr
)
def test_others_have_no_such_chunks(fault: Fault) -> None:
    with pytest.raises(FaultError, match=r"chat\.completion\.chunk objects"):
        fault.apply(answers.ANTHROPIC)


def test_a_choice_has_no_delta() -> None:
    before, after = bodies(answers.OPENAI), bodies(NoDelta(1).apply(answers.OPENAI))

    assert after[:1] + after[2:] == before
    (choice,) = after[1]["choices"]
    assert "delta" not in choice
    assert choice["finish_reason"] is None


def test_usage_is_inside_of_the_choice() -> None:
    last = bodies(UsageOn("choice").apply(answers.OPENAI))[-1]

    assert "usage" not in last
    assert last["choices"][0]["usage"]["total_tokens"] == 21
