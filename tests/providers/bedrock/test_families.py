"""The families without events: what each payload says, costs and keeps."""

from __future__ import annotations

import json

import pytest
from tests.providers.bedrock.events import finishes, kept, run, tokens

from unspool.providers.bedrock.families import FAMILIES, FamilyNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent


def by(family: str) -> FamilyNormalizer:
    return FamilyNormalizer(FAMILIES[family])


def payloads(*bodies: JSON) -> list[WireEvent]:
    return [WireEvent(data=json.dumps(body)) for body in bodies]


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("FINISH", "stop"),
        ("STOP_CRITERIA_MET", "stop"),
        ("LENGTH", "length"),
        ("CONTENT_FILTERED", "content_filter"),
    ],
)
def test_titan_s_reasons(reason: str, expected: str, caplog: pytest.LogCaptureFixture) -> None:
    (event,) = payloads({"outputText": "", "completionReason": reason})
    assert finishes(event, by=by("titan")) == [expected]
    assert not caplog.records


def test_the_finish_reason_comes_alone_and_last() -> None:
    said, finish = run(*payloads({"outputText": "Hi", "completionReason": "FINISH"}), by=by("titan"))
    assert (said.choices[0].delta.content, said.choices[0].finish_reason) == ("Hi", None)
    assert (finish.choices[0].delta.content, finish.choices[0].finish_reason) == (None, "stop")


def test_titan_counts_at_the_end() -> None:
    counts = {"inputTextTokenCount": 6.0, "totalOutputTextTokenCount": 3.0}
    assert tokens(*payloads({"outputText": "Hi", **counts}), by=by("titan")) == [(6, 3, 9)]


def test_llama_counts_the_prompt_at_first_and_the_answer_with_each_piece() -> None:
    events = payloads(
        {"generation": "H", "prompt_token_count": 9, "generation_token_count": 1},
        {"generation": "i", "prompt_token_count": None, "generation_token_count": 2},
    )
    assert tokens(*events, by=by("llama")) == [(9, 1, 10), (9, 2, 11)]


def test_mistral_may_give_several_answers() -> None:
    outputs = [{"text": "Hi", "stop_reason": "stop"}, {"text": "Ho", "stop_reason": "length"}]
    chunks = run(*payloads({"outputs": outputs}), by=by("mistral"))
    said = [(chunk.choices[0].index, chunk.choices[0].delta.content) for chunk in chunks]
    assert said == [(0, "Hi"), (0, None), (1, "Ho"), (1, None)]


def test_cohere_s_id_is_the_chunk_s() -> None:
    body = {"id": "r1", "generations": [{"id": "g1", "text": "Hi", "finish_reason": "COMPLETE"}]}
    assert {chunk.id for chunk in run(*payloads(body), by=by("cohere"))} == {"r1"}


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_a_field_that_is_not_known_is_kept(family: str) -> None:
    assert kept(*payloads({"hologram": 1}), by=by(family)) == {"hologram": 1}


def test_the_generations_of_a_cohere_stream_are_choices() -> None:
    events = payloads(
        {"text": "One", "is_finished": False, "index": 0},
        {"text": "Two", "is_finished": False, "index": 1},
        {"finish_reason": "COMPLETE", "is_finished": True, "index": 1},
    )
    found = [
        (chunk.choices[0].index, chunk.choices[0].delta.content) for chunk in run(*events, by=by("cohere"))
    ]
    assert found == [(0, "One"), (1, "Two"), (1, None)]


def test_the_results_of_titan_are_choices() -> None:
    results = [{"outputText": text, "completionReason": "FINISH"} for text in ("One", "Two")]
    chunks = run(*payloads({"inputTextTokenCount": 3, "results": results}), by=by("titan"))
    found = [(chunk.choices[0].index, chunk.choices[0].delta.content) for chunk in chunks]
    assert found == [(0, "One"), (0, None), (1, "Two"), (1, None)]
