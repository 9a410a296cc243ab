"""watsonx's text generation as chunks and as responses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.streams import JSON, deltas, finishes, kept, rebuilt, run, sse, tokens

from unspool.errors import (
    APIResponseValidationError,
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    NotFoundError,
)
from unspool.models import ModelResponseStream
from unspool.providers.watsonx.normalizer import WatsonxNormalizer, response_from_watsonx

WARNINGS = {"warnings": [{"message": "not ours", "id": "disclaimer_warning"}]}


def event(text: str, reason: str = "not_finished", prompt: int = 0, said: int = 0, **result: Any) -> JSON:
    counts = {"input_token_count": prompt, "generated_token_count": said}
    told = {"generated_text": text, "stop_reason": reason, **counts, **result}
    return {"model_id": "ibm/tiny", "created_at": "2026-01-01T00:00:07.5Z", "results": [told]}


def read(*events: JSON) -> list[ModelResponseStream]:
    return run("watsonx-generation", sse(*events))


def test_text_comes_piece_by_piece() -> None:
    chunks = read(event("", prompt=9), event("Low ", said=1), event("tide.", "eos_token", said=2))
    assert [delta.content for delta in deltas(chunks)] == ["", "Low ", "tide."]
    assert {(chunk.model, chunk.created) for chunk in chunks} == {("ibm/tiny", 1_767_225_607)}
    assert finishes(chunks) == ["stop"]


def test_the_prompt_is_counted_once_and_the_answer_so_far() -> None:
    response = rebuilt(read(event("", prompt=9), event("Low", said=1), event("", "eos_token", said=2)))
    assert tokens(response) == (9, 2, 11)


@pytest.mark.parametrize(
    ("reason", "finish_reason"),
    [
        ("eos_token", "stop"),
        ("EOS_TOKEN", "stop"),
        ("stop_sequence", "stop"),
        ("cancelled", "stop"),
        ("max_tokens", "length"),
        ("token_limit", "length"),
        ("time_limit", "length"),
    ],
)
def test_the_stop_reason_is_mapped_without_a_warning(
    reason: str, finish_reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert finishes(read(event("Low", reason))) == [finish_reason]
    assert caplog.records == []


def test_what_else_is_told_is_kept() -> None:
    found = {"hap": [{"score": 0.9}]}
    chunks = read({**event("Low"), "system": WARNINGS}, event("", "eos_token", moderations=found, seed=17))
    assert kept(chunks) == [{"system": WARNINGS}, {"moderations": found, "seed": 17}]


def test_an_error_is_raised_with_its_status() -> None:
    error = {"code": "model_not_supported", "message": "no such model"}
    with pytest.raises(NotFoundError, match="no such model") as caught:
        read(event("So far"), {"errors": [error], "trace": "t-1", "status_code": 404})
    assert (caught.value.llm_provider, caught.value.code) == ("watsonx", "model_not_supported")


def test_an_end_because_of_an_error_is_raised() -> None:
    with pytest.raises(InternalServerError, match="stop_reason 'error'"):
        read(event("So far", "ERROR"))


def test_an_event_of_another_shape_says_where_to_look() -> None:
    with pytest.raises(MalformedEventError, match=r"'results' must be a list.*cloud\.ibm\.com"):
        read({"results": {}})


def test_nothing_is_held_back() -> None:
    assert list(WatsonxNormalizer().flush()) == []


def test_a_whole_answer_is_a_single_event() -> None:
    response = response_from_watsonx(event("Low tide.", "max_tokens", prompt=9, said=3))
    assert response.choices[0].message.content == "Low tide."
    assert (response.choices[0].finish_reason, tokens(response)) == ("length", (9, 3, 12))


def test_an_errors_body_instead_of_a_whole_answer_is_raised() -> None:
    with pytest.raises(BadRequestError, match="no such field"):
        response_from_watsonx({"errors": [{"code": "bad", "message": "no such field"}], "status_code": 400})


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(APIResponseValidationError, match="it has none of results"):
        response_from_watsonx({})
