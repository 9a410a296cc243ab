"""Gemini's whole responses."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini.events import call, candidate, event, response, text, thought, whole

from unspool.errors import APIResponseValidationError, RateLimitError
from unspool.providers.gemini import response_from_gemini

USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}
EVENTS = {
    "text": event(text("Blue."), finishReason="STOP"),
    "thoughts": event(thought("Hm."), text("Blue.", thoughtSignature="c2ln"), finishReason="STOP"),
    "calls": event(call(args={"at": "sky"}), call("hear"), finishReason="STOP"),
    "candidates": response(candidate(text("a")), candidate(text("b"), finishReason="MAX_TOKENS")),
    "blocked": {"promptFeedback": {"blockReason": "SAFETY"}, "responseId": "resp1"},
}


@pytest.mark.parametrize("name", EVENTS)
def test_a_response_is_a_stream_of_one(name: str) -> None:
    body = {**EVENTS[name], "usageMetadata": USAGE, "createTime": "2026-01-01T00:00:00Z"}
    assert response_from_gemini(body).model_dump() == whole(body).model_dump()


def test_a_stream_that_was_read_as_one_array_is_a_response() -> None:
    built = response_from_gemini([event(text("Blue")), event(text("."), finishReason="STOP")], created=5)
    assert (built.choices[0].message.content, built.created) == ("Blue.", 5)


def test_what_it_isnt_called_is_made_up() -> None:
    built = response_from_gemini({"candidates": [candidate(text("x"))]})
    assert built.id.startswith("chatcmpl-")
    assert built.created > 0


def test_an_error_is_raised() -> None:
    with pytest.raises(RateLimitError, match="No more"):
        response_from_gemini({"error": {"code": 429, "message": "No more."}})


@pytest.mark.parametrize("body", [{}, {"choices": []}, [], {"candidates": 1}])
def test_what_is_no_response_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented"):
        response_from_gemini(body)
