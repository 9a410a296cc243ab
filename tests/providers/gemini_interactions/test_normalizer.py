"""The events of an interaction as chunks."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini_interactions.events import USAGE, call, end, event, run, start, step, text, whole

from unspool.errors import InternalServerError, MalformedEventError, RateLimitError
from unspool.providers import pipeline_for
from unspool.providers.gemini_interactions.normalizer import usage_of_interaction

MADE = "2026-01-01T00:00:00Z"


def test_chunks_are_called_what_the_interaction_is() -> None:
    chunks = run(start(), *text("Blue."), end(created=MADE))
    assert {(chunk.id, chunk.model) for chunk in chunks} == {("v1_1", "gemini-test")}
    assert chunks[-1].created == 1_767_225_600


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("completed", "stop"),
        ("requires_action", "tool_calls"),
        ("incomplete", "length"),
        ("budget_exceeded", "length"),
        ("cancelled", "stop"),
        ("some_day", "stop"),
    ],
)
def test_a_status_is_a_finish_reason(status: str, reason: str) -> None:
    choice = whole(start(), *text("x"), end(status)).choices[0]
    assert choice.finish_reason == reason
    assert choice.get("provider_specific_fields") == {"native_finish_reason": status}


def test_what_is_completed_with_calls_waits_for_them() -> None:
    assert whole(start(), *call("look"), end()).choices[0].finish_reason == "tool_calls"


def test_the_end_tells_the_usage_and_the_rest_is_kept() -> None:
    built = whole(start(), *text("x"), end(created=MADE, updated=MADE, service_tier="standard"))
    assert (built.usage.prompt_tokens, built.usage.completion_tokens, built.usage.total_tokens) == (
        10,
        12,
        22,
    )
    assert built.choices[0].message.provider_specific_fields == {
        "interaction": {"status": "completed", "updated": MADE, "service_tier": "standard"}
    }


def test_what_a_search_read_is_no_prompt() -> None:
    used = {**USAGE, "total_tool_use_tokens": 50, "total_tokens": 72}
    plain = whole(start(), *text("x"), end(usage=used))
    searched = whole(start(), *step({"type": "google_search_call"}), end(usage=used))
    assert (plain.usage.prompt_tokens, searched.usage.prompt_tokens) == (60, 10)


@pytest.mark.parametrize("kind", ["interaction.status_update", "holograph.start"])
def test_other_events_say_nothing(kind: str) -> None:
    assert run(event(kind, status="in_progress")) == []


@pytest.mark.parametrize("named", [True, False])
def test_an_error_is_raised(named: bool) -> None:
    kind = {"event_type": "error"} if named else {"event_type": ""}
    with pytest.raises(RateLimitError, match="No more"):
        run(start(), {**kind, "error": {"code": "RESOURCE_EXHAUSTED", "message": "No more."}})


def test_an_interaction_that_failed_is_an_error() -> None:
    with pytest.raises(InternalServerError, match="the interaction failed"):
        run(start(), end("failed"))


def test_openais_end_mark_is_nothing() -> None:
    pipeline = pipeline_for("gemini-interactions")
    assert [*pipeline.feed(b"event: done\ndata: [DONE]\n\n"), *pipeline.flush()] == []


@pytest.mark.parametrize(
    "wrong",
    [
        event("interaction.created", interaction=1),
        event("step.start", index="0", step={}),
        event("step.delta", index=0, delta={"type": "text", "text": 1}),
        event("step.start", index=0, step={"type": "function_call", "name": "a", "arguments": "x"}),
    ],
)
def test_what_isnt_shaped_as_documented_is_said_to_be_so(wrong: Any) -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(wrong)


def test_counts_are_told_apart_by_modality() -> None:
    details = [{"modality": "text", "tokens": 4}, {"modality": "image", "tokens": 6}]
    usage = usage_of_interaction({**USAGE, "input_tokens_by_modality": details}, searches=0)
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.text_tokens, usage.prompt_tokens_details.image_tokens) == (4, 6)
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 7


def test_other_counters_stay() -> None:
    usage = usage_of_interaction({**USAGE, "raw_prompt_token": 33}, searches=0)
    assert usage is not None
    assert usage.get("raw_prompt_token") == 33


def test_where_nothing_is_counted_there_is_no_usage() -> None:
    assert usage_of_interaction({}, searches=0) is None
