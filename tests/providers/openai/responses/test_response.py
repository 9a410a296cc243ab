"""Whole responses, and as their streams would have told them."""

from __future__ import annotations

import pytest
from tests.providers.openai.responses.events import (
    CITATION,
    at,
    custom_call,
    done,
    end,
    event,
    function_call,
    message,
    pieces,
    reasoning,
    response,
    run,
    start,
    text_part,
)

from unspool.builder import stream_chunk_builder
from unspool.errors import APIResponseValidationError, NotFoundError, RateLimitError
from unspool.providers.json_events import JSON
from unspool.providers.openai.responses import response_from_responses

OUTPUTS = {
    "nothing": [],
    "text": [message(text_part("It is blue."))],
    "reasoning": [reasoning("Hm.", encrypted_content="gAAA"), message(text_part("It is blue."))],
    "annotations": [message(text_part("It is blue.", annotations=[CITATION]))],
    "calls": [function_call("look"), custom_call("shell", "ls")],
    "a search": [{"id": "ws_1", "type": "web_search_call"}, message(text_part("It is blue."))],
}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
def test_a_rebuilt_stream_equals_the_whole_response(output: list[JSON]) -> None:
    streamed = [start()]
    for index, item in enumerate(output):
        for part in item.get("content", ()):
            streamed += pieces(part["text"][:5], part["text"][5:], output_index=index)
            streamed.append(event("response.content_part.done", **at(index), part=part))
        streamed.append(done(item, index))
    rebuilt = stream_chunk_builder(run(*streamed, end(*output)))
    assert rebuilt is not None
    assert rebuilt.model_dump() == response_from_responses(response(*output)).model_dump()


def test_a_response_of_calls_alone_has_no_content() -> None:
    whole = response_from_responses(response(function_call("look")))
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (None, "tool_calls")


def test_an_incomplete_response_says_so() -> None:
    body = response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    assert response_from_responses(body).choices[0].finish_reason == "length"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"error": {"code": "model_not_found", "message": "No gpt-nope."}}, NotFoundError),
        (
            response(status="failed", error={"code": "rate_limit_exceeded", "message": "Slow down."}),
            RateLimitError,
        ),
    ],
)
def test_an_error_is_raised(body: JSON, error: type[Exception]) -> None:
    with pytest.raises(error):
        response_from_responses(body)


@pytest.mark.parametrize("body", [{}, {"output": "Hi"}, {"output": [{"type": "message", "content": 5}]}])
def test_a_body_that_is_no_response_is_an_error(body: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented"):
        response_from_responses(body)
