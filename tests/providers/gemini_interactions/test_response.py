"""Whole interactions."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini_interactions.events import HEAD, USAGE, call, end, start, step, text, whole

from unspool.errors import APIResponseValidationError, InternalServerError, NotFoundError
from unspool.providers.gemini_interactions import response_from_interaction

LINK = {"type": "url_citation", "url": "https://a.test", "start_index": 1, "end_index": 4}
SUMMARY = {"type": "text", "text": "Hm."}
STEPS = [
    {"type": "thought", "summary": [SUMMARY], "signature": "c2ln"},
    {"type": "google_search_call", "id": "1", "arguments": {"queries": ["sky"]}},
    {"type": "model_output", "content": [{"type": "text", "text": "Blue.", "annotations": [LINK]}]},
    {"type": "function_call", "id": "id_look", "name": "look", "arguments": {"at": "sky"}},
]
EVENTS = [
    *step(
        {"type": "thought"},
        {"type": "thought_summary", "content": SUMMARY},
        {"type": "thought_signature", "signature": "c2ln"},
    ),
    *step({"type": "google_search_call", "id": "1"}, {"arguments": {"queries": ["sky"]}}, index=1),
    *text("Blue.", index=2)[:-1],
    {
        "event_type": "step.delta",
        "index": 2,
        "delta": {"type": "text_annotation_delta", "annotations": [LINK]},
    },
    *call("look", '{"at": "sky"}', index=3),
]
BODY = {**HEAD, "status": "requires_action", "usage": USAGE, "created": "2026-01-01T00:00:00Z"}


def test_a_whole_interaction_is_what_its_events_add_up_to() -> None:
    built = response_from_interaction({**BODY, "steps": STEPS})
    streamed = whole(start(), *EVENTS, end("requires_action"))
    assert built.model_dump(exclude={"created"}) == streamed.model_dump(exclude={"created"})
    assert built.created == 1_767_225_600


def test_older_ones_have_outputs() -> None:
    built = response_from_interaction({**BODY, "outputs": [{"type": "text", "text": "Blue."}]}, created=5)
    assert built.choices[0].message.content == "Blue."
    assert built.created == 5


def test_an_error_is_raised() -> None:
    with pytest.raises(NotFoundError, match="No such model"):
        response_from_interaction({"error": {"code": 404, "message": "No such model."}})


def test_a_failure_is_an_error() -> None:
    with pytest.raises(InternalServerError):
        response_from_interaction({**BODY, "status": "failed"})


@pytest.mark.parametrize("body", [{}, {"choices": []}, {**BODY, "steps": [1]}, {**BODY, "steps": 1}])
def test_what_is_no_interaction_is_said_to_be_none(body: Any) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented"):
        response_from_interaction(body)
