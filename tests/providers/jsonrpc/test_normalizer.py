"""What an MCP server or an A2A agent says, as the chunks of a chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.errors import (
    BadRequestError,
    InternalServerError,
    MalformedEventError,
    NotFoundError,
    RateLimitError,
)
from unspool.models import ModelResponseStream
from unspool.providers.json_events import JSON
from unspool.providers.jsonrpc.normalizer import JSONRPCNormalizer
from unspool.wire.event import WireEvent

NOTICE = {"jsonrpc": "2.0", "method": "notifications/message", "params": {"data": "14 s so far"}}
PARTS = [{"kind": "text", "text": "It is "}, {"kind": "data", "data": {"n": 1}}, {"text": "blue."}]


def event(**fields: Any) -> WireEvent:
    return WireEvent(data=json.dumps({"jsonrpc": "2.0", "id": 1, **fields}))


def run(*events: WireEvent) -> list[ModelResponseStream]:
    stage = JSONRPCNormalizer()
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def finish(result: JSON) -> str | None:
    return run(event(result=result))[0].choices[0].finish_reason


# -- MCP ----------------------------------------------------------------------------------------------


def test_the_text_of_a_tools_result_is_content() -> None:
    content = [{"type": "text", "text": "It is "}, {"type": "text", "text": "blue."}]
    (chunk,) = run(event(result={"content": content, "isError": False}))
    assert chunk.id == "1"
    assert chunk.choices[0].delta.content == "It is blue."
    assert chunk.choices[0].finish_reason == "stop"


def test_the_message_of_a_sampled_model_is_content() -> None:
    result = {"role": "assistant", "content": {"type": "text", "text": "Hi"}, "model": "any"}
    assert run(event(result=result))[0].choices[0].delta.content == "Hi"


def test_an_image_is_a_data_url() -> None:
    image = {"type": "image", "data": "UklGRg==", "mimeType": "image/webp"}
    (chunk,) = run(event(result={"content": [image]}))
    assert chunk.choices[0].delta.content is None
    url = {"url": "data:image/webp;base64,UklGRg=="}
    assert chunk.choices[0].delta.images == [{"type": "image_url", "image_url": url}]


@pytest.mark.parametrize(
    "result",
    [
        {"tools": [{"name": "look"}]},
        {"protocolVersion": "2025-06-18", "instructions": "Ask."},
        {"content": [{"type": "text", "text": "No sky."}], "isError": True},
        {"status": "ok", "message": "Done.", "artifact": 7},
        {},
    ],
)
def test_a_result_is_kept_as_it_was_sent_and_is_the_end(result: JSON) -> None:
    (chunk,) = run(event(result=result))
    assert chunk.choices[0].delta.provider_specific_fields == {"results": [result]}
    assert chunk.choices[0].finish_reason == "stop"


def test_notifications_are_kept_and_are_no_content() -> None:
    chunks = run(*[WireEvent(data=json.dumps(NOTICE))] * 2)
    assert [chunk.choices[0].delta.provider_specific_fields for chunk in chunks] == [
        {"notifications": [NOTICE]},
        {"notifications": [NOTICE, NOTICE]},
    ]
    assert {(chunk.choices[0].delta.content, chunk.choices[0].finish_reason) for chunk in chunks} == {
        (None, None)
    }


def test_an_id_of_zero_is_an_id() -> None:
    assert run(event(id=0, result={}))[0].id == "0"


# -- A2A ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result",
    [
        {"kind": "message", "parts": PARTS},
        {"kind": "status-update", "status": {"state": "working", "message": {"parts": PARTS}}},
        {"kind": "artifact-update", "artifact": {"parts": PARTS}},
        {"kind": "task", "status": {"state": "working"}, "artifacts": [{"parts": PARTS}]},
        {"kind": "task", "status": {"state": "working"}, "history": [{"parts": PARTS}], "artifacts": None},
        {"message": {"parts": PARTS}},
    ],
)
def test_the_text_of_parts_is_content_but_for_a_tasks_history(result: JSON) -> None:
    expected = None if "history" in result else "It is blue."
    assert run(event(result=result))[0].choices[0].delta.content == expected


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        ({"kind": "message", "parts": []}, "stop"),
        ({"kind": "status-update", "final": False, "status": {"state": "submitted"}}, None),
        ({"kind": "status-update", "final": False, "status": {"state": "completed"}}, None),
        ({"kind": "status-update", "final": True, "status": {"state": "completed"}}, "stop"),
        ({"kind": "status-update", "status": {"state": "failed"}}, "stop"),
        ({"kind": "artifact-update", "artifact": {}}, None),
        ({"kind": "task", "status": {"state": "working"}}, None),
        ({"kind": "task", "status": {"state": "input-required"}}, "stop"),
    ],
)
def test_an_agents_last_word_is_the_end(result: JSON, reason: str | None) -> None:
    assert finish(result) == reason


# -- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "error", "status"),
    [
        (-32700, BadRequestError, 400),
        (-32600, BadRequestError, 400),
        (-32601, NotFoundError, 404),
        (-32602, BadRequestError, 400),
        (-32603, InternalServerError, 500),
        (-32001, InternalServerError, 500),
        (429, RateLimitError, 429),
    ],
)
def test_an_error_is_raised_with_the_status_of_its_code(
    code: int, error: type[Exception], status: int
) -> None:
    with pytest.raises(error, match=r"No\.") as caught:
        run(event(error={"code": code, "message": "No."}))
    assert caught.value.status_code == status
    assert caught.value.code == code


@pytest.mark.parametrize("result", ["done", {"kind": "message", "parts": "Hi"}, {"content": ["Hi"]}])
def test_a_message_of_another_shape_is_an_error(result: object) -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(event(result=result))
