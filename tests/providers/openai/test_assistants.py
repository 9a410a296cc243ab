"""A run of an assistant as the chunks of a chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.errors import (
    AuthenticationError,
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    RateLimitError,
    Timeout,
)
from unspool.models import Message, ModelResponseStream
from unspool.providers.json_events import JSON
from unspool.providers.openai.assistants import OpenAIAssistantsNormalizer
from unspool.wire.event import WireEvent

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
RAN = {"id": "call_1", "type": "code_interpreter", "code_interpreter": {"input": "1+1", "outputs": []}}
CITATION = {"type": "file_citation", "text": "[1]", "file_citation": {"file_id": "file-1"}}


def event(name: str, **fields: Any) -> WireEvent:
    return WireEvent(name=f"thread.{name}", data=json.dumps(fields))


def on_run(status: str, **fields: Any) -> WireEvent:
    head = {"id": "run_1", "object": "thread.run", "created_at": 1_767_225_600, "model": "gpt-test"}
    kept = {"thread_id": "thread_1", "assistant_id": "asst_1", "incomplete_details": None}
    return event(f"run.{status}", **{**head, **kept, **fields})


def text(value: str, **fields: Any) -> JSON:
    return {"index": 0, "type": "text", "text": {"value": value, **fields}}


def said(*parts: JSON) -> WireEvent:
    return event("message.delta", id="msg_1", delta={"content": list(parts)})


def whole(*parts: JSON, status: str = "completed", **fields: Any) -> WireEvent:
    return event(f"message.{status}", id="msg_1", content=list(parts), **fields)


def called(**fragment: Any) -> WireEvent:
    details = {"type": "tool_calls", "tool_calls": [{"index": 0, **fragment}]}
    return event("run.step.delta", id="step_1", delta={"step_details": details})


def run(*events: WireEvent) -> list[ModelResponseStream]:
    stage = OpenAIAssistantsNormalizer()
    given = [on_run("created"), *events]
    return [chunk for each in given for chunk in stage.feed(each)] + list(stage.flush())


def message(*events: WireEvent) -> Message:
    rebuilt = stream_chunk_builder(run(*events, on_run("completed", usage=USAGE)))
    assert rebuilt is not None
    return rebuilt.choices[0].message


def finish(*events: WireEvent) -> str | None:
    return run(*events)[-1].choices[0].finish_reason


# -- messages -----------------------------------------------------------------------------------------


def test_text_is_content_and_is_told_once() -> None:
    chunks = run(said(text("Hel")), said(text("lo")), whole(text("Hello")))
    assert [chunk.choices[0].delta.content for chunk in chunks] == ["Hel", "lo"]


def test_text_that_only_the_whole_message_has_is_told() -> None:
    assert message(whole(text("Hello"))).content == "Hello"


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_refusal_is_a_refusal(*, in_pieces: bool) -> None:
    part = {"index": 0, "type": "refusal", "refusal": "I can't."}
    assert message(*([said(part)] if in_pieces else []), whole(part)).refusal == "I can't."


def test_annotations_are_told_once() -> None:
    part = text("As [1] says", annotations=[CITATION])
    assert message(said(part), whole(part)).annotations == [CITATION]


def test_what_is_no_text_is_kept() -> None:
    file = {"type": "image_file", "image_file": {"file_id": "file-2"}}
    assert message(said({"index": 0, **file}), whole(file)).provider_specific_fields == {"content": [file]}


# -- calls --------------------------------------------------------------------------------------------


def required(*calls: JSON) -> WireEvent:
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": list(calls)}}
    return on_run("requires_action", required_action=action)


def function(arguments: str, name: str = "look") -> JSON:
    return {"id": f"call_{name}", "type": "function", "function": {"name": name, "arguments": arguments}}


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_call_of_a_function_is_a_tool_call(*, in_pieces: bool) -> None:
    pieces = [
        called(**function("")),
        called(type="function", function={"arguments": '{"at":'}),
        called(type="function", function={"arguments": '"sky"}'}),
    ]
    chunks = run(*(pieces if in_pieces else []), required(function('{"at":"sky"}')))
    rebuilt = stream_chunk_builder(chunks)
    assert rebuilt is not None
    (call,) = rebuilt.choices[0].message.tool_calls or []
    assert (call.id, call.function.name, call.function.arguments) == ("call_look", "look", '{"at":"sky"}')
    assert rebuilt.choices[0].finish_reason == "tool_calls"


def test_calls_are_numbered() -> None:
    chunks = run(required(function("{}", "a"), function("{}", "b")))
    assert [chunk.choices[0].delta.tool_calls[0].index for chunk in chunks[:-1]] == [0, 1]


def test_what_openai_ran_itself_is_kept_when_its_step_has_ended() -> None:
    step = event("run.step.completed", id="step_1", type="tool_calls", step_details={"tool_calls": [RAN]})
    told = message(called(type="code_interpreter", code_interpreter={"input": "1+1"}), step)
    assert told.provider_specific_fields == {"step_tool_calls": [RAN]}
    assert told.tool_calls is None


# -- the run ------------------------------------------------------------------------------------------


def test_the_runs_id_model_and_usage_are_the_streams() -> None:
    first, last = run(said(text("Hi")), on_run("completed", usage=USAGE))
    assert (first.id, first.model, first.created) == ("run_1", "gpt-test", 1_767_225_600)
    assert (last.choices[0].finish_reason, last.usage.total_tokens) == ("stop", 5)
    assert last.provider_specific_fields == {"thread_id": "thread_1", "assistant_id": "asst_1"}


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        ([on_run("incomplete", incomplete_details={"reason": "max_completion_tokens"})], "length"),
        ([on_run("incomplete")], "length"),
        ([on_run("cancelled")], "stop"),
        (
            [
                whole(text("Hel"), status="incomplete", incomplete_details={"reason": "max_tokens"}),
                on_run("completed"),
            ],
            "length",
        ),
        (
            [
                whole(status="incomplete", incomplete_details={"reason": "content_filter"}),
                on_run("completed"),
            ],
            "content_filter",
        ),
    ],
)
def test_the_run_or_its_message_says_why_it_ended(ended: list[WireEvent], reason: str) -> None:
    assert finish(*ended) == reason


@pytest.mark.parametrize(
    ("failing", "error"),
    [
        (on_run("failed", last_error={"code": "server_error", "message": "No."}), InternalServerError),
        (on_run("failed", last_error={"code": "invalid_prompt", "message": "No."}), BadRequestError),
        (on_run("failed", last_error={"code": "rate_limit_exceeded", "message": "No."}), RateLimitError),
        (on_run("failed"), InternalServerError),
        (on_run("expired"), Timeout),
        (WireEvent(name="error", data='{"code": "server_error", "message": "No."}'), InternalServerError),
        (WireEvent(name="error", data='{"error": {"code": "invalid_api_key"}}'), AuthenticationError),
    ],
)
def test_a_run_that_fails_is_an_error(failing: WireEvent, error: type[Exception]) -> None:
    with pytest.raises(error):
        run(said(text("Hel")), failing)


def test_other_events_say_nothing() -> None:
    idle = [
        event("created", id="thread_1"),
        on_run("queued"),
        event("run.step.created", id="step_1"),
        WireEvent(name="done", data="[DONE]"),
    ]
    assert run(*idle) == []


def test_an_event_of_another_shape_is_an_error() -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(said(text(5)))
