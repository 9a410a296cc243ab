from __future__ import annotations

from pathlib import Path

import unspool
from unspool.cassette.model import Interaction, Request, Response
from unspool.drift.recordings import recorded, recordings_in
from unspool.drift.shape import Shape, shape_of


def _shape(sample: str) -> Shape:
    [one] = recordings_in([Path(unspool.sample_path(sample))])
    return shape_of(one)


def test_the_shape_of_a_chat() -> None:
    shape = _shape("openai/text")
    assert (shape.status, shape.media_type, shape.error) == (200, "text/event-stream", None)
    assert shape.kinds == ("chat.completion.chunk",)
    assert shape.fields["chat.completion.chunk", "choices[*].delta.content"] == {"string"}
    assert shape.output == {"text"}
    assert shape.finish_place == "chat.completion.chunk"
    assert (shape.finish_reason, shape.has_end_mark) == ("stop", True)
    assert shape.model.startswith("gpt-")


def test_the_shape_of_a_message() -> None:
    shape = _shape("anthropic/thinking")
    assert shape.kinds[0] == "message_start"
    assert shape.usage_place == "message_delta with the finish reason"
    assert shape.output >= {"text", "reasoning"}


def test_pings_do_not_count() -> None:
    assert "ping" not in _shape("anthropic/parallel-tools").kinds


def test_chunks_and_times_are_those_of_the_network() -> None:
    shape = _shape("openai/text")
    assert shape.chunk_bytes is not None
    assert shape.chunk_bytes > 0
    assert shape.first_at is not None
    assert shape.ended_at is not None
    assert shape.first_at <= shape.ended_at


def test_an_error_body_has_the_shape_of_its_json() -> None:
    request = Request("POST", "https://api.openai.com/v1/chat/completions")
    response = Response(429, body=b'{"error": {"message": "slow down", "code": null}}')
    shape = shape_of(recorded(Path("a.yaml"), 0, Interaction(request, response)))
    assert shape.fields == {("body", "error"): {"object"}, ("body", "error.message"): {"string"}}


def test_a_body_that_is_no_json_has_no_fields() -> None:
    request = Request("POST", "https://api.openai.com/v1/chat/completions")
    assert (
        shape_of(recorded(Path("a.yaml"), 0, Interaction(request, Response(502, body=b"<html>")))).fields
        == {}
    )
