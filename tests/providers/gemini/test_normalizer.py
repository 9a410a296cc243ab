"""Gemini's events as chunks."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

import pytest
from tests.providers.gemini.events import HEAD, candidate, event, response, run, text, whole

from unspool.errors import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    MalformedEventError,
    ProviderError,
    RateLimitError,
    ServiceUnavailableError,
)
from unspool.providers import pipeline_for

EXHAUSTED = {"error": {"code": 429, "message": "Resource exhausted.", "status": "RESOURCE_EXHAUSTED"}}


def read(wire_format: str, body: bytes) -> list[Any]:
    pipeline = pipeline_for(wire_format)
    return [*pipeline.feed(body), *pipeline.flush()]


def test_a_chunk_is_called_what_its_event_is() -> None:
    (chunk,) = run({**event(text("x")), "createTime": "2026-01-01T00:00:00.5Z"})
    assert (chunk.id, chunk.model, chunk.created) == ("resp1", "gemini-test", 1_767_225_600)


def test_what_an_event_doesnt_say_is_as_before() -> None:
    chunks = run(event(text("x")), {"candidates": [candidate(text("y"))]})
    assert [(chunk.id, chunk.model) for chunk in chunks] == [("resp1", "gemini-test")] * 2


def test_a_models_version_is_no_part_of_its_name() -> None:
    assert run({**event(text("x")), "modelVersion": "gemini-test@001"})[0].model == "gemini-test"


def test_each_candidate_is_a_choice() -> None:
    (chunk,) = run(response(candidate(text("a")), candidate(text("b"))))
    assert [(choice.index, choice.delta.content) for choice in chunk.choices] == [(0, "a"), (1, "b")]


def test_candidates_may_come_in_any_order() -> None:
    (chunk,) = run(response(candidate(text("b"), index=1), candidate(text("a"), index=0)))
    assert [(choice.index, choice.delta.content) for choice in chunk.choices] == [(1, "b"), (0, "a")]


def test_what_is_said_of_the_prompt_is_worth_a_chunk() -> None:
    (chunk,) = run({**event(), "promptFeedback": {"safetyRatings": [{"category": "X"}]}})
    assert chunk.choices[0].delta.provider_specific_fields == {}


@pytest.mark.parametrize("content", [{}, {"content": None}, {"content": {}}, {"content": {"role": "model"}}])
def test_a_candidate_may_have_no_content(content: Any) -> None:
    (chunk,) = run(response({**content, "finishReason": "STOP"}))
    assert chunk.choices[0].finish_reason == "stop"


def test_an_event_without_candidates_is_a_chunk_without_choices() -> None:
    usage = {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7}
    (chunk,) = run({**HEAD, "usageMetadata": usage})
    assert chunk.choices == []
    assert chunk.usage.total_tokens == 7


def test_the_last_usage_counts() -> None:
    counts = [{"promptTokenCount": 3, "candidatesTokenCount": at, "totalTokenCount": 3 + at} for at in (1, 2)]
    built = whole(*({**event(text("x")), "usageMetadata": each} for each in counts))
    assert (built.usage.completion_tokens, built.usage.total_tokens) == (2, 5)


def test_a_search_counts_for_the_usage_that_comes_later() -> None:
    found = event(text("x"), groundingMetadata={"webSearchQueries": ["sky", "sky", "sea"]})
    usage = {"promptTokenCount": 3, "toolUsePromptTokenCount": 50, "totalTokenCount": 53}
    chunks = run(found, {**event(text("y")), "usageMetadata": usage})
    assert chunks[1].usage.prompt_tokens == 3
    assert chunks[1].usage.prompt_tokens_details is not None
    assert chunks[1].usage.prompt_tokens_details.get("web_search_requests") == 2


@pytest.mark.parametrize(("sent", "tier"), [("standard", "default"), ("PRIORITY", "priority")])
def test_the_service_tier_is_openais(sent: str, tier: str) -> None:
    (chunk,) = run({**event(text("x")), "usageMetadata": {"serviceTier": sent}})
    assert chunk.get("service_tier") == tier


def test_what_else_an_event_says_is_the_chunks() -> None:
    feedback = {"safetyRatings": [{"category": "X", "probability": "LOW"}]}
    said = {"promptFeedback": feedback, "modelStatus": {"stage": "STABLE"}}
    (chunk,) = run({**event(text("x")), **said, "usageMetadata": {"trafficType": "ON_DEMAND"}})
    assert chunk.provider_specific_fields == {
        "prompt_feedback": feedback,
        "model_status": {"stage": "STABLE"},
        "traffic_type": "ON_DEMAND",
    }


@pytest.mark.parametrize("reason", ["SAFETY", "OTHER", "JAILBREAK"])
def test_a_blocked_prompt_is_a_content_filter(reason: str) -> None:
    built = whole({"promptFeedback": {"blockReason": reason}})
    assert built.choices[0].finish_reason == "content_filter"
    assert built.choices[0].get("provider_specific_fields") == {"native_finish_reason": reason}
    assert built.get("provider_specific_fields") == {"prompt_feedback": {"blockReason": reason}}


def error(message: str, **fields: Any) -> Any:
    return {"error": {"message": message, **fields}}


TOO_LONG = "The input token count (9) exceeds the maximum number of tokens allowed (8)."
ERRORS: list[tuple[Any, type[ProviderError]]] = [
    (EXHAUSTED, RateLimitError),
    ([EXHAUSTED], RateLimitError),
    (error("Overloaded.", code=503, status="UNAVAILABLE"), ServiceUnavailableError),
    (error("Overloaded.", status="UNAVAILABLE"), ServiceUnavailableError),
    (error("API key not valid. Please pass one.", code=400), AuthenticationError),
    (error("Please use a valid role.", code=400), BadRequestError),
    (error(TOO_LONG, code=400), ContextWindowExceededError),
]


@pytest.mark.parametrize(("sent", "cls"), ERRORS)
def test_an_error_is_of_its_codes_class(sent: Any, cls: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught:
        run(sent)
    assert type(caught.value) is cls


def test_an_error_keeps_googles_word_for_it() -> None:
    with pytest.raises(RateLimitError, match="Resource exhausted") as caught:
        run(event(text("x")), EXHAUSTED)
    assert (caught.value.status_code, caught.value.type) == (429, "RESOURCE_EXHAUSTED")
    assert caught.value.model == "gemini-test"


@pytest.mark.parametrize("wrapped", [EXHAUSTED, [EXHAUSTED]])
@pytest.mark.parametrize("end", ["", "\n", "\r\n\r\n"])
def test_an_error_without_data_in_mid_stream_is_raised(wrapped: Any, end: str) -> None:
    first = f"data: {json.dumps(event(text('Blue')))}\r\n\r\n"
    raw = json.dumps(wrapped, indent=2).replace("\n", "\r\n")
    pipeline = pipeline_for("gemini-generate")
    chunks = chain(pipeline.feed((first + raw + end).encode()), pipeline.flush())
    assert next(chunks).choices[0].delta.content == "Blue"
    with pytest.raises(RateLimitError, match="Resource exhausted"):
        next(chunks)


@pytest.mark.parametrize(
    "body", [b'[{"error": {"code": 429, "message": "No."}}]', b'{"error": {"code": 429}}']
)
def test_an_error_in_a_json_array_is_raised(body: bytes) -> None:
    with pytest.raises(RateLimitError):
        read("gemini-generate-jsonarray", body)


def test_an_array_is_read_as_events_are() -> None:
    responses = [event(text("Blue")), event(text("."), finishReason="STOP")]
    chunks = read("gemini-generate-jsonarray", json.dumps(responses).encode())
    assert chunks == run(*responses)


def test_a_chunk_without_data_is_read() -> None:
    chunks = read("gemini-generate", json.dumps(event(text("Blue"))).encode() + b"\n\n")
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["Blue"]


def test_openais_end_mark_is_nothing() -> None:
    assert read("gemini-generate", b"data: [DONE]\n\n") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"candidates": {}},
        {"candidates": [{"content": {"parts": [{"text": 1}]}}]},
        {"candidates": [{"content": {"parts": "x"}}]},
        {"usageMetadata": []},
        {"candidates": [], "createTime": "yesterday"},
        {
            "candidates": [
                {"content": {"parts": [{"functionCall": {"name": "a", "partialArgs": [{"jsonPath": ""}]}}]}}
            ]
        },
    ],
)
def test_what_isnt_shaped_as_documented_is_said_to_be_so(wrong: Any) -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented") as caught:
        run(wrong)
    assert caught.value.data == json.dumps(wrong)
