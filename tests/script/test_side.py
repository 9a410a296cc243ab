"""What a provider answers beside its model, and what OpenAI's Responses remember."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.script.asking import ME, ask, request

from unspool import UnscriptedRequestError
from unspool.cassette.model import Request
from unspool.script import Script, call, reasoning, text

OPENAI = "https://api.openai.com/v1"


def get(script: Script, url: str, *, method: str = "GET", body: Any = None) -> tuple[int, Any]:
    data = b"" if body is None else json.dumps(body).encode()
    response = script.answer(Request(method, url, (), data), ME).interaction.response
    return response.status, json.loads(response.body)


def said(script: Script, **asked: Any) -> Any:
    return json.loads(ask(script, "responses", stream=False, **asked).response.body)


@pytest.mark.parametrize(
    ("method", "url", "body", "kind", "key"),
    [
        ("GET", f"{OPENAI}/models", None, "models", "data"),
        ("GET", f"{OPENAI}/models/gpt-4o", None, "models", "id"),
        ("GET", "https://api.anthropic.com/v1/models", None, "models", "data"),
        ("GET", "https://openrouter.ai/api/v1/models/openai/gpt-4o", None, "models", "id"),
        ("GET", "http://localhost:11434/api/tags", None, "models", "models"),
        ("GET", "http://localhost:11434/api/ps", None, "models", "models"),
        ("GET", "http://localhost:11434/api/version", None, "models", "version"),
        ("POST", "http://localhost:11434/api/show", {"model": "scripted"}, "models", "capabilities"),
        (
            "POST",
            "https://api.anthropic.com/v1/messages/count_tokens",
            {"messages": [{"role": "user", "content": "Hi"}]},
            "count_tokens",
            "input_tokens",
        ),
        (
            "POST",
            "https://generativelanguage.googleapis.com/v1beta/models/g:countTokens",
            {"contents": [{"parts": [{"text": "Hi"}]}]},
            "count_tokens",
            "totalTokens",
        ),
        ("POST", f"{OPENAI}/responses/input_tokens", {"input": "Hi"}, "count_tokens", "input_tokens"),
        ("POST", f"{OPENAI}/embeddings", {"model": "e", "input": ["a", "b"]}, "embeddings", "data"),
        (
            "POST",
            "http://localhost:11434/api/embed",
            {"model": "e", "input": "a"},
            "embeddings",
            "embeddings",
        ),
        ("POST", f"{OPENAI}/moderations", {"input": "a"}, "moderations", "results"),
        ("POST", f"{OPENAI}/traces/ingest", {"data": []}, "traces", None),
    ],
)
def test_a_side_request_is_answered_and_listed(
    method: str, url: str, body: Any, kind: str, key: str | None
) -> None:
    script = Script("A")
    status, read = get(script, url, method=method, body=body)
    assert status == 200
    assert key is None or read[key]
    assert [one.kind for one in script.side_requests] == [kind]
    assert script.calls == []
    assert get(script, url, method=method, body=body) == (status, read)


def test_head_is_get_without_a_body() -> None:
    script = Script(text("Hi"))
    response = script.answer(Request("HEAD", f"{OPENAI}/models", (), b""), ME).interaction.response
    assert (response.status, response.body) == (200, b"")


def test_embeddings_differ_as_their_texts_do() -> None:
    _, read = get(Script("A"), f"{OPENAI}/embeddings", method="POST", body={"input": ["a", "b", "a"]})
    first, second, third = (one["embedding"] for one in read["data"])
    assert first == third != second


def test_a_response_is_stored() -> None:
    script = Script("A")
    made = said(script)
    assert get(script, f"{OPENAI}/responses/{made['id']}") == (200, made)
    assert get(script, f"{OPENAI}/responses/resp_other")[0] == 404
    assert get(script, f"{OPENAI}/responses/{made['id']}/input_items")[1]["data"][0]["role"] == "user"
    assert get(script, f"{OPENAI}/responses/{made['id']}", method="DELETE")[1]["deleted"] is True
    assert get(script, f"{OPENAI}/responses/{made['id']}")[0] == 404


def test_a_response_that_is_not_to_be_stored_is_not() -> None:
    script = Script("A", "B")
    made = said(script, store=False)
    assert get(script, f"{OPENAI}/responses/{made['id']}")[0] == 404
    response = ask(script, "responses", previous_response_id=made["id"]).response
    assert (response.status, b"previous_response_not_found" in response.body) == (400, True)


def test_a_request_goes_on_from_a_stored_response() -> None:
    script = Script(call("search", q="x"), "Done.")
    made = said(script)
    (item,) = made["output"]
    result = {"type": "function_call_output", "call_id": item["call_id"], "output": "found"}
    assert said(script, previous_response_id=made["id"], input=[result])["previous_response_id"] == made["id"]
    assert script.calls[1].tool_results == {"search": "found"}
    assert [message.role for message in script.calls[1].messages] == ["user", "assistant", "tool"]
    assert [seen.conversation for seen in script.calls] == [1, 1]


def test_a_result_that_is_missing_after_a_stored_response_is_told() -> None:
    script = Script(call("search"), "Done.")
    made = said(script)
    with pytest.raises(UnscriptedRequestError, match="got no result"):
        said(script, previous_response_id=made["id"], input="And?")


def test_a_response_may_have_two_children() -> None:
    script = Script("A", "B", "C")
    made = said(script)
    children = [said(script, previous_response_id=made["id"], input=words) for words in ("b", "c")]
    assert [one["output"][0]["content"][0]["text"] for one in children] == ["B", "C"]
    assert len({made["id"], *(one["id"] for one in children)}) == 3


def test_a_conversation_is_remembered() -> None:
    script = Script("A", "B")
    _, made = get(script, f"{OPENAI}/conversations", method="POST", body={})
    said(script, conversation=made["id"])
    said(script, conversation={"id": made["id"]}, input="And?")
    assert [message.text for message in script.calls[1].messages] == ["Weather?", "A", "And?"]
    assert get(script, f"{OPENAI}/conversations/{made['id']}")[0] == 200


def test_a_stream_of_responses_is_numbered() -> None:
    body = ask(Script(reasoning("Hm") + text("x") + call("a")), "responses").response.body.decode()
    numbers = [
        json.loads(line[6:])["sequence_number"] for line in body.splitlines() if line.startswith("data: ")
    ]
    assert numbers == list(range(len(numbers)))


def thinking(signature: str | None = None, **more: Any) -> list[Any]:
    block = {"type": "thinking", "thinking": "Hm", "signature": signature or "sig"}
    used = {"type": "tool_use", "id": "toolu_1", "name": "search", "input": {}}
    return [
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": [used] if signature == "" else [block, used]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]},
    ]


@pytest.mark.parametrize(
    ("signature", "what"), [("sig", None), ("other", "came back changed"), ("", "without its signature")]
)
def test_a_signature_must_come_back_unchanged(signature: str, what: str | None) -> None:
    from unspool.script import with_id

    script = Script(with_id(reasoning("Hm", signature="sig") + call("search"), "toolu_1"), "Done.")
    ask(script, "anthropic")
    if what is None:
        ask(script, "anthropic", messages=thinking(signature))
        return
    with pytest.raises(UnscriptedRequestError, match=what):
        ask(script, "anthropic", messages=thinking(signature))


def test_a_script_spends_no_turn_on_side_requests() -> None:
    script = Script("A")
    get(script, f"{OPENAI}/models")
    assert script.answer(request("openai"), ME).given is not None
    script.assert_complete()
