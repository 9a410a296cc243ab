"""What the chunks of one answer have in common."""

from __future__ import annotations

import pytest

from unspool.models import Usage
from unspool.providers.chunk_factory import Answer, OwnFields, seconds_of


def test_a_chunk_has_the_answers_names_and_one_choice() -> None:
    chunk = Answer("a-1", "tiny", 7).chunk(content="Low.")
    assert (chunk.id, chunk.model, chunk.created) == ("a-1", "tiny", 7)
    assert [choice.delta.content for choice in chunk.choices] == ["Low."]


def test_a_choice_is_the_first_unless_it_says_otherwise() -> None:
    assert [Answer().chunk(**index).choices[0].index for index in ({}, {"index": 2})] == [0, 2]


def test_usage_is_an_attribute_only_where_there_is_one() -> None:
    answer = Answer()
    assert not hasattr(answer.chunk(), "usage")
    assert answer.chunk(usage=Usage(total_tokens=3)).usage.total_tokens == 3


def test_a_choices_own_fields_are_not_its_deltas() -> None:
    choice = Answer().chunk(finish_reason="stop", logprobs={"content": []}, fields={"why": "done"}).choices[0]
    assert choice.get("provider_specific_fields") == {"why": "done"}
    assert (choice.logprobs, choice.delta.provider_specific_fields) == ({"content": []}, None)


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("2026-01-01T00:00:07Z", 1_767_225_607),
        ("2026-01-01T00:00:07.123456789Z", 1_767_225_607),
        ("2026-01-01T02:00:07+02:00", 1_767_225_607),
        ("2026-01-01T00:00:07", 1_767_225_607),
        ("soon", 0),
        (None, 0),
    ],
)
def test_a_time_is_in_seconds_since_1970(moment: object, seconds: int) -> None:
    assert seconds_of(moment) == seconds


def test_own_fields_grow_and_what_a_chunk_has_stays() -> None:
    own = OwnFields()
    first, second = own.add("citations", 1), own.add("citations", 2, 3)
    assert (first, second) == (
        {"provider_specific_fields": {"citations": [1]}},
        {"provider_specific_fields": {"citations": [1, 2, 3]}},
    )
    assert own.replace("citations", [4]) == {"provider_specific_fields": {"citations": [4]}}
    assert (own["citations"], own["traces"]) == ([4], [])
