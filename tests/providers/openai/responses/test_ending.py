"""How a response ends: why, with what error, and what it says of itself."""

from __future__ import annotations

import pytest
from tests.providers.openai.responses.events import (
    custom_call,
    end,
    function_call,
    message,
    run,
    start,
    text_part,
)

from unspool.errors import BadRequestError, ContentPolicyViolationError, InternalServerError, ProviderError
from unspool.models import ModelResponseStream
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent


def last(*events: WireEvent) -> ModelResponseStream:
    return run(start(), *events)[-1]


@pytest.mark.parametrize("call", [function_call("look"), custom_call("shell", "ls")])
@pytest.mark.parametrize("before", [[], [message(text_part("Let me see."))]])
def test_a_response_with_a_call_ends_with_tool_calls(call: JSON, before: list[JSON]) -> None:
    assert last(end(*before, call)).choices[0].finish_reason == "tool_calls"


@pytest.mark.parametrize(
    ("reason", "finish"),
    [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("something new", "length")],
)
def test_an_incomplete_response_says_why(reason: str, finish: str) -> None:
    chunk = last(end(status="incomplete", incomplete_details={"reason": reason}))
    assert chunk.choices[0].finish_reason == finish
    assert chunk.provider_specific_fields == {"incomplete_details": {"reason": reason}}


def test_an_incomplete_response_that_does_not_say_why_is_too_long() -> None:
    assert last(end(status="incomplete")).choices[0].finish_reason == "length"


def test_a_cancelled_response_stops() -> None:
    assert last(end(status="cancelled")).choices[0].finish_reason == "stop"


def test_what_the_response_says_of_itself_is_kept_and_what_it_repeats_is_not() -> None:
    said = {"content_filters": [{"blocked": False}], "metadata": {"system_fingerprint": "fp_1"}}
    repeated = {"temperature": 1.0, "tools": [{"type": "web_search"}], "instructions": "Be brief."}
    chunk = last(end(**said, **repeated, conversation=None, service_tier="default"))
    assert chunk.provider_specific_fields == said
    assert chunk.service_tier == "default"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("server_error", InternalServerError),
        ("invalid_prompt", BadRequestError),
        ("image_too_large", BadRequestError),
        ("invalid_base64_image", BadRequestError),
        ("failed_to_download_image", BadRequestError),
        ("image_content_policy_violation", ContentPolicyViolationError),
        ("vector_store_timeout", InternalServerError),
    ],
)
def test_the_code_says_whose_fault_it_is(code: str, error: type[ProviderError]) -> None:
    failed = end(status="failed", error={"code": code, "message": "No."})
    with pytest.raises(error) as caught:
        run(failed)
    assert type(caught.value) is error


def test_a_failed_response_without_an_error_is_one_all_the_same() -> None:
    with pytest.raises(InternalServerError, match="doesn't say why"):
        run(start(), end(status="failed"))
