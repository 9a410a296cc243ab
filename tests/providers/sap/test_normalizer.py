"""SAP's envelopes around OpenAI's chunks and answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.providers.streams import JSON, finishes, rebuilt, run, said, tokens

from unspool.errors import (
    APIResponseValidationError,
    BadRequestError,
    MalformedEventError,
    RateLimitError,
)
from unspool.models import ModelResponseStream
from unspool.providers.sap.normalizer import SAPNormalizer, response_from_sap

TEMPLATING = [{"role": "user", "content": "Tides?"}]
NOBODY: JSON = {"id": "", "object": "", "created": 0, "model": "", "system_fingerprint": ""}


def chunk(content: str = "", finish: str = "", **fields: Any) -> JSON:
    choice = {"index": 0, "delta": {"role": "assistant", "content": content}, "finish_reason": finish}
    named = {"id": "c-1", "object": "chat.completion.chunk", "created": 5, "model": "m"}
    return {**named, "choices": [choice], **fields}


def envelope(result: JSON, **modules: Any) -> JSON:
    return {
        "request_id": "r-1",
        "intermediate_results": {"llm": result, **modules},
        "final_result": result,
    }


def templating() -> JSON:
    nothing = {"index": 0, "delta": {"role": "", "content": ""}, "finish_reason": ""}
    result = {**NOBODY, "choices": [nothing]}
    return {
        "request_id": "r-1",
        "intermediate_results": {"templating": TEMPLATING},
        "final_result": result,
    }


def framed(*bodies: JSON) -> bytes:
    return b"".join(b"data: " + json.dumps(body).encode() + b"\n\n" for body in bodies) + b"data: [DONE]\n\n"


def read(*bodies: JSON) -> list[ModelResponseStream]:
    return run("sap-orchestration", framed(*bodies))


def test_the_final_result_is_the_chunk() -> None:
    chunks = read(envelope(chunk("Low ")), envelope(chunk("tide.", "stop")))
    assert said(chunks).content == "Low tide."
    assert finishes(chunks) == ["stop"]
    assert {(each.id, each.model, each.object) for each in chunks} == {("c-1", "m", "chat.completion.chunk")}


def test_the_final_result_had_another_name_once() -> None:
    old = {"request_id": "r-1", "module_results": {"llm": {}}, "orchestration_result": chunk("Low.", "stop")}
    (only,) = read(old)
    assert only.choices[0].delta.content == "Low."
    assert only.get("module_results") is None


def test_templating_comes_before_any_choice() -> None:
    first, second = read(templating(), envelope(chunk("Low.", "stop")))
    assert (first.choices, first.id) == ([], "")
    assert first["intermediate_results"] == {"templating": TEMPLATING}
    assert second.choices[0].delta.content == "Low."


def test_a_first_chunk_without_an_id_that_speaks_is_the_models() -> None:
    (only,) = read(envelope({**chunk("Low."), "id": ""}))
    assert only.choices[0].delta.content == "Low."


def test_what_the_modules_did_stays_on_the_chunk_except_for_the_llm() -> None:
    masked = {"message": "2 entities masked"}
    (only,) = read(envelope(chunk("Low."), input_masking=masked))
    assert only["intermediate_results"] == {"input_masking": masked}
    assert only["request_id"] == "r-1"


def test_usage_and_calls_are_openais() -> None:
    call = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    delta = {"role": "assistant", "tool_calls": [call]}
    told = chunk(usage={"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12})
    told["choices"] = [{"index": 0, "delta": delta, "finish_reason": "tool_calls"}]
    response = rebuilt(read(envelope(told)))
    assert tokens(response) == (9, 3, 12)
    assert response.choices[0].message.tool_calls is not None


def test_bare_lines_of_json_are_read_as_they_come() -> None:
    bodies = (envelope(chunk("Low ")), envelope(chunk("tide.", "stop")))
    bare = b"".join(json.dumps(body).encode() + b"\n" for body in bodies)
    assert run("sap-orchestration", bare) == read(*bodies)


@pytest.mark.parametrize(
    "body",
    [
        {"request_id": "r-1", "code": 429, "message": "slow down", "location": "LLM Module"},
        {"error": {"request_id": "r-1", "code": 429, "message": "slow down", "location": "LLM Module"}},
        {"error": [{"request_id": "r-1", "code": 429, "message": "slow down"}]},
    ],
)
def test_an_error_is_raised_with_its_status(body: JSON) -> None:
    with pytest.raises(RateLimitError, match="slow down") as caught:
        read(envelope(chunk("So far")), body)
    assert caught.value.llm_provider == "sap"


def test_other_fields_and_comments_say_nothing() -> None:
    assert run("sap-orchestration", b": hi\n\nevent: message\nid: 1\n\n") == []


def test_a_broken_line_is_an_error() -> None:
    with pytest.raises(MalformedEventError, match="broken JSON"):
        run("sap-orchestration", b"data: {oops}\n\n")


def test_nothing_is_held_back() -> None:
    assert list(SAPNormalizer().flush()) == []


def test_a_whole_answer_is_in_the_envelope_too() -> None:
    message = {"role": "assistant", "content": "Low."}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    whole = {**NOBODY, "id": "c-1", "object": "chat.completion", "model": "m", "choices": [choice]}
    response = response_from_sap(envelope(whole, templating=TEMPLATING))
    assert (response.id, response.choices[0].message.content) == ("c-1", "Low.")
    assert response["intermediate_results"] == {"templating": TEMPLATING}


def test_an_errors_body_instead_of_a_whole_answer_is_raised() -> None:
    with pytest.raises(BadRequestError, match="no such module"):
        response_from_sap({"error": {"code": 400, "message": "no such module"}})


def test_what_is_no_answer_is_refused() -> None:
    with pytest.raises(APIResponseValidationError):
        response_from_sap({"request_id": "r-1"})
