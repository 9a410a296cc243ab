"""Text Generation Inference's tokens as chunks, and its whole answers as responses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.streams import JSON, deltas, finishes, kept, rebuilt, run, said, sse, tokens

from unspool.errors import (
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    ProviderError,
    RateLimitError,
    UnprocessableEntityError,
)
from unspool.models import ModelResponseStream
from unspool.providers.tgi.normalizer import TGINormalizer

DETAILS = {"finish_reason": "eos_token", "generated_tokens": 3, "input_length": 9, "seed": 17}


def token(text: str, *, special: bool = False, **fields: Any) -> JSON:
    said = {"id": 5, "text": text, "logprob": -0.25, "special": special}
    return {"index": 1, "token": said, "generated_text": None, "details": None, **fields}


def last(text: str = "</s>", *, special: bool = True, **details: Any) -> JSON:
    return token(text, special=special, generated_text="Low tide.", details={**DETAILS, **details})


def read(*events: JSON) -> list[ModelResponseStream]:
    return run("tgi", sse(*events))


def test_text_comes_token_by_token_without_the_special_ones() -> None:
    chunks = read(token("Low"), token(" tide."), last())
    assert [delta.content for delta in deltas(chunks)] == ["Low", " tide.", ""]
    assert finishes(chunks) == ["stop"]


def test_the_last_token_of_an_answer_that_was_cut_is_text() -> None:
    chunks = read(token("Low"), last(" tide", special=False, finish_reason="length"))
    assert said(chunks).content == "Low tide"
    assert finishes(chunks) == ["length"]


def test_without_details_an_end_is_a_stop() -> None:
    chunks = read(token("Low"), token(" tide.", generated_text="Low tide."))
    assert (said(chunks).content, finishes(chunks)) == ("Low tide.", ["stop"])


@pytest.mark.parametrize(
    ("reason", "finish_reason"), [("eos_token", "stop"), ("stop_sequence", "stop"), ("length", "length")]
)
def test_the_finish_reason_is_mapped(reason: str, finish_reason: str) -> None:
    assert finishes(read(last(finish_reason=reason))) == [finish_reason]


def test_each_token_is_in_the_log_probabilities() -> None:
    other = {"id": 6, "text": "High", "logprob": -1.5, "special": False}
    (choice,) = read(token("Low", top_tokens=[other]))[0].choices
    (entry,) = choice.logprobs["content"]
    assert (entry["token"], entry["logprob"], entry["id"], entry["special"]) == ("Low", -0.25, 5, False)
    assert [(each["token"], each["logprob"]) for each in entry["top_logprobs"]] == [("High", -1.5)]


def test_the_usage_is_in_the_last_event_and_a_seed_is_kept() -> None:
    chunks = read(token("Low"), last())
    assert tokens(rebuilt(chunks)) == (9, 3, 12)
    assert kept(chunks) == [{"seed": 17}]


def test_older_versions_do_not_count_the_prompt() -> None:
    older = {key: value for key, value in last().items() if key != "details"}
    counted = {"finish_reason": "eos_token", "generated_tokens": 3, "seed": None}
    assert tokens(rebuilt(read(token("Low"), {**older, "details": counted}))) == (0, 3, 3)


@pytest.mark.parametrize(
    ("kind", "error", "status"),
    [
        ("generation", BadRequestError, 424),
        ("incomplete_generation", InternalServerError, 500),
        ("overloaded", RateLimitError, 429),
        ("validation", UnprocessableEntityError, 422),
        (None, InternalServerError, 500),
    ],
)
def test_an_error_has_the_status_of_its_type(
    kind: str | None, error: type[ProviderError], status: int
) -> None:
    with pytest.raises(error, match="no room left") as caught:
        read(token("So far"), {"error": "no room left", "error_type": kind})
    assert (caught.value.status_code, caught.value.llm_provider) == (status, "huggingface")


def test_an_event_of_another_shape_says_where_to_look() -> None:
    with pytest.raises(MalformedEventError, match=r"'token' must be an object.*huggingface"):
        read({"token": "Low"})


def test_nothing_is_held_back() -> None:
    assert list(TGINormalizer().flush()) == []
