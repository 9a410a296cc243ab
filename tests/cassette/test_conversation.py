"""Where a request stands in its conversation, and whether it asks a model."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.cassette.conversation import Conversations, asked_again, is_model_request, position_of
from unspool.cassette.model import Interaction, Request, Response

CHAT = "https://api.openai.com/v1/chat/completions"
RESPONSES = "https://api.openai.com/v1/responses"


def asks(body: Any, url: str = CHAT, method: str = "POST") -> Request:
    return Request(method, url, body=json.dumps(body).encode())


def messages(*roles: str, **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": role, "content": role} for role in roles], **more}


def recorded(body: Any, answer: bytes = b"", url: str = CHAT) -> Interaction:
    return Interaction(asks(body, url), Response(200, "OK", (), answer))


CALL = {"type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"}
OUTPUT = {"type": "function_call_output", "call_id": "1", "output": "4"}


@pytest.mark.parametrize(
    ("body", "turn"),
    [
        (messages("system", "user"), 1),
        (messages("user", "assistant", "user"), 2),
        (messages("user", "assistant", "tool", "tool", "assistant", "tool"), 3),
        (messages("user", "assistant", "assistant", "user"), 2),
        (messages("user", "assistant"), 1),  # an answer that the request begins
        ({"contents": [{"role": "user"}, {"role": "model"}, {"role": "user"}]}, 2),
        ({"input": "Hi"}, 1),
        ({"input": [{"role": "user"}, {"type": "reasoning"}, CALL, CALL, OUTPUT, OUTPUT]}, 2),
        ({"input": [OUTPUT], "previous_response_id": "resp_unknown"}, 2),
        ({"chat_history": [{"role": "USER"}, {"role": "CHATBOT"}], "message": "Hi"}, 2),
        ({"prompt": "Hi"}, 1),
        ({"messages": "none"}, 1),
        ([1, 2], 1),
    ],
)
def test_a_turn_is_one_more_than_the_models_answers(body: Any, turn: int) -> None:
    assert position_of(asks(body), {}).turn == turn


def test_turns_of_one_conversation_belong_together() -> None:
    first, second = asks(messages("system", "user")), asks(messages("system", "user", "assistant", "user"))

    assert position_of(first, {}).conversation == position_of(second, {}).conversation


@pytest.mark.parametrize(
    "other",
    [
        asks({**messages("user"), "model": "another"}),
        asks(messages("user", system="You are a pirate.")),
        asks({"model": "m", "messages": [{"role": "user", "content": "Another question"}]}),
        asks(messages("user"), "https://api.groq.com/openai/v1/chat/completions"),
    ],
)
def test_another_beginning_is_another_conversation(other: Request) -> None:
    assert position_of(other, {}).conversation != position_of(asks(messages("user")), {}).conversation


def test_a_response_goes_on_where_the_one_before_it_ended() -> None:
    first = {"model": "m", "input": "Hi"}
    second = {"model": "m", "input": [OUTPUT], "previous_response_id": "resp_1"}
    third = {"model": "m", "input": [OUTPUT], "previous_response_id": "resp_2"}
    known = Conversations(
        [
            recorded(first, b'data: {"response":{"id":"resp_1"}}', RESPONSES),
            recorded(second, b'data: {"response":{"id": "resp_2"}}', RESPONSES),
        ]
    )

    assert known.turn_of(asks(third, RESPONSES)) == 3
    assert (
        len({position_of(asks(body, RESPONSES), known.answered).conversation for body in (first, third)}) == 1
    )


@pytest.mark.parametrize(
    ("method", "url", "body", "is_one"),
    [
        ("POST", CHAT, messages("user"), True),
        ("POST", RESPONSES, {"input": "Hi"}, True),
        ("POST", "https://api.anthropic.com/v1/messages", messages("user"), True),
        ("POST", "http://gateway.local/v2/talk", messages("user"), True),
        ("POST", "http://gateway.local/v2/talk", {"model": "m", "prompt": "Hi"}, True),
        ("POST", "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse-stream", {}, True),
        ("GET", "https://api.weather.gov/points/1,2", None, False),
        ("DELETE", RESPONSES + "/resp_1", None, False),
        ("POST", "https://api.anthropic.com/v1/messages/count_tokens", messages("user"), False),
        (
            "POST",
            "https://aiplatform.googleapis.com/v1/models/g:countTokens",
            {"contents": []},
            False,
        ),
        ("POST", "https://api.openai.com/v1/embeddings", {"model": "e", "input": "Hi"}, False),
        ("POST", "https://api.openai.com/v1/moderations", {"model": "e", "input": "Hi"}, False),
        ("POST", "http://localhost/mcp", {"jsonrpc": "2.0", "method": "tools/call"}, False),
        ("POST", "http://localhost/", {"jsonrpc": "2.0", "method": "tools/call"}, False),
        ("POST", "http://localhost/", {"ask": "me"}, None),
        ("POST", "http://localhost/lookup", {"city": "Łódź"}, None),
    ],
)
def test_a_request_for_a_models_answer_is_known(
    method: str, url: str, body: Any, is_one: bool | None
) -> None:
    assert is_model_request(asks(body, url, method)) is is_one


def test_what_could_be_a_models_is_a_tools_where_models_are_known() -> None:
    unknown = asks({"ask": "me"}, "http://localhost/")

    assert Conversations().asks_a_model(unknown)
    assert not Conversations([recorded(messages("user"))]).asks_a_model(unknown)


def test_a_retry_asks_the_same_though_its_trace_id_differs() -> None:
    assert asked_again(asks(messages("user", metadata={"id": 1}))) == asked_again(asks(messages("user")))
    assert asked_again(asks(messages("user"))) != asked_again(asks(messages("user", "assistant", "user")))
    assert asked_again(asks({"city": "Łódź"})) != asked_again(asks({"city": "Kraków"}))


def test_the_recording_in_the_same_place_is_the_nearest() -> None:
    turns = [recorded(messages("user")), recorded(messages("user", "assistant", "tool"))]
    other = recorded({"model": "m", "messages": [{"role": "user", "content": "Another"}]})
    known = Conversations([other, *turns])

    def nearest(*roles: str, content: str = "changed") -> list[int]:
        said = [
            {"role": role, "content": role if place == 0 else content} for place, role in enumerate(roles)
        ]
        return list(known.nearest(asks({"model": "m", "messages": said})))

    assert nearest("user", "assistant", "user")[0] == 2
    assert nearest("user", "assistant", "tool", "assistant", "tool")[0] == 2, "the last turn goes on"
    assert nearest("system")[:2] == [0, 1], "a conversation that began otherwise"


def test_a_tools_request_goes_to_the_same_address() -> None:
    tool = Interaction(Request("GET", "https://weather.example/now?city=a"), Response(200, "OK", (), b""))
    known = Conversations([recorded(messages("user")), tool])

    assert list(known.nearest(Request("GET", "https://weather.example/now?city=b"))) == [1]
    assert list(known.nearest(Request("GET", "https://weather.example/then"))) == []
